"""A study: a question, the recipes it compares, and the number that answers it."""

from __future__ import annotations

import dataclasses
import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any, Literal, get_args

from ..core.component_json import to_json
from ..core.errors import InputError, unknown
from ..core.families.task_function import TaskFunction
from ..core.luck import Sources, crossed_in, fixed_in, levels_at, table_of
from ..core.measures.layers import LayerStatistics
from ..core.measures.measure_function import MeasureFunction
from ..core.recipe import Recipe
from ..core.trial import Trial
from . import claims, judging, mathematics
from .answers import AnswerKind, Comparison, answer_from
from .data.loading import examples_of, sizes_of
from .data.tasks import fingerprint
from .designs.design_function import Arm
from .designs.designs import Design
from .designs.grid import Grid
from .expectations import Expectation
from .extent import MOST_TRIALS, refuse_too_many
from .figures import figures_from, without_measure
from .files.drafts import recipe_table
from .luck import check_replicates, luck_from
from .metrics import METRICS, Metric
from .predictions import Prediction, prediction_from, prediction_table
from .quantities.quantity_function import Levels
from .study_fields import key, measures_from, pairs
from .worked_examples import WORKED_EXAMPLES

Estimand = Literal["seed", "data"]
NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,78}[a-z0-9])?")


@dataclass(frozen=True)
class Study:
    """A question and everything needed to answer it.

    The declarations below are the only list of what a study holds; reading and storing study
    files, and telling an extension from another study, follow from them.

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
        replicates use: ``(("split", 0),)`` gives them the split of replicate 0; or with the levels
        that are crossed with those of other purposes, each combination a replicate.
    metric, margin
        The primary metric's name, and the smallest difference (or share of a ratio) that matters.
    answer
        What kind of sentence the report opens with.
    estimand
        Which question intervals answer: ``"seed"``, what other seeds and divisions of these data
        would give, or ``"data"``, what other data of the kind would.
    sequential
        Whether replicates may be added after looking at results; intervals then hold at every look.
    baseline, contrast
        Levels of the arm that others are compared with, and of the arm named in the answer.
    probe, measures
        When layers are measured, and what else is measured, each with a table of its own.
    expectations, worked_example
        Published numbers to be judged, and an exact example of the notes to be shown.
    figures, predict
        The pictures of the page by name, in order, or none for the page to choose; and what a
        reader is asked before the answer is shown.
    note, fallback
        What readers must know beforehand; another note, and settings of the recipe, for where the
        data cannot be had.

    Raises
    ------
    InputError
        If anything does not fit; one sentence per mistake.
    """

    name: str = key("identity")
    question: str = key("text")
    recipe: Recipe = key("identity", table=dict[str, Any], write=recipe_table)
    design: Design = key("extent", Grid, table=dict[str, Any])
    replicates: int = key("extent", 10)
    seed: int = key("identity", 0)
    luck: Sources = key(
        "identity", (), table=dict[str, Any], read=lambda t: tuple(t.items()), write=table_of
    )
    metric: str = key("question", "validation_accuracy")
    margin: float = key("question", 0.0)
    answer: AnswerKind = key("question", Comparison(), table=Any, read=answer_from)
    estimand: Estimand = key("question", "seed")
    sequential: bool = key("question", False)
    baseline: Levels = key("question", (), table=dict[str, Any], read=pairs, write=dict)
    contrast: Levels = key("question", (), table=dict[str, Any], read=pairs, write=dict)
    probe: LayerStatistics = key(
        "identity", LayerStatistics, read=lambda t: LayerStatistics(**t), write=asdict
    )
    measures: tuple[MeasureFunction, ...] = key(
        "identity", (), table=list[Any], read=measures_from, write=lambda m: [to_json(x) for x in m]
    )
    explanation: str = key("text", "", read=str.strip)
    source: str = key("text", "", read=str.strip)
    expectations: tuple[Expectation, ...] = key(
        "question",
        (),
        name="expectation",
        read=lambda tables: tuple(map(Expectation.of, tables)),
        write=lambda items: [item.to_table() for item in items],
    )
    worked_example: str = key("text", "")
    figures: tuple[str, ...] = key("text", (), table=list[str], read=figures_from, write=list)
    predict: Prediction | None = key(
        "text", None, table=dict[str, Any], read=prediction_from, write=prediction_table
    )
    note: str = key("text", "")
    fallback: Levels = key("text", (), table=dict[str, Any], read=pairs, write=dict)

    def __post_init__(self) -> None:
        messages: list[str] = []
        if not NAME.fullmatch(self.name):
            messages.append(
                f"name = {self.name!r} must be 1 to 80 lower-case letters, digits and hyphens"
            )
        for name, least, most in (("replicates", 1, MOST_TRIALS), ("seed", 0, 2**63 - 1)):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
                messages.append(
                    f"{name} = {value!r} must be a whole number from {least} to {most:,}"
                )
        if self.metric not in METRICS:
            messages.append(unknown("metric", self.metric, METRICS))
        if self.estimand not in get_args(Estimand):
            messages.append(unknown("estimand", self.estimand, get_args(Estimand)))
        if not self.margin >= 0:
            messages.append(f"margin = {self.margin!r} must be a number ≥ 0")
        elif self.metric in METRICS:
            messages += judging.margin_mistakes(self.primary, self.margin)
        if self.worked_example and self.worked_example not in WORKED_EXAMPLES:
            messages.append(unknown("worked_example", self.worked_example, WORKED_EXAMPLES))
        asked = self.predict or Prediction("", ())
        messages += mathematics.mistakes(
            question=self.question,
            explanation=self.explanation,
            source=self.source,
            note=self.note,
            predict=" ".join((asked.question, *asked.options)),
        )
        messages += without_measure(self.figures, [measure.kind for measure in self.measures])
        try:
            object.__setattr__(self, "luck", luck_from(dict(self.luck)))
        except InputError as error:
            messages += error.messages
        if messages:
            raise InputError(*messages)
        refuse_too_many(self.design, self.design.size, self.replicates)
        self._check_arms()
        self._check_replicates()
        refuse_too_many(self.design, len(self.arms), self.replicates, self.folds)

    def _check_arms(self) -> None:
        messages = claims.mistakes(self.expectations, self.axes, self.matching)
        messages += self.answer.mistakes(self)
        for name in ("baseline", "contrast"):
            levels: Levels = getattr(self, name)
            wrong = [path for path, _ in levels if path not in self.design.compared]
            messages += [f"{name}: {unknown('axis', path, self.design.compared)}" for path in wrong]
            if wrong or self.matching(levels):
                continue
            for path, value in levels:
                if not self.matching(((path, value),)):
                    known = {arm.level(path).label: None for arm in self.arms}
                    messages.append(f"{name}.{path}: {unknown('level', value, known)}")
        if messages:
            raise InputError(*messages)

    def _check_replicates(self) -> None:
        """Refuse replicates that are not alike in all arms, or the same training again."""
        counts = {arm.recipe.split.folds: str(arm.recipe.split) for arm in self.arms}
        if len(counts) > 1:
            each = " and ".join(f"{count} with {split}" for count, split in sorted(counts.items()))
            raise InputError(
                f"{self.design.kind}: a replicate would be another number of trainings in some "
                f"arms ({each}); compare these in a study each"
            )
        recipes = [arm.recipe for arm in self.arms]
        check_replicates(recipes, self.luck, self.replicates)

    @property
    def folds(self) -> int:
        """The number of trainings that one replicate is, the same in every arm."""
        return self.arms[0].recipe.split.folds

    @cached_property
    def arms(self) -> tuple[Arm, ...]:
        """The recipes compared, as far as they are known without scores."""
        return self.design.arms(self.recipe)

    def with_arms(self, arms: Sequence[Arm]) -> Study:
        """Return the study with the arms that its design, given scores, has asked to compare."""
        asked = dataclasses.replace(self)
        asked.__dict__["arms"] = tuple(arms)  # what the property above would make
        return asked

    @property
    def axes(self) -> tuple[str, ...]:
        """The paths that the design varies."""
        return self.design.paths

    def matching(self, levels: Levels) -> tuple[Arm, ...]:
        """Return the arms that have all of these levels."""
        return tuple(arm for arm in self.arms if all(arm.has(*level) for level in levels))

    @property
    def primary(self) -> Metric:
        """The primary metric."""
        return METRICS[self.metric]

    @cached_property
    def baseline_arm(self) -> Arm:
        """The arm that others are compared with: the first with the baseline's levels."""
        return self.matching(self.baseline)[0]

    @cached_property
    def contrast_arm(self) -> Arm | None:
        """The arm named in the answer, None where the study leaves it to the results.

        It has the contrast's levels and the baseline's on every axis that it does not name.
        """
        if not self.contrast:
            return None
        rest = [path for path in self.design.compared if path not in dict(self.contrast)]
        base = [self.baseline_arm.level(path).label for path in rest]
        for arm in self.matching(self.contrast):
            if [arm.level(path).label for path in rest] == base:
                return arm if arm is not self.baseline_arm else None
        return None

    @cached_property
    def fingerprints(self) -> dict[TaskFunction, str]:
        """The data's fingerprint for every task of the study; reads the data."""
        return {task: fingerprint(task) for task in {arm.recipe.task: None for arm in self.arms}}

    def check_data(self) -> None:
        """Read the data and refuse recipes, a metric, or measures that do not fit them.

        Raises
        ------
        InputError
            With every mistake.
        """
        messages: dict[str, None] = {}
        demanding = [m for m in self.measures if type(m).check is not MeasureFunction.check]
        for arm in self.arms:
            try:
                judging.check(self, arm.recipe, sizes_of(arm.recipe))
                for measure in demanding:
                    measure.check(examples_of([next(self.trials_of(arm))]), arm.recipe)
            except InputError as error:
                messages |= dict.fromkeys(f"{self.name}: {m}" for m in error.messages)
        if messages:
            raise InputError(*messages)

    @cached_property
    def trials(self) -> tuple[Trial, ...]:
        """Every arm × replicate × fold; reads the data and checks that each recipe fits them."""
        self.check_data()
        return tuple(trial for arm in self.arms for trial in self.trials_of(arm))

    def trials_of(self, arm: Arm, fingerprint: str | None = None) -> Iterator[Trial]:
        """Yield one arm's trials; a fingerprint that is known saves reading the data."""
        data = self.fingerprints[arm.recipe.task] if fingerprint is None else fingerprint
        fixed, crossed = fixed_in(self.luck), crossed_in(self.luck)
        for k, fold in itertools.product(range(self.replicates), range(self.folds)):
            levels = levels_at(crossed, k)
            yield Trial(arm.recipe, data, self.seed, k, fixed, fold, levels, arm.origin)

    def to_table(self) -> dict[str, Any]:
        """Return the study resolved into plain values, as it is stored beside its results."""
        table: dict[str, Any] = {}
        for f in dataclasses.fields(self):
            if f.name == "design":
                table |= self.design.to_table()
            else:
                table[f.metadata["name"] or f.name] = f.metadata["write"](getattr(self, f.name))
        return table
