"""Answers, one module for each kind: an analysis in, an answer out.

Adding one is a class in ``studies/answers.py``, a module with an ``answer(analysis)``, and its
place in ``ANSWERS``.
"""

from __future__ import annotations

from collections.abc import Callable

from ...studies.answers import (
    Comparison,
    Components,
    Onset,
    Optimum,
    PublishedNumbers,
    Threshold,
    Trend,
)
from ..statistics.analysis import Analysis
from . import comparison, components, onset, optimum, published, threshold, trend
from .answer import Answer

ANSWERS: dict[str, Callable[[Analysis], Answer]] = {
    Comparison.kind: comparison.answer,
    Components.kind: components.answer,
    Onset.kind: onset.answer,
    Optimum.kind: optimum.answer,
    PublishedNumbers.kind: published.answer,
    Threshold.kind: threshold.answer,
    Trend.kind: trend.answer,
}
"""How each kind of answer is said."""
