"""How far each layer's weights move from where they started."""

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
    """Return ‖W − W₀‖/‖W₀‖ of each ``layer``, the output last, by ``arm`` and ``step``.

    ``mid``, ``lo`` and ``hi`` are median and quartiles over ``n`` replicates.
    """
    return over_steps(analysis, "weight_change", output=True)


def figure(analysis: Analysis) -> Figure | None:
    """Draw how far each layer's weights are from their initial values."""
    rows = frame(analysis)
    if rows.empty or rows["step"].nunique() < 3 or rows["layer"].max() < 2:
        return None
    return Figure(
        "weight-changes",
        text("How far the weights move"),
        takeaway(analysis, rows),
        sentences(
            text(
                "Distance of each layer's weights from their initial values, over the norm of "
                "these; the last layer is the output; median over replicates (n = {n}) and "
                "quartiles.",
                n=int(rows["n"].max()),
            ),
            chosen_words(analysis, pictured(analysis, len(COLOURS))),
        ),
        drawn_over_steps(rows, text("‖W − W₀‖ / ‖W₀‖"), alt.Y("mid:Q")),
        {"rows": together({name: name for name in set(rows["panel"])}, layers=rows)},
    )


def takeaway(analysis: Analysis, rows: pd.DataFrame) -> str:
    """Say how far the first and the last layer have moved at the end."""
    end = at_the_end(rows)
    said = [
        text(
            "with {arm}, {first} in the first and {last} in the last",
            arm=arm_words(analysis.results.arm(int(arm))),
            first=number(end[arm].iloc[0]),
            last=number(end[arm].iloc[-1]),
        )
        for arm in dict.fromkeys(rows["arm"])
    ]
    return text("Relative change of the weights by layer at the end: {said}.", said=clauses(said))
