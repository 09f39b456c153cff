"""Answers: what kind of sentence a study's report opens with.

What each needs is declared here; how it is said is the reports' affair.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from ..core.components import Component
from ..core.errors import InputError, unknown
from .designs.axes import is_number
from .files.paths import value_at
from .files.schema import KEYS, member_of
from .metrics import METRICS, Need

if TYPE_CHECKING:
    from .study import Study


@dataclass(frozen=True)
class AnswerKind(Component):
    """What every kind of answer says of itself, and what it ``needs``, as metrics do."""

    needs: ClassVar[tuple[Need, ...]] = ()

    def mistakes(self, study: Study) -> list[str]:
        """Return what a study lacks for this answer."""
        return []


@dataclass(frozen=True)
class Comparison(AnswerKind):
    """Comparison: the contrast arm, or the best, against the baseline, paired by replicate."""

    kind: ClassVar[str] = "comparison"


@dataclass(frozen=True)
class Onset(AnswerKind):
    """Onset: at which epoch the validation loss is lowest, and what happens from there to the end.

    Source: Prechelt 1998, Early stopping: but when?
    """

    kind: ClassVar[str] = "onset"
    needs: ClassVar[tuple[Need, ...]] = ("validation",)


@dataclass(frozen=True)
class PublishedNumbers(AnswerKind):
    """Published numbers: how many of the study's expectations are reproduced."""

    kind: ClassVar[str] = "published"

    def mistakes(self, study: Study) -> list[str]:
        """Return whether expectations are missing."""
        return [] if study.expectations else ["answer = 'published' needs an [[expectation]]"]


@dataclass(frozen=True)
class AlongAxis(AnswerKind):
    """What answers about an axis say: the ``axis``, and ``by``, axes to answer it for each of.

    On axes that are not named, arms have the baseline's level.
    """

    axis: str = ""
    by: tuple[str, ...] = ()

    def mistakes(self, study: Study) -> list[str]:
        """Return which axis is missing, unknown, or the same in all arms."""
        strange = [path for path in self.by if path not in study.axes]
        messages = [f"answer.by: {unknown('axis', path, study.axes)}" for path in strange]
        if not self.axis:
            return [*messages, f"answer.axis is missing: the setting that {self.kind!r} is about"]
        if self.axis in self.by:
            messages.append(f"answer.by: {self.axis} is the axis itself")
        if self.axis.partition(".")[0] not in KEYS:
            return [*messages, f"answer.axis: {unknown('setting', self.axis, KEYS)}"]
        values = {str(value_at(arm.recipe, self.axis)) for arm in study.arms}
        if len(values) < 2:
            messages.append(f"answer.axis = {self.axis!r} must be a setting with several levels")
        return messages

    def numbers(self, study: Study) -> list[Any]:
        """Return what arms have on the axis."""
        return [value_at(arm.recipe, self.axis) for arm in study.arms]


@dataclass(frozen=True)
class Threshold(AlongAxis):
    """Threshold: where on an axis the primary metric passes ``value``, for all levels of ``by``.

    Between two levels the metric is taken to be straight on its scale over the logarithm of the
    axis, in each replicate. ``beyond`` says what happens from there on, as in "gradients grow
    towards the input".
    """

    kind: ClassVar[str] = "threshold"
    value: float = 1.0
    beyond: str = ""

    def mistakes(self, study: Study) -> list[str]:
        """Return what is wrong with the axis or the value."""
        messages = super().mistakes(study)
        if study.metric in METRICS and study.primary.unit == "%" and not 0 <= self.value <= 1:
            messages.append(
                f"answer.value = {self.value:g} must be a share from 0 to 1, as "
                f"{study.primary.words} is"
            )
        if not messages and not all(is_number(x) and x > 0 for x in self.numbers(study)):
            messages.append(f"answer.axis = {self.axis!r} must be a setting with levels above 0")
        return messages


@dataclass(frozen=True)
class Optimum(AlongAxis):
    """Optimum: which level of an axis is best, and which may be, for all levels of ``by``."""

    kind: ClassVar[str] = "optimum"

    def mistakes(self, study: Study) -> list[str]:
        """Return what is wrong with the axis, or that no value is better than another."""
        messages = super().mistakes(study)
        if study.metric in METRICS and not study.primary.directed:
            messages.append(
                f"answer = 'optimum': no value of {study.metric} is better than another"
            )
        return messages


@dataclass(frozen=True)
class Trend(AlongAxis):
    """Trend: how the primary metric changes along an axis of numbers, for all levels of ``by``.

    It is the least-squares slope of each replicate, for each doubling of the axis where all its
    levels are above 0, and for each 1 of it elsewhere.
    """

    kind: ClassVar[str] = "trend"

    def mistakes(self, study: Study) -> list[str]:
        """Return what is wrong with the axis."""
        messages = super().mistakes(study)
        if not messages and not all(map(is_number, self.numbers(study))):
            messages.append(f"answer.axis = {self.axis!r} must be a setting with numbers as levels")
        return messages


@dataclass(frozen=True)
class Components(AnswerKind):
    """Components: which one helps most when added alone, and which when left out of the rest.

    It is for the designs leave-one-out, add-one-in and ablation.
    """

    kind: ClassVar[str] = "components"

    def mistakes(self, study: Study) -> list[str]:
        """Return whether the design shows components."""
        if study.design.kind in ("leave-one-out", "add-one-in", "ablation"):
            return []
        return [
            "answer = 'components' needs a design of kind leave-one-out, add-one-in or ablation, "
            f"not {study.design.kind}"
        ]


Answer = Comparison | Components | Onset | Optimum | PublishedNumbers | Threshold | Trend


def answer_from(value: Any) -> AnswerKind:
    """Return the answer that a kind's name or a table stands for."""
    if not isinstance(value, str | Mapping | AnswerKind):
        raise InputError(f"answer = {value!r} must be a name or a table with kind")
    chosen = member_of(Answer, "answer", value, "answer")
    assert isinstance(chosen, AnswerKind)
    return chosen
