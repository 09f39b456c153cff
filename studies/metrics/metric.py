"""What a metric is: one number per trial, where it comes from and how it is said."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

Scale = Literal["linear", "log"]
Direction = Literal["higher", "lower", "nearer one", "none"]
Need = Literal[
    "classes",
    "numbers",
    "validation",
    "test",
    "layers",
    "hidden layers",
    "layers at the end",
    "readouts",
    "lesions",
    "smoothness",
    "weights",
    "outcomes",
]
Unit = Literal["", "%"]
Frames = Mapping[str, Any]
"""The tables of a run by name, each a pandas frame."""
IS = "the {words} is {value}"


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
        What a study must have for a value: classes or numbers, a validation or test set, two
        hidden layers that are measured, or one, layers measured after the start, or a measure.
    selects
        Whether it is itself the best of many on the set that it is measured on.
    sentence, again, above, below, undecided
        How an arm's value is said, ``again`` after another that was said by the same words, with
        ``{words}`` and ``{value}``. A metric with
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
    again: str = "{value}"
    above: str = ""
    below: str = ""
    undecided: str = ""

    @property
    def recorded(self) -> bool:
        """Whether it is a column of the trials as they are stored."""
        return self.reads == (("trials", self.name),)

    @property
    def score(self) -> Literal["loss", "accuracy", ""]:
        """Which score of a trial it is, if it is one: a loss, a share of right answers, or none."""
        if not self.recorded or not self.directed:
            return ""
        return "accuracy" if self.unit == "%" else "loss"

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
