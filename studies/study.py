"""A study: a question, the recipes it compares, and the number that answers it."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from ..core.components import number, to_json
from ..core.engine.examples import Sizes
from ..core.errors import InputError, unknown
from ..core.families.task_function import TaskFunction
from ..core.measures.probes import METRICS as LAYER_MEASURES
from ..core.measures.probes import Probe
from ..core.recipe import SEVERAL, Recipe
from ..core.trial import Luck, Trial
from .data.loading import sizes_of
from .data.tasks import fingerprint
from .designs.designs import Arm, Design, Grid
from .expectations import Expectation
from .luck import fixed_luck, purposes_drawn, purposes_varied
from .metrics import METRICS, Metric
from .worked_examples import WORKED_EXAMPLES

MOST_TRIALS = 200_000
"""More trials than this are several studies: their plan alone would take minutes."""
NEED_VALIDATION = (
    "validation_accuracy",
    "validation_loss",
    "best_validation_loss",
    "loss_rise",
    "best_epoch",
)
NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,78}[a-z0-9])?")


@dataclass(frozen=True)
class Study:
    """A question and everything needed to answer it.

    Parameters
    ----------
    name
        Lower-case letters, digits and hyphens; the results folder is named after it.
    question, explanation, source
        What the report opens with: the question, a short explanation, where it comes from.
    recipe, design
        The base recipe and the design that turns it into arms.
    replicates, seed
        Replicates 0 … replicates − 1 are trained in every arm; the seed belongs to all of them.
    luck
        Purposes whose draws do not vary with the replicate, each with the integer that all
        replicates use: ``(("split", 0),)`` gives them the split of replicate 0.
    metric, margin
        The primary metric's name, and the smallest difference (or ratio minus 1) that matters.
    baseline, contrast
        Levels of the arm that others are compared with, and of the arm named in the answer.
    probe
        When layers are measured.
    expectations, worked_example
        Published numbers to be judged, and an exact example of the notes to be shown.
    note
        What readers must know beforehand.
    fallback
        A note, and settings of the recipe, for where the data cannot be had; no part of what is
        stored, since what is stored is what was chosen.

    Raises
    ------
    InputError
        If anything does not fit; one sentence per mistake.
    """

    name: str
    question: str
    recipe: Recipe
    design: Design = field(default_factory=Grid)
    replicates: int = number(5, at_least=1)
    seed: int = 0
    luck: Luck = ()
    metric: str = "validation_accuracy"
    margin: float = 0.0
    baseline: tuple[tuple[str, str], ...] = ()
    contrast: tuple[tuple[str, str], ...] = ()
    probe: Probe = field(default_factory=Probe)
    explanation: str = ""
    source: str = ""
    expectations: tuple[Expectation, ...] = ()
    worked_example: str = ""
    note: str = ""
    fallback: tuple[tuple[str, Any], ...] = ()

    def __post_init__(self) -> None:
        messages: list[str] = []
        if not NAME.fullmatch(self.name):
            messages.append(
                f"name = {self.name!r} must be 1 to 80 lower-case letters, digits and hyphens"
            )
        for key, least, most in (("replicates", 1, MOST_TRIALS), ("seed", 0, 2**63 - 1)):
            value = getattr(self, key)
            if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
                messages.append(
                    f"{key} = {value!r} must be a whole number from {least} to {most:,}"
                )
        if self.metric not in METRICS:
            messages.append(unknown("metric", self.metric, METRICS))
        if not self.margin >= 0:
            messages.append(f"margin = {self.margin!r} must be a number ≥ 0")
        if self.worked_example and self.worked_example not in WORKED_EXAMPLES:
            messages.append(unknown("worked_example", self.worked_example, WORKED_EXAMPLES))
        for expected in self.expectations:
            if expected.measure not in (*METRICS, *LAYER_MEASURES):
                names = (*METRICS, *LAYER_MEASURES)
                messages.append(f"expectation: {unknown('measure', expected.measure, names)}")
        try:
            object.__setattr__(self, "luck", fixed_luck(dict(self.luck)))
        except InputError as error:
            messages += error.messages
        if messages:
            raise InputError(*messages)
        self._check_size(self.design.size)
        self._check_arms()
        self._check_replicates()
        self._check_size(len(self.arms), self.folds)

    def _check_size(self, arms: int, folds: int = 1) -> None:
        count = arms * self.replicates * folds
        if count > MOST_TRIALS:
            each = f" × {folds:,} folds" if folds > 1 else ""
            raise InputError(
                f"{arms:,} arms × {self.replicates:,} replicates{each} are {count:,} trials; "
                f"at most {MOST_TRIALS:,} fit into one study"
            )

    def _check_arms(self) -> None:
        messages: list[str] = []
        axes = dict(self.arms[0].levels)
        for expected in self.expectations:
            named = [expected.arm, *expected.rejects]
            paths = {path for levels in named for path, _ in levels} - {"measure"}
            messages += [f"expectation: {unknown('axis', p, axes)}" for p in paths - axes.keys()]
        for key in ("baseline", "contrast"):
            wanted = dict(getattr(self, key))
            messages += [f"{key}: {unknown('axis', path, axes)}" for path in wanted.keys() - axes]
            if not messages and wanted and not self.matching(tuple(wanted.items())):
                for path, level in wanted.items():
                    known = {dict(arm.levels)[path]: None for arm in self.arms}
                    if level not in known:
                        messages.append(f"{key}.{path}: {unknown('level', level, known)}")
        if messages:
            raise InputError(*messages)

    def _check_replicates(self) -> None:
        """Refuse replicates that are not alike in all arms, or the same training again."""
        counts = {arm.recipe.split.folds: str(arm.recipe.split) for arm in self.arms}
        if len(counts) > 1:
            told = " and ".join(f"{count} with {split}" for count, split in sorted(counts.items()))
            raise InputError(
                f"grid: a replicate would be another number of trainings in some arms ({told}); "
                "compare these in a study each"
            )
        if self.replicates > 1 and not any(
            purposes_varied(arm.recipe, self.luck) for arm in self.arms
        ):
            drawn = {p.word for arm in self.arms for p in purposes_drawn(arm.recipe)}
            raise InputError(
                f"luck fixes all that is drawn ({', '.join(sorted(drawn))}), so the "
                f"{self.replicates:,} replicates would be the same training; leave one purpose to "
                "the replicate or set replicates = 1"
            )

    @property
    def folds(self) -> int:
        """The number of trainings that one replicate is, the same in every arm."""
        return self.arms[0].recipe.split.folds

    @cached_property
    def arms(self) -> tuple[Arm, ...]:
        """The recipes compared."""
        return self.design.arms(self.recipe)

    def matching(self, levels: tuple[tuple[str, str], ...]) -> tuple[Arm, ...]:
        """Return the arms that have all of these levels."""
        return tuple(arm for arm in self.arms if set(levels) <= set(arm.levels))

    @property
    def primary(self) -> Metric:
        """The primary metric."""
        return METRICS[self.metric]

    @property
    def baseline_arm(self) -> Arm:
        """The arm that others are compared with: the first with the baseline's levels."""
        return self.matching(self.baseline)[0]

    @cached_property
    def fingerprints(self) -> dict[TaskFunction, str]:
        """The data's fingerprint for every task of the study; reads the data."""
        return {task: fingerprint(task) for task in {arm.recipe.task: None for arm in self.arms}}

    @cached_property
    def trials(self) -> tuple[Trial, ...]:
        """Every arm × replicate × fold; reads the data and checks that each recipe fits them."""
        messages: dict[str, None] = {}
        for arm in self.arms:
            try:
                self._check_metric(arm.recipe, sizes_of(arm.recipe))
            except InputError as error:
                messages |= dict.fromkeys(f"{self.name}: {m}" for m in error.messages)
        if messages:
            raise InputError(*messages)
        return tuple(trial for arm in self.arms for trial in self.trials_of(arm))

    def _check_metric(self, recipe: Recipe, sizes: Sizes) -> None:
        """Refuse a primary metric that this recipe can never have a value of."""
        name, missing = self.metric, ""
        if name.endswith("accuracy") and not sizes.labelled:
            missing = f"task {recipe.task} has no classes; use metric = 'validation_loss'"
        elif name.startswith("test") and not sizes.test:
            missing = "the split leaves no test set"
        elif name in NEED_VALIDATION and not sizes.validation:
            missing = "the split leaves no validation set"
        elif name in ("speed_ratio", "layer_factor"):
            if self.probe.steps == "none":
                missing = "probe.steps = 'none' measures no layer"
            elif all(arm.recipe.depth < 2 for arm in self.arms):
                missing = "no arm has two hidden layers to compare"
        if missing:
            raise InputError(f"metric = {name!r} would have no value: {missing}")

    def trials_of(self, arm: Arm, fingerprint: str | None = None) -> Iterator[Trial]:
        """Yield one arm's trials; a fingerprint that is known saves reading the data."""
        data = self.fingerprints[arm.recipe.task] if fingerprint is None else fingerprint
        for replicate, fold in itertools.product(range(self.replicates), range(self.folds)):
            yield Trial(arm.recipe, data, self.seed, replicate, self.luck, fold)

    def to_table(self) -> dict[str, Any]:
        """Return the study resolved into plain values, as it is stored beside its results."""
        return {
            "name": self.name,
            "question": self.question,
            "explanation": self.explanation,
            "source": self.source,
            "note": self.note,
            "replicates": self.replicates,
            "seed": self.seed,
            "luck": dict(self.luck),
            "metric": self.metric,
            "margin": self.margin,
            "worked_example": self.worked_example,
            "baseline": dict(self.baseline),
            "contrast": dict(self.contrast),
            "probe": to_json(self.probe),
            "recipe": recipe_table(self.recipe),
            self.design.kind: {path: to_json(levels) for path, levels in self.design.axes},
            "expectation": [
                {
                    **{k: v for k, v in to_json(e).items() if k not in ("arm", "rejects")},
                    "arm": dict(e.arm),
                    "rejects": [dict(levels) for levels in e.rejects],
                }
                for e in self.expectations
            ],
        }


def recipe_table(recipe: Recipe) -> dict[str, Any]:
    """Return a recipe as the table that a study file would hold.

    A component without fields, one of several, is told by its kind, so that it is not an empty
    table, which says nothing when two studies are compared key by key.
    """
    table: dict[str, Any] = {
        name: "none" if value is None else value for name, value in to_json(recipe).items()
    }
    for several in SEVERAL:
        table[several] = {
            item["kind"]: {name: value for name, value in item.items() if name != "kind"} or item
            for item in table[several]
        }
    return table
