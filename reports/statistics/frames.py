"""Tidy frames behind every claim: trials with the levels of their arm and the derived metrics."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd

from ...cluster.folder.extension import question
from ...cluster.folder.run import Run
from ...studies.designs.design_function import Arm, Level
from ...studies.metrics import Metric
from ...studies.study import Study
from .folds import means_over_folds
from .scales import onto

DERIVED = {
    "loss_rise": ("trials", "best_validation_loss"),
    "speed_ratio": ("layers", "mean_delta_norm"),
    "layer_factor": ("layers", "mean_delta_norm"),
}
"""Metrics that are no column of the trials, and the table and column that they are made of."""


@dataclass(frozen=True)
class Results:
    """A run's frames, with one column for each axis of the design.

    ``trials``, ``epochs`` and ``layers`` carry ``arm`` (a position in the study's arms) and the
    levels as ordered categories; ``trials`` also ``speed_ratio``, ``layer_factor`` and
    ``loss_rise``. Where a replicate is several trainings, the folds of a cross-validation, all
    three hold their means, one for each arm and replicate, so that everything compared and counted
    is a replicate; ``by_fold`` then holds what ``trials`` does for each training.
    """

    run: Run
    study: Study
    trials: pd.DataFrame
    epochs: pd.DataFrame
    layers: pd.DataFrame
    by_fold: pd.DataFrame | None = None

    @property
    def trainings(self) -> pd.DataFrame:
        """One row for each training: the trials, or the folds of each where it has several."""
        return self.trials if self.by_fold is None else self.by_fold

    @property
    def held_out(self) -> str:
        """What the validation columns hold: the official test set where a protocol has it so."""
        return self.study.recipe.split.held_out

    @property
    def metric(self) -> Metric:
        """The primary metric, named after the set it is measured on."""
        primary = self.study.primary
        return replace(primary, words=primary.words.replace("validation", self.held_out))

    @property
    def older_than_metric(self) -> bool:
        """Whether some trials were made before what the primary metric needs was recorded."""
        table, column = DERIVED.get(self.study.metric, ("trials", self.study.metric))
        return any(column in columns for columns in self.run.lacking(table).values())

    @property
    def asked_in_advance(self) -> bool:
        """Whether metric, margin and named arms are those of the first plan."""
        now = question(self.study.to_table())
        return all(question(plan.study) == now for plan in self.run.plans)

    @cached_property
    def axes(self) -> list[str]:
        """The paths of the design's axes on which arms differ."""
        return [path for path in self.study.axes if len(self.levels(path)) > 1]

    def levels(self, path: str) -> list[Level]:
        """Return an axis's levels in the order of the arms."""
        levels = (arm.level(path) for arm in self.study.arms)
        return list({level.label: level for level in levels}.values())

    def named(self, position: int) -> tuple[Level, ...]:
        """Return the levels of the arm at a position, on all axes of the design."""
        return tuple(self.study.arms[position].level(path) for path in self.study.axes)

    @cached_property
    def baseline(self) -> int:
        """The position of the baseline arm."""
        return self.study.arms.index(self.study.baseline_arm)

    @cached_property
    def contrast(self) -> int | None:
        """The position of the arm named in the answer: the chosen one, or the best of the others.

        A chosen arm has the baseline's level on every axis that it does not name. The best is
        judged by the mean of the primary metric on its scale, among the arms that lost the fewest
        replicates; naming it is a selection, and the answer says so.
        """
        arms = self.study.arms
        if self.study.contrast:
            chosen = self.study.contrast_arm
            return arms.index(chosen) if chosen is not None else None
        metric = self.study.primary
        values = onto(metric.scale, self.trials[metric.name])
        scores = pd.Series(np.where(np.isfinite(values), values, np.nan), self.trials.index)
        grouped = scores.groupby(self.trials["arm"]).agg(["mean", "count"])
        grouped = grouped.drop(self.baseline, errors="ignore").dropna()
        means = grouped.loc[grouped["count"] == grouped["count"].max(), "mean"]
        if means.empty:
            return None
        if metric.direction == "nearer one":
            return int(means.abs().idxmin())
        return int(means.idxmax() if metric.direction == "higher" else means.idxmin())

    def arm(self, position: int) -> Arm:
        """Return an arm by its position."""
        return self.study.arms[position]


def results_of(run: Run) -> Results:
    """Read a run and derive what its report needs."""
    study = run.study
    ids = {planned.arm.recipe: planned.arm_id for planned in run.plans[-1].arms}
    position = {ids[arm.recipe]: index for index, arm in enumerate(study.arms)}
    trials = run.trials.copy()
    trials["label"] = trials["arm"]
    trials["arm"] = trials["arm_id"].map(position).astype(int)
    trials["fold"] = trials["fold"].astype(int) if "fold" in trials else 0
    trials = trials.sort_values(["arm", "replicate", "fold"], ignore_index=True)
    labels = {path: [arm.level(path).label for arm in study.arms] for path in study.axes}
    levels = pd.DataFrame(
        {path: [labels[path][a] for a in trials["arm"]] for path in study.axes},
        index=trials.index,
    ).add_prefix("axis:")
    trials = pd.concat([trials, levels], axis=1)
    keys = trials[["trial_id", "arm", "replicate", *levels.columns]]
    epochs = run.epochs.merge(keys, on="trial_id")
    layers = run.layers.merge(keys, on="trial_id")
    by_fold = None
    if study.folds > 1:
        by_fold = with_ratios(trials, layers)
        frames = {"trials": trials, "epochs": epochs, "layers": layers}
        frames = means_over_folds(frames, run.tables, study.folds)
        trials, epochs, layers = (frames[name] for name in ("trials", "epochs", "layers"))
    return Results(run, study, with_ratios(trials, layers), epochs, layers, by_fold)


def with_ratios(trials: pd.DataFrame, layers: pd.DataFrame) -> pd.DataFrame:
    """Return the trials with the metrics that are ratios of what was measured."""
    trials = trials.merge(speeds(layers), on="trial_id", how="left")
    rise = trials["validation_loss"] / trials["best_validation_loss"]
    return trials.assign(loss_rise=rise)


def speeds(layers: pd.DataFrame) -> pd.DataFrame:
    """Return each trial's speed ratio and factor per hidden layer at initialisation.

    speed_ratio = ‖mean δ‖ of the last hidden layer over that of the first; layer_factor is its
    (L − 1)-th root for L hidden layers. Both are null with fewer than two hidden layers or where
    a speed is zero.
    """
    start = layers[(layers["step"] == 0) & ~layers["is_output"]].sort_values("layer")
    grouped = start.groupby("trial_id", sort=False)
    first, last = grouped.head(1).set_index("trial_id"), grouped.tail(1).set_index("trial_id")
    ratio = last["mean_delta_norm"] / first["mean_delta_norm"]
    layers = grouped.size()
    ratio = ratio.where((layers > 1) & (ratio > 0) & np.isfinite(ratio))
    factor = ratio ** (1.0 / (layers - 1).where(layers > 1))
    found = pd.DataFrame({"speed_ratio": ratio, "layer_factor": factor})
    return found.rename_axis("trial_id").reset_index()
