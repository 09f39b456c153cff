"""paribus: studies of many small neural networks, trained side by side with all else equal.

>>> import paribus
>>> study = paribus.load_study("vanishing-gradient", ["depth=[2, 4]", "replicates=2"])
>>> len(study.arms)
18

``paribus.run(study)`` trains what is left of it, ``paribus.open_run(path)`` reads the results.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .cluster.run import Run, open_run
    from .cluster.running import run_study as run
    from .core.errors import InputError, ResourceError
    from .reports.page import write_report
    from .studies.files import catalogue, load_study
    from .studies.study import Study

__all__ = [
    "InputError",
    "ResourceError",
    "Run",
    "Study",
    "catalogue",
    "load_study",
    "open_run",
    "run",
    "write_report",
]

_HOMES = {
    "ResourceError": ("core.errors", "ResourceError"),
    "InputError": ("core.errors", "InputError"),
    "Run": ("cluster.run", "Run"),
    "Study": ("studies.study", "Study"),
    "catalogue": ("studies.files", "catalogue"),
    "load_study": ("studies.files", "load_study"),
    "open_run": ("cluster.run", "open_run"),
    "run": ("cluster.running", "run_study"),
    "write_report": ("reports.page", "write_report"),
}


def __getattr__(name: str) -> Any:
    """Import what is asked for only when it is asked for, so that workers load no charts."""
    if name not in _HOMES:
        raise AttributeError(f"module 'paribus' has no attribute {name!r}")
    import importlib

    module, attribute = _HOMES[name]
    return getattr(importlib.import_module(f".{module}", __name__), attribute)


def __dir__() -> list[str]:
    return __all__
