"""Parquet files: tables as bytes with checksums, and the footer, which says what is inside."""

from __future__ import annotations

import hashlib
import io
import json
import sys
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from .names import RUNS, SIBLINGS, STATUSES, YOUNGER

MAGIC = b"PAR1"


@dataclass(frozen=True)
class Footer:
    """What a part says of itself at its end.

    A commit, the part of the trials, also describes its ``siblings`` by size, rows and SHA-256,
    counts its ``statuses``, names the columns that are ``younger`` than its trials, added with
    nulls, and says of which ``runs`` they are. Commits of paribus 0.1 have none of the last three.
    """

    columns: tuple[str, ...]
    rows: int
    siblings: Mapping[str, Mapping[str, Any]] | None = None
    statuses: Mapping[str, int] | None = None
    younger: tuple[str, ...] = ()
    runs: Any = None


def encode(table: pa.Table, about: Mapping[bytes, Any] | None = None) -> bytes:
    """Return a table as Parquet bytes with page checksums, and what is said about it as JSON."""
    metadata = {key: json.dumps(value).encode() for key, value in (about or {}).items()}
    buffer = io.BytesIO()
    pq.write_table(
        table.replace_schema_metadata(metadata or None),
        buffer,
        compression="zstd",
        write_page_checksum=True,
    )
    return buffer.getvalue()


def encode_commit(
    trials: pa.Table,
    siblings: Mapping[str, Mapping[str, Any]],
    younger: Collection[str] = (),
    runs: Any = None,
) -> bytes:
    """Return the part of the trials, which answers for its siblings."""
    counts = trials["status"].value_counts().to_pylist()
    statuses = {item["values"]: item["counts"] for item in counts}
    about: dict[bytes, Any] = {SIBLINGS: siblings, STATUSES: dict(sorted(statuses.items()))}
    about |= {YOUNGER: sorted(younger)} if younger else {}
    return encode(trials, about | ({} if runs is None else {RUNS: runs}))


def described(data: bytes) -> dict[str, Any]:
    """Return what a commit says of a sibling."""
    rows = pq.read_metadata(io.BytesIO(data)).num_rows
    return {"bytes": len(data), "rows": rows, "sha256": hashlib.sha256(data).hexdigest()}


def decode(data: bytes) -> pa.Table:
    """Return the table in Parquet bytes, its page checksums verified."""
    return pq.read_table(io.BytesIO(data), page_checksum_verification=True)


def read_metadata(file: BinaryIO) -> pq.FileMetaData:
    """Read the metadata at the end of a Parquet file, and nothing else.

    Raises
    ------
    ValueError
        If the file does not end as a Parquet file does.
    """
    size = file.seek(0, io.SEEK_END)
    file.seek(max(0, size - 8))
    end = file.read(8)
    length = int.from_bytes(end[:4], "little")
    if end[4:] != MAGIC or length + 8 > size:
        raise ValueError("the file does not end as a Parquet file does")
    file.seek(size - 8 - length)
    return pq.read_metadata(io.BytesIO(file.read(length) + end))


def read_columns(file: BinaryIO, columns: Iterable[str]) -> pa.Table:
    """Read those of the columns that a Parquet file has, and nothing else; verify checksums."""
    metadata = read_metadata(file)
    present = [name for name in metadata.schema.names if name in frozenset(columns)]
    part = pq.ParquetFile(
        file, metadata=metadata, pre_buffer=False, page_checksum_verification=True
    )
    return part.read(columns=present, use_threads=False)


def footer_of(metadata: pq.FileMetaData) -> Footer:
    """Return what a part's metadata say; a part that is no commit has no siblings."""
    raw = metadata.metadata or {}
    about = {key: json.loads(raw[key]) for key in (SIBLINGS, STATUSES, YOUNGER, RUNS) if key in raw}
    return Footer(
        tuple(map(sys.intern, metadata.schema.names)),  # alike in thousands of parts
        metadata.num_rows,
        about.get(SIBLINGS),
        about.get(STATUSES),
        tuple(about.get(YOUNGER, ())),
        about.get(RUNS),
    )
