"""Metrics of losses and accuracies, at the end and on the way there."""

from __future__ import annotations

from typing import Any

from .metric import Direction, Frames, Metric, Scale

FITTED = 0.99
"""The training accuracy from which on the training set counts as fitted."""


def score(name: str, words: str, scale: Scale, direction: Direction, **more: Any) -> Metric:
    """Return the metric that a column of the trials is."""

    def of(frames: Frames) -> Any:
        return frames["trials"][name]

    return Metric(name, words, scale, direction, of, (("trials", name),), **more)


def loss_rise(frames: Frames) -> Any:
    """Return the final over the lowest validation loss."""
    trials = frames["trials"]
    return trials["validation_loss"] / trials["best_validation_loss"]


def epochs_to_fit(frames: Frames) -> Any:
    """Return the first epoch whose training accuracy is FITTED or more, null where none is."""
    epochs = frames["epochs"]
    fitted = epochs[epochs["train_accuracy"] >= FITTED].groupby("trial_id")["epoch"].min()
    return frames["trials"]["trial_id"].map(fitted).astype(float)


SCORE_METRICS = (
    score(
        "validation_accuracy",
        "validation accuracy",
        "linear",
        "higher",
        unit="%",
        needs=("classes", "validation"),
    ),
    score("validation_loss", "validation loss", "log", "lower", needs=("validation",)),
    score("train_accuracy", "training accuracy", "linear", "higher", unit="%", needs=("classes",)),
    score("train_loss", "training loss", "log", "lower"),
    score(
        "test_accuracy",
        "test accuracy",
        "linear",
        "higher",
        unit="%",
        needs=("classes", "test"),
    ),
    score("test_loss", "test loss", "log", "lower", needs=("test",)),
    score(
        "best_validation_loss",
        "lowest validation loss",
        "log",
        "lower",
        needs=("validation",),
        selects=True,
    ),
    score(
        "best_test_loss",
        "test loss at the epoch of the lowest validation loss",
        "log",
        "lower",
        needs=("validation", "test"),
    ),
    score(
        "best_test_accuracy",
        "test accuracy at the epoch of the lowest validation loss",
        "linear",
        "higher",
        unit="%",
        needs=("classes", "validation", "test"),
    ),
    Metric(
        "loss_rise",
        "final validation loss over its minimum",
        "log",
        "lower",
        loss_rise,
        (("trials", "validation_loss"), ("trials", "best_validation_loss")),
        heading="loss / its minimum",
        needs=("validation",),
    ),
    score(
        "best_epoch",
        "epoch of the lowest validation loss",
        "linear",
        "none",
        heading="best epoch",
        needs=("validation",),
    ),
    Metric(
        "epochs_to_fit",
        "first epoch with a training accuracy of 99 % or more",
        "linear",
        "lower",
        epochs_to_fit,
        (("epochs", "epoch"), ("epochs", "train_accuracy")),
        heading="epochs to fit",
        needs=("classes",),
    ),
)
