"""What a finding says of itself: a code, a rule in ratios with named thresholds, and a sentence."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from ...core.components import Array
from .counterfactuals import counterfactuals
from .finding import Evidence, Finding, Severity
from .observed import Observed


@dataclass(frozen=True)
class FindingFunction(ABC):
    """A rule; its fields are its thresholds, and ``version`` rises when what it finds changes."""

    code: ClassVar[str]
    version: ClassVar[int] = 1
    severity: ClassVar[Severity]

    @property
    @abstractmethod
    def title(self) -> str:
        """What readers call it."""

    @abstractmethod
    def findings(self, observed: Observed) -> list[Finding]:
        """Return a finding for each arm that has it, or one for the study."""

    @abstractmethod
    def sentence(self, evidence: Evidence) -> str:
        """Say what the evidence shows, for a reader, as a clause without its full stop."""

    def made(self, arm: int | None, k: int, n: int, evidence: Evidence, **more: Any) -> Finding:
        """Return a finding of this rule."""
        return Finding(self.code, self.version, self.severity, arm, k, n, evidence, **more)


@dataclass(frozen=True)
class Look:
    """What a rule sees in each trial, as arrays with one value for each.

    ``number`` is NaN where a trial cannot be judged; ``shows`` tells where it has the finding.
    """

    quantity: Array | str
    number: Array
    threshold: Array | float
    shows: Array
    layer: Array | None = None
    epoch: Array | None = None
    beside: Mapping[str, Array] = field(default_factory=dict)


@dataclass(frozen=True)
class TrialFinding(FindingFunction):
    """A rule for each trial; an arm has the finding where enough of its replicates show it.

    One that cannot be judged, as the fit of a trial that diverged, does not show it.
    """

    share: ClassVar[float] = 0.5
    """The share of an arm's replicates that must show it."""
    at_end: ClassVar[bool] = False
    """Whether it judges what training comes to, which a trial that was withdrawn never tells."""

    @abstractmethod
    def look(self, observed: Observed) -> Look:
        """Return what every trial shows."""

    def findings(self, observed: Observed) -> list[Finding]:
        """Return a finding for each arm of which enough replicates show it.

        The evidence is that of the median among the trials that show it.
        """
        with np.errstate(all="ignore"):
            look = self.look(observed)
            excess = np.abs(np.log(np.abs(look.number) / look.threshold))
        looked = ~np.isnan(look.number) & ~(self.at_end & observed.withdrawn)
        shows = look.shows & looked
        if not shows.any():
            return []
        arms = len(observed.results.study.arms)
        n, k = (
            np.bincount(observed.arm, minlength=arms),
            np.bincount(observed.arm[shows], None, arms),
        )
        has = (k > 0) & (k >= self.share * n)
        order = np.lexsort((excess, observed.arm))
        order = order[shows[order]]
        starts = np.searchsorted(observed.arm[order], np.arange(arms))
        others = counterfactuals(observed, looked, shows, has)
        return [
            self.made(
                int(arm),
                int(k[arm]),
                int(n[arm]),
                self.evidence(observed, look, int(order[starts[arm] + k[arm] // 2])),
                counterfactual=others.get(int(arm)),
            )
            for arm in np.flatnonzero(has)
        ]

    def evidence(self, observed: Observed, look: Look, row: int) -> Evidence:
        """Return the evidence of one trial."""
        layer = None if look.layer is None else int(look.layer[row])
        epoch = None if look.epoch is None else float(look.epoch[row])
        return Evidence(
            str(observed.ids[row]),
            look.quantity if isinstance(look.quantity, str) else str(look.quantity[row]),
            float(look.number[row]),
            float(np.broadcast_to(look.threshold, look.number.shape)[row]),
            layer,
            epoch,
            {name: float(values[row]) for name, values in look.beside.items()},
            observed.results.held_out,
        )
