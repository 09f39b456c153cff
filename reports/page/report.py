"""The report of a run."""

from __future__ import annotations

from pathlib import Path

from ...cluster.folder.run import Run
from ...core.errors import InputError, ResourceError
from ..language.messages import SOURCE, speaking, text
from ..sections import sections
from ..statistics.analysis import analyse
from ..statistics.frames import Results, results_of
from .html import html_of


def write_report(run: Run, language: str = SOURCE) -> Path:
    """Write ``report.html`` into the run's folder, in a language, and return its path.

    Raises
    ------
    InputError
        If no trial is finished yet, or the reports do not speak the language.
    """
    refuse_nothing(run)
    with speaking(language):
        html = page(results_of(run))
    path = run.path / "report.html"
    try:
        run.folder.store.write(path.name, html.encode())
    except OSError as error:
        raise ResourceError(f"cannot write {path}: {error.strerror or error}") from None
    return path


def refuse_nothing(run: Run) -> None:
    """Refuse a run that has nothing to show yet.

    Raises
    ------
    InputError
        If no trial is finished, or only such as tune.
    """
    if run.trials.empty:
        raise InputError(f"{run.path} holds no finished trial yet; there is nothing to report")
    if (run.trials["replicate"] >= run.study.replicates).all():
        raise InputError(f"{run.path} is still tuning; there is nothing to compare yet")


def page(results: Results) -> str:
    """Return a run's whole page, in the language that is spoken."""
    analysis = analyse(results)
    return html_of(text(results.study.question), sections(analysis))
