"""The run folder: plans, Parquet parts and checkpoints, right at any moment.

A job's parts have deterministic names and are written whole; its ``trials`` part comes last and is
the commit. Nothing records that a job is running: the work left is what is planned and not
committed.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import tomli_w

from ..core.components import canonical_json
from ..core.errors import InputError, ResourceError
from ..core.training import TrainingState
from ..core.trial import NUMERICS_VERSION
from ..studies.study import Study
from .plan import Job, Plan, make_plan, plan_from
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

SCHEMA_PART = "00000-schema.parquet"
"""A zero-row part that sorts first, so that readers that trust the first part see every column."""


class RunFolder:
    """A study's results behind a store."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def plans(self) -> list[Plan]:
        """Return every plan, oldest first."""
        names = [n for n in self.store.names("plans") if n.endswith(".json")]
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
            raise InputError(f"{name} is damaged: {error}") from None

    def prepare(self, study: Study) -> list[Plan]:
        """Record what is newly asked and return all plans.

        Raises
        ------
        InputError
            If the folder holds another study, or this one with another base, data or engine.
        """
        plans = self.plans()
        if plans:
            self.refuse_other(study, plans)
        already = frozenset[str]().union(*(plan.trial_ids for plan in plans))
        plan = make_plan(study, len(plans) + 1, already)
        if plan.jobs or not plans:
            self._open_tables([*plans, plan])
            self.store.write(f"plans/{plan.number:04d}.json", to_bytes(plan.to_table()))
            plans.append(plan)
        self.store.write("study.toml", tomli_w.dumps(study.to_table()).encode())
        return plans

    def refuse_other(self, study: Study, plans: list[Plan]) -> None:
        """Refuse a study that is not an extension of what the folder holds."""
        last = plans[-1]
        axes = {path.split(".")[0] for path, _ in study.design.axes}
        axes |= {p.split(".")[0] for planned in last.arms for p, _ in planned.arm.levels}
        held, asked = flatten(last.study), flatten(study.to_table())
        fixed = ("name", "seed", "recipe", "probe")
        differences = [
            f"{key}: holds {held.get(key, 'nothing')!r}, asked {asked.get(key, 'nothing')!r}"
            for key in sorted(held.keys() | asked.keys())
            if key.split(".")[0] in fixed
            and held.get(key) != asked.get(key)
            and not (key.startswith("recipe.") and key.split(".")[1] in axes)
        ]
        if {"depth", "width"} & axes:
            differences = [d for d in differences if not d.startswith("recipe.hidden")]
        numerics = json.loads(self.store.read(f"plans/{last.number:04d}.json"))["numerics"]
        if numerics != NUMERICS_VERSION:
            differences.append(f"engine: holds numerics {numerics}, this is {NUMERICS_VERSION}")
        held_data = {
            canonical_json(planned.arm.recipe.task): planned.fingerprint for planned in last.arms
        }
        for task, fingerprint in study.fingerprints.items():
            if held_data.get(canonical_json(task), fingerprint) != fingerprint:
                differences.append(f"data: the content of task {task} has changed")
        if differences:
            raise InputError(
                f"the results folder belongs to another study than the one asked "
                f"({'; '.join(differences)}); give this one another name with --name, or another "
                "folder with --results"
            )

    def _open_tables(self, plans: list[Plan]) -> None:
        """Write the schema parts; where an extension brings columns, widen the older parts."""
        recipes = [planned.arm.recipe for plan in plans for planned in plan.arms]
        for name, schema in (
            ("epochs", EPOCHS),
            ("layers", LAYERS),
            ("trials", trials_schema(recipes)),
        ):
            part = f"{name}/{SCHEMA_PART}"
            held = None if self.store.size(part) is None else decode(self.store.read(part)).schema
            if held is not None and held.names == schema.names:
                continue
            self.store.write(part, encode(schema.empty_table()))
            for older in self.store.names(name) if held is not None else []:
                if older != part and older.endswith(".parquet"):
                    self._widen(older, schema)

    def _widen(self, name: str, schema: pa.Schema) -> None:
        table = decode(self.store.read(name))
        metadata = table.schema.metadata
        columns = {column: table.column(column).combine_chunks() for column in table.column_names}
        buffer = io.BytesIO()
        wide = pa.Table.from_arrays(
            [
                columns.get(field.name, pa.nulls(len(table), field.type)).cast(field.type)
                for field in schema
            ],
            schema=schema,
        ).replace_schema_metadata(metadata)
        pq.write_table(wide, buffer, compression="zstd", write_page_checksum=True)
        self.store.write(name, buffer.getvalue())

    def schema(self) -> pa.Schema:
        """Return the columns of the trials table."""
        return decode(self.store.read(f"trials/{SCHEMA_PART}")).schema

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
        except (OSError, ValueError, KeyError, EOFError):
            return None

    def table(self, name: str, columns: list[str] | None = None) -> pa.Table:
        """Return a whole table: the rows of committed jobs only."""
        schema = decode(self.store.read(f"{name}/{SCHEMA_PART}")).schema
        parts = [schema.empty_table()]
        for job in self.committed():
            try:
                part = decode(self.store.read(f"{name}/{job}.parquet"))
            except (OSError, pa.ArrowException) as error:
                raise ResourceError(
                    f"{name}/{job}.parquet is damaged ({error}); delete it and run the study "
                    "again, which trains this job's trials anew"
                ) from None
            data = {column: part.column(column).combine_chunks() for column in part.column_names}
            parts.append(typed(data, schema))
        whole = pa.concat_tables(parts)
        return whole.select(columns) if columns else whole


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


def jobs_left(folder: RunFolder, plans: list[Plan]) -> list[tuple[Plan, Job]]:
    """Return the jobs that are planned and not committed."""
    done = folder.committed()
    return [(plan, job) for plan in plans for job in plan.jobs if job.job_id not in done]
