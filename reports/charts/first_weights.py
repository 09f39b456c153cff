"""What the first units look for: their incoming weights as pictures."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from ...core.components import Array
from ...studies.data.tasks import dataset
from ..language.messages import clauses, sentences, text
from ..language.numbers import number
from ..page.words import arm_words
from ..statistics.analysis import Analysis
from .figure import Figure
from .pixels import diverging, png_uri
from .small_multiples import album, chosen_words, head, median_words, pictured, together
from .trainings import measured, shown_replicate

ACROSS, BETWEEN = 4, 1
"""Units in a row of a picture, and the pixels between two of them."""
WIDTH = 200
STRONGEST = 0.99
"""Colours are full at this quantile of |w|, so that one weight does not pale all others."""


def image_of(analysis: Analysis, arm: int) -> tuple[int, int] | None:
    """Return height and width of the images that an arm reads, None if it reads no images."""
    try:
        return dataset(analysis.results.arm(arm).recipe.task, 0, 0).image
    except (OSError, RuntimeError, ValueError):
        return None


def frame(analysis: Analysis) -> pd.DataFrame:
    """Return a picture ``uri`` of the first units' weights for each ``arm`` of one replicate.

    ``most`` is |w| at full colour, ``roughness`` the mean over units of the mean square difference
    of neighbouring pixels over twice their variance: about 1 for noise, near 0 for smooth shapes.
    """
    arms = pictured(analysis)
    rows = measured(analysis, "first_weights", arms)
    if rows.empty:
        return rows
    replicate = shown_replicate(rows)
    pictures = []
    for arm, mine in rows[rows["replicate"] == replicate].groupby("arm"):
        image = image_of(analysis, int(arm))
        units = mine.sort_values(["unit", "input"]).groupby("unit")["weight"].apply(np.array)
        if image is None or len(units.iloc[0]) != math.prod(image):
            continue
        weights = np.stack([each.reshape(image) for each in units])
        most = float(np.quantile(np.abs(weights[np.isfinite(weights)]), STRONGEST))
        pictures.append(
            {
                "panel": arms[int(arm)],
                "arm": arm,
                "replicate": replicate,
                "units": len(weights),
                "most": most,
                "roughness": roughness(weights),
                "uri": png_uri(montage(weights, most)),
            }
        )
    return pd.DataFrame(pictures)


def montage(weights: Array, most: float) -> Array:
    """Return units' weights (units, h, w) side by side as one picture, grey between them."""
    units, height, width = weights.shape
    down = math.ceil(units / ACROSS)
    rows, columns = down * (height + BETWEEN) - BETWEEN, ACROSS * (width + BETWEEN) - BETWEEN
    pixels = np.concatenate([np.full((rows, columns, 3), 0.5), np.zeros((rows, columns, 1))], 2)
    for unit, w in enumerate(weights):
        top, left = (unit // ACROSS) * (height + BETWEEN), (unit % ACROSS) * (width + BETWEEN)
        place = slice(top, top + height), slice(left, left + width)
        pixels[place] = np.concatenate(
            [diverging(np.nan_to_num(w), most), np.ones((*w.shape, 1))], 2
        )
    return pixels


def roughness(weights: Array) -> float:
    """Return the mean of E(w − w′)²/(2 Var w) over units, w and w′ neighbours in a picture.

    >>> chess = np.indices((4, 4)).sum(axis=0) % 2.0
    >>> roughness(chess[None]), roughness(np.ones((1, 4, 4)))
    (2.0, nan)
    """
    across, down = np.diff(weights, axis=2), np.diff(weights, axis=1)
    square = (across**2).sum(axis=(1, 2)) + (down**2).sum(axis=(1, 2))
    count = across[0].size + down[0].size
    variance = weights.var(axis=(1, 2))
    varied = variance > 0
    if not varied.any():
        return math.nan
    return float((square[varied] / count / (2 * variance[varied])).mean())


def figure(analysis: Analysis) -> Figure | None:
    """Draw the incoming weights of the first units as pictures, an arm a panel."""
    rows = frame(analysis)
    if rows.empty:
        return None
    heads = {
        panel: head(panel, median_words(analysis, arm))
        for arm, panel in zip(rows["arm"], rows["panel"], strict=True)
    }
    down = math.ceil(int(rows["units"].max()) / ACROSS)
    return Figure(
        "first-weights",
        text("What the first units look for"),
        takeaway(analysis, rows),
        sentences(
            text(
                "The incoming weights of the first {units} units of the first hidden layer, each "
                "as a picture of its pixels: blue below 0, white 0, orange above, full colour at "
                "the 99 % quantile of |w| of each arm; one network, replicate {k} (n = 1).",
                units=int(rows["units"].max()),
                k=int(rows["replicate"].iloc[0]),
            ),
            text(
                "Roughness: half the mean square difference of neighbouring pixels over their "
                "variance."
            ),
            chosen_words(analysis, pictured(analysis)),
        ),
        album(list(heads.values()), down / ACROSS, WIDTH),
        {"rows": together(heads, pictures=rows)},
    )


def takeaway(analysis: Analysis, rows: pd.DataFrame) -> str:
    """Say how rough the pictures are, from the smoothest to the roughest."""
    ordered = rows.sort_values("roughness")
    said = [
        text(
            "{roughness} with {arm}",
            roughness=number(roughness, 2),
            arm=arm_words(analysis.results.arm(int(arm))),
        )
        for arm, roughness in zip(ordered["arm"], ordered["roughness"], strict=True)
    ]
    return text(
        "Roughness of the weights, about 1 for noise and less for shapes: {clauses}.",
        clauses=clauses(dict.fromkeys((said[0], said[-1]))),
    )
