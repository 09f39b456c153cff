"""The spending of a budget while a call goes on."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from ..planning.budgets import Allowance, Budget, in_order
from ..planning.present import PlannedJob
from ..work.clock import Clock, Stop, never


class Spending:
    """What a call may still do: until when, and how many trials and updates.

    ``allowance`` is None without a budget of these, ``stop`` tells whether the minutes are over.
    """

    def __init__(self, budget: Budget, clock: Clock) -> None:
        self._budget, self._clock = budget, clock
        counted = budget.trials is not None or budget.updates is not None
        self.allowance = Allowance(budget) if counted else None
        self._end = clock.seconds() + 60.0 * budget.minutes if budget.minutes is not None else None
        self.stop: Stop = never if self._end is None else self._over

    def _over(self) -> bool:
        return self._end is not None and self._clock.seconds() >= self._end

    def affordable(self, jobs: Sequence[PlannedJob], begun: Collection[str]) -> list[PlannedJob]:
        """Return the jobs that may be trained, those of the first replicates first.

        Without a budget they stay as they are, the longest first.
        """
        if not self._budget.limited:
            return list(jobs)
        ordered = in_order(jobs, begun)
        return ordered if self.allowance is None else [*filter(self.allowance.takes, ordered)]

    @property
    def used_up(self) -> str:
        """The budget in words if something was left for it, else empty."""
        over = self._end is not None and self._over()
        refused = self.allowance is not None and self.allowance.refused
        return str(self._budget) if over or refused else ""
