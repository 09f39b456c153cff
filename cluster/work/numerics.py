"""What a number's last bits depend on: library versions and the machine."""

from __future__ import annotations

import platform
from functools import cache
from typing import Any

import numpy as np
from threadpoolctl import threadpool_info

from ...core.identity import NUMERICS_VERSION


@cache
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
