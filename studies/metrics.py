"""Metrics: the number per trial that a study is about, where it comes from and how to read it.

Adding one is one value in ``METRICS``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

Scale = Literal["linear", "log"]
Direction = Literal["higher", "lower", "nearer one", "none"]
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
        on ``"linear"`` differences.
    direction
        Which values are better; ``"nearer one"`` compares distances |log value| from 1.
    unit
        In ``"%"`` the value is written times 100.
    needs
        What a study must have for a value: classes, a validation or test set, or two hidden layers
        that are measured.
    selects
        Whether it is itself the best of many on the set that it is measured on.
    sentence, again, above, below, undecided
        How an arm's value is said, ``again`` after another that was said by the same words, with
        ``{words}``, ``{value}`` and ``{interval}``. A metric with
        ``above`` and ``below`` says these where its interval lies on one side of 1, ``below`` with
        the reciprocal; ``sentence`` where the whole interval is within the margin of 1, and
        ``undecided`` elsewhere.
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
    selects: bool = False
    sentence: str = IS
    again: str = "{value} {interval}"
    above: str = ""
    below: str = ""
    undecided: str = ""

    @property
    def recorded(self) -> bool:
        """Whether it is a column of the trials as they are stored."""
        return self.reads == (("trials", self.name),)

    @property
    def measured_on(self) -> str:
        """The set that it is measured on: validation, test or train."""
        return next((need for need in ("test", "validation") if need in self.needs), "train")

    @property
    def directed(self) -> bool:
        """Whether some of its values are better than others."""
        return self.direction != "none"

    @property
    def distance(self) -> bool:
        """Whether arms are compared by their distance from 1."""
        return self.direction == "nearer one"

    @property
    def bounds(self) -> tuple[float, float]:
        """The least and the largest value that there may be."""
        return (0.0, 1.0) if self.unit == "%" else (-math.inf, math.inf)

    @property
    def factor(self) -> float:
        """What its values are multiplied with to be in its unit."""
        return 100.0 if self.unit == "%" else 1.0


def after_its_set(words: str, held_out: str, watched: str = "") -> str:
    """Name a metric after the set that it is measured on, and the one that chose its epoch.

    >>> after_its_set("lowest validation loss", "validation", "selection")
    'validation loss at the epoch of the lowest selection loss'
    """
    if watched == "selection":
        at_best = "at the epoch of the lowest selection loss"
        words = words.replace("epoch of the lowest validation", "epoch of the lowest selection")
        words = words.replace("lowest validation loss", f"validation loss {at_best}")
        words = words.replace("over its minimum", f"over that {at_best}")
    return words.replace("validation", held_out)


def score(name: str, words: str, scale: Scale, direction: Direction, **more: Any) -> Metric:
    """Return the metric that a column of the trials is."""

    def of(frames: Frames) -> Any:
        return frames["trials"][name]

    return Metric(name, words, scale, direction, of, (("trials", name),), **more)


def loss_rise(frames: Frames) -> Any:
    """Return the final over the lowest validation loss."""
    trials = frames["trials"]
    return trials["validation_loss"] / trials["best_validation_loss"]


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
    layers = frames["layers"]
    start = layers[(layers["step"] == 0) & ~layers["is_output"]].sort_values("layer")
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
        again="{value} {interval} times",
        sentence=f"the {thing} is level from layer to layer, ×{{value}} {{interval}}",
        above=f"the {thing} is {{value}} {{interval}} times smaller {sides}",
        below=f"the {thing} is {{value}} {{interval}} times larger {sides}",
        undecided=f"the {thing} changes ×{{value}} {{interval}} from the first hidden layer to the "
        "last, perhaps not at all",
    )


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
            again="{value}-fold {interval}",
            sentence="the learning speed is level, ×{value} {interval} per hidden layer",
            undecided="the learning speed changes ×{value} {interval} per hidden layer, perhaps "
            "not at all",
            above="the learning speed falls {value}-fold {interval} per hidden layer towards the "
            "input",
            below="the learning speed grows {value}-fold {interval} per hidden layer towards the "
            "input",
        ),
    )
}
