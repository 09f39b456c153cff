"""Whom a run tells how it is going: nobody, or a person at a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from rich.console import Console

from ...core.wording import counted
from ..work.perform import JobReport


class Progress(Protocol):
    """Whoever wants to know how a run is going."""

    def start(self, trials: int, finished: int) -> None:
        """Told once: how many trials are asked, and how many are finished already."""

    def moved(self, job: str, trials: float) -> None:
        """Told while a job is in work: how many of its trials are done, fractions included."""

    def ended(self, report: JobReport) -> None:
        """Told when a job has ended."""


class Quiet:
    """Progress for nobody."""

    def start(self, trials: int, finished: int) -> None:
        """Do nothing."""

    def moved(self, job: str, trials: float) -> None:
        """Do nothing."""

    def ended(self, report: JobReport) -> None:
        """Do nothing."""


class Bar:
    """A progress bar on standard error; where that is not a terminal, a line.

    ``notes`` are said before it, once the study is accepted.
    """

    def __init__(self, shown: bool, notes: Sequence[str] = ()) -> None:
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeRemainingColumn,
        )

        self._bar = Progress(
            TextColumn("training"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("trials"),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(),
            TextColumn("{task.fields[diverged]} diverged"),
            console=Console(stderr=True),
            disable=not shown,
        )
        self._notes = notes
        self._task: Any = None
        self._moving: dict[str, float] = {}
        self._finished = self._diverged = 0

    def __enter__(self) -> Bar:
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def start(self, trials: int, finished: int) -> None:
        """Show the bar."""
        self._finished = finished
        for note in self._notes if finished < trials else ():
            Console(stderr=True, soft_wrap=True).print(note, highlight=False, markup=False)
        if finished < trials and self._bar.disable:
            Console(stderr=True).print(f"training {counted(trials - finished, 'trial')} …")
        if finished < trials:
            self._task = self._bar.add_task(
                "training", total=trials, completed=finished, rate="", diverged=0
            )
            self._bar.start()

    def moved(self, job: str, trials: float) -> None:
        """Count the trials that jobs in work have done."""
        if job in self._moving or trials:
            self._moving[job] = trials
        self._draw()

    def ended(self, report: JobReport) -> None:
        """Count the trials of a job that has ended."""
        self._moving.pop(report.job_id, None)
        self._finished += report.trials
        self._diverged += report.diverged
        self._draw()

    def _draw(self) -> None:
        if self._task is None:
            return
        task = self._bar.tasks[0]
        speed = task.speed or task.finished_speed
        self._bar.update(
            self._task,
            completed=min(task.total or 0, self._finished + sum(self._moving.values())),
            rate=f"{speed:.1f}/s" if speed else "",
            diverged=self._diverged,
        )
