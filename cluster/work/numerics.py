"""What a number's last bits depend on: library versions, BLAS and its threads."""

from __future__ import annotations

import contextlib
import platform
from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np
from threadpoolctl import threadpool_info, threadpool_limits

from ...core.errors import ResourceError
from ...core.trial import NUMERICS_VERSION


@contextlib.contextmanager
def one_blas_thread() -> Iterator[None]:
    """Limit BLAS to one thread and verify it; more threads would change bits.

    Raises
    ------
    ResourceError
        If a BLAS library keeps more than one thread.
    """
    with threadpool_limits(limits=1):
        for library in threadpool_info():
            if library["user_api"] == "blas" and library["num_threads"] != 1:
                raise ResourceError(
                    f"{library['internal_api']} keeps {library['num_threads']} threads; set "
                    "OMP_NUM_THREADS=1 before starting, so that numbers are reproducible"
                )
        yield


def versions() -> dict[str, str]:
    """Return what must agree between machines whose numbers are compared."""
    blas = [
        f"{library['internal_api']} {library['version']} {library.get('architecture', '')}".strip()
        for library in threadpool_info()
        if library["user_api"] == "blas" and "numpy" in library["filepath"]
    ]
    from importlib.metadata import version

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
    found = config.get("SIMD Extensions", {}).get("found", [])
    return str(found[-1]) if found else "baseline"


@cache
def numerics_fingerprint() -> str:
    """Return one line that names what the last bits of a number depend on."""
    found = versions()
    return f"numpy {found['numpy']}, {found['blas']}, {found['simd']}, {platform.machine()}"
