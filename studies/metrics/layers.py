"""Metrics of what is measured in the layers, which every study can do."""

from __future__ import annotations

import math
from typing import Any

from .metric import Frames, Metric


def hidden_at_start(frames: Frames) -> Any:
    """Return the rows of hidden layers before the first step."""
    layers = frames["layers"]
    return layers[(layers["step"] == 0) & ~layers["is_output"]]


def last_measured(frames: Frames) -> Any:
    """Return the rows of each trial's last measured step."""
    layers = frames["layers"]
    return layers[layers["step"] == layers.groupby("trial_id")["step"].transform("max")]


def by_trial(frames: Frames, values: Any, *, at_end: bool = False) -> Any:
    """Return for each trial the value with its id, null where there is none.

    What is of the end belongs to trials that came to theirs.
    """
    trials = frames["trials"]
    mine = trials["trial_id"].map(values).astype(float)  # of no trial they would be text
    return mine.where(trials["status"] == "ok") if at_end else mine


def gradient_ratio(frames: Frames, column: str = "mean_delta_norm") -> Any:
    """Return a layer measure of the last hidden layer over that of the first, at initialisation.

    It is null with fewer than two hidden layers; where the first is zero, as in a dead network, or
    one is no finite number, it is ∞.
    """
    return _ends(frames, column)[0]


def layer_factor(frames: Frames) -> Any:
    """Return the (L − 1)-th root of :func:`gradient_ratio`, for L hidden layers."""
    ratio, layers = _ends(frames, "mean_delta_norm")
    return ratio ** (1.0 / (layers - 1).where(layers > 1))


def _ends(frames: Frames, column: str) -> tuple[Any, Any]:
    start = hidden_at_start(frames).sort_values("layer")
    by_trial = start.groupby("trial_id", sort=False)
    ends = (rows.set_index("trial_id") for rows in (by_trial.head(1), by_trial.tail(1)))
    first, last = (rows[column] for rows in ends)
    ratio, depth = last / first, by_trial.size()
    sound = (first > 0) & (first < math.inf) & (last < math.inf)
    ids = frames["trials"]["trial_id"]
    ratios = ids.map(ratio.where(sound, math.inf).where(depth > 1))
    return ratios.astype(float), ids.map(depth).astype(float)  # of no trial they would be text


def ends(name: str, column: str, thing: str, heading: str) -> Metric:
    """Return the metric that compares the last hidden layer with the first, at initialisation."""
    sides = "in the first hidden layer than in the last"
    return Metric(
        name,
        f"{thing} in the last hidden layer over the first, at initialisation",
        "log",
        "nearer one",
        lambda frames: gradient_ratio(frames, column),
        (("layers", column),),
        heading=heading,
        needs=("layers",),
        again="{value} times",
        sentence=f"the {thing} is level from layer to layer, ×{{value}}",
        above=f"the {thing} is {{value}} times smaller {sides}",
        below=f"the {thing} is {{value}} times larger {sides}",
        undecided=f"the {thing} changes ×{{value}} from the first hidden layer to the "
        "last, perhaps not at all",
    )


def dead_share(frames: Frames) -> Any:
    """Return the share of hidden units dead at the last measured step, mean over layers."""
    last = last_measured(frames)
    dead = last[~last["is_output"]].groupby("trial_id")["dead_share"].mean()
    return by_trial(frames, dead, at_end=True)


def activation_mean(frames: Frames) -> Any:
    """Return |mean|/sd of hidden activations before the first step, mean over layers."""
    start = hidden_at_start(frames)
    shift = start["activation_mean"].abs() / start["activation_sd"]
    return by_trial(frames, shift.groupby(start["trial_id"]).mean())


def first_weight_change(frames: Frames) -> Any:
    """Return ‖W − W₀‖/‖W₀‖ of the first layer at the last measured step."""
    last = last_measured(frames)
    first = last[last["layer"] == 1].set_index("trial_id")
    return by_trial(frames, first["weight_change"], at_end=True)


def log_length(frames: Frames) -> Any:
    """Return log(mean² + sd²) of the last hidden layer's activations before the first step."""
    start = hidden_at_start(frames).sort_values("layer")
    last = start.groupby("trial_id", sort=False).tail(1).set_index("trial_id")
    square = last["activation_mean"] ** 2 + last["activation_sd"] ** 2
    return by_trial(frames, square.map(lambda v: math.log(v) if v > 0 else -math.inf))


SPEEDS = (("layers", "mean_delta_norm"),)
LAYER_METRICS = (
    ends(
        "speed_ratio",
        "mean_delta_norm",
        "learning speed of the biases, ‖mean δ‖,",
        "speed, last / first layer",
    ),
    ends(
        "weight_gradient_ratio",
        "weight_gradient_norm",
        "weights' gradient, ‖∂C/∂W‖,",
        "‖∂C/∂W‖, last / first layer",
    ),
    ends("delta_ratio", "rms_delta", "error, RMS δ,", "RMS δ, last / first layer"),
    Metric(
        "layer_factor",
        "factor by which learning speed falls per hidden layer, at initialisation",
        "log",
        "nearer one",
        layer_factor,
        SPEEDS,
        heading="speed factor per layer",
        needs=("layers",),
        again="{value}-fold",
        sentence="the learning speed is level, ×{value} per hidden layer",
        undecided="the learning speed changes ×{value} per hidden layer, perhaps not at all",
        above="the learning speed falls {value}-fold per hidden layer towards the input",
        below="the learning speed grows {value}-fold per hidden layer towards the input",
    ),
    Metric(
        "dead_share",
        "share of hidden units that are dead at the end",
        "linear",
        "lower",
        dead_share,
        (("layers", "dead_share"), ("trials", "status")),
        heading="dead units",
        unit="%",
        needs=("hidden layers", "layers at the end"),
    ),
    Metric(
        "activation_mean",
        "size of the mean activation over its sd in hidden layers at initialisation",
        "linear",
        "lower",
        activation_mean,
        (("layers", "activation_mean"), ("layers", "activation_sd")),
        heading="|mean| / sd of activations",
        needs=("hidden layers",),
    ),
    Metric(
        "first_weight_change",
        "relative change of the first layer's weights",
        "log",
        "none",
        first_weight_change,
        (("layers", "weight_change"), ("trials", "status")),
        heading="‖W − W₀‖/‖W₀‖, first layer",
        needs=("layers at the end",),
    ),
    Metric(
        "log_length",
        "log of the mean square activation in the last hidden layer at initialisation",
        "linear",
        "none",
        log_length,
        (("layers", "activation_mean"), ("layers", "activation_sd")),
        heading="log mean square activation",
        needs=("hidden layers",),
    ),
)
