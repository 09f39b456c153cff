"""Tidy frames behind every claim: tables with the levels of their arms, trials with all metrics."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import pandas as pd

from ...cluster.folder.extension import question
from ...cluster.folder.run import Run
from ...core.engine.outcome import SCORES, Status
from ...core.errors import InputError, ResourceError
from ...studies.designs.design_function import Arm, Level
from ...studies.estimands import luck_factor, scored, variance_factor
from ...studies.metrics import METRICS, Metric, after_its_set
from ...studies.study import Study
from .estimates import Estimate, arm_estimate, best_first
from .folds import means_of_table, means_over_folds, owners
from .scales import compared, onto

TABLES = ("trials", "epochs", "layers")
"""The tables that every report reads."""
FINAL = (*SCORES, *(f"best_{score}" for score in SCORES), "best_epoch")
"""The columns of trials that say what a training has come to at its end."""


@dataclass(frozen=True)
class Results:
    """A run's frames, with one column for each axis of the design.

    ``trials``, ``epochs`` and ``layers`` carry ``arm`` (a position in the study's arms) and the
    labels of the levels as ``axis:<path>``; ``trials`` also every metric. Where a replicate is
    several trainings, the folds of a cross-validation, all three hold their means, one for each arm
    and replicate, so that everything compared and counted is a replicate; ``by_fold`` then holds
    what ``trials`` does for each training. A trial that the design withdrew has no final score, so
    these are null; what it had reached stands in ``withdrawn``, a row for each training.
    """

    run: Run
    study: Study
    trials: pd.DataFrame
    epochs: pd.DataFrame
    layers: pd.DataFrame
    by_fold: pd.DataFrame | None = None
    withdrawn: pd.DataFrame = field(default_factory=pd.DataFrame)

    @property
    def trainings(self) -> pd.DataFrame:
        """One row for each training: the trials, or the folds of each where it has several."""
        return self.trials if self.by_fold is None else self.by_fold

    def table(self, name: str) -> pd.DataFrame:
        """Return a table of the run, with the columns of arm and replicate.

        Over the folds of a replicate it holds means as far as the table has any to make.

        Raises
        ------
        KeyError
            If the run has no such table.
        """
        if name in TABLES:
            frame: pd.DataFrame = getattr(self, name)
            return frame
        frame = keyed(self.run.frame(name), self.trainings)
        if self.by_fold is None:
            return frame
        table = self.run.tables[name]
        return means_of_table(frame, table, owners(self.trainings), self.study.folds)

    @property
    def held_out(self) -> str:
        """What the validation columns hold: the official test set where a protocol has it so."""
        return self.study.recipe.split.held_out

    def renamed(self, metric: Metric) -> Metric:
        """Return a metric named after the set that it is measured on."""
        split = self.study.recipe.split
        words, heading = (
            after_its_set(x, split.held_out, split.watched) for x in (metric.words, metric.heading)
        )
        return replace(metric, words=words, heading=heading)

    @cached_property
    def metric(self) -> Metric:
        """The primary metric, named after the set that it is measured on."""
        return self.renamed(self.study.primary)

    @property
    def older_than_metric(self) -> bool:
        """Whether some trials were made before what the primary metric reads was recorded."""
        return any(
            column in columns
            for table, column in self.metric.reads
            for columns in self.run.lacking(table).values()
        )

    @property
    def asked_in_advance(self) -> bool:
        """Whether metric, margin and named arms are those of the first plan."""
        now = question(self.study.to_table())
        return all(question(plan.study) == now for plan in self.run.plans)

    @property
    def looks(self) -> int:
        """How often results may have been looked at before replicates were added, plus one."""
        counts: list[int] = [plan.study["replicates"] for plan in self.run.plans]
        return 1 + sum(later > former for former, later in itertools.pairwise(counts))

    @cached_property
    def axes(self) -> list[str]:
        """The paths of the design's axes on which arms differ."""
        return [path for path in self.study.axes if len(self.levels(path)) > 1]

    def together(self, *paths: str | None) -> list[str]:
        """Return the axes that vary together with any of these paths, these among them."""
        coupled = (axis.paths for axis in self.study.design.axes)
        whole = [path for group in coupled if set(group) & set(paths) for path in group]
        return [path for path in self.axes if path in (*paths, *whole)]

    def levels(self, path: str) -> list[Level]:
        """Return an axis's levels in the order of the arms."""
        levels = (arm.level(path) for arm in self.study.arms)
        return list({level.label: level for level in levels}.values())

    @cached_property
    def baseline(self) -> int:
        """The position of the baseline arm; the first that was not withdrawn, if none is named."""
        first = self.study.arms.index(self.study.baseline_arm)
        if self.study.baseline:
            return first
        withdrawn = (self.trials["status"] == Status.STOPPED).groupby(self.trials["arm"]).all()
        if not withdrawn.get(first, False):
            return first
        return next((int(arm) for arm, gone in withdrawn.items() if not gone), first)

    def compared(self, metric: Metric) -> pd.DataFrame:
        """Return what arms are compared by, a row for each replicate and a column for each arm."""
        values = compared(metric, self.trials[metric.name], self.diverged)
        return self.trials.assign(compared=values).pivot(
            index="replicate", columns="arm", values="compared"
        )

    @cached_property
    def diverged(self) -> pd.Series:
        """Whether each replicate diverged, but not in an arm whose other ones were withdrawn."""
        status = self.trials["status"]
        withdrawn = (status == Status.STOPPED).groupby(self.trials["arm"]).transform("any")
        return (status == Status.DIVERGED) & ~withdrawn

    @cached_property
    def estimates(self) -> dict[int, Estimate]:
        """What every arm reached in the primary metric."""
        return self.estimates_of(self.metric)

    def estimates_of(self, metric: Metric) -> dict[int, Estimate]:
        """Return what every arm reached in a metric."""
        by_arm = dict(iter(self.trials.assign(gone=self.diverged).groupby("arm")))
        none = self.trials.iloc[:0].assign(gone=False)
        rows = (by_arm.get(arm, none) for arm in range(len(self.study.arms)))
        factor = variance_factor(self.study, self.study.replicates)
        return {
            arm: arm_estimate(
                metric,
                mine[metric.name],
                mine["gone"],
                factor + self.shared_luck(mine, metric) - 1.0,
                (self.grain or None) if metric is self.metric else None,
            )
            for arm, mine in enumerate(rows)
        }

    def shared_luck(self, trials: pd.DataFrame, metric: Metric) -> float:
        """Return by how much an arm's squared interval is wider for the luck that trials share."""
        values = onto(metric.scale, trials[metric.name])
        finite = np.where(np.isfinite(values), values, np.nan)
        return luck_factor(self.study, finite, trials["replicate"])

    @cached_property
    def grain(self) -> float:
        """The smallest difference of two values of the metric that are counts, 0 of others.

        Where the data cannot be read any more, it is the smallest that the trials show.
        """
        if self.metric.unit != "%":
            return 0.0
        try:
            return 1.0 / scored(self.study)
        except (InputError, ResourceError):
            values = np.unique(self.trials[self.metric.name].dropna().to_numpy(float).round(9))
            return float(np.diff(values).min(initial=1.0)) if len(values) > 1 else 0.0

    @cached_property
    def contrast(self) -> int | None:
        """The position of the arm named in the answer: the chosen one, or the best of the others.

        A chosen arm has the baseline's level on every axis that it does not name. The best one has
        the best median; naming it is a selection, and the answer says so. Where the design selects
        the best arm by another metric, it is the best by that.
        """
        arms = self.study.arms
        if self.study.contrast:
            chosen = self.study.contrast_arm
            return arms.index(chosen) if chosen is not None else None
        metric, estimates = self.metric, self.estimates
        if self.study.design.selects == "arms":
            metric = METRICS[self.study.design.selects_on]
            estimates = self.estimates_of(metric)
        others = {arm: e for arm, e in estimates.items() if arm in self.rivals}
        if len(others) == 1:
            return next((arm for arm, e in others.items() if e.of), None)
        return next(iter(best_first(metric, others)), None)

    @cached_property
    def rivals(self) -> tuple[int, ...]:
        """The arms that have results to be compared with the baseline's, on its data set if any."""
        ended = [arm for arm, e in self.estimates.items() if arm != self.baseline and e.of]
        task = self.arm(self.baseline).recipe.task
        return tuple(arm for arm in ended if self.arm(arm).recipe.task == task) or tuple(ended)

    @property
    def named(self) -> list[int]:
        """The positions of the arms in the answer: the baseline, and the contrast if any."""
        return [self.baseline, *([] if self.contrast is None else [self.contrast])]

    def arm(self, position: int) -> Arm:
        """Return an arm by its position."""
        return self.study.arms[position]


def results_of(run: Run) -> Results:
    """Read a run and derive what its report needs.

    Replicates beyond the study's, on which a design tunes, are no part of it.
    """
    study = run.study
    planned = run.plans[-1].arms
    ids = {(each.arm.recipe, each.arm.origin): each.arm_id for each in planned}
    keys = [(arm.recipe, arm.origin) for arm in study.arms]
    position = {ids.get(key): index for index, key in enumerate(keys)}
    trials = run.trials
    judged = trials["arm_id"].isin({ids[key] for key in keys if key in ids})
    trials = trials[judged & (trials["replicate"] < study.replicates)].copy()
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
    withdrawn = trials["status"] == Status.STOPPED
    reached = trials[withdrawn]
    if withdrawn.any():
        trials[list(FINAL)] = trials[list(FINAL)].mask(withdrawn)
    asked = {study.metric, study.design.selects_on}
    for expected in study.expectations:
        rejected = (dict(levels).get("measure", "") for levels in expected.rejects)
        asked |= {expected.measure, *rejected}
    reads = [table for name in asked & METRICS.keys() for table, _ in METRICS[name].reads]
    read = {*TABLES, *reads} & run.tables.keys()
    frames = {"trials": trials}
    frames |= {name: keyed(run.frame(name), trials) for name in sorted(read - {"trials"})}
    by_fold = None
    if study.folds > 1:
        by_fold = with_metrics(frames)
        frames = means_over_folds(frames, run.tables, study.folds)
    made = with_metrics(frames)
    return Results(run, study, made, frames["epochs"], frames["layers"], by_fold, reached)


def keyed(frame: pd.DataFrame, trials: pd.DataFrame) -> pd.DataFrame:
    """Return a table's rows with the arm, the replicate and the levels of their trials."""
    axes = [name for name in trials if str(name).startswith("axis:")]
    return frame.merge(trials[["trial_id", "arm", "replicate", *axes]], on="trial_id")


def with_metrics(frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the trials with every metric that can be made from these tables."""
    trials = frames["trials"]
    made = {
        name: metric.of(frames)
        for name, metric in METRICS.items()
        if not metric.recorded and all(table in frames for table, _ in metric.reads)
    }
    return trials.assign(**made)
