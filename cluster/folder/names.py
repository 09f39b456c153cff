"""Names inside a run folder, and of what a commit says of itself."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path

from .store import Store

SCHEMA_PART = "00000-schema.parquet"
"""A zero-row part that sorts first, so that readers that trust the first part see every column."""
COMMIT = "trials"
"""The table whose part commits a job."""
SIBLINGS, STATUSES, YOUNGER = b"paribus.siblings", b"paribus.statuses", b"paribus.younger"
RUNS = b"paribus.runs"
"""Keys of a commit's metadata: its siblings, its trials by status, columns younger than these, and
the runs of trials that its job held when it was trained."""
PLAN = re.compile(r"plans/\d{4,}\.json")


def part_name(table: str, job: str) -> str:
    """Return the name of a job's part of a table."""
    return f"{table}/{job}.parquet"


def plan_name(number: int) -> str:
    """Return the name of a plan."""
    return f"plans/{number:04d}.json"


def plan_names(store: Store) -> list[str]:
    """Return the names of all plans, oldest first."""
    return [name for name in store.names("plans") if PLAN.fullmatch(name)]


def rung_name(job: str, until: int | None) -> str:
    """Return the name of a job's rung at an epoch."""
    return f"_states/{job}.rung-{until}.json"


def job_of_state(name: str) -> str:
    """Return the job that a state or a rung is of.

    >>> job_of_state("_states/j-0001-00002-3.npz"), job_of_state("_states/j-0001-00002.rung-9.json")
    ('j-0001-00002', 'j-0001-00002')
    """
    stem = name.rpartition("/")[2].partition(".")[0]
    return stem.rpartition("-")[0] if name.endswith(".npz") else stem


def is_run(path: Path) -> bool:
    """Tell whether a folder holds a run."""
    with contextlib.suppress(OSError):
        return (path / "study.toml").is_file() and any((path / "plans").glob("*.json"))
    return False
