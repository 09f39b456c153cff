"""Runs whose tables a test has planted, and a decoder of the pictures made from them."""

from __future__ import annotations

import base64
import struct
import zlib
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from paribus.reports.statistics.analysis import Analysis


class Planted:
    """A run with some tables that a test has written; the others are the run's."""

    def __init__(self, run: Any, tables: dict[str, pd.DataFrame]) -> None:
        self._run, self._planted = run, tables
        self.tables = {**run.tables, **dict.fromkeys(tables)}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._run, name)

    def frame(self, name: str) -> pd.DataFrame:
        """Return a table."""
        return self._planted[name] if name in self._planted else self._run.frame(name)


def with_tables(analysis: Analysis, **tables: pd.DataFrame) -> Analysis:
    """Return an analysis of the same results with these tables beside the others."""
    results = analysis.results
    return replace(analysis, results=replace(results, run=Planted(results.run, tables)))


def each_trial(analysis: Analysis, rows: Any) -> pd.DataFrame:
    """Return the rows ``rows(arm, replicate)`` of every trial, a list of dicts, as one table."""
    trials = analysis.results.trainings
    return pd.DataFrame(
        [
            {"trial_id": trial, **row}
            for trial, arm, replicate in zip(
                trials["trial_id"], trials["arm"], trials["replicate"], strict=True
            )
            for row in rows(arm, replicate)
        ]
    )


def decoded(uri: str) -> np.ndarray:
    """Decode a PNG of 8 bits without filters, checking signature and checksums."""
    head, _, body = uri.partition(",")
    assert head == "data:image/png;base64"
    png = base64.b64decode(body, validate=True)
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    chunks, place = {}, 8
    while place < len(png):
        (length,) = struct.unpack(">I", png[place : place + 4])
        name, content = png[place + 4 : place + 8], png[place + 8 : place + 8 + length]
        (checksum,) = struct.unpack(">I", png[place + 8 + length : place + 12 + length])
        assert checksum == zlib.crc32(name + content)
        chunks[name] = content
        place += 12 + length
    width, height, depth, colour, *others = struct.unpack(">IIBBBBB", chunks[b"IHDR"])
    assert (depth, others) == (8, [0, 0, 0])
    channels = {2: 3, 6: 4}[colour]
    octets = np.frombuffer(zlib.decompress(chunks[b"IDAT"]), np.uint8).reshape(height, -1)
    assert not octets[:, 0].any()  # no row is filtered
    assert list(chunks) == [b"IHDR", b"IDAT", b"IEND"]
    return octets[:, 1:].reshape(height, width, channels)
