"""One BLAS thread, whatever the environment says and however many threads train in a process."""

from __future__ import annotations

import ctypes
import importlib
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from paribus.cluster.folder.run_folder import RunFolder
from paribus.cluster.folder.store import LocalStore
from paribus.cluster.work.perform import perform
from paribus.core.engine.training import Training
from paribus.core.errors import ResourceError
from paribus.studies.designs.grid import Grid
from paribus.studies.files.drafts import recipe_from
from paribus.studies.one_thread import one_blas_thread
from small import same, small_study
from threadpoolctl import OpenBLASController, threadpool_info


def in_a_process_with_two_blas_threads(call: str) -> subprocess.CompletedProcess[str]:
    """Call a function of this module where the user has asked BLAS for two threads."""
    folders = [str(Path(__file__).parent), str(Path(__file__).parents[1])]
    code = f"import sys; sys.path[:0] = {folders!r}; import test_one_thread; "
    return subprocess.run(
        [sys.executable, "-c", f"{code}test_one_thread.{call}"],
        env=os.environ | dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "2"),
        capture_output=True,
        text=True,
        check=False,
    )


def blas_threads() -> set[int]:
    return {lib["num_threads"] for lib in threadpool_info() if lib["user_api"] == "blas"}


class Waiting:
    """A clock that waits when it is first asked, and then stands still."""

    def __init__(self, wait: Callable[[], object]) -> None:
        self._waits = [wait]

    def seconds(self) -> float:
        while self._waits:
            self._waits.pop()()
        return 0.0


def only_job(path: Path, **changes: object):
    table = {"task": "digits", "batch_size": 500, "hidden": [128, 128], "epochs": 2}
    design = Grid.of({"activation": ["tanh", "relu"]})
    study = small_study(recipe=recipe_from(table | changes), design=design, replicates=1)
    folder = RunFolder(LocalStore(path))
    (left,) = folder.work_left(folder.prepare(study))
    return folder, left.plan, left.job


def two_jobs_at_once(path: str, together: bool) -> None:
    """Perform two jobs in two threads, all along or so that the second trains on after the first.

    The second is the larger one: its matrix products are those that BLAS would divide.
    """
    jobs = only_job(Path(path) / "a", hidden=[8]), only_job(Path(path) / "b")
    first_in, second_in, first_out = (threading.Event() for _ in range(3))
    clocks = (
        Waiting(lambda: (first_in.set(), second_in.wait(60))),
        Waiting(lambda: (second_in.set(), together or first_out.wait(60))),
    )
    assert blas_threads() == {2}
    first, second = (
        threading.Thread(target=perform, args=(*job, None, clock))
        for job, clock in zip(jobs, clocks, strict=True)
    )
    first.start()
    first_in.wait(60)
    second.start()
    first.join()
    first_out.set()
    second.join()
    assert blas_threads() == {2}, "the user's own setting is not given back"


@pytest.mark.parametrize("together", [True, False])
def test_jobs_in_two_threads_give_the_bits_of_one_after_the_other(tmp_path, together):
    at_once = tmp_path / "at once"
    done = in_a_process_with_two_blas_threads(f"two_jobs_at_once({str(at_once)!r}, {together})")
    assert done.returncode == 0, done.stderr
    for name, changes in (("a", {"hidden": [8]}), ("b", {})):
        perform(*only_job(tmp_path / name, **changes))
        same(at_once / name, tmp_path / name)


def fit_two_at_once() -> None:
    """Fit two estimators in two threads; the second trains on after the first."""
    from paribus.studies.models.estimators import ParibusClassifier
    from sklearn.datasets import load_digits  # here, since it loads another BLAS library

    x, y = load_digits(return_X_y=True)
    settings = {"batch_size": 500, "epochs": 2, "random_state": 0}
    alone = ParibusClassifier((128, 128), **settings).fit(x, y)
    small, large = ParibusClassifier((8,), **settings), ParibusClassifier((128, 128), **settings)
    small_in, large_in, small_out = (threading.Event() for _ in range(3))
    waits = {
        "small": lambda: (small_in.set(), large_in.wait(60)),
        "large": lambda: (large_in.set(), small_out.wait(60)),
    }
    train = Training.run_epoch

    def train_after_waiting(training: Training) -> None:
        waits.pop(threading.current_thread().name, lambda: None)()
        train(training)

    Training.run_epoch = train_after_waiting
    first = threading.Thread(target=small.fit, args=(x, y), name="small")
    second = threading.Thread(target=large.fit, args=(x, y), name="large")
    first.start()
    small_in.wait(60)
    second.start()
    first.join()
    small_out.set()
    second.join()
    assert large.model_.parameters.tobytes() == alone.model_.parameters.tobytes()


def test_estimators_fitted_in_two_threads_give_the_bits_of_one():
    done = in_a_process_with_two_blas_threads("fit_two_at_once()")
    assert done.returncode == 0, done.stderr


def leave_while_another_is_in() -> None:
    first_in, second_in, first_out = (threading.Event() for _ in range(3))
    seen = []

    def first() -> None:
        with one_blas_thread():
            first_in.set()
            second_in.wait(60)

    def second() -> None:
        first_in.wait(60)
        with one_blas_thread():
            second_in.set()
            first_out.wait(60)
            seen.append(blas_threads())

    one, other = threading.Thread(target=first), threading.Thread(target=second)
    one.start()
    other.start()
    one.join()
    first_out.set()
    other.join()
    assert seen == [{1}]
    assert blas_threads() == {2}
    with one_blas_thread(), one_blas_thread():
        assert blas_threads() == {1}
    assert blas_threads() == {2}


def load_another_library_inside() -> None:
    before = dict(os.environ)
    with one_blas_thread():
        importlib.import_module("scipy.linalg")  # brings a BLAS library of its own
        libraries = [lib for lib in threadpool_info() if lib["user_api"] == "blas"]
        assert [lib["num_threads"] for lib in libraries] == [1, 1]
    assert dict(os.environ) == before


@pytest.mark.parametrize("call", ["leave_while_another_is_in()", "load_another_library_inside()"])
def test_the_limit_holds_until_the_last_has_left_and_for_libraries_loaded_later(call):
    done = in_a_process_with_two_blas_threads(call)
    assert done.returncode == 0, done.stderr


def refused():
    return pytest.raises(ResourceError, match="openblas has 2 threads; set OMP_NUM_THREADS=1")


def be_refused_where_the_limit_is_lost() -> None:
    with refused(), one_blas_thread():
        set_openblas_threads(2)  # as code that does not know of the limit can
    assert blas_threads() == {2}


def be_refused_where_the_limit_does_not_take() -> None:
    OpenBLASController.set_num_threads = lambda *_: None  # as OpenBLAS with OpenMP was known to do
    with refused(), one_blas_thread():
        raise AssertionError("nothing may be trained")


def set_openblas_threads(count: int) -> None:
    """Set them behind threadpoolctl's back."""
    (path,) = (lib["filepath"] for lib in threadpool_info() if lib["user_api"] == "blas")
    ctypes.CDLL(path).scipy_openblas_set_num_threads64_(count)


@pytest.mark.parametrize("where", ["is_lost", "does_not_take"])
def test_more_threads_are_refused_rather_than_used(where):
    done = in_a_process_with_two_blas_threads(f"be_refused_where_the_limit_{where}()")
    assert done.returncode == 0, done.stderr
