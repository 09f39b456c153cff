"""Names at the ends of lines, moved apart where they would lie on each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from .figure import HALO

if TYPE_CHECKING:
    import altair as alt

MOST_NAMED = 4
"""So many lines in a panel are named at their ends; more have a legend."""
LOWEST, HIGHEST = 0.02, 0.93
"""Where words may lie between the ends of a panel."""
APART = 0.075
"""The least distance of two names, as a share of the panel's height."""


def at_the_ends(
    lines: pd.DataFrame,
    panel: list[str],
    domain: tuple[float, float],
    *,
    log: bool = False,
    along: str = "epoch",
) -> pd.DataFrame:
    """Return the last row of each line of each panel, its height ``mid`` moved for its name.

    ``lines`` has a ``line`` and what it goes ``along``; ``panel`` names the columns of a panel.
    """
    known = lines[np.isfinite(lines["mid"].to_numpy(float))]
    ends = known.sort_values(along, kind="stable").drop_duplicates([*panel, "line"], keep="last")
    share = ends.assign(share=shares(ends["mid"], domain, log=log))
    share["share"] = share.groupby(panel, sort=False)["share"].transform(moved_apart)
    return ends.assign(mid=heights(share["share"], domain, log=log))


def shares(values: pd.Series, domain: tuple[float, float], *, log: bool = False) -> pd.Series:
    """Return where values lie between the ends of a panel, from LOWEST to HIGHEST."""
    bend = np.log if log else np.asarray
    low, high = (float(bend(end)) for end in domain)
    share = (bend(values.to_numpy(float)) - low) / ((high - low) or 1.0)
    return pd.Series(np.clip(share, LOWEST, HIGHEST), values.index)


def heights(share: pd.Series, domain: tuple[float, float], *, log: bool = False) -> pd.Series:
    """Return the values at these shares of a panel's height."""
    low, high = np.log(domain) if log else domain
    made = low + share * (high - low)
    return np.exp(made) if log else made


def inside(values: pd.Series, domain: tuple[float, float], *, log: bool = False) -> pd.Series:
    """Return values moved far enough from a panel's ends that words fit there."""
    return heights(shares(values, domain, log=log), domain, log=log)


def written(ends: alt.Chart, colour: alt.Color | str, *, dx: float, dy: float) -> alt.LayerChart:
    """Return the ``words`` of line ends, over a halo that keeps lines from crossing them."""
    mark: dict[str, Any] = {"align": "right", "baseline": "bottom", "fontSize": 11}
    words = ends.encode(text="words:N")
    halo = words.mark_text(**mark, dx=dx, dy=dy, style=HALO)
    if isinstance(colour, str):
        over = words.mark_text(**mark, dx=dx, dy=dy, color=colour)
    else:
        over = words.mark_text(**mark, dx=dx, dy=dy).encode(colour)
    both: alt.LayerChart = halo + over
    return both


def moved_apart(places: pd.Series) -> pd.Series:
    """Return places at least APART from each other, in their order, from 0 to about 1.

    >>> moved_apart(pd.Series([0.5, 0.1, 0.12])).round(3).tolist()
    [0.5, 0.1, 0.175]
    """
    order = places.argsort(kind="stable").to_numpy()
    values = places.to_numpy(float)[order]
    for i in range(1, len(values)):
        values[i] = max(values[i], values[i - 1] + APART)
    top = HIGHEST
    for i in reversed(range(len(values))):
        values[i] = min(values[i], top)
        top = values[i] - APART
    made = np.empty(len(values))
    made[order] = values
    return pd.Series(made, places.index)
