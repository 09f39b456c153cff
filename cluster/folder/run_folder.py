"""The run folder: plans, Parquet parts and checkpoints, right at any moment.

A job's parts have deterministic names and are written whole; its ``trials`` part comes last and is
the commit. Nothing records that a job is running: the work left is what is planned and not
committed.
"""

from __future__ import annotations

import io
import itertools
import json
import re
import zipfile
import zlib
from collections.abc import Mapping
from functools import lru_cache

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import tomli_w

from ...core.engine.training import SCORES, TrainingState
from ...core.errors import InputError, ResourceError
from ...studies.designs.design_function import Score
from ...studies.study import Study
from ..planning.plan import FORMAT, Job, Plan, plan_from
from ..planning.rounds import PlannedJob, next_plan, present_jobs
from . import functions
from .extension import refuse_other
from .rungs import committed_rows, rung_name, rungs_of, scores_of
from .store import Store
from .tables import (
    EPOCHS,
    LAYERS,
    decode,
    encode,
    siblings_of,
    trials_schema,
    typed,
)

PLAN = re.compile(r"plans/\d{4,}\.json")
SCHEMA_PART = "00000-schema.parquet"
"""A zero-row part that sorts first, so that readers that trust the first part see every column."""


class RunFolder:
    """A study's results behind a store."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def plans(self) -> list[Plan]:
        """Return every plan, oldest first."""
        names = [n for n in self.store.names("plans") if PLAN.fullmatch(n)]
        return [self._plan(name) for name in names]

    def plan(self, number: int) -> Plan:
        """Return one plan."""
        return self._plan(f"plans/{number:04d}.json")

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
        raise ResourceError(f"plans/{version:04d}.json changed while the run was going on")

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

    def prepare(self, study: Study) -> list[Plan]:
        """Record what is newly wanted and return all plans.

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
            plan = self.next_plan(study, plans)
            self._open_tables([*plans, plan])
            functions.keep(self.store, functions.planned(plan.arms))
            if plans and same_wants(plans[-1], plan):
                break
            if self.store.create(f"plans/{plan.number:04d}.json", plan.to_bytes()):
                plans.append(plan)
                break
        self.store.write("study.toml", tomli_w.dumps(study.to_table()).encode())
        return plans

    def next_plan(self, study: Study, plans: list[Plan]) -> Plan:
        """Return the plan of the next round, which is not yet recorded."""
        done = {name: metadata.num_rows for name, metadata in self.committed().items()}
        jobs = present_jobs(plans)
        rungs = rungs_of(self.store, {name: jobs[name] for name in jobs.keys() - done.keys()})
        scores: list[Score] = []
        if study.design.adaptive and plans:
            columns = ["trial_id", "epochs_trained", "status", *SCORES]
            rows = committed_rows(self.table("trials", columns).to_pydict())
            scores = scores_of(itertools.chain(rows, *rungs.values()), jobs)
        return next_plan(study, plans, done, rungs, scores)

    def work_left(self, plans: list[Plan]) -> list[PlannedJob]:
        """Return the jobs that are neither committed nor waiting where they are wanted to."""
        done, waiting = self.committed(), self.store.names("_states")
        return [
            present
            for name, present in present_jobs(plans).items()
            if name not in done
            and present.job.trials
            and rung_name(name, present.job.until) not in waiting
        ]

    def _open_tables(self, plans: list[Plan]) -> None:
        """Write the schema parts, and widen committed parts that lack columns."""
        recipes = [planned.arm.recipe for plan in plans for planned in plan.arms]
        schemas = {"epochs": EPOCHS, "layers": LAYERS, "trials": trials_schema(recipes)}
        for name, schema in schemas.items():
            part = f"{name}/{SCHEMA_PART}"
            held = self._schema_part(name)
            if held is None or held.names != schema.names:
                self.store.write(part, encode(schema.empty_table()))
        for job in self.committed():
            self._widen(job, schemas)

    def _widen(self, job: str, schemas: Mapping[str, pa.Schema]) -> None:
        """Give a committed job's parts every column; the trials part, its commit, comes last."""
        parts = {name: self.store.read(f"{name}/{job}.parquet") for name in schemas}
        read = {name: pq.read_schema(io.BytesIO(data)).names for name, data in parts.items()}
        if all(read[name] == schema.names for name, schema in schemas.items()):
            return
        wide = {}
        for name, schema in schemas.items():
            table = decode(parts[name])
            columns = {c: table.column(c).combine_chunks() for c in table.column_names}
            wide[name] = typed(columns, schema)
        siblings = {}
        for name in ("epochs", "layers"):
            same = read[name] == schemas[name].names
            siblings[name] = parts[name] if same else encode(wide[name])
            if not same:
                self.store.write(f"{name}/{job}.parquet", siblings[name])
        self.store.write(f"trials/{job}.parquet", encode(wide["trials"], siblings))

    def _schema_part(self, table: str) -> pa.Schema | None:
        """Return the columns of a table's schema part, None where that is missing or damaged."""
        try:
            return pq.read_schema(io.BytesIO(self.store.read(f"{table}/{SCHEMA_PART}")))
        except (OSError, pa.ArrowException):
            return None

    def schema(self, table: str) -> pa.Schema:
        """Return a table's columns; where its schema part is lost, the plans tell them."""
        if table != "trials":
            return {"epochs": EPOCHS, "layers": LAYERS}[table]
        held = self._schema_part(table)
        if held is not None:
            return held
        return trials_schema(p.arm.recipe for plan in self.plans() for p in plan.arms)

    def committed(self) -> dict[str, pq.FileMetaData]:
        """Return the jobs whose commit is whole: a readable footer and siblings of right size."""
        found = {}
        for name in self.store.names("trials"):
            job = name.removeprefix("trials/").removesuffix(".parquet")
            if not name.endswith(".parquet") or name.endswith(SCHEMA_PART):
                continue
            metadata = self.commit_of(job)
            if metadata is not None:
                found[job] = metadata
        return found

    def commit_of(self, job: str) -> pq.FileMetaData | None:
        """Return a job's commit, None where it is missing, damaged or answers for other parts."""
        try:
            data = self.store.read(f"trials/{job}.parquet")
            metadata = pq.read_metadata(io.BytesIO(data))
            siblings = siblings_of(metadata)
        except (OSError, ValueError, KeyError, pa.ArrowException):
            return None
        whole = all(
            self.store.size(f"{table}/{job}.parquet") == about["bytes"]
            for table, about in siblings.items()
        )
        return metadata if whole else None

    def commit(self, job: str, epochs: pa.Table, layers: pa.Table, trials: pa.Table) -> None:
        """Write a job's parts, the trials last."""
        siblings = {"epochs": encode(epochs), "layers": encode(layers)}
        for table, data in siblings.items():
            self.store.write(f"{table}/{job}.parquet", data)
        self.store.write(f"trials/{job}.parquet", encode(trials, siblings))
        for name in self.store.names("_states"):
            if name.startswith(f"_states/{job}-"):
                self.store.delete(name)

    def save_state(self, job: str, stack: int, state: TrainingState) -> None:
        """Keep the state of a stack in training, so that a killed job goes on from it."""
        buffer = io.BytesIO()
        np.savez(buffer, allow_pickle=False, **state.arrays)
        self.store.write(f"_states/{job}-{stack}.npz", buffer.getvalue())

    def load_state(self, job: str, stack: int) -> TrainingState | None:
        """Return a stack's state, None where there is none or it is damaged."""
        name = f"_states/{job}-{stack}.npz"
        if self.store.size(name) is None:
            return None
        try:
            with np.load(io.BytesIO(self.store.read(name)), allow_pickle=False) as file:
                return TrainingState({key: file[key] for key in file.files})
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error):
            return None

    def part(self, name: str, job: str) -> pa.Table:
        """Return one job's part of a table, its checksums verified."""
        try:
            return decode(self.store.read(f"{name}/{job}.parquet"))
        except (OSError, pa.ArrowException) as error:
            reason = " ".join(str(error).split())
            raise ResourceError(
                f"{name}/{job}.parquet is damaged ({reason}); delete it and run the study again, "
                "which trains this job's trials anew"
            ) from None

    def table(self, name: str, columns: list[str] | None = None) -> pa.Table:
        """Return a whole table: the rows of planned and committed jobs only."""
        schema = self.schema(name)
        parts = [schema.empty_table()]
        planned = {job.job_id for plan in self.plans() for job in plan.jobs}
        for job in sorted(planned.intersection(self.committed())):
            part = self.part(name, job)
            data = {column: part.column(column).combine_chunks() for column in part.column_names}
            parts.append(typed(data, schema))
        whole = pa.concat_tables(parts)
        return whole.select(columns) if columns else whole


def same_wants(former: Plan, plan: Plan) -> bool:
    """Whether a plan adds nothing to the former one: no work, and no word of the study."""
    new = bool(plan.jobs or plan.revised)
    arms = [planned.arm_id for planned in plan.arms]
    return not new and former.study == plan.study and [p.arm_id for p in former.arms] == arms


@lru_cache(maxsize=8)
def _plan_of(name: str, text: bytes) -> Plan:
    """Return a plan by its very bytes, so that a process that lives on never uses a former one."""
    table = json.loads(text)
    if table["format"] not in range(1, FORMAT + 1):
        raise InputError(f"{name} was written by a newer paribus (format {table['format']})")
    return plan_from(table)
