"""Turns: everything is called in every round, and rates are work per CPU second."""

from __future__ import annotations

import time

import pytest
from turns import Rates, in_turns


def test_workers_take_turns_and_rates_count_their_work():
    calls = []

    def work(name, milliseconds):
        calls.append(name)
        end = time.process_time() + milliseconds / 1000
        while time.process_time() < end:
            pass
        return 1

    rates = in_turns({"fast": lambda: work("fast", 1), "slow": lambda: work("slow", 4)}, 3, 0.004)
    assert [n for i, n in enumerate(calls[2:]) if not i or calls[2:][i - 1] != n] == [
        "fast",
        "slow",
    ] * 3
    assert rates["fast"].best == pytest.approx(1000, rel=0.1)
    assert rates["slow"].best == pytest.approx(250, rel=0.1)
    assert rates["fast"].cpu_share <= 1.05


def test_best_and_median():
    rates = Rates([1.0, 5.0, 2.0], 1.0)
    assert (rates.best, rates.median) == (5.0, 2.0)
