"""How far a run is, told at once: from its plans and the ends of its commits, without Arrow.

Importing Arrow and NumPy takes several times as long as this answer.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...core.engine.outcome import Status
from ..planning.plan import FORMAT, Plan, plan_from
from ..planning.present import present_jobs
from .names import COMMIT, RUNS, SIBLINGS, STATUSES, part_name, plan_names, rung_name
from .store import LocalStore, Store

MAGIC = b"PAR1"


@dataclass(frozen=True)
class RunStatus:
    """How far a run is: trials of the study as it is asked now, by what became of them.

    ``to_come`` is the most trials that its design may yet ask for, given the results of these.
    """

    planned: int
    ok: int
    diverged: int
    stopped: int
    failed: int
    jobs_left: int
    to_come: int = 0

    @property
    def finished(self) -> int:
        """The number of trials with a result."""
        return self.ok + self.diverged + self.stopped + self.failed

    @property
    def complete(self) -> bool:
        """Whether every trial asked has a result, and none is to come."""
        return self.finished >= self.planned and not self.to_come


def quick_status(path: Path) -> RunStatus | None:
    """Return how far a run is, None where it takes more than plans and the ends of commits to tell.

    That is so for runs of another format, for commits without counts, and where a job holds trials
    of which only some are asked.
    """
    store = LocalStore(path)
    try:
        plans = [plan_from(json.loads(store.read(name))) for name in plan_names(store)]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    if not plans or not 1 < max(plan.format for plan in plans) <= FORMAT:
        return None
    return _counted(store, plans)


def _counted(store: Store, plans: list[Plan]) -> RunStatus | None:
    asked, waiting = plans[-1].asked, set(store.names("_states"))
    counts: Counter[str] = Counter()
    left = 0
    for name, present in present_jobs(plans).items():
        about = commit_in(store, name)
        if about is None:
            left += bool(present.job.trials and rung_name(name, present.job.until) not in waiting)
            continue
        if STATUSES not in about:
            return None
        statuses = Counter[str](about[STATUSES])
        owned = present.ids_in(about.get(RUNS))
        wanted = sum(trial in asked for trial in owned)
        if 0 < wanted < len(owned):
            return None
        counts += statuses if wanted else Counter()
    each = {status.value: counts[status] for status in Status}
    return RunStatus(len(asked), jobs_left=left, to_come=plans[-1].to_come, **each)


def commit_in(store: Store, job: str) -> dict[bytes, Any] | None:
    """Return what a job's commit says of itself, None where it is missing or not whole."""
    name = part_name(COMMIT, job)
    stamp = store.stamp(name)
    if stamp is None or stamp.size < 12:
        return None
    with store.open(name) as file:
        file.seek(-8, 2)
        length, magic = int.from_bytes(file.read(4), "little"), file.read(4)
        if magic != MAGIC or length > stamp.size - 12:
            return None
        file.seek(-8 - length, 2)
        footer = file.read(length)
    about = {key: text_in(footer, key) for key in (SIBLINGS, STATUSES, RUNS)}
    try:
        said = {key: json.loads(text) for key, text in about.items() if text is not None}
        sizes: Mapping[str, Mapping[str, Any]] = said[SIBLINGS]
    except (ValueError, KeyError):
        return None
    for table, sibling in sizes.items():
        present = store.stamp(part_name(table, job))
        if present is None or present.size != sibling.get("bytes"):
            return None
    return said


def text_in(footer: bytes, key: bytes) -> bytes | None:
    r"""Return the value of a key among a Parquet footer's own texts, None where it has none.

    Thrift's compact protocol writes a text as its length and its bytes, and a key in front of its
    value, each behind the mark of its field.

    >>> text_in(b"..\x18\x03key\x18\x05value\x00", b"key")
    b'value'
    """
    mark = b"\x18" + bytes([len(key)]) + key + b"\x18"
    start = footer.find(mark)
    if start < 0:
        return None
    place, length, shift = start + len(mark), 0, 0
    while place < len(footer):
        byte = footer[place]
        place, length, shift = place + 1, length | (byte & 0x7F) << shift, shift + 7
        if byte < 0x80:
            return footer[place : place + length]
    return None
