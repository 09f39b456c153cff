"""Metrics of what a study measures on request: each needs the measure whose table it reads."""

from __future__ import annotations

from typing import Any

from ...core.measures.lesions import HALF
from .layers import by_trial
from .metric import Frames, Metric


def small_weight_share(frames: Frames) -> Any:
    """Return the share of all weights that are smaller than the measure's threshold."""
    layers = frames["weights"]
    small = (layers["small_share"] * layers["weights"]).groupby(layers["trial_id"]).sum()
    return by_trial(frames, small / layers.groupby("trial_id")["weights"].sum())


def unit_correlation(frames: Frames) -> Any:
    """Return the mean |correlation| of two units of a hidden layer, mean over layers."""
    return by_trial(frames, frames["smoothness"].groupby("trial_id")["unit_correlation"].mean())


def input_gradient(frames: Frames) -> Any:
    """Return the mean norm of the loss's gradient by the inputs."""
    inputs = frames["smoothness"][frames["smoothness"]["layer"] == 0]
    return by_trial(frames, inputs.set_index("trial_id")["input_gradient"])


def last_readout(frames: Frames) -> Any:
    """Return the accuracy of the read-out of the last hidden layer at the end."""
    rows = frames["readouts"][frames["readouts"]["layer"] > 0]
    for key in ("step", "layer"):
        rows = rows[rows[key] == rows.groupby("trial_id")[key].transform("max")]
    return by_trial(frames, rows.set_index("trial_id")["accuracy"], at_end=True)


def first_readout(frames: Frames) -> Any:
    """Return the accuracy of the read-out of the first hidden layer before the first step."""
    rows = frames["readouts"]
    rows = rows[(rows["step"] == 0) & (rows["layer"] == 1)]
    return by_trial(frames, rows.set_index("trial_id")["accuracy"])


def lesion_accuracy(frames: Frames) -> Any:
    """Return the accuracy without half of the hidden units."""
    half = frames["lesions"][frames["lesions"]["share"] == HALF]
    return by_trial(frames, half.set_index("trial_id")["accuracy"])


def validation_rmse(frames: Frames) -> Any:
    """Return √(mean (ŷ − y)²) over the validation examples, whatever the loss."""
    rows = frames["outcomes"]
    residual = rows[rows["set"] == "validation"].set_index("trial_id")["residual"]
    return by_trial(frames, (residual.astype(float) ** 2).groupby(level=0).mean() ** 0.5)


MEASURED_METRICS = (
    Metric(
        "validation_rmse",
        "root mean square validation error",
        "log",
        "lower",
        validation_rmse,
        (("outcomes", "set"), ("outcomes", "residual")),
        heading="validation RMSE",
        needs=("numbers", "validation", "outcomes"),
    ),
    Metric(
        "small_weight_share",
        "share of weights near 0 at the end",
        "linear",
        "none",
        small_weight_share,
        (("weights", "small_share"), ("weights", "weights")),
        heading="weights near 0",
        unit="%",
        needs=("weights",),
    ),
    Metric(
        "unit_correlation",
        "mean |correlation| of two units of a hidden layer",
        "linear",
        "lower",
        unit_correlation,
        (("smoothness", "unit_correlation"),),
        heading="|correlation| of units",
        needs=("smoothness",),
    ),
    Metric(
        "input_gradient",
        "mean slope of the loss in the inputs",
        "log",
        "lower",
        input_gradient,
        (("smoothness", "input_gradient"), ("smoothness", "layer")),
        heading="‖∂loss/∂x‖",
        needs=("smoothness",),
    ),
    Metric(
        "last_readout",
        "validation accuracy of a read-out of the last hidden layer",
        "linear",
        "higher",
        last_readout,
        (
            ("readouts", "accuracy"),
            ("readouts", "step"),
            ("readouts", "layer"),
            ("trials", "status"),
        ),
        heading="read-out, last layer",
        unit="%",
        needs=("classes", "validation", "readouts"),
    ),
    Metric(
        "first_readout",
        "validation accuracy of a read-out of the first hidden layer at initialisation",
        "linear",
        "higher",
        first_readout,
        (("readouts", "accuracy"), ("readouts", "step"), ("readouts", "layer")),
        heading="read-out, first layer",
        unit="%",
        needs=("classes", "validation", "readouts"),
    ),
    Metric(
        "lesion_accuracy",
        "validation accuracy without half of the hidden units",
        "linear",
        "higher",
        lesion_accuracy,
        (("lesions", "accuracy"), ("lesions", "share")),
        heading="accuracy, half of the units",
        unit="%",
        needs=("classes", "validation", "lesions"),
    ),
)
