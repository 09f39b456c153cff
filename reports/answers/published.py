"""The answer to "are the published numbers so": how many expectations hold."""

from __future__ import annotations

from ..sections import published_numbers
from ..statistics.analysis import Analysis
from . import comparison
from .answer import Answer


def answer(analysis: Analysis) -> Answer:
    """Count the verdicts."""
    return Answer(
        published_numbers.takeaway(analysis.judgements),
        published_numbers.caption(analysis.judgements),
        comparison.key_figures(analysis),
    )
