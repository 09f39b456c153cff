"""Fixtures that tests share."""

from __future__ import annotations

from pathlib import Path

import pytest
from paribus.cluster.folder.run import Run
from paribus.cluster.launch.running import run_study
from small import small_study
from threadpoolctl import threadpool_limits


@pytest.fixture(scope="session", autouse=True)
def _one_blas_thread():
    """Train with one BLAS thread, as jobs do."""
    with threadpool_limits(limits=1):
        yield


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory, monkeypatch):
    """Keep tests away from the user's cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.getbasetemp() / "cache"))


@pytest.fixture(scope="session")
def small_run(tmp_path_factory) -> Run:
    """A finished run of the small study with five replicates."""
    folder: Path = tmp_path_factory.mktemp("results")
    return run_study(small_study(replicates=5), folder, workers=0)
