"""The scores of a stack at one moment: losses and accuracies, measured when first asked for."""

from __future__ import annotations

import numpy as np

from ..components import Array
from .evaluation import Evaluation
from .ledger import SCORED
from .outcome import SCORES
from .stack import Stack

EVALUATED_TRAINING_EXAMPLES = 10_000
"""After an epoch, training loss and accuracy are of at most this many first training examples.

Those of a trial's end and of its best epoch are of all of them.
"""
ALL = "all"
"""What a training score on all rows begins with."""


class Scoring:
    """Scores a stack whenever asked, once until it is told to ``forget``."""

    def __init__(self, stack: Stack) -> None:
        self._examples, self._trials = stack.examples, len(stack.trials)
        self._known: dict[str, Array] = {}
        self._evaluate = Evaluation(
            [trial.recipe for trial in stack.trials],
            stack.examples,
            stack.architecture,
            stack.evaluated,
            stack.architecture.running(stack.evaluated_statistics),
        )

    @property
    def partial(self) -> bool:
        """Whether training scores after an epoch are not of all rows."""
        return self._examples.sizes.train > EVALUATED_TRAINING_EXAMPLES

    def forget(self) -> None:
        """Measure anew from here on: the parameters change."""
        self._known = {}

    def take_over(self, other: Scoring, keep: Array) -> None:
        """Take over what another scoring knows of the trials at the positions ``keep``."""
        self._known = {name: values[keep] for name, values in other._known.items()}

    def __getitem__(self, name: str) -> Array:
        """Return one score, float64 of shape (T,), NaN where it is not defined.

        It is named as in SCORES, or begins with ``all`` for a training score on every row.
        """
        if name not in self._known:
            part = name.split("_", 1)[0]
            rows = getattr(self._examples, "train" if part == ALL else part)
            if part == "train":
                rows = rows[:, :EVALUATED_TRAINING_EXAMPLES]
            names = f"{part}_loss", f"{part}_accuracy"
            self._known |= zip(names, self._evaluate(rows), strict=True)
        return self._known[name]

    def rows(self, epoch: int) -> Array:
        """Return every score beside the epoch, (T,) of SCORED."""
        rows = np.empty(self._trials, SCORED)
        rows["epoch"] = epoch
        for name in SCORES:
            rows[name] = self[name]
        return rows

    def final_rows(self, epoch: int) -> Array:
        """Return the same with training scores on all rows."""
        rows = self.rows(epoch)
        if self.partial:
            rows["train_loss"] = self[f"{ALL}_loss"]
            rows["train_accuracy"] = self[f"{ALL}_accuracy"]
        return rows
