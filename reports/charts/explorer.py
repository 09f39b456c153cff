"""Explorer: one axis of the grid bound to a slider, and the epoch to another, offline."""

from __future__ import annotations

import altair as alt
import numpy as np
import pandas as pd

from ...studies.designs.design_function import Level
from ..language.messages import capital, sentences, series, text
from ..page.words import level_words
from ..statistics.analysis import Analysis
from ..statistics.layout import leading
from .figure import COLOURS, Figure, decades, panel_width, quantiles, value_axis
from .layer_measures import measures, short_words
from .learning_curves import SCORES, ends, thinned
from .numeric_axes import is_number, numbers_of
from .panels import axes_words, level_names

LEAST, MOST = 2, 60
GREY = "#9a9aa2"


def axis_of(analysis: Analysis) -> str | None:
    """Return the axis of the slider: that with most levels that are numbers, else most levels."""
    sizes = {path: len(analysis.results.levels(path)) for path in leading(analysis.results)}
    fit = [path for path, size in sizes.items() if LEAST <= size <= MOST]
    numeric = [path for path in fit if len(numbers_of(analysis, path)) == sizes[path]]
    return max(numeric or fit, key=lambda path: sizes[path], default=None)


def held(analysis: Analysis, axis: str) -> list[Level]:
    """Return the baseline's levels on the other axes."""
    results = analysis.results
    base, mine = results.arm(results.baseline), results.together(axis)
    return [base.level(path) for path in leading(results) if path not in mine]


def ordered(analysis: Analysis, axis: str) -> list[tuple[str, str]]:
    """Return labels and names of an axis's levels, numbers in their order."""
    levels = analysis.results.levels(axis)
    named = list(zip(levels, level_names(analysis, axis), strict=True))
    if all(is_number(level.value) for level in levels):
        named.sort(key=lambda each: float(each[0].value))
    return [(level.label, words) for level, words in named]


def about_layers(analysis: Analysis) -> bool:
    """Whether the primary metric is made of what is measured in the layers."""
    return any(table == "layers" for table, _ in analysis.metric.reads)


def shown(analysis: Analysis, axis: str, table: pd.DataFrame) -> pd.DataFrame:
    """Return a table's rows at the held levels, with the ``index`` and ``name`` of the axis's."""
    for level in held(analysis, axis):
        table = table[table[f"axis:{level.path}"] == level.label]
    known = ordered(analysis, axis)
    index = {label: i for i, (label, _) in enumerate(known)}
    place = table[f"axis:{axis}"].map(index)
    return table.assign(index=place, name=place.map(dict(enumerate(w for _, w in known))))


def frame(analysis: Analysis, axis: str) -> pd.DataFrame:
    """Return medians ``mid`` over ``n`` replicates for each level ``index`` and ``name``.

    Of the loss and the accuracy in per cent: by ``score``, ``set`` and ``epoch``. Where the metric
    is about layers, of the leading measure of each hidden ``layer`` from ``epoch`` on ``until`` the
    next that was measured.
    """
    if about_layers(analysis):
        layers = analysis.results.layers
        rows = shown(analysis, axis, layers[~layers["is_output"]])
        rows = rows.assign(value=rows[measures(analysis)[0].column].where(lambda x: x > 0))
        last = rows.groupby(["trial_id", "epoch"])["step"].transform("max")
        made = quantiles(
            rows[rows["step"] == last], ["index", "name", "epoch", "layer"], "value"
        ).sort_values(["index", "layer", "epoch"])
        until = made.groupby(["index", "layer"])["epoch"].shift(-1)
        return made.assign(score="layers", set="", until=until.fillna(np.inf).clip(upper=1e9))
    epochs = thinned(shown(analysis, axis, analysis.results.epochs))
    sets = {"train": text("training"), "validation": text(analysis.results.held_out)}
    parts = [
        epochs.assign(
            score=score,
            set=words,
            value=epochs[f"{name}_{score}"] * (1 if score == "loss" else 100),
        )
        for score in SCORES
        for name, words in sets.items()
    ]
    by = ["score", "set", "index", "name", "epoch"]
    return quantiles(pd.concat(parts, ignore_index=True), by, "value")


