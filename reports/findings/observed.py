"""What findings are made of: curves and layers of every trial, as arrays in the order of trials."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from ...core.components import Array
from ...core.engine.outcome import Status
from ..statistics.frames import Results
from .chance import chances

AT_CHANCE = 0.98
"""A training loss above this share of that of the best constant output is chance."""


@dataclass(frozen=True, eq=False)
class Observed:
    """A run's results, turned into arrays with one row for each trial; NaN is what is missing."""

    results: Results

    @property
    def trials(self) -> pd.DataFrame:
        """One row for each trial."""
        return self.results.trials

    @cached_property
    def ids(self) -> Array:
        """The trials' ids."""
        return np.asarray(self.trials["trial_id"].to_numpy(object))

    @cached_property
    def arm(self) -> Array:
        """The position of each trial's arm."""
        return np.asarray(self.trials["arm"].to_numpy(int))

    @cached_property
    def replicate(self) -> Array:
        """The replicate of each trial."""
        return np.asarray(self.trials["replicate"].to_numpy(int))

    @cached_property
    def diverged(self) -> Array:
        """Whether each trial diverged."""
        return np.asarray(self.trials["status"].to_numpy(object) == Status.DIVERGED)

    @cached_property
    def withdrawn(self) -> Array:
        """Whether the design withdrew each trial before its last epoch."""
        return np.asarray(self.trials["status"].to_numpy(object) == Status.STOPPED)

    @cached_property
    def chances(self) -> Array:
        """Loss and accuracy of the best constant output for every arm, shape (2, arms)."""
        return chances(self.results.study)

    @property
    def chance(self) -> Array:
        """The loss of the best constant output on the training set of each trial's arm."""
        return np.asarray(self.chances[0, self.arm])

    @property
    def accuracy_above_chance(self) -> Array:
        """The part of the way from the best constant output's accuracy to 1, on the training set.

        NaN for tasks without classes.
        """
        chance: Array = self.chances[1, self.arm]
        with np.errstate(all="ignore"):
            return np.asarray((self.column("train_accuracy") - chance) / (1 - chance))

    @cached_property
    def at_chance(self) -> Array:
        """Whether each trial ends no better than chance, so that its fit cannot be judged."""
        return np.asarray(self.final >= AT_CHANCE * self.chance)

    def column(self, name: str) -> Array:
        """Return a column of the trials as floats."""
        return np.asarray(self.trials[name].to_numpy(float))

    @cached_property
    def epochs(self) -> Array:
        """The number of epochs that each trial was trained."""
        return self.column("epochs_trained")

    @cached_property
    def _scored(self) -> tuple[Array, Array]:
        table = self.results.epochs
        rows = pd.Index(self.ids).get_indexer(table["trial_id"])
        return rows, table["epoch"].to_numpy(int)

    def curve(self, score: str) -> Array:
        """Return a score after each epoch from 0, shape (trials, epochs + 1), NaN after the end."""
        rows, epochs = self._scored
        width = int(epochs.max(initial=0)) + 1
        curve = np.full((len(self.ids), width), np.nan)
        curve[rows, epochs] = self.results.epochs[score].to_numpy(float)
        return curve

    @cached_property
    def train(self) -> Array:
        """The training loss after every epoch."""
        return self.curve("train_loss")

    @cached_property
    def validation(self) -> Array:
        """The validation loss after every epoch."""
        return self.curve("validation_loss")

    @cached_property
    def watched(self) -> Array:
        """The validation loss after every epoch, the training loss where there is none."""
        without = np.isnan(self.validation).all(axis=1, keepdims=True)
        return np.where(without, self.train, self.validation)

    def at(self, curve: Array, epoch: Array) -> Array:
        """Return each trial's value of a curve at an epoch of its own."""
        index = np.clip(np.nan_to_num(epoch), 0, curve.shape[1] - 1).astype(int)
        return np.asarray(np.take_along_axis(curve, index[:, None], axis=1)[:, 0])

    @cached_property
    def final(self) -> Array:
        """The training loss after the last epoch of each trial that did not diverge."""
        return np.where(self.diverged, np.nan, self.at(self.train, self.epochs))

    @cached_property
    def hidden(self) -> pd.DataFrame:
        """The measurements of hidden layers, with ``row``, the position of their trial."""
        layers = self.results.layers
        row = pd.Index(self.ids).get_indexer(layers["trial_id"])
        layers = layers.assign(row=row).sort_values(["row", "step", "layer"])
        return layers[~layers["is_output"].astype(bool)]

    @cached_property
    def start(self) -> pd.DataFrame:
        """The measurements of hidden layers before the first step."""
        return self.hidden[self.hidden["step"] == 0]

    @cached_property
    def output_start(self) -> Array:
        """The root mean square of ‖δ‖ of the output layer before the first step."""
        layers = self.results.layers
        rows = layers[(layers["step"] == 0) & layers["is_output"].astype(bool)]
        return self._of_rows(rows.set_index("trial_id")["rms_delta"])

    def _of_rows(self, by_trial: pd.Series) -> Array:
        return np.asarray(by_trial.reindex(self.ids).to_numpy(float))

    def end_of(self, metric: str, *, last: bool) -> Array:
        """Return a metric of the first hidden layer, or the last, before the first step.

        NaN with a single hidden layer.
        """
        rows = self.start
        several = rows["trial_id"].duplicated(keep=False)
        ends = rows[several].drop_duplicates("trial_id", keep="last" if last else "first")
        return self._of_rows(ends.set_index("trial_id")[metric])

    def ratio(self, metric: str) -> Array:
        """Return a metric of the first hidden layer over that of the last, before the first step.

        NaN with fewer than two hidden layers, or where both are zero.
        """
        with np.errstate(all="ignore"):
            return self.end_of(metric, last=False) / self.end_of(metric, last=True)

    @cached_property
    def relative_gradient(self) -> Array:
        """‖∂C/∂W‖ of the first hidden layer over the output's RMS ‖δ‖, before the first step."""
        first = self.start.drop_duplicates("trial_id", keep="first").set_index("trial_id")
        with np.errstate(all="ignore"):
            return self._of_rows(first["weight_gradient_norm"]) / self.output_start

    def worst_layer(self, metric: str) -> tuple[Array, Array, Array]:
        """Return the largest value of a metric at a trial's last measurement, its layer and epoch.

        NaN for trials that diverged, whose last numbers mean nothing.
        """
        rows = self.hidden
        last = rows[rows["step"] == rows.groupby("row")["step"].transform("max")]
        last = last[last[metric].notna() & ~self.diverged[last["row"]]]
        worst = last.sort_values(["row", metric]).drop_duplicates("row", keep="last")
        largest = worst.set_index("trial_id").reindex(self.ids)
        value, layer, epoch = (largest[name].to_numpy(float) for name in (metric, "layer", "epoch"))
        return value, layer, epoch

    def largest(self, metric: str, *, steps: int | None = None) -> Array:
        """Return the largest finite value of a metric over layers, up to a step or at the last.

        Layers that were measured only at the start have no last step.
        """
        rows = self.results.layers
        if steps is None:
            last = rows.groupby("trial_id")["step"].transform("max")
            rows = rows[(rows["step"] == last) & (last > 0)]
        else:
            rows = rows[rows["step"] <= steps]
        rows = rows[np.isfinite(rows[metric].to_numpy(float))]
        return self._of_rows(rows.groupby("trial_id")[metric].max())


def medians(values: Array) -> Array:
    """Return the median of each row without its NaN; NaN where nothing is left."""
    return np.asarray(pd.DataFrame(values).median(axis=1).to_numpy(float))
