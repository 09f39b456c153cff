"""Metrics: the number per trial that a study is about, where it comes from and how to read it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Scale = Literal["linear", "log", "logit"]
Direction = Literal["higher", "lower", "nearer one"]


@dataclass(frozen=True)
class Metric:
    """One number per trial.

    ``scale`` is the scale on which replicates are averaged and compared: on ``"log"`` effects are
    ratios, on ``"linear"`` and ``"logit"`` differences. ``direction`` says which values are better.
    """

    name: str
    words: str
    scale: Scale
    direction: Direction
    percent: bool = False


METRICS: dict[str, Metric] = {
    metric.name: metric
    for metric in (
        Metric("validation_accuracy", "validation accuracy", "linear", "higher", percent=True),
        Metric("validation_loss", "validation loss", "log", "lower"),
        Metric("train_accuracy", "training accuracy", "linear", "higher", percent=True),
        Metric("train_loss", "training loss", "log", "lower"),
        Metric("test_accuracy", "test accuracy", "linear", "higher", percent=True),
        Metric("test_loss", "test loss", "log", "lower"),
        Metric("best_validation_loss", "lowest validation loss", "log", "lower"),
        Metric("loss_rise", "final validation loss over its minimum", "log", "lower"),
        Metric("best_epoch", "epoch of the lowest validation loss", "linear", "higher"),
        Metric(
            "speed_ratio",
            "learning speed of the last hidden layer over the first, at initialisation",
            "log",
            "nearer one",
        ),
        Metric(
            "layer_factor",
            "factor by which learning speed falls per hidden layer, at initialisation",
            "log",
            "nearer one",
        ),
    )
}