def figure(analysis: Analysis) -> Figure | None:
    """Draw the level and the epoch that sliders choose, the other levels grey behind."""
    axis = axis_of(analysis)
    if axis is None:
        return None
    rows = frame(analysis, axis)
    if rows.empty or rows["index"].nunique() < LEAST:
        return None
    heading = axes_words(analysis, axis)
    level, epoch = parameters(analysis, axis, int(rows["epoch"].max()))
    charts = [
        chart(analysis, rows[rows["score"] == score], score).add_params(level, epoch)
        for score in dict.fromkeys(rows["score"])
    ]
    several = len(charts) > 1
    sized = [chart.properties(width=panel_width(2)) for chart in charts]
    whole = alt.hconcat(*sized) if several else charts[0].properties(width="container")
    fixed = held(analysis, axis)
    drawn = (
        text("{measure} of every hidden layer", measure=capital(short_words(measures(analysis)[0])))
        if about_layers(analysis)
        else text("Dashed: training, solid: {set}", set=text(analysis.results.held_out))
    )
    return Figure(
        "explorer",
        text("Explore: {axis}, epoch by epoch", axis=heading),
        text("Move the controls: the chosen level is in colour, all others are grey."),
        sentences(
            text(
                "{drawn}; medians over replicates (n = {n}).", drawn=drawn, n=int(rows["n"].max())
            ),
            text("Nothing is trained: these are the trials of this run."),
            text("Held fixed: {levels}.", levels=series(map(level_words, fixed))) if fixed else "",
        ),
        whole,
        {"levels": rows},
    )


def parameters(analysis: Analysis, axis: str, last: int) -> tuple[alt.Parameter, alt.Parameter]:
    """Return what is chosen: the position of a level, and an epoch."""
    names = [words for _, words in ordered(analysis, axis)]
    heading = axes_words(analysis, axis)
    positions = list(range(len(names)))
    labelled = f"{capital(heading)} "
    if all(is_number(level.value) for level in analysis.results.levels(axis)):
        choose: alt.Binding = alt.binding_range(min=0, max=positions[-1], step=1, name=labelled)
    else:
        choose = alt.binding_select(options=positions, labels=names, name=labelled)
    level = alt.param(name="chosen_level", value=positions[len(positions) // 2], bind=choose)
    slide = alt.binding_range(min=0, max=last, step=1, name=capital(text("epoch")) + " ")
    return level, alt.param(name="chosen_epoch", value=last, bind=slide)


def chart(analysis: Analysis, rows: pd.DataFrame, score: str) -> alt.LayerChart:
    """Draw one score: all levels in grey, the chosen one up to the chosen epoch, and its name."""
    layers = score == "layers"
    if layers:
        low, high, title = rows["mid"].min(), rows["mid"].max(), measures(analysis)[0].symbol
        log = decades(low, high)
    else:
        low, high = ends(rows, rows.iloc[:0])
        title = text("loss") if score == "loss" else text("accuracy, %")
        log = score == "loss" and decades(low, high)
    axis, scale = value_axis(title, low, high, log=log)
    along, words = ("layer", text("hidden layer")) if layers else ("epoch", text("epoch"))
    x = alt.X(
        f"{along}:Q",
        axis=alt.Axis(title=words, format="d", tickMinStep=1, grid=False, labelSeparation=8),
        scale=alt.Scale(domain=[int(rows[along].min()), int(rows[along].max())], nice=False),
    )
    y = alt.Y("mid:Q", axis=axis, scale=scale)
    dash = alt.StrokeDash(
        "set:N",
        legend=None,
        scale=alt.Scale(
            domain=[text("training"), text(analysis.results.held_out), ""],
            range=[[5, 3], [1, 0], [1, 0]],
        ),
    )
    plane = alt.Chart(alt.NamedData("levels")).transform_filter(
        alt.FieldEqualPredicate(field="score", equal=score)
    )
    until = "datum.epoch <= chosen_epoch && chosen_epoch < datum.until"
    now = until if layers else "datum.epoch <= chosen_epoch"
    detail = alt.Detail(["name:N", "set:N"])
    behind = plane.transform_filter(now) if layers else plane
    chosen = plane.transform_filter(f"datum.index == chosen_level && {now}")
    line = alt.OverlayMarkDef(size=30) if layers else False
    named = plane.transform_filter("datum.index == chosen_level").transform_aggregate(
        name="min(name)"
    )
    layered: alt.LayerChart = (
        behind.mark_line(strokeWidth=1, opacity=0.45, color=GREY, clip=True).encode(
            x, y, dash, detail
        )
        + chosen.mark_line(strokeWidth=2.4, color=COLOURS[0], clip=True, point=line).encode(
            x, y, dash
        )
        + named.mark_text(
            align="right", baseline="top", fontSize=14, fontWeight="bold", color=COLOURS[0]
        ).encode(x=alt.value("width"), y=alt.value(2), text="name:N")
    )
    return layered.properties(height=300)
