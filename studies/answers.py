"""Answers: what kind of sentence a study's report opens with.

What each needs is declared here; how it is said is the reports' affair.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from ..core.components import Component
from ..core.errors import InputError, unknown
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
class Threshold(AnswerKind):
    """Threshold: where on an axis the primary metric passes ``value``, for all levels of ``by``.

    Between two levels the metric is taken to be straight on its scale over the logarithm of the
    axis, in each replicate. On axes that are not named, arms have the baseline's level. ``beyond``
    says what happens from there on, as in "gradients grow towards the input".
    """

    kind: ClassVar[str] = "threshold"
    axis: str = ""
    value: float = 1.0
    beyond: str = ""
    by: tuple[str, ...] = ()

    def mistakes(self, study: Study) -> list[str]:
        """Return which axis is unknown or holds no positive numbers."""
        missing = [path for path in self.by if path not in study.axes]
        messages = [f"answer.by: {unknown('axis', path, study.axes)}" for path in missing]
        if not self.axis:
            return [*messages, "answer.axis is missing: the setting whose threshold is asked for"]
        if self.axis in self.by:
            messages.append(f"answer.by: {self.axis} is the axis itself")
        if study.metric in METRICS and study.primary.unit == "%" and not 0 <= self.value <= 1:
            messages.append(
                f"answer.value = {self.value:g} must be a share from 0 to 1, as "
                f"{study.primary.words} is"
            )
        if self.axis.partition(".")[0] not in KEYS:
            return [*messages, f"answer.axis: {unknown('setting', self.axis, KEYS)}"]
        values = [value_at(arm.recipe, self.axis) for arm in study.arms]
        if not all(isinstance(x, int | float) and x > 0 for x in values) or len(set(values)) < 2:
            messages.append(
                f"answer.axis = {self.axis!r} must be a setting with several levels above 0"
            )
        return messages


Answer = Comparison | Onset | PublishedNumbers | Threshold


def answer_from(value: Any) -> AnswerKind:
    """Return the answer that a kind's name or a table stands for."""
    if not isinstance(value, str | Mapping | AnswerKind):
        raise InputError(f"answer = {value!r} must be a name or a table with kind")
    chosen = member_of(Answer, "answer", value, "answer")
    assert isinstance(chosen, AnswerKind)
    return chosen
