"""Metrics: the number per trial that a study is about, where it comes from and how to read it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Scale = Literal["linear", "log", "logit"]
Direction = Literal["higher", "lower", "nearer one"]
Need = Literal["classes", "validation", "test", "layers"]


@dataclass(frozen=True)
class Metric:
    """One number per trial.

    ``scale`` is the scale on which replicates are averaged and compared: on ``"log"`` effects are
    ratios, on ``"linear"`` and ``"logit"`` differences. ``direction`` says which values are better,
    ``needs`` what a study must have for the metric to have a value: classes, a validation or test
    set, or two hidden layers that are measured.
    """

    name: str
    words: str
    scale: Scale
    direction: Direction
    percent: bool = False
    needs: tuple[Need, ...] = ()


METRICS: dict[str, Metric] = {
    metric.name: metric
    for metric in (
        Metric(
            "validation_accuracy",
            "validation accuracy",
            "linear",
            "higher",
            percent=True,
            needs=("classes", "validation"),
        ),
        Metric("validation_loss", "validation loss", "log", "lower", needs=("validation",)),
        Metric(
            "train_accuracy",
            "training accuracy",
            "linear",
            "higher",
            percent=True,
            needs=("classes",),
        ),
        Metric("train_loss", "training loss", "log", "lower"),
        Metric(
            "test_accuracy",
            "test accuracy",
            "linear",
            "higher",
            percent=True,
            needs=("classes", "test"),
        ),
        Metric("test_loss", "test loss", "log", "lower", needs=("test",)),
        Metric(
            "best_validation_loss", "lowest validation loss", "log", "lower", needs=("validation",)
        ),
        Metric(
            "loss_rise",
            "final validation loss over its minimum",
            "log",
            "lower",
            needs=("validation",),
        ),
        Metric(
            "best_epoch",
            "epoch of the lowest validation loss",
            "linear",
            "higher",
            needs=("validation",),
        ),
        Metric(
            "speed_ratio",
            "learning speed of the last hidden layer over the first, at initialisation",
            "log",
            "nearer one",
            needs=("layers",),
        ),
        Metric(
            "layer_factor",
            "factor by which learning speed falls per hidden layer, at initialisation",
            "log",
            "nearer one",
            needs=("layers",),
        ),
    )
}
