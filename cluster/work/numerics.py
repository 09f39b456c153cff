"""What a number's last bits depend on: library versions, BLAS and its threads."""

from __future__ import annotations

import contextlib
import os
import platform
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from types import TracebackType
from typing import Any

import numpy as np
from threadpoolctl import threadpool_info, threadpool_limits

from ...core.errors import ResourceError
from ...core.trial import NUMERICS_VERSION

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

    def __enter__(self) -> None:
        with self._lock:
            if not self._inside:
                self._keeper = ThreadPoolExecutor(1)
                self._keeper.submit(self._limit).result()
            self._inside += 1

    def _limit(self) -> None:
        self._limits.enter_context(environment(ONE_THREAD))
        self._limits.enter_context(threadpool_limits(limits=1))

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with self._lock:
            self._inside -= 1
            if not self._inside:
                self._keeper.submit(self._limits.close).result()
                self._keeper.shutdown()


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
    with PROCESS_LIMIT, threadpool_limits(limits=1):  # some libraries keep one limit per thread
        refuse_more_threads()
        yield
        refuse_more_threads()


def refuse_more_threads() -> None:
    """Raise ResourceError if a BLAS library that is loaded has more than one thread."""
    for library in threadpool_info():
        if library["user_api"] == "blas" and library["num_threads"] != 1:
            raise ResourceError(
                f"{library['internal_api']} has {library['num_threads']} threads; set "
                "OMP_NUM_THREADS=1 before starting, so that numbers are reproducible"
            )


def versions() -> dict[str, str]:
    """Return what must agree between machines whose numbers are compared."""
    from importlib.metadata import version

    blas = [
        f"{library['internal_api']} {library['version']} {library.get('architecture', '')}".strip()
        for library in threadpool_info()
        if library["user_api"] == "blas" and "numpy" in library["filepath"]
    ]
    return {
        "python": platform.python_version(),
        "numpy": np.__version__,
        "blas": ", ".join(blas) or "unknown",
        "simd": simd(),
        "paribus": version("paribus"),
        "numerics": str(NUMERICS_VERSION),
    }


def simd() -> str:
    """Return the widest instruction set that NumPy uses on this machine."""
    config: Any = np.show_config(mode="dicts")
    extensions = config.get("SIMD Extensions", {}).get("found", [])
    return str(extensions[-1]) if extensions else "baseline"


@cache
def numerics_fingerprint() -> str:
    """Return one line that names what the last bits of a number depend on."""
    now = versions()
    return f"numpy {now['numpy']}, {now['blas']}, {now['simd']}, {platform.machine()}"
