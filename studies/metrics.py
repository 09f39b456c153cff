"""Metrics: the number per trial that a study is about, where it comes from and how to read it.

Adding one is one value in ``METRICS``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

Scale = Literal["linear", "log", "logit"]
Direction = Literal["higher", "lower", "nearer one"]
Need = Literal["classes", "validation", "test", "layers"]
Unit = Literal["", "%"]
Frames = Mapping[str, Any]
"""The tables of a run by name, each a pandas frame."""
IS = "the {words} is {value} {interval}"


@dataclass(frozen=True)
class Metric:
    """One number per trial.

    Parameters
    ----------
    name, words, heading
        The name in study files, what readers call it, and its heading in a table if that is short.
    of, reads
        Its values, one for each row of ``frames["trials"]`` and with its index; and the tables and
        columns that they are made of.
    scale
        The scale on which replicates are averaged and compared: on ``"log"`` effects are ratios,
        on ``"linear"`` and ``"logit"`` differences.
    direction
        Which values are better.
    unit
        In ``"%"`` the value is written times 100.
    needs
        What a study must have for a value: classes, a validation or test set, or two hidden layers
        that are measured.
    sentence, above, below
        How an arm's value is said, with ``{words}``, ``{value}`` and ``{interval}``. A metric with
        ``above`` and ``below`` says these where its interval lies on one side of 1, ``below`` with
        the reciprocal.
    """

    name: str
    words: str
    scale: Scale
    direction: Direction
    of: Callable[[Frames], Any]
    reads: tuple[tuple[str, str], ...]
    heading: str = ""
    unit: Unit = ""
    needs: tuple[Need, ...] = ()
    sentence: str = IS
    above: str = ""
    below: str = ""

    @property
    def recorded(self) -> bool:
        """Whether it is a column of the trials as they are stored."""
        return self.reads == (("trials", self.name),)

    @property
    def factor(self) -> float:
        """What its values are multiplied with to be in its unit."""
        return 100.0 if self.unit == "%" else 1.0


def score(name: str, words: str, scale: Scale, direction: Direction, **more: Any) -> Metric:
    """Return the metric that a column of the trials is."""

    def of(frames: Frames) -> Any:
        return frames["trials"][name]

    return Metric(name, words, scale, direction, of, (("trials", name),), **more)


def loss_rise(frames: Frames) -> Any:
    """Return the final over the lowest validation loss."""
    trials = frames["trials"]
    return trials["validation_loss"] / trials["best_validation_loss"]


def speed_ratio(frames: Frames) -> Any:
    """Return ‖mean δ‖ of the last hidden layer over that of the first, at initialisation.

    It is null with fewer than two hidden layers, or where a speed is zero or no finite number.
    """
    return _speeds(frames)[0]


def layer_factor(frames: Frames) -> Any:
    """Return the (L − 1)-th root of :func:`speed_ratio`, for L hidden layers."""
    ratio, layers = _speeds(frames)
    return ratio ** (1.0 / (layers - 1).where(layers > 1))


def _speeds(frames: Frames) -> tuple[Any, Any]:
    layers = frames["layers"]
    start = layers[(layers["step"] == 0) & ~layers["is_output"]].sort_values("layer")
    by_trial = start.groupby("trial_id", sort=False)
    ends = (rows.set_index("trial_id") for rows in (by_trial.head(1), by_trial.tail(1)))
    first, last = (rows["mean_delta_norm"] for rows in ends)
    ratio, depth = last / first, by_trial.size()
    sound = (depth > 1) & (ratio > 0) & (ratio < float("inf"))
    ids = frames["trials"]["trial_id"]
    return ids.map(ratio.where(sound)), ids.map(depth)


SPEEDS = (("layers", "mean_delta_norm"),)
METRICS: dict[str, Metric] = {
    metric.name: metric
    for metric in (
        score(
            "validation_accuracy",
            "validation accuracy",
            "linear",
            "higher",
            unit="%",
            needs=("classes", "validation"),
        ),
        score("validation_loss", "validation loss", "log", "lower", needs=("validation",)),
        score(
            "train_accuracy", "training accuracy", "linear", "higher", unit="%", needs=("classes",)
        ),
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
            "best_validation_loss", "lowest validation loss", "log", "lower", needs=("validation",)
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
            "higher",
            heading="best epoch",
            needs=("validation",),
        ),
        Metric(
            "speed_ratio",
            "learning speed of the last hidden layer over the first, at initialisation",
            "log",
            "nearer one",
            speed_ratio,
            SPEEDS,
            heading="speed, last / first layer",
            needs=("layers",),
            sentence="the last hidden layer learns {value} {interval} times as fast as the first",
        ),
        Metric(
            "layer_factor",
            "factor by which learning speed falls per hidden layer, at initialisation",
            "log",
            "nearer one",
            layer_factor,
            SPEEDS,
            heading="speed factor per layer",
            needs=("layers",),
            sentence="the learning speed is level, ×{value} {interval} per hidden layer",
            above="the learning speed falls {value}-fold {interval} per hidden layer towards the "
            "input",
            below="the learning speed grows {value}-fold {interval} per hidden layer towards the "
            "input",
        ),
    )
}
