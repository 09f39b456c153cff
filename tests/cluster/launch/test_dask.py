"""Runs on real local clusters, killed and interrupted for real."""

from __future__ import annotations

import logging
import os
import pickle
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import psutil
import pytest
from paribus.cluster.folder.run_folder import RunFolder
from paribus.cluster.folder.store import LocalStore
from paribus.cluster.launch.clients import local_client
from paribus.cluster.launch.executors import DaskExecutor, perform_remotely
from paribus.cluster.launch.running import run_study
from paribus.cluster.work.numerics import versions
from paribus.core.errors import ResourceError
from paribus.studies.files.drafts import with_value
from small import same, small_study

pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


class Ended:
    """Counts what a run tells."""

    def __init__(self) -> None:
        self.trials = self.asked = 0

    def start(self, trials, finished):
        self.asked = trials - finished

    def moved(self, job, trials):
        assert trials >= 0

    def ended(self, report):
        self.trials += report.trials


def test_one_worker_two_workers_and_no_worker_give_the_same_tables(tmp_path):
    study = small_study(replicates=12)
    told = Ended()
    two = run_study(study, tmp_path / "two", workers=2, progress=told)
    assert (told.trials, told.asked) == (48, 48)
    same(run_study(study, tmp_path / "none", workers=0).path, two.path)
    same(run_study(study, tmp_path / "one", workers=1).path, two.path)


def test_the_users_thread_setting_does_not_reach_the_workers_and_stays_his(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "16")
    with local_client(1) as client:
        (threads,) = client.run(blas_threads).values()
        (address,) = client.nthreads()
        assert client.scheduler.address.startswith("tcp://127.0.0.1:")
        assert address.startswith("tcp://127.0.0.1:")
        client.restart()
        (restarted,) = client.run(blas_threads).values()
    assert threads == restarted == {1}
    assert os.environ["OMP_NUM_THREADS"] == "16"


def blas_threads() -> set[int]:
    import numpy as np
    from threadpoolctl import threadpool_info

    np.ones((2, 2)) @ np.ones((2, 2))
    return {lib["num_threads"] for lib in threadpool_info() if lib["user_api"] == "blas"}


def test_loggers_have_their_levels_again_after_an_error():
    loggers = [
        logging.getLogger(name) for name in ("asyncio", "tornado.application", "distributed")
    ]
    parts = [*loggers, *(handler for logger in loggers for handler in logger.handlers)]
    levels = [part.level for part in parts]
    with pytest.raises(ZeroDivisionError), local_client(1):
        _ = 1 / 0
    assert [part.level for part in parts] == levels


def test_tasks_are_names_not_arrays(tmp_path):
    task = pickle.dumps((perform_remotely, str(tmp_path), 1, "j-0001-00000", False, versions()))
    assert len(task) < 1024


def test_killed_workers_cost_nothing_but_time(tmp_path):
    study = small_study(replicates=40)
    clean = run_study(study, tmp_path / "clean", workers=0).path
    path = tmp_path / "small"
    folder = RunFolder(LocalStore(path))
    left = folder.work_left(folder.prepare(study))
    with local_client(2) as client:
        killed = 0
        for _ in DaskExecutor(client, path).run(left, lambda job, trials: None):
            if killed < 2:
                pids = list(client.run(os.getpid).values())
                os.kill(pids[0], signal.SIGKILL)
                killed += 1
    assert killed == min(2, len(left))
    same(path, clean)


SCRIPT = """
import sys
sys.path.insert(0, {tests!r})
sys.path.insert(0, {tests!r} + "/cluster/launch")
from test_dask import long_study
import paribus
if __name__ == "__main__":
    paribus.run(long_study(), {results!r}, workers=2)
"""


def long_study():
    """Some ten seconds of training in many jobs."""
    recipe = with_value(small_study().recipe, "epochs", 60)
    return small_study(replicates=100, recipe=recipe)


def start(tmp_path: Path, *command: str) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, *command],
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def parts(path: Path) -> list[Path]:
    return list((path / "trials").glob("j-*.parquet"))


def wait_for(condition, seconds: float) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return False


