"""The JavaScript that draws the charts, offline: Vega, Vega-Lite and Vega-Embed in one text."""

from __future__ import annotations

import contextlib
from importlib.metadata import version
from pathlib import Path
from typing import Any

from ...cluster.folder.store import LocalStore


def vega_lite_version() -> str:
    """Return the version of Vega-Lite that Altair writes, as the library that draws names it."""
    import altair as alt

    return ".".join(alt.SCHEMA_VERSION.removeprefix("v").split(".")[:2])


def bundle() -> str:
    """Return the bundle for Altair's Vega-Lite, made once per version and kept in the cache."""
    import platformdirs

    wanted = vega_lite_version()
    name = f"vega-{wanted}-{version('vl-convert-python')}.js"
    path = Path(platformdirs.user_cache_dir("paribus")) / name
    with contextlib.suppress(OSError):
        text = path.read_text(encoding="utf-8")
        if text:
            return text
    import vl_convert

    make: Any = vl_convert.javascript_bundle  # its stub asks for a snippet that is optional

    text = str(make(vl_version=wanted))
    with contextlib.suppress(OSError):  # a cache that cannot be written costs seconds, no more
        LocalStore(path.parent).write(path.name, text.encode())
    return text
