"""The fitted curve of each arm through the training points, beside the truth."""

from __future__ import annotations

from typing import NamedTuple

import altair as alt
import numpy as np
import pandas as pd

from ...core.components import Array
from ...core.trial import Trial
from ...studies.data.loading import data_of
from ...studies.data.synthetic import OneVariable
from ...studies.preparations.scalings import TargetStandardisation
from ..language.messages import clauses, counted, sentences, text
from ..language.numbers import number
from ..page.words import arm_words
from ..statistics.analysis import Analysis
from .figure import COLOURS, Figure
from .small_multiples import (
    best_and_worst_words,
    chosen_words,
    head,
    heads_words,
    median_words,
    pictured,
    plane,
    together,
    wrapped,
)
from .trainings import data_behind, measured, shown_replicate

MOST_CURVES, MOST_BEHIND = 60, 10
"""Grey curves on all panels together, and on one."""
MOST_POINTS, MOST_X = 200, 100
"""Points of data and of a curve that a panel draws."""
BEYOND = 0.5
"""How far beyond the data's range the axis reaches, as a share of the range."""


class Frames(NamedTuple):
    """What is drawn, for each arm as ``panel`` and ``arm``, over the variable ``x``.

    ``curves`` has the fitted y = ``predicted`` of one ``replicate``; ``others`` those of other
    replicates; ``points`` the training examples' ``y``; ``truth`` the ``y`` without noise.
    """

    curves: pd.DataFrame
    others: pd.DataFrame
    points: pd.DataFrame
    truth: pd.DataFrame

    @property
    def limits(self) -> tuple[float, float]:
        """The range of y that is drawn: that of the data, widened; without data, of the curves."""
        known = self.points["y"], self.truth["y"], self.curves["predicted"]
        y = next(values for values in known if len(values))
        low, high = float(y.min()), float(y.max())
        more = BEYOND * (high - low) or 1.0
        return low - more, high + more