def family(process: subprocess.Popen) -> list[psutil.Process]:
    try:
        return psutil.Process(process.pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def test_a_run_killed_half_way_goes_on_to_the_same_bits(tmp_path):
    script = tmp_path / "script.py"
    tests = str(Path(__file__).parents[2])
    script.write_text(SCRIPT.format(tests=tests, results=str(tmp_path / "killed")))
    process = start(tmp_path, str(script))
    path = tmp_path / "killed" / "small"
    try:
        assert wait_for(lambda: len(parts(path)) >= 1, 60)
        children = family(process)
    finally:
        process.kill()
        process.communicate()
    assert wait_for(
        lambda: not any(c.is_running() and c.status() != "zombie" for c in children), 15
    )
    study = long_study()
    jobs = len(RunFolder(LocalStore(path)).plan(1).jobs)
    held = len(parts(path))
    assert 1 <= held < jobs
    same(
        run_study(study, tmp_path / "killed", workers=0).path,
        run_study(study, tmp_path / "clean", workers=0).path,
    )


@pytest.mark.parametrize(("presses", "seconds"), [(1, 15), (2, 4)])
def test_ctrl_c_keeps_what_is_finished_and_leaves_no_process(tmp_path, presses, seconds):
    toml = tmp_path / "long.toml"
    toml.write_text(
        'question = "Long?"\nreplicates = 400\n[recipe]\nwidth = 20\n[grid]\ndepth = [2, 3]\n'
    )
    process = start(tmp_path, "-m", "paribus", "run", str(toml), "--workers", "2")
    path = tmp_path / "results" / "long"
    try:
        assert wait_for(lambda: len(parts(path)) >= 1, 60)
        children = family(process)
        for _ in range(presses):
            os.killpg(process.pid, signal.SIGINT)
            time.sleep(0.3)
        _, errors = process.communicate(timeout=seconds)
    finally:
        process.kill()
    assert process.returncode == 130
    assert "Traceback" not in errors, errors
    if presses == 1:
        assert "Run the same command to go on" in errors
    assert wait_for(
        lambda: not any(c.is_running() and c.status() != "zombie" for c in children), 10
    )
    assert 0 < len(pd.read_parquet(path / "trials")) < 800


def test_a_script_without_its_guard_ends_soon_and_says_why(tmp_path):
    script = tmp_path / "unguarded.py"
    script.write_text(
        f"import sys\nsys.path.insert(0, {str(Path(__file__).parents[2])!r})\n"
        "from small import small_study\nimport paribus\n"
        f"paribus.run(small_study(), {str(tmp_path)!r}, workers=1)\n"
    )
    process = start(tmp_path, str(script))
    try:
        _, errors = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode != 0
    assert 'if __name__ == "__main__"' in errors


@pytest.mark.slow
def test_a_lost_scheduler_ends_the_run_and_it_goes_on_later(tmp_path):
    study = long_study()
    path = tmp_path / "small"
    folder = RunFolder(LocalStore(path))
    left = folder.work_left(folder.prepare(study))
    scheduler = start(
        tmp_path,
        "-m",
        "distributed.cli.dask_scheduler",
        "--host",
        "127.0.0.1",
        "--port",
        "0",
        "--no-dashboard",
        "--scheduler-file",
        "s.json",
    )
    worker = start(
        tmp_path,
        "-m",
        "distributed.cli.dask_worker",
        "--scheduler-file",
        "s.json",
        "--nthreads",
        "1",
        "--no-dashboard",
        "--death-timeout",
        "60",
    )
    try:
        from distributed import Client

        with Client(scheduler_file=str(tmp_path / "s.json"), timeout=60) as client:
            client.wait_for_workers(1, timeout=60)
            reports = DaskExecutor(client, path).run(left, lambda job, trials: None)
            next(reports)
            scheduler.kill()
            begun = time.monotonic()
            with pytest.raises(ResourceError, match="connection to the Dask scheduler is lost"):
                list(reports)
            assert time.monotonic() - begun < 90
    finally:
        for process in (scheduler, worker):
            process.kill()
            process.communicate()
    assert run_study(study, tmp_path, workers=0).status().complete
