"""The analysis of a run: everything that its report says, as numbers, computed once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from ...core.engine.outcome import Status
from ...core.inference.best import may_be_best
from ...core.recipe import RecipeField, recipe_fields
from ...studies.designs.design_function import Arm, Level
from ...studies.estimands import Generality, generality
from ...studies.metrics import Metric
from ...studies.study import Study
from ..findings.observed import Observed
from .effects import Conditions, Effect, paired_effects
from .estimates import Estimate
from .factors import FactorEffects, factor_effects
from .frames import Results
from .layout import Layout, layout_of
from .margins import Needed, Verdict, pairs_to_resolve, verdict
from .pairing import Draw, StudyLuck, luck_of, shared_luck
from .scales import gains
from .trust import Trust, trust_of
from .tuning import Tuning, tuning_of
from .verdicts import Judgement, judge
from .widening import of_arms


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
        For each arm what it reached in the metric, and its replicates by status.
    effects, conditions
        For each arm but the baseline its paired effect, and how effects are judged.
    factors
        What each factor or component does, None where the design does not tell.
    verdict, needed
        What the contrast's effect says about the margin, and how many pairs would detect it, None
        without one.
    steps
        Where the contrast differs from the baseline in several levels, the arms that differ from
        it in one of them alone, by the axis.
    best
        The arms that may be the best, None where that cannot be said.
    generality
        What the intervals are about.
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
    conditions: Conditions
    factors: FactorEffects | None
    verdict: Verdict | None
    needed: Needed | None
    steps: Mapping[str, int]
    best: tuple[int, ...] | None
    generality: Generality
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
        """The contrast's effect, None without a contrast, a pair, or any value in either arm."""
        contrast = self.results.contrast
        effect = self.effects.get(contrast) if contrast is not None else None
        return effect if effect is not None and effect.n else None

    @property
    def finished(self) -> int:
        """The number of trainings that have ended."""
        return len(self.results.trainings)

    @cached_property
    def observed(self) -> Observed:
        """The results as arrays, as findings read them."""
        return Observed(self.results)

    @cached_property
    def wanted(self) -> int:
        """The number of trainings that the study asks for."""
        return len(self.study.arms) * self.study.replicates * self.study.folds


def analyse(results: Results) -> Analysis:
    """Analyse a run's results."""
    study, metric = results.study, results.metric
    arms = results.study.arms
    by_arm = dict(iter(results.trials.groupby("arm")))
    none = results.trials.iloc[:0]
    compared = results.compared(metric)
    conditions = conditions_of(results, compared)
    effects = {
        effect.arm: effect
        for effect in paired_effects(metric, compared, results.baseline, conditions)
        if any(results.estimates[arm].n for arm in (effect.arm, results.baseline))
    }
    effect = effects.get(results.contrast) if results.contrast is not None else None
    effect = effect if effect is not None and effect.n else None
    ended = results.trainings["status"].value_counts()
    return Analysis(
        results=results,
        metric=metric,
        layout=layout_of(results, results.estimates),
        ended={status: int(ended.get(status, 0)) for status in Status},
        estimates=results.estimates,
        statuses={
            i: {str(s): int(n) for s, n in by_arm.get(i, none)["status"].value_counts().items()}
            for i in range(len(arms))
        },
        effects=effects,
        conditions=conditions,
        factors=factor_effects(results, metric, conditions),
        verdict=verdict(effect, metric, study.margin) if effect else None,
        needed=pairs_to_resolve(effect, metric, study.margin, conditions.factor_of(effect.arm))
        if effect
        else None,
        steps=single_steps(results),
        best=best_arms(results, compared),
        generality=generality(study),
        shared_by_named=tuple(shared_luck(arms[i].recipe for i in results.named)),
        shared_by_all=tuple(shared_luck(arm.recipe for arm in arms)),
        luck=luck_of(study),
        judgements=judge(results),
        trust=trust_of(results, list(effects.values())),
        tuning=tuning_of(results),
        varied={path: results.levels(path) for path in results.axes},
        equal=held_equal(results),
    )


def conditions_of(results: Results, compared: pd.DataFrame) -> Conditions:
    """Return how a run's differences are judged."""
    study = results.study
    chosen = results.contrast if study.contrast and results.asked_in_advance else None
    return Conditions(
        named=chosen,
        step=results.grain,
        factor=of_arms(results, compared, chosen),
        looks=results.looks,
        sequential=study.sequential,
    )


def single_steps(results: Results) -> dict[str, int]:
    """Return the arms between baseline and contrast that differ in one level alone, by its axis."""
    if results.contrast is None:
        return {}
    base, contrast = results.arm(results.baseline), results.arm(results.contrast)
    changed = [p for p in results.axes if base.level(p).label != contrast.level(p).label]
    if len(changed) < 2:
        return {}
    labels = [{p: arm.level(p).label for p in results.axes} for arm in results.study.arms]
    steps: dict[str, int] = {}
    for path in changed:
        wanted = labels[results.baseline] | {path: contrast.level(path).label}
        if wanted in labels:
            steps[path] = labels.index(wanted)
    return steps


def best_arms(results: Results, compared: pd.DataFrame) -> tuple[int, ...] | None:
    """Return the arms that may be the best, None with too few replicates or too many arms."""
    if not results.metric.directed or len(compared.columns) < 3:
        return None
    complete = compared[[a for a in compared if a in (results.baseline, *results.rivals)]].dropna()
    possible = may_be_best(gains(results.metric, complete.to_numpy(float).T))
    if possible is None:
        return None
    return tuple(int(arm) for arm, may in zip(complete.columns, possible, strict=True) if may)


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
