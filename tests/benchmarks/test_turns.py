"""Turns: everything is called in every round, and rates are work per CPU second."""

from __future__ import annotations

import pytest
from turns import Rates, in_turns


class Core:
    """A core whose time passes only by work, half of it for other programs."""

    def __init__(self) -> None:
        self.cpu, self.calls = 0.0, []

    def worker(self, name: str, seconds: float):
        def work() -> int:
            self.calls.append(name)
            self.cpu += seconds
            return 1

        return work

    def turns(self, share: float) -> dict[str, Rates]:
        workers = {"fast": self.worker("fast", 2**-10), "slow": self.worker("slow", 2**-8)}
        return in_turns(workers, 3, 2**-8, lambda: self.cpu, lambda: self.cpu / share)


def test_workers_take_turns_after_one_call_to_warm_up():
    core = Core()
    core.turns(1.0)
    assert core.calls == ["fast", "slow", *(["fast"] * 4 + ["slow"]) * 3]


@pytest.mark.parametrize("share", [0.5, 1.0, 2.0])
def test_rates_count_work_by_cpu_time_and_keep_its_share_of_wall_time(share):
    rates = Core().turns(share)
    assert rates == {"fast": Rates([1024.0] * 3, share), "slow": Rates([256.0] * 3, share)}


def test_best_and_median():
    rates = Rates([1.0, 5.0, 2.0], 1.0)
    assert (rates.best, rates.median) == (5.0, 2.0)
