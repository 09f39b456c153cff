"""A run: a study's results folder, opened for reading."""

from __future__ import annotations

import contextlib
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...core.engine.outcome import Status
from ...core.errors import InputError
from ...studies.files.study_files import parse_toml, study_from
from ...studies.study import Study
from ..planning.plan import Plan
from . import functions
from .names import is_run
from .run_folder import RunFolder
from .status import RunStatus
from .store import LocalStore
from .table import Table

if TYPE_CHECKING:
    import pandas as pd

    from ...core.models.model import Model


class Run:
    """A results folder. Frames hold the committed trials of the study as it is asked now.

    ``trained`` counts the trials that the call which returned this run has trained; ``used_up`` is
    the budget, in words, that ended it before everything was done, else empty.
    """

    def __init__(self, path: Path, trained: int = 0, used_up: str = "") -> None:
        self.path, self.trained, self.used_up = path, trained, used_up
        self.folder = RunFolder(LocalStore(path))

    @cached_property
    def study(self) -> Study:
        """The study as it was last asked: as the last plan says, or study.toml beside format 1.

        Its arms are those that a design which decides by scores has asked to compare by now.
        """
        plan = self.plans[-1]
        if plan.format > 1:
            study = study_from(plan.study, self.path.name)
            compared = [planned.arm for planned in plan.compared]
            return study.with_arms(compared) if study.design.adaptive and compared else study
        name = self.path / "study.toml"
        try:
            text = self.folder.store.read("study.toml").decode()
            study = study_from(parse_toml(text, str(name)), self.path.name)
        except (InputError, UnicodeDecodeError) as error:
            raise InputError(
                f"{name} is damaged ({error}); running the study again writes it anew"
            ) from None
        return functions.as_planned(study, self.plans)

    @cached_property
    def plans(self) -> list[Plan]:
        """Every plan, oldest first."""
        return self.folder.plans()

    @cached_property
    def asked(self) -> frozenset[str]:
        """The ids of the trials that the study asks for; rows of former questions are left out."""
        return frozenset(self.plans[-1].asked)

    @property
    def _jobs(self) -> list[str]:
        return [job.job_id for plan in self.plans for job in plan.jobs]

    @cached_property
    def tables(self) -> dict[str, Table]:
        """The tables of all that is planned, by name."""
        return self.folder.tables(self.plans)

    def frame(self, name: str) -> pd.DataFrame:
        """Return a table's rows of the trials that are asked."""
        table = self.folder.parts.table(self.tables[name], self._jobs)
        frame: pd.DataFrame = table.to_pandas()
        return frame[frame["trial_id"].isin(self.asked)].reset_index(drop=True)

    def lacking(self, name: str) -> dict[str, frozenset[str]]:
        """Return for each job the columns of a table that are younger than its trials."""
        return self.folder.parts.lacking(self.tables[name], self._jobs)

    @cached_property
    def trials(self) -> pd.DataFrame:
        """One row per finished trial."""
        return self.frame("trials")

    @cached_property
    def epochs(self) -> pd.DataFrame:
        """Loss and accuracy of every trial after every epoch."""
        return self.frame("epochs")

    @cached_property
    def layers(self) -> pd.DataFrame:
        """What was measured in every layer at every probe."""
        return self.frame("layers")

    def status(self) -> RunStatus:
        """Count trials by what became of them, from the files as they are now."""
        statuses = self.folder.statuses(self.plans)
        left = len(self.folder.work_left(self.plans))
        counts = {status.value: statuses[status] for status in Status}
        return RunStatus(len(self.asked), jobs_left=left, to_come=self.plans[-1].to_come, **counts)

    def export(self, trial_id: str, *, run_code: bool = False) -> Model:
        """Return a finished trial's network, trained again.

        ``run_code`` allows to execute an activation function that only this folder holds.
        """
        from ..work.export import export

        return export(self, trial_id, run_code=run_code)

    def __repr__(self) -> str:
        status = self.status()
        return f"<Run {self.path}: {status.finished} of {status.planned} trials>"

    def _repr_html_(self) -> str:
        import html

        status = self.status()
        items: dict[str, Any] = {
            "question": self.study.question,
            "trials": f"{status.finished} of {status.planned}",
            "diverged": status.diverged,
            "failed": status.failed,
            "folder": self.path,
        }
        rows = "".join(
            f"<tr><th style='text-align:left'>{html.escape(k)}</th>"
            f"<td style='text-align:left'>{html.escape(str(v))}</td></tr>"
            for k, v in items.items()
        )
        return f"<table>{rows}</table>"


def open_run(path: str | Path) -> Run:
    """Open a results folder.

    Raises
    ------
    InputError
        If the folder does not hold a run.
    """
    path = Path(path)
    if not is_run(path):
        beside = path.parent
        known: list[str] = []
        with contextlib.suppress(OSError):
            known = sorted(p.name for p in beside.iterdir() if is_run(p))
        hint = f"; {beside} holds: {', '.join(known)}" if known else ""
        raise InputError(f"{str(path)[:200]} is not a results folder of paribus{hint}")
    return Run(path)
