"""The parts of a run's tables: one Parquet file for each table and job, read no more than needed.

A job's parts have deterministic names and are written whole; its ``trials`` part comes last and is
the commit. What is committed is known from the ends of these parts, each read once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

import pyarrow as pa

from ...core.errors import ResourceError
from .names import COMMIT, SCHEMA_PART, YOUNGER, part_name
from .parquet import (
    Footer,
    decode,
    described,
    encode,
    encode_commit,
    footer_of,
    read_columns,
    read_metadata,
)
from .store import Stamp, Store
from .table import Table, fitted, united


class Parts:
    """The parts of all tables behind a store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._footers: dict[str, tuple[Stamp, Footer | None]] = {}

    def footer(self, table: str, job: str) -> Footer | None:
        """Return a part's footer, None where the part is missing or has none; read once."""
        name = part_name(table, job)
        stamp = self._store.stamp(name)
        if stamp is None:
            return None
        known = self._footers.get(name)
        if known is None or known[0] != stamp:
            known = self._footers[name] = (stamp, self._read_footer(name))
        return known[1]

    def _read_footer(self, name: str) -> Footer | None:
        try:
            with self._store.open(name) as file:
                return footer_of(read_metadata(file))
        except (OSError, ValueError, pa.ArrowException):
            return None

    def commit_of(self, job: str) -> Footer | None:
        """Return a job's commit, None where it is missing, damaged or answers for other parts."""
        footer = self.footer(COMMIT, job)
        if footer is None or footer.siblings is None:
            return None
        for table, about in footer.siblings.items():
            stamp = self._store.stamp(part_name(table, job))
            if stamp is None or stamp.size != about.get("bytes"):
                return None
        return footer

    def committed(self) -> dict[str, Footer]:
        """Return the jobs whose commit is whole: a readable footer and siblings of right size."""
        commits = {job: self.commit_of(job) for job in self._jobs()}
        return {job: footer for job, footer in commits.items() if footer is not None}

    def _jobs(self) -> Iterator[str]:
        for name in self._store.names(COMMIT):
            if name.endswith(".parquet") and not name.endswith(SCHEMA_PART):
                yield name.removeprefix(f"{COMMIT}/").removesuffix(".parquet")

    def commit(self, job: str, tables: Mapping[str, pa.Table], runs: Any = None) -> None:
        """Write a job's parts, the trials last, which say of which runs of trials they are."""
        siblings = {}
        for name, table in tables.items():
            if name != COMMIT:
                siblings[name] = self._write_sibling(name, job, table)
        commit = encode_commit(tables[COMMIT], siblings, runs=runs)
        self._store.write(part_name(COMMIT, job), commit)

    def _write_sibling(
        self, table: str, job: str, rows: pa.Table, younger: Collection[str] = ()
    ) -> dict[str, int | str]:
        data = encode(rows, {YOUNGER: sorted(younger)} if younger else None)
        self._store.write(part_name(table, job), data)
        return described(data)

    def statuses(self, job: str, commit: Footer) -> Counter[str]:
        """Count a committed job's trials by status; commits of paribus 0.1 do not say it."""
        if commit.statuses is not None:
            return Counter(commit.statuses)
        return Counter(self.part(COMMIT, job, ["status"])["status"].to_pylist())

    def statuses_of(
        self, planned: Mapping[str, Collection[str]], asked: Collection[str]
    ) -> Counter[str]:
        """Count the trials that are asked by status; ``planned`` are the ids of each commit."""
        counts: Counter[str] = Counter()
        for job, commit in self.committed().items():
            wanted = frozenset(planned.get(job, ())).intersection(asked)
            if wanted and len(wanted) == len(planned[job]):
                counts += self.statuses(job, commit)
            elif wanted:
                rows = self.part(COMMIT, job, ["trial_id", "status"]).to_pylist()
                counts += Counter(row["status"] for row in rows if row["trial_id"] in wanted)
        return counts

    def part(self, table: str, job: str, columns: Collection[str] | None = None) -> pa.Table:
        """Return one job's part of a table, or the columns it has of these; checksums verified."""
        name = part_name(table, job)
        try:
            if columns is None:
                return decode(self._store.read(name))
            with self._store.open(name) as file:
                return read_columns(file, columns)
        except (OSError, ValueError, pa.ArrowException) as error:
            reason = " ".join(str(error).split())
            raise ResourceError(
                f"{name} is damaged ({reason}); delete it and run the study again, "
                "which trains this job's trials anew"
            ) from None

    def schema(self, table: Table) -> pa.Schema:
        """Return the columns of a table in this folder, and those that are younger than it."""
        part = self._schema_part(table.name)
        return table.schema if part is None else united(part, table.schema)

    def _schema_part(self, table: str) -> pa.Schema | None:
        """Return the columns of a table's schema part, None where that is missing or damaged."""
        try:
            with self._store.open(f"{table}/{SCHEMA_PART}") as file:
                return read_metadata(file).schema.to_arrow_schema().remove_metadata()
        except (OSError, ValueError, pa.ArrowException):
            return None

    def table(
        self, table: Table, jobs: Iterable[str], columns: Collection[str] | None = None
    ) -> pa.Table:
        """Return the rows of the jobs that are committed.

        A part may be older than a column, which is then null, or than the whole table.
        """
        schema = united(table.schema, self.schema(table))
        if columns is not None:
            schema = pa.schema([schema.field(name) for name in columns])
        commits = self.committed()
        parts = (
            fitted(self.part(table.name, job, columns), schema)
            for job in sorted(commits.keys() & set(jobs))
            if table.name == COMMIT or table.name in (commits[job].siblings or {})
        )
        return pa.concat_tables([schema.empty_table(), *parts])

    def lacking(self, table: Table, jobs: Iterable[str]) -> dict[str, frozenset[str]]:
        """Return the columns that are younger than the trials of a committed job, if any are."""
        names = frozenset(table.schema.names)
        missing = {}
        for job in self.committed().keys() & set(jobs):
            footer = self.footer(table.name, job) or Footer((), 0)
            missing[job] = names - (frozenset(footer.columns) - frozenset(footer.younger))
        return {job: younger for job, younger in missing.items() if younger}

    def widen(self, tables: Iterable[Table]) -> None:
        """Write the schema parts, and give committed parts the columns that they lack.

        A column that only the folder has, as of another client's plan, stays.
        """
        schemas = {}
        for table in sorted(tables, key=lambda table: table.name == COMMIT):
            part = self._schema_part(table.name)
            schema = table.schema if part is None else united(table.schema, part)
            if part is None or set(part.names) != set(schema.names):
                self._store.write(f"{table.name}/{SCHEMA_PART}", encode(schema.empty_table()))
            schemas[table.name] = schema
        for job, commit in self.committed().items():
            self._widen(job, commit, schemas)

    def _widen(self, job: str, commit: Footer, schemas: Mapping[str, pa.Schema]) -> None:
        """Give a committed job's parts every column; the trials part, its commit, comes last."""
        siblings = dict(commit.siblings or {})
        missing = {}
        for table in (*siblings, COMMIT):
            footer = self.footer(table, job) or Footer((), 0)
            new = set(schemas[table].names if table in schemas else ()) - set(footer.columns)
            if new:
                missing[table] = new.union(footer.younger)
        for table in siblings.keys() & missing.keys():
            rows = fitted(self.part(table, job), schemas[table])
            siblings[table] = self._write_sibling(table, job, rows, missing[table])
        if missing:
            trials = self.part(COMMIT, job)
            if COMMIT in missing:
                trials = fitted(trials, schemas[COMMIT])
            younger = missing.get(COMMIT, commit.younger)
            data = encode_commit(trials, siblings, younger, commit.runs)
            self._store.write(part_name(COMMIT, job), data)
