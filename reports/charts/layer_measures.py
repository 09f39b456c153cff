"""What is drawn of each layer: the gradients of its biases and weights, and the error."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..language.messages import series, text
from ..language.numbers import number
from ..statistics.analysis import Analysis

ALIKE = 1.05
"""Up to this factor two layers are said to be about alike."""
APART = 2.0
"""Above this factor two measures that point in opposite directions are said to disagree."""


@dataclass(frozen=True)
class LayerMeasure:
    """A column of the layers, and the metric that compares the last with the first by it."""

    column: str
    ratio: str

    @property
    def symbol(self) -> str:
        """How it is written."""
        return {
            "mean_delta_norm": text("‖mean δ‖"),
            "weight_gradient_norm": text("‖∂C/∂W‖"),
            "rms_delta": text("RMS δ"),
        }[self.column]


BIASES = LayerMeasure("mean_delta_norm", "speed_ratio")
WEIGHTS = LayerMeasure("weight_gradient_norm", "weight_gradient_ratio")
ERROR = LayerMeasure("rms_delta", "delta_ratio")


def measures(analysis: Analysis) -> tuple[LayerMeasure, ...]:
    """Return the measures, first the one that the study's metric is about, else ‖mean δ‖.

    The second, ‖∂C/∂W‖ or ‖mean δ‖, is named beside it.
    """
    known = BIASES, WEIGHTS, ERROR
    return tuple(sorted(known, key=lambda measure: measure.ratio != analysis.metric.name))


def short_words(measure: LayerMeasure) -> str:
    """Name a measure with what it is, in a few words."""
    return {
        BIASES: text("‖mean δ‖ (the biases' gradient)"),
        WEIGHTS: text("‖∂C/∂W‖ (the weights' gradient)"),
        ERROR: text("RMS δ (the size of the error)"),
    }[measure]


def measure_words(analysis: Analysis, measure: LayerMeasure) -> str:
    """Say what a measure is, for a caption."""
    if measure is WEIGHTS:
        return text("‖∂C/∂W‖ is the norm of the weights' gradient.")
    if measure is ERROR:
        return text("RMS δ is the size of the error δ, the root mean square of ‖δ‖ over examples.")
    if any(arm.recipe.normaliser for arm in analysis.study.arms):
        return text(
            "‖mean δ‖ is the norm of the biases' gradient (of the shift's, where a layer is "
            "normalised), the mean of the error δ over examples, so it mixes its size with "
            "cancellation."
        )
    return text(
        "‖mean δ‖ is the norm of the biases' gradient, the mean of the error δ over examples, so "
        "it mixes its size with cancellation."
    )


def at_the_start(analysis: Analysis, position: int) -> dict[LayerMeasure, float]:
    """Return an arm's median of last over first hidden layer, of the first two measures."""
    trials = analysis.results.trials
    rows = trials[trials["arm"] == position]
    return {m: float(rows[m.ratio].median()) for m in measures(analysis)[:2] if m.ratio in rows}


def at_the_end(analysis: Analysis, position: int) -> dict[LayerMeasure, float]:
    """Return an arm's last over first hidden layer at its last step, by medians over replicates."""
    layers = analysis.results.layers
    rows = layers[(layers["arm"] == position) & ~layers["is_output"]]
    last = rows[rows["step"] == rows["step"].max()]
    return {m: last_over_first(last, m) for m in measures(analysis)[:2]}


def last_over_first(layers: pd.DataFrame, measure: LayerMeasure) -> float:
    """Return the last layer's median over the first's, ∞ where the first is zero, NaN of one."""
    sizes = layers.groupby("layer")[measure.column].median().to_numpy(np.float64)
    if len(sizes) < 2:
        return math.nan
    with np.errstate(divide="ignore", invalid="ignore"):
        return float(sizes[-1] / sizes[0])


def first_layer_words(ratios: Mapping[LayerMeasure, float]) -> str:
    """Say how the first hidden layer compares with the last, by ``ratios`` of last over first.

    >>> first_layer_words({BIASES: 1e6, WEIGHTS: 0.5})
    '‖mean δ‖ is 1 × 10⁶ times smaller, but ‖∂C/∂W‖ 2 times larger'
    >>> first_layer_words({WEIGHTS: 1.01, BIASES: 30.0})
    '‖∂C/∂W‖ is about as large, ‖mean δ‖ 30 times smaller'
    """
    known = [(measure, ratio) for measure, ratio in ratios.items() if not math.isnan(ratio)]
    if not known:
        return ""
    said = [
        text("{measure} {size}", measure=measure.symbol, size=size_words(ratio))
        for measure, ratio in known[1:]
    ]
    (lead, ratio) = known[0]
    first = text("{measure} is {size}", measure=lead.symbol, size=size_words(ratio))
    if not said:
        return first
    if disagree([r for _, r in known]):
        return text("{first}, but {second}", first=first, second=series(said))
    return series([first, *said])


def disagree(ratios: list[float]) -> bool:
    """Return whether one measure falls towards the input while another one rises."""
    low, high = min(ratios), max(ratios)
    return low < 1.0 < high and high > APART * low


def size_words(ratio: float) -> str:
    """Say how large the first layer's measure is, by ``ratio`` of last over first."""
    if math.isinf(ratio):
        return text("zero")
    if 1 / ALIKE < ratio < ALIKE:
        return text("about as large")
    if ratio >= 1:
        return text("{times} times smaller", times=number(ratio))
    if ratio <= 0:
        return text("larger, as the last layer's is zero")
    return text("{times} times larger", times=number(1 / ratio))
