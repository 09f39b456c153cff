"""Sets that select and judge."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ..language.messages import text
from ..language.numbers import number
from .finding import Evidence, Finding, Severity
from .finding_function import FindingFunction
from .observed import Observed


@dataclass(frozen=True)
class ValidationUsedTwice(FindingFunction):
    """The rows by which a training chooses its weights or its rate are those it is judged by.

    The primary metric is read off the validation set in an arm with early stopping or
    reduce-on-plateau; or it is itself the best of all epochs. The number is how many values it is
    chosen from, and should be 1. Source: Cawley & Talbot 2010.
    """

    code: ClassVar[str] = "validation-used-twice"
    severity: ClassVar[Severity] = "warning"
    choices: float = 1.0

    @property
    def title(self) -> str:
        """What readers call it."""
        return text("Validation set used twice")

    def findings(self, observed: Observed) -> list[Finding]:
        """Return a finding for each arm whose training looks at what it is judged by."""
        results = observed.results
        metric = results.study.primary
        if metric.measured_on != "validation":
            return []
        findings = []
        for position, arm in enumerate(results.study.arms):
            rows = (observed.arm == position).nonzero()[0]
            looked = arm.recipe.split.watched == "validation"
            if len(rows) and looked and (metric.selects or arm.recipe.selects_on):
                looks = float(observed.epochs[rows].max()) + 1
                evidence = Evidence(
                    str(observed.ids[rows[0]]),
                    "values_chosen_from",
                    looks,
                    self.choices,
                    beside={"of_metric": float(metric.selects)},
                    held_out=results.held_out,
                )
                findings.append(self.made(position, len(rows), len(rows), evidence))
        return findings

    def sentence(self, evidence: Evidence) -> str:
        """Say what is chosen by what."""
        values = {"looks": number(evidence.number), "set": text(evidence.held_out)}
        if evidence.beside["of_metric"]:
            return text(
                "the metric is the best of {looks} looks at the {set} set, which flatters it",
                **values,
            )
        return text(
            "training chooses by the {set} set, in {looks} looks, and the same rows judge the "
            "result, which flatters it; another metric on other rows, as test_loss, does not",
            **values,
        )
