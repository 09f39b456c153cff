"""The run folder: plans, Parquet parts and checkpoints, right at any moment.

Nothing records that a job is running: the work left is what is planned and not committed.
"""

from __future__ import annotations

import io
import itertools
import json
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import lru_cache

import numpy as np
import pyarrow as pa
import tomli_w

from ...core.engine.outcome import SCORES
from ...core.engine.state import TrainingState
from ...core.errors import InputError, ResourceError
from ...studies.designs.design_function import Score
from ...studies.study import Study
from ..planning.budgets import Allowance
from ..planning.jobs import Job
from ..planning.plan import FORMAT, Plan, plan_from
from ..planning.present import PlannedJob, present_jobs
from ..planning.rounds import next_plan
from . import functions
from .extension import refuse_other
from .names import job_of_state, plan_name, plan_names, rung_name
from .parts import Parts
from .rungs import Reached, committed_rows, rungs_of, scores_of
from .store import Store
from .table import Table
from .tables import tables_for, tables_of


class RunFolder:
    """A study's results behind a store."""

    def __init__(self, store: Store) -> None:
        self.store, self.parts = store, Parts(store)

    def plans(self) -> list[Plan]:
        """Return every plan, oldest first."""
        return [self._plan(name) for name in plan_names(self.store)]

    def plan(self, number: int) -> Plan:
        """Return one plan."""
        return self._plan(plan_name(number))

    def planned_job(self, version: int, job_id: str) -> tuple[Plan, Job]:
        """Return a job in the version that a plan holds, and the plan whose arms it counts by.

        Raises
        ------
        ResourceError
            If that plan does not hold the job.
        """
        plan = self.plan(version)
        for job in plan.jobs:
            if job.job_id == job_id:
                return plan, job
        for number, job in plan.revised:
            if job.job_id == job_id:
                return self.plan(number), job
        raise ResourceError(f"{plan_name(version)} changed while the run was going on")

    def _plan(self, name: str) -> Plan:
        try:
            text = self.store.read(name)
            return _plan_of(name, text)
        except (ValueError, KeyError, TypeError) as error:
            if isinstance(error, InputError):
                raise
            raise InputError(
                f"{name} of this results folder is damaged ({type(error).__name__}); put it back "
                "from a copy, or run the study under another name"
            ) from None

    def prepare(self, study: Study, allowance: Allowance | None = None) -> list[Plan]:
        """Record what is newly wanted, as far as is allowed, and return all plans.

        A plan without jobs records that the same trials are now asked another question, or fewer
        of them. Where another client adds a plan at the same moment, this one plans again after it.

        Raises
        ------
        InputError
            If the folder holds another study, or this one with another base, data or engine.
        """
        while True:
            plans = self.plans()
            if plans:
                refuse_other(study, plans)
            plan = self.next_plan(study, plans, allowance)
            self.parts.widen(self.tables([*plans, plan]).values())
            functions.keep(self.store, functions.planned(plan.arms))
            if plans and same_wants(plans[-1], plan):
                break
            if self.store.create(plan_name(plan.number), plan.to_bytes()):
                plans.append(plan)
                break
        self.store.write("study.toml", tomli_w.dumps(study.to_table()).encode())
        return plans

    def next_plan(
        self, study: Study, plans: list[Plan], allowance: Allowance | None = None
    ) -> Plan:
        """Return the plan of the next round, which is not yet recorded."""
        done = {name: footer.runs for name, footer in self.parts.committed().items()}
        jobs = present_jobs(plans)
        rungs = rungs_of(self.store, {name: jobs[name] for name in jobs.keys() - done.keys()})
        scores: list[Score] = []
        if study.design.adaptive and plans:
            scores = scores_of(itertools.chain(self._committed(), *rungs.values()), jobs)
        return next_plan(study, plans, done, rungs, scores, self.kept(), allowance)

    def kept(self) -> frozenset[str]:
        """Return the jobs of which there are states or rungs."""
        return frozenset(map(job_of_state, self.store.names("_states")))

    def scores(self, plans: list[Plan]) -> list[Score]:
        """Return the scores of every replicate whose trials are finished."""
        return scores_of(self._committed(), present_jobs(plans))

    def _committed(self) -> list[Reached]:
        columns = ["trial_id", "epochs_trained", "status", *SCORES]
        return committed_rows(self.table("trials", columns).to_pydict())

    def work_left(self, plans: list[Plan]) -> list[PlannedJob]:
        """Return the jobs that are neither committed nor waiting where they are wanted to."""
        done, waiting = self.parts.committed(), self.store.names("_states")
        return [
            present
            for name, present in present_jobs(plans).items()
            if name not in done
            and present.job.trials
            and rung_name(name, present.job.until) not in waiting
        ]

    def statuses(self, plans: list[Plan]) -> Counter[str]:
        """Count the finished trials of those that the last plan asks for, by status."""
        jobs, commits = present_jobs(plans), self.parts.committed()
        planned = {name: jobs[name].ids_in(c.runs) for name, c in commits.items() if name in jobs}
        return self.parts.statuses_of(planned, plans[-1].asked)

    @staticmethod
    def tables(plans: Iterable[Plan]) -> dict[str, Table]:
        """Return the tables of all that is planned, by name."""
        plans = list(plans)
        if not plans:
            return tables_of()
        return tables_for((planned for plan in plans for planned in plan.arms), plans[-1])

    def table(self, name: str, columns: list[str] | None = None) -> pa.Table:
        """Return a whole table: the rows of planned and committed jobs only."""
        plans = self.plans()
        jobs = (job.job_id for plan in plans for job in plan.jobs)
        return self.parts.table(self.tables(plans)[name], jobs, columns)

    def commit(self, job: Job, tables: Mapping[str, pa.Table]) -> None:
        """Write a job's parts; its states are needed no more."""
        self.parts.commit(job.job_id, tables, job.bounds())
        for name in self.store.names("_states"):
            if name.startswith((f"_states/{job.job_id}-", f"_states/{job.job_id}.rung-")):
                self.store.delete(name)

    def save_state(self, job: str, stack: int, state: TrainingState) -> None:
        """Keep the state of a stack in training, so that a killed job goes on from it."""
        buffer = io.BytesIO()
        np.savez(buffer, allow_pickle=False, **state.arrays)
        self.store.write(f"_states/{job}-{stack}.npz", buffer.getvalue())

    def load_state(self, job: str, stack: int) -> TrainingState | None:
        """Return a stack's state, None where there is none or it is damaged."""
        name = f"_states/{job}-{stack}.npz"
        try:
            with np.load(io.BytesIO(self.store.read(name)), allow_pickle=False) as file:
                return TrainingState({key: file[key] for key in file.files})
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error):
            return None


def same_wants(former: Plan, plan: Plan) -> bool:
    """Whether a plan adds nothing to the former one: no work, and no word of the study."""
    if plan.jobs or plan.revised or former.study != plan.study or former.to_come != plan.to_come:
        return False
    before, now = ([(p.arm_id, p.replicates) for p in each.arms] for each in (former, plan))
    return before == now


@lru_cache(maxsize=8)
def _plan_of(name: str, text: bytes) -> Plan:
    """Return a plan by its very bytes, so that a process that lives on never uses a former one."""
    table = json.loads(text)
    if table["format"] not in range(1, FORMAT + 1):
        raise InputError(f"{name} was written by a newer paribus (format {table['format']})")
    return plan_from(table)
