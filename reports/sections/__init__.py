"""The sections of a report, one module each: an analysis in, a section or None out.

Adding one is one module with a ``section(analysis)`` and its place in ``BELOW``.
"""

from __future__ import annotations

from collections.abc import Callable

from ..statistics.analysis import Analysis
from . import (
    answer,
    budgets,
    data_sets,
    examples,
    factors,
    figures,
    findings,
    importance,
    luck_apart,
    methods,
    published_numbers,
    reload,
    trials,
    trust,
    tuning,
    withdrawn,
    worked_example,
)
from .section import Section

BELOW: tuple[Callable[[Analysis], Section | None], ...] = (
    published_numbers.section,
    factors.section,
    tuning.section,
    findings.section,
    worked_example.section,
    withdrawn.section,
    importance.section,
    data_sets.section,
    budgets.section,
    examples.section,
    luck_apart.section,
    trust.section,
    methods.section,
    trials.section,
    reload.section,
)
"""The sections below the pictures in the order of the page; one that does not apply is None."""


def sections(analysis: Analysis) -> list[Section]:
    """Return the sections of a run's page: the answer, its pictures, and what they rest on."""
    made = (section(analysis) for section in BELOW)
    below = [section for section in made if section is not None]
    return [answer.section(analysis), *figures.sections(analysis), *below]
