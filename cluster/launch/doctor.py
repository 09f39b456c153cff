"""What this machine offers: versions, cores, memory, BLAS threads, data."""

from __future__ import annotations

import os

from ...core.errors import ResourceError
from ...studies.data.downloads import available, cache_folder
from ...studies.data.tasks import collections
from ...studies.one_thread import one_blas_thread
from ..work.numerics import versions
from .clients import cores


def findings() -> dict[str, str]:
    """Return one line for everything worth knowing."""
    import psutil

    lines = dict(versions())
    memory = psutil.virtual_memory()
    lines["cores"] = f"{cores()} physical, one worker process each"
    lines["memory"] = f"{memory.available / 1e9:.1f} of {memory.total / 1e9:.1f} GB free"
    try:
        with one_blas_thread():
            lines["BLAS threads"] = "can be limited to 1, as reproducible numbers need"
    except ResourceError as error:
        lines["BLAS threads"] = f"PROBLEM: {error}"
    lines["PARIBUS_DATA"] = os.environ.get("PARIBUS_DATA", "not set")
    lines["data cache"] = str(cache_folder())
    for collection in collections().values():
        state = "here" if available(collection) else f"run `paribus data fetch {collection.folder}`"
        lines[collection.name] = state
    return lines
