"""The run folder: plans, Parquet parts and checkpoints, right at any moment.

Nothing records that a job is running: the work left is what is planned and not committed.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
import zlib
from collections.abc import Collection, Iterable, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import tomli_w

from ...core.engine.training import TrainingState
from ...core.errors import InputError
from ...core.streams import Purpose
from ...core.trial import NUMERICS_VERSION
from ...studies.luck import VARIES
from ...studies.study import Study
from ..planning.plan import Job, Plan, make_plan, plan_from
from .parts import Parts
from .store import Store
from .table import Table
from .tables import tables_of

PLAN = re.compile(r"plans/\d{4,}\.json")


class RunFolder:
    """A study's results behind a store."""

    def __init__(self, store: Store) -> None:
        self.store, self.parts = store, Parts(store)

    def plans(self) -> list[Plan]:
        """Return every plan, oldest first."""
        names = [n for n in self.store.names("plans") if PLAN.fullmatch(n)]
        return [self._plan(name) for name in names]

    def plan(self, number: int) -> Plan:
        """Return one plan."""
        return self._plan(f"plans/{number:04d}.json")

    def _plan(self, name: str) -> Plan:
        try:
            table = json.loads(self.store.read(name))
            if table["format"] != 1:
                raise InputError(
                    f"{name} was written by a newer paribus (format {table['format']})"
                )
            return plan_from(table)
        except (ValueError, KeyError, TypeError) as error:
            if isinstance(error, InputError):
                raise
            raise InputError(
                f"{name} of this results folder is damaged ({type(error).__name__}); put it back "
                "from a copy, or run the study under another name"
            ) from None

    def prepare(self, study: Study) -> list[Plan]:
        """Record what is newly asked and return all plans.

        A plan without jobs records that the same trials are now asked another question. Where
        another client adds a plan at the same moment, this one plans again after it.

        Raises
        ------
        InputError
            If the folder holds another study, or this one with another base, data or engine.
        """
        while True:
            plans = self.plans()
            if plans:
                self.refuse_other(study, plans)
            already = frozenset[str]().union(*(plan.trial_ids for plan in plans))
            plan = make_plan(study, len(plans) + 1, already)
            self.parts.widen(self.tables([*plans, plan]).values())
            if plans and not plan.jobs and asks(plans[-1].study) == asks(plan.study):
                break
            if self.store.create(f"plans/{plan.number:04d}.json", to_bytes(plan.to_table())):
                plans.append(plan)
                break
        self.store.write("study.toml", tomli_w.dumps(study.to_table()).encode())
        return plans

    def refuse_other(self, study: Study, plans: list[Plan]) -> None:
        """Refuse a study that is not an extension of what the folder holds."""
        last = plans[-1]
        axes = {path for path, _ in study.design.axes}
        axes |= {path for planned in last.arms for path, _ in planned.arm.levels}
        if {"depth", "width"} & axes:
            axes.add("hidden")
        # where data lie may change; what they are is compared below
        free = ("recipe.task.path", *(f"recipe.{path}" for path in axes))
        luck = {f"luck.{purpose.word}": VARIES for purpose in Purpose}
        held, asked = luck | flatten(last.study), luck | flatten(study.to_table())
        differences = [
            f"{key}: holds {held.get(key, 'nothing')!r}, asked {asked.get(key, 'nothing')!r}"
            for key in sorted(held.keys() | asked.keys())
            if key.split(".")[0] in ("name", "seed", "luck", "recipe", "probe")
            and held.get(key) != asked.get(key)
            and not any(key == path or key.startswith(f"{path}.") for path in free)
        ]
        stored = json.loads(self.store.read(f"plans/{last.number:04d}.json"))
        numerics = stored.get("numerics", "unknown")
        if numerics != NUMERICS_VERSION:
            differences.append(f"engine: holds numerics {numerics}, this is {NUMERICS_VERSION}")
        data = {p.arm.recipe.task: p.fingerprint for plan in plans for p in plan.arms}
        varied = {"task", "task.path"} & axes
        for task, fingerprint in study.fingerprints.items():
            known = data.get(task)  # a file that was moved is known by its content alone
            if known != fingerprint and (
                known is not None or not (varied or fingerprint in data.values())
            ):
                differences.append(f"data: the content of task {task} has changed")
        if differences:
            raise InputError(
                f"the results folder belongs to another study than the one asked "
                f"({'; '.join(differences)}); give this one another name with --name, or another "
                "folder with --results"
            )

    @staticmethod
    def tables(plans: Iterable[Plan]) -> dict[str, Table]:
        """Return the tables of all that is planned, by name."""
        return tables_of(planned.arm.recipe for plan in plans for planned in plan.arms)

    def table(self, name: str, columns: list[str] | None = None) -> pa.Table:
        """Return a whole table: the rows of planned and committed jobs only."""
        plans = self.plans()
        jobs = (job.job_id for plan in plans for job in plan.jobs)
        return self.parts.table(self.tables(plans)[name], jobs, columns)

    def commit(self, job: str, tables: Mapping[str, pa.Table]) -> None:
        """Write a job's parts; its states are needed no more."""
        self.parts.commit(job, tables)
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
        try:
            with np.load(io.BytesIO(self.store.read(name)), allow_pickle=False) as file:
                return TrainingState({key: file[key] for key in file.files})
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error):
            return None


def to_bytes(table: Mapping[str, Any]) -> bytes:
    """Return JSON with one line per top-level key's start, for people who look into the file."""
    return (json.dumps(table, indent=1, allow_nan=False) + "\n").encode()


def flatten(table: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return nested tables as dotted keys, lists as tuples."""
    flat: dict[str, Any] = {}
    for key, value in table.items():
        if isinstance(value, Mapping):
            flat |= flatten(value, f"{prefix}{key}.")
        else:
            flat[f"{prefix}{key}"] = tuple(value) if isinstance(value, list) else value
    return flat


def asks(study: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a stored study asks of its trials: set in advance, or changed after looking."""
    keys = ("metric", "margin", "baseline", "contrast", "expectation")
    return {key: study.get(key) for key in keys}


def jobs_left(
    folder: RunFolder, plans: list[Plan], asked: Collection[str]
) -> list[tuple[Plan, Job]]:
    """Return the jobs that hold a trial that is asked, and are not committed."""
    done, asked = folder.parts.committed(), frozenset(asked)
    return [
        (plan, job)
        for plan in plans
        for job in plan.jobs
        if job.job_id not in done and plan.ids_by_job[job.job_id] & asked
    ]
