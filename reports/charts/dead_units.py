"""Which share of each layer's units is dead, over the steps of training."""

from __future__ import annotations

import altair as alt
import pandas as pd

from ..language.messages import clauses, sentences, text
from ..language.numbers import number
from ..page.words import arm_words
from ..statistics.analysis import Analysis
from .figure import COLOURS, Figure
from .layers_over_steps import at_the_end, drawn_over_steps, over_steps
from .small_multiples import chosen_words, pictured, together


def frame(analysis: Analysis) -> pd.DataFrame:
    """Return the dead units of each hidden ``layer`` in per cent, by ``arm`` and ``step``.

    ``mid``, ``lo`` and ``hi`` are median and quartiles over ``n`` replicates.
    """
    rows = over_steps(analysis, "dead_share")
    return rows.assign(**{name: 100.0 * rows[name] for name in ("mid", "lo", "hi")})


def figure(analysis: Analysis) -> Figure | None:
    """Draw the share of dead units of each layer, where any unit ever is."""
    rows = frame(analysis)
    if rows.empty or not (rows["hi"] > 0).any():
        return None
    y = alt.Y("mid:Q", scale=alt.Scale(domain=[0, 100]))
    return Figure(
        "dead-units",
        text("Dead units"),
        takeaway(analysis, rows),
        sentences(
            text(
                "Units that are exactly zero for every example of the probe set, in per cent of "
                "their layer; median over replicates (n = {n}) and quartiles.",
                n=int(rows["n"].max()),
            ),
            chosen_words(analysis, pictured(analysis, len(COLOURS))),
        ),
        drawn_over_steps(rows, text("dead units, %"), y),
        {"rows": together({name: name for name in set(rows["panel"])}, layers=rows)},
    )


def takeaway(analysis: Analysis, rows: pd.DataFrame) -> str:
    """Say for every arm the largest share of a layer at the end."""
    most = at_the_end(rows).groupby("arm").max()
    said = [
        text(
            "{percent} % with {arm}",
            percent=number(percent),
            arm=arm_words(analysis.results.arm(int(arm))),
        )
        for arm, percent in most.items()
    ]
    return text("Dead at the end, in the layer with most of them: {said}.", said=clauses(said))
