"""Workers that must not train, on a real scheduler, from the start or joining later."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from distributed import Client
from paribus.cluster.folder.run_folder import RunFolder
from paribus.cluster.folder.store import LocalStore
from paribus.cluster.launch.clients import scheduler_client
from paribus.cluster.launch.executors import DaskExecutor
from paribus.cluster.launch.running import run_study
from paribus.cluster.work.numerics import numerics_fingerprint
from paribus.core.errors import ResourceError
from small import same, small_study

pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

OTHER_NUMPY = "import numpy\nnumpy.__version__ = '2.0.99'\n"
NO_PARIBUS = "import sys\nsys.modules['paribus'] = None\n"


class Cluster:
    """A scheduler and workers in processes of their own, as a user starts them."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._file = folder, folder / "scheduler.json"
        self._processes: list[subprocess.Popen] = []
        self._start("scheduler", "--host", "127.0.0.1", "--port", "0")
        with Client(scheduler_file=str(self._file), timeout=60) as client:
            self.address = client.scheduler.address

    def _start(self, what: str, *options: str) -> subprocess.Popen:
        command = [sys.executable, "-m", f"distributed.cli.dask_{what}", "--no-dashboard"]
        process = subprocess.Popen(
            [*command, "--scheduler-file", str(self._file), *options],
            cwd=self._folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=os.environ | {"OMP_NUM_THREADS": "2", "OPENBLAS_NUM_THREADS": "2"},
        )
        self._processes.append(process)
        return process

    def worker(self, *options: str, first: str = "") -> subprocess.Popen:
        """Start a worker that executes ``first`` before anything else, and wait for it."""
        preload = self._folder / "first.py"
        preload.write_text(first)
        with Client(self.address) as client:
            count = len(client.nthreads())
            process = self._start("worker", "--no-nanny", "--preload", str(preload), *options)
            client.wait_for_workers(count + 1, timeout=60)
        return process

    def end(self, worker: subprocess.Popen) -> None:
        """Kill a worker and wait until the scheduler knows."""
        with Client(self.address) as client:
            count = len(client.nthreads())
            worker.kill()
            worker.communicate()
            while len(client.nthreads()) == count:
                time.sleep(0.01)

    def close(self) -> None:
        for process in reversed(self._processes):
            process.kill()
            process.communicate()


@pytest.fixture
def cluster(tmp_path) -> Iterator[Cluster]:
    cluster = Cluster(tmp_path)
    yield cluster
    cluster.close()


@pytest.mark.parametrize(
    ("options", "first", "sentence"),
    [
        (
            ["--nthreads", "1"],
            OTHER_NUMPY,
            "has numpy 2.0.99, this machine .*, so numbers could diff",
        ),
        (["--nthreads", "2"], "", "has 2 threads; .* start it with --nthreads 1"),
        (["--nthreads", "1"], NO_PARIBUS, "cannot run this paribus: ModuleNotFoundError"),
    ],
)
def test_a_worker_that_must_not_train_is_refused_with_the_reason(cluster, options, first, sentence):
    cluster.worker("--nthreads", "1")
    cluster.worker(*options, first=first)
    refused = pytest.raises(ResourceError, match=f"worker tcp://127.0.0.1:[0-9]+ {sentence}")
    with refused, scheduler_client(cluster.address):
        raise AssertionError("nothing may be trained")


def many_jobs(path: Path):
    """Return a study that grew by one replicate after another, each of them a job."""
    folder = RunFolder(LocalStore(path))
    for replicates in range(1, 10):
        study = small_study(replicates=replicates)
        plans = folder.prepare(study)
    return study, folder.work_left(plans)


def test_a_late_worker_that_differs_gets_no_jobs_and_cannot_end_the_run(cluster, tmp_path, caplog):
    study, left = many_jobs(tmp_path / "small")
    good, late = cluster.worker("--nthreads", "1"), None
    with scheduler_client(cluster.address) as client:
        for _ in DaskExecutor(client, tmp_path / "small").run(left, lambda job, trials: None):
            late = late or cluster.worker("--nthreads", "1", first=OTHER_NUMPY)
            if refusals(caplog) and good.poll() is None:  # jobs that wait for it must go elsewhere
                cluster.end(good)
                cluster.worker("--nthreads", "1")
    assert len(refusals(caplog)) == 1
    assert good.poll() is not None
    trials = pd.read_parquet(tmp_path / "small" / "trials")
    assert set(trials["numerics"]) == {numerics_fingerprint()}
    same(tmp_path / "small", run_study(study, tmp_path / "clean", workers=0).path)


def refusals(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [r.message for r in caplog.records if "has numpy 2.0.99, this machine" in r.message]


def test_a_run_left_with_a_worker_that_differs_ends_and_says_why(cluster, tmp_path):
    study, left = many_jobs(tmp_path / "small")
    good = cluster.worker("--nthreads", "1")
    with scheduler_client(cluster.address) as client:
        reports = DaskExecutor(client, tmp_path / "small").run(left, lambda job, trials: None)
        next(reports)
        cluster.worker("--nthreads", "1", first=OTHER_NUMPY)
        cluster.end(good)
        with pytest.raises(ResourceError, match=r"has numpy 2.0.99, .* what is finished is kept"):
            list(reports)
    assert run_study(study, tmp_path, workers=0).status().complete
