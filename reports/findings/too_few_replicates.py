"""Too few replicates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ..language.messages import text
from ..language.numbers import number
from .finding import Evidence, Finding, Severity
from .finding_function import FindingFunction
from .observed import Observed


@dataclass(frozen=True)
class TooFewReplicates(FindingFunction):
    """Even if one arm were better in all of n pairs, chance would do it with 2·½ⁿ > ``level``.

    Source: the exact sign test.
    """

    code: ClassVar[str] = "too-few-replicates"
    severity: ClassVar[Severity] = "warning"
    level: float = 0.05

    @property
    def title(self) -> str:
        """What readers call it."""
        return text("Too few replicates")

    def findings(self, observed: Observed) -> list[Finding]:
        """Return a finding for the study, if it compares arms with so few replicates."""
        study = observed.results.study
        least = 2.0 ** (1 - study.replicates)
        if least <= self.level or len(study.arms) < 2:
            return []
        evidence = Evidence(
            str(observed.ids[0]),
            "least_p_of_pairs",
            least,
            self.level,
            beside={"replicates": study.replicates},
        )
        return [self.made(None, study.replicates, study.replicates, evidence)]

    def sentence(self, evidence: Evidence) -> str:
        """Say what so few cannot show."""
        n = round(evidence.beside["replicates"])
        if n == 1:
            return text("one replicate per arm leaves luck and effect apart by nothing")
        return text(
            "{n} per arm: an arm that is better in every pair would be so by chance with "
            "probability {p}, so differences have no interval",
            n=n,
            p=number(evidence.number, 2),
        )
