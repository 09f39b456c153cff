"""Fixtures that tests share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

from small import small_study

from paribus.cluster.run import Run
from paribus.cluster.running import run_study


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory, monkeypatch):
    """Keep tests away from the user's cache and results."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.getbasetemp() / "cache"))


@pytest.fixture(scope="session")
def small_run(tmp_path_factory) -> Run:
    """A finished run of the small study with five replicates."""
    folder: Path = tmp_path_factory.mktemp("results")
    return run_study(small_study(replicates=5), folder, workers=0)
