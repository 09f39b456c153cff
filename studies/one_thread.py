"""BLAS at one thread while anyone trains: with more, the last bits of a product change."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor

from threadpoolctl import ThreadpoolController

from ..core.errors import ResourceError

ONE_THREAD = {f"{library}_NUM_THREADS": "1" for library in ("OMP", "OPENBLAS", "MKL", "BLIS")} | {
    "VECLIB_MAXIMUM_THREADS": "1"
}
"""The environment in which a BLAS library starts with one thread."""


@contextlib.contextmanager
def environment(values: Mapping[str, str]) -> Iterator[None]:
    """Set environment variables and give the user's own back afterwards."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


class ProcessLimit:
    """One BLAS thread in the whole process while anyone is inside, in however many threads.

    The first who enters takes the limit and the last who leaves gives it back: given back by one
    training, it would be gone for another. A thread of its own does both, since threadpoolctl lets
    nobody but the thread that limited a library change it again. Libraries that are loaded
    meanwhile read the environment.
    """

    def __init__(self) -> None:
        self._lock, self._inside = threading.Lock(), 0
        self._limits = contextlib.ExitStack()

    @contextlib.contextmanager
    def on(self, libraries: ThreadpoolController) -> Iterator[None]:
        """Be inside; the first one's libraries are limited."""
        with self._lock:
            if not self._inside:
                self._keeper = ThreadPoolExecutor(1)
                self._keeper.submit(self._limit, libraries).result()
            self._inside += 1
        try:
            yield
        finally:
            with self._lock:
                self._inside -= 1
                if not self._inside:
                    self._keeper.submit(self._limits.close).result()
                    self._keeper.shutdown()

    def _limit(self, libraries: ThreadpoolController) -> None:
        self._limits.enter_context(environment(ONE_THREAD))
        self._limits.enter_context(libraries.limit(limits=1))


PROCESS_LIMIT = ProcessLimit()


@contextlib.contextmanager
def one_blas_thread() -> Iterator[None]:
    """Limit BLAS to one thread, verified before and after; more threads would change bits.

    Any number of threads of a process may be inside at the same time.

    Raises
    ------
    ResourceError
        If a BLAS library has more than one thread.
    """
    libraries = ThreadpoolController()
    # the second limit is for libraries that keep one per thread
    with PROCESS_LIMIT.on(libraries), libraries.limit(limits=1):
        refuse_more_threads(libraries)
        yield
        refuse_more_threads(ThreadpoolController())  # with those that were loaded meanwhile


def refuse_more_threads(libraries: ThreadpoolController) -> None:
    """Raise ResourceError if a BLAS library has more than one thread."""
    for library in libraries.info():
        if library["user_api"] == "blas" and library["num_threads"] != 1:
            raise ResourceError(
                f"{library['internal_api']} has {library['num_threads']} threads; set "
                "OMP_NUM_THREADS=1 before starting, so that numbers are reproducible"
            )
