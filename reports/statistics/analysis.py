"""The analysis of a run: everything that its report says, as numbers, computed once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from ...core.engine.outcome import Status
from ...core.recipe import RecipeField, recipe_fields
from ...studies.designs.design_function import Arm, Level
from ...studies.metrics import Metric
from ...studies.study import Study
from .effects import Effect, Estimate, Verdict, estimate, paired_effects, verdict
from .frames import Results
from .layout import Layout, layout_of
from .pairing import Draw, StudyLuck, luck_of, shared_luck
from .trust import Trust, trust_of
from .tuning import Tuning, tuning_of
from .verdicts import Judgement, judge


@dataclass(frozen=True)
class HeldEqual:
    """A field of the recipe that no axis varies as a whole, but ``inside`` one does."""

    field: RecipeField
    level: Level
    inside: bool


@dataclass(frozen=True)
class Analysis:
    """What a run shows, as numbers and names; words are the sections' affair.

    Parameters
    ----------
    results, metric
        The frames, and the primary metric named after the set that it is measured on.
    layout
        How charts divide the arms into colours and columns.
    ended
        Trainings by status, every status with its number.
    estimates, statuses
        For each arm the mean of the metric over replicates, and its replicates by status.
    effects
        For each arm but the baseline its paired effect.
    verdict
        What the contrast's effect says about the margin, None without one.
    shared
        The draws that baseline and contrast share within a replicate, and those that all arms do.
    luck
        Which draws vary with the replicate.
    judgements
        The published numbers, judged.
    trust
        What bears on whether the numbers can be trusted.
    tuning
        What each arm was tuned to, None where the design tunes nothing.
    varied, equal
        The axes with their levels, and the fields of the recipe that are the same in all arms.
    """

    results: Results
    metric: Metric
    layout: Layout
    ended: Mapping[str, int]
    estimates: Mapping[int, Estimate]
    statuses: Mapping[int, Mapping[str, int]]
    effects: Mapping[int, Effect]
    verdict: Verdict | None
    shared_by_named: tuple[Draw, ...]
    shared_by_all: tuple[Draw, ...]
    luck: StudyLuck
    judgements: tuple[Judgement, ...]
    trust: Trust
    tuning: Tuning | None
    varied: Mapping[str, list[Level]]
    equal: tuple[HeldEqual, ...]

    @property
    def study(self) -> Study:
        """The study."""
        return self.results.study

    @property
    def effect(self) -> Effect | None:
        """The contrast's effect, None where there is no contrast or no pair."""
        contrast = self.results.contrast
        effect = self.effects.get(contrast) if contrast is not None else None
        return effect if effect is not None and effect.n else None

    @property
    def finished(self) -> int:
        """The number of trainings that have ended."""
        return len(self.results.trainings)

    @cached_property
    def wanted(self) -> int:
        """The number of trainings that the study asks for."""
        return len(self.study.arms) * self.study.replicates * self.study.folds


def analyse(results: Results) -> Analysis:
    """Analyse a run's results."""
    study, metric = results.study, results.metric
    trials, arms = results.trials, results.study.arms
    by_arm = dict(iter(trials.groupby("arm")))
    none = trials.iloc[:0]
    mine: list[pd.DataFrame] = [by_arm.get(i, none) for i in range(len(arms))]
    estimates = {i: estimate(rows[metric.name], metric.scale) for i, rows in enumerate(mine)}
    effects = {effect.arm: effect for effect in paired_effects(results, metric)}
    effect = effects.get(results.contrast) if results.contrast is not None else None
    ended = results.trainings["status"].value_counts()
    return Analysis(
        results=results,
        metric=metric,
        layout=layout_of(results, estimates),
        ended={status: int(ended.get(status, 0)) for status in Status},
        estimates=estimates,
        statuses={
            i: {str(s): int(n) for s, n in rows["status"].value_counts().items()}
            for i, rows in enumerate(mine)
        },
        effects=effects,
        verdict=verdict(effect, metric, study.margin) if effect and effect.n else None,
        shared_by_named=tuple(shared_luck(arms[i].recipe for i in results.named)),
        shared_by_all=tuple(shared_luck(arm.recipe for arm in arms)),
        luck=luck_of(study),
        judgements=judge(results),
        trust=trust_of(results, list(effects.values())),
        tuning=tuning_of(results),
        varied={path: results.levels(path) for path in results.axes},
        equal=held_equal(results),
    )


def held_equal(results: Results) -> tuple[HeldEqual, ...]:
    """Return the fields of the recipe that no axis varies as a whole."""
    base = Arm(results.study.recipe)
    whole = {"hidden" if path in ("depth", "width") else path for path in results.study.axes}
    inside = {path.split(".")[0] for path in results.axes if "." in path}
    return tuple(
        HeldEqual(declared, base.level(declared.name), declared.name in inside)
        for declared in recipe_fields().values()
        if declared.name not in whole
    )
