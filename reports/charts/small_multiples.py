"""Small multiples: one small picture for each arm, in rows that wrap."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import altair as alt
import pandas as pd

from ..language.messages import clauses, text
from ..language.numbers import amount
from ..page.words import arm_words
from ..statistics.analysis import Analysis
from ..statistics.estimates import best_first
from ..statistics.layout import spread
from .panels import arm_names

WIDE, WIDEST, LEAST, GAP, AXIS = 930, 420, 150, 20, 50
"""Pixels: of a row of panels, of one at most and at least, between two, and of an axis."""
MOST_ARMS = 12
ROWS = alt.NamedData("rows")


def pictured(analysis: Analysis, most: int = MOST_ARMS) -> dict[int, str]:
    """Return the arms that have a picture, by position, with their names: all if they are few."""
    names = arm_names(analysis)
    few = len(names) <= most
    arms = range(len(names)) if few else spread(analysis.results, analysis.estimates)
    return {arm: names[arm] for arm in arms}


def named(analysis: Analysis) -> dict[int, str]:
    """Return the arms of the answer, by position, with their names."""
    names = arm_names(analysis)
    return {arm: names[arm] for arm in analysis.results.named}


def together(heads: dict[str, str], **frames: pd.DataFrame) -> pd.DataFrame:
    """Return frames as one, each row with ``what`` it is: panels are drawn from one frame.

    ``heads`` gives each panel's head by its name.
    """
    named = [frame.assign(what=name) for name, frame in frames.items() if len(frame)]
    rows = pd.concat(named, ignore_index=True)
    return rows.assign(panel=rows["panel"].map(heads))


def plane(what: str) -> alt.Chart:
    """Return a chart of the rows of one of the frames :func:`together`."""
    chart: alt.Chart = alt.Chart(ROWS).transform_filter(
        alt.FieldEqualPredicate(field="what", equal=what)
    )
    return chart


def columns_of(panels: int) -> int:
    """Return how many panels a row has, at most four, so that rows are about equally long.

    >>> [columns_of(n) for n in (1, 3, 4, 5, 7, 9, 12)]
    [1, 3, 4, 3, 4, 3, 4]
    """
    return min((4, 3), key=lambda n: (-panels % n, -n)) if panels > 4 else panels


def width_of(panels: int) -> int:
    """Return the width in pixels of each of so many panels, so that a row fits the page."""
    columns = columns_of(panels)
    return min(WIDEST, (WIDE - AXIS - GAP * (columns - 1)) // columns)


def wrapped(chart: Any, heads: list[str], aspect: float) -> alt.FacetChart:
    """Return a chart of ``rows`` as a panel for each head, in rows that wrap.

    Heads may have several lines; ``aspect`` is a panel's height as a share of its width, which the
    page keeps when it fits the panels into a screen.
    """
    facet = alt.Facet("panel:N", title=None, sort=heads)
    width = width_of(len(heads))
    sized = chart.properties(width=width, height=round(aspect * width))
    made: alt.FacetChart = sized.facet(facet=facet, columns=columns_of(len(heads)), spacing=GAP)
    return made.properties(usermeta={"aspect": aspect, "least": LEAST, "most": WIDEST})


def album(heads: list[str], aspect: float, width: int) -> alt.FacetChart:
    """Return the pictures ``uri`` of ``rows`` as panels without axes, one for each head."""
    picture = alt.Chart(ROWS).mark_image(
        width=alt.ExprRef("child_width"),
        height=alt.ExprRef("child_height"),
        x=alt.ExprRef("child_width / 2"),
        y=alt.ExprRef("child_height / 2"),
        aspect=False,
        smooth=False,
        aria=False,
    )
    facet = alt.Facet("panel:N", title=None, sort=heads)
    sized = picture.encode(alt.Url("uri:N")).properties(width=width, height=round(aspect * width))
    columns = max(1, min(len(heads), (WIDE + GAP) // (width + GAP)))
    made: alt.FacetChart = sized.facet(facet=facet, columns=columns, spacing=GAP)
    small = {"aspect": aspect, "least": width, "most": width, "bare": True}
    return made.properties(usermeta=small)


def median_words(analysis: Analysis, arm: int) -> str:
    """Say the median of the primary metric in an arm."""
    estimate = analysis.estimates[arm]
    return text("median {score}", score=amount(analysis.metric, estimate.median))


def head(name: str, *more: str) -> str:
    """Return the head of a panel: its name, and more lines."""
    return "\n".join((name, *more))


def heads_words(analysis: Analysis) -> str:
    """Say what stands under the names of panels, for a caption."""
    return text(
        "Above each panel: the arm and its median {metric} (n = {n} replicates).",
        metric=text(analysis.metric.words),
        n=analysis.study.replicates,
    )


def best_and_worst_words(analysis: Analysis, arms: Iterable[int]) -> str:
    """Say which of some arms have the best and the worst median of the primary metric."""
    ordered = [arm for arm in best_first(analysis.metric, analysis.estimates) if arm in {*arms}]
    if not ordered:
        return ""
    said = [
        text(
            "{score} with {arm}",
            score=amount(analysis.metric, analysis.estimates[arm].median),
            arm=arm_words(analysis.results.arm(arm)),
        )
        for arm in dict.fromkeys((ordered[0], ordered[-1]))
    ]
    metric = text(analysis.metric.words)
    if len(said) == 1:
        return text("Median {metric}: {scores}.", metric=metric, scores=said[0])
    return text("Median {metric}, best and worst: {scores}.", metric=metric, scores=clauses(said))


def chosen_words(analysis: Analysis, arms: dict[int, str]) -> str:
    """Say which part of the arms has a picture, where it is a part."""
    if len(arms) == len(analysis.study.arms):
        return ""
    return text(
        "Drawn are {shown} of {arms} arms: those that the answer names, and others from the best "
        "to the worst.",
        shown=len(arms),
        arms=len(analysis.study.arms),
    )