def frames(analysis: Analysis) -> Frames:
    """Return the fitted curves of the first output, and what they were fitted to."""
    arms = pictured(analysis)
    rows = measured(analysis, "curve", arms)
    if rows.empty:
        none = pd.DataFrame({"panel": [], "x": [], "y": []})
        return Frames(rows, rows, none, none)
    rows = rows[(rows["output"] == 1) & np.isfinite(rows["predicted"])]
    place = rows.groupby(["arm", "replicate"]).cumcount()
    every = int(np.ceil((place.max() + 1) / MOST_X))
    rows = rows[place % every == 0].assign(panel=rows["arm"].map(arms))
    replicate = shown_replicate(rows)
    behind = min(MOST_BEHIND, MOST_CURVES // len(arms))
    columns = ["panel", "arm", "replicate", "x", "predicted"]
    others = rows.loc[rows["replicate"] != replicate, columns]
    rank = others.groupby("arm")["replicate"].rank("dense")
    points, truths = [], []
    for arm in rows.loc[rows["replicate"] == replicate, "arm"].unique():
        name = arms[arm]
        if (data := data_behind(analysis, arm, replicate)) is None:
            continue
        trial, examples = data
        drawn = examples.train[0, :MOST_POINTS]
        x = variable_of(trial, examples.dataset_rows(drawn))
        if x is not None:
            points.append(pd.DataFrame({"panel": name, "x": x, "y": examples.y[drawn, 0]}))
        grid = rows.loc[rows["arm"] == arm, "x"].drop_duplicates().to_numpy(float)
        y = truth_of(trial, grid)
        if y is not None:
            truths.append(pd.DataFrame({"panel": name, "arm": arm, "x": grid, "y": y}))
    none = pd.DataFrame({"panel": [], "arm": [], "x": [], "y": []}).astype({"arm": int})
    return Frames(
        rows.loc[rows["replicate"] == replicate, columns],
        others[rank <= behind],
        pd.concat(points) if points else none,
        pd.concat(truths) if truths else none,
    )


def variable_of(trial: Trial, rows: Array) -> Array | None:
    """Return the variable at rows of a training's data set, None where they lack it."""
    data, task = data_of(trial), trial.recipe.task
    if isinstance(task, OneVariable):
        return task.variable_in(data.raw[rows])
    return np.asarray(data.raw[rows, 0], float)


def truth_of(trial: Trial, x: Array) -> Array | None:
    """Return the targets without noise, None where the task or the unit does not tell."""
    task, preparations = trial.recipe.task, trial.recipe.preparations
    rescaled = any(isinstance(p, TargetStandardisation) for p in preparations)
    return task.truth_at(x) if isinstance(task, OneVariable) and not rescaled else None


def distances(drawn: Frames) -> pd.Series:
    """Return by arm the median over replicates of the root mean square of curve less truth.

    It is taken over the range of the training points.
    """
    low, high = drawn.points["x"].min(), drawn.points["x"].max()
    both = pd.concat([drawn.curves, drawn.others]).merge(drawn.truth, on=["panel", "arm", "x"])
    both = both[both["x"].between(low, high)]
    square = (both["predicted"] - both["y"]) ** 2
    each = square.groupby([both["arm"], both["replicate"]]).mean() ** 0.5
    return each.groupby("arm").median()


def figure(analysis: Analysis) -> Figure | None:
    """Draw each arm's fitted curve, other replicates' behind it, the data and the truth."""
    drawn = frames(analysis)
    if drawn.curves.empty:
        return None
    low, high = drawn.limits
    scale = alt.Scale(domain=[low, high], nice=False)
    x = alt.X("x:Q", title=text("input x"), axis=alt.Axis(tickCount=5), scale=alt.Scale(nice=False))
    y = alt.Y("predicted:Q", title=text("output y"), scale=scale, axis=alt.Axis(tickCount=5))
    parts: list[alt.Chart] = []
    if len(drawn.others):
        thin = plane("others").mark_line(strokeWidth=0.8, opacity=0.45, color="#888", clip=True)
        parts.append(thin.encode(x, y, alt.Detail("replicate:N")))
    if len(drawn.truth):
        dashed = plane("truth").mark_line(
            strokeDash=[5, 4], strokeWidth=1.6, color=COLOURS[2], clip=True
        )
        parts.append(dashed.encode(x, alt.Y("y:Q", scale=scale)))
    if len(drawn.points):
        dots = plane("points").mark_circle(size=16, opacity=0.75, color=COLOURS[1], clip=True)
        parts.append(dots.encode(x, alt.Y("y:Q", scale=scale)))
    line = plane("curves").mark_line(strokeWidth=2.2, color=COLOURS[0], clip=True)
    parts.append(line.encode(x, y))
    panels = drawn.curves.drop_duplicates("arm")
    heads = {
        name: head(name, median_words(analysis, arm))
        for arm, name in zip(panels["arm"], panels["panel"], strict=True)
    }
    chart = wrapped(alt.layer(*parts), list(heads.values()), 0.8)
    return Figure(
        "fitted-curves",
        text("The fitted curves"),
        takeaway(analysis, drawn),
        caption(analysis, drawn),
        chart,
        {"rows": together(heads, **drawn._asdict())},
    )


def takeaway(analysis: Analysis, drawn: Frames) -> str:
    """Say which curves are nearest to the truth and furthest from it, else who scores best."""
    known = len(drawn.truth) and len(drawn.points)
    far = distances(drawn).sort_values() if known else pd.Series(dtype=float)
    if len(far) < 2:
        return best_and_worst_words(analysis, drawn.curves["arm"])
    ends = [
        text(
            "{distance} with {arm}",
            distance=number(distance),
            arm=arm_words(analysis.results.arm(int(arm))),
        )
        for arm, distance in (*far.head(1).items(), *far.tail(1).items())
    ]
    return text(
        "Typical distance from the true function, where there are data, least and largest: {ends}.",
        ends=clauses(ends),
    )


def caption(analysis: Analysis, drawn: Frames) -> str:
    """Say what is drawn, and what is not."""
    behind = drawn.others.groupby("arm")["replicate"].nunique()
    replicate = int(drawn.curves["replicate"].iloc[0])
    low, high = drawn.limits
    every = pd.concat([drawn.curves["predicted"], drawn.others["predicted"]])
    arms = pictured(analysis)
    lost = len(arms) - drawn.curves["arm"].nunique()
    return sentences(
        text("Blue: what the network of replicate {k} predicts.", k=replicate),
        counted(
            "Grey: {n} other replicate.",
            "Grey: up to {n} other replicates.",
            int(behind.max()),
        )
        if len(behind)
        else "",
        text("Orange: its training examples, at most {n}.", n=MOST_POINTS)
        if len(drawn.points)
        else text("The training examples cannot be read any more."),
        text("Dashed green: the function without noise.") if len(drawn.truth) else "",
        text("Distances are root mean squares, medians over the replicates drawn.")
        if len(drawn.truth) and len(drawn.points)
        else "",
        text("Curves are cut off half of the data's range above and below the data.")
        if not every.between(low, high).all()
        else "",
        counted(
            "{n} arm has no finished network to draw.",
            "{n} arms have no finished network to draw.",
            lost,
        )
        if lost
        else "",
        heads_words(analysis),
        chosen_words(analysis, arms),
    )
