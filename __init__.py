"""paribus: studies of many small neural networks, trained side by side with all else equal.

>>> import paribus
>>> study = paribus.load_study("vanishing-gradient", ["depth=[2, 4]", "replicates=2"])
>>> len(study.arms)
12

``paribus.run(study)`` trains what is left of it, ``paribus.open_run(path)`` reads the results,
``paribus.findings(run)`` diagnoses them,
``run.export(trial_id)`` makes a model of one trial and ``paribus.load_model(path)`` reads it again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .cluster.folder.run import Run, open_run
    from .cluster.launch.running import run_study as run
    from .core.errors import InputError, ResourceError
    from .core.models.model import Model
    from .core.models.model_file import load_model
    from .reports.findings.diagnosis import findings
    from .reports.page.report import write_report
    from .studies.catalogue import catalogue
    from .studies.files.study_files import load_study
    from .studies.models.estimators import ParibusClassifier, ParibusRegressor
    from .studies.study import Study

__all__ = [
    "InputError",
    "Model",
    "ParibusClassifier",
    "ParibusRegressor",
    "ResourceError",
    "Run",
    "Study",
    "catalogue",
    "findings",
    "load_model",
    "load_study",
    "open_run",
    "run",
    "write_report",
]

_HOMES = {
    "ResourceError": ("core.errors", "ResourceError"),
    "InputError": ("core.errors", "InputError"),
    "Model": ("core.models.model", "Model"),
    "ParibusClassifier": ("studies.models.estimators", "ParibusClassifier"),
    "ParibusRegressor": ("studies.models.estimators", "ParibusRegressor"),
    "Run": ("cluster.folder.run", "Run"),
    "Study": ("studies.study", "Study"),
    "catalogue": ("studies.catalogue", "catalogue"),
    "findings": ("reports.findings.diagnosis", "findings"),
    "load_model": ("core.models.model_file", "load_model"),
    "load_study": ("studies.files.study_files", "load_study"),
    "open_run": ("cluster.folder.run", "open_run"),
    "run": ("cluster.launch.running", "run_study"),
    "write_report": ("reports.page.report", "write_report"),
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
