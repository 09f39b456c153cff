"""The sections of a report, one module each: an analysis in, a section or None out.

Adding one is one module with a ``section(analysis)`` and its place in ``SECTIONS``.
"""

from __future__ import annotations

from collections.abc import Callable

from ..charts import CHARTS
from ..statistics.analysis import Analysis
from . import (
    answer,
    budgets,
    data_sets,
    examples,
    factors,
    findings,
    glossary,
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
from .figures import section_of
from .section import Section

SECTIONS: tuple[Callable[[Analysis], Section | None], ...] = (
    answer.section,
    published_numbers.section,
    factors.section,
    tuning.section,
    *map(section_of, CHARTS),
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
    glossary.section,
)
"""Every section in the order of the page; one that does not apply returns None."""
