"""Fair turns on one core: what is compared alternates, and CPU time is what counts.

Everything here is single-threaded, so on a quiet machine CPU time is wall time; on a busy one it
leaves out the moments in which other programs had the core. The share of CPU time in wall time is
kept: more than 1 would mean that somebody used a second core.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple

Clock = Callable[[], float]
"""Seconds since some moment."""


class Rates(NamedTuple):
    """Units of work per second of CPU time, one number per round, and CPU time / wall time."""

    rounds: list[float]
    cpu_share: float

    @property
    def best(self) -> float:
        return max(self.rounds)

    @property
    def median(self) -> float:
        return statistics.median(self.rounds)


def stay_on_one_core() -> None:
    """Bind this process, and every thread and process it starts, to one core, where possible."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def in_turns(
    workers: Mapping[str, Callable[[], int]],
    rounds: int,
    seconds: float,
    cpu_clock: Clock = time.process_time,
    wall_clock: Clock = time.perf_counter,
) -> dict[str, Rates]:
    """Let each worker work for about ``seconds`` in every round, after one call to warm up.

    A worker does some units of work and returns how many.
    """
    for work in workers.values():
        work()
    found: dict[str, list[float]] = {name: [] for name in workers}
    cpu, wall = dict.fromkeys(workers, 0.0), dict.fromkeys(workers, 0.0)
    for _ in range(rounds):
        for name, work in workers.items():
            done, started, since = 0, cpu_clock(), wall_clock()
            while (spent := cpu_clock() - started) < seconds:
                done += work()
            found[name].append(done / spent)
            cpu[name] += spent
            wall[name] += wall_clock() - since
    return {name: Rates(found[name], cpu[name] / wall[name]) for name in workers}
