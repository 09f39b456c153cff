"""Figures: the names by which a study asks for the pictures of its page, and what each needs.

How they are drawn is the reports' affair.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType

from ..core.errors import InputError, unknown

FIGURES: Mapping[str, str] = MappingProxyType(
    {
        "published": "",
        "fitted-curves": "curve",
        "boundaries": "boundary",
        "scores-by-axis": "",
        "score-map": "",
        "mean-field": "",
        "layer-profile": "",
        "depth-ratio": "",
        "layer-speeds": "",
        "layer-heatmap": "",
        "neuron-gradients": "neurons",
        "layer-histograms": "histograms",
        "layer-moments": "",
        "dead-units": "",
        "weight-changes": "",
        "readouts": "readouts",
        "lesions": "lesions",
        "modes": "modes",
        "range-test": "",
        "explorer": "",
        "learning-curves": "",
        "loss-rise": "",
        "spread": "",
        "first-weights": "first-weights",
        "worst-errors": "outcomes",
        "gained-and-lost": "outcomes",
        "final-scores": "",
        "paired-differences": "",
    }
)
"""The measure that each figure needs, if any, by the figure's name."""


def figures_from(names: Sequence[str]) -> tuple[str, ...]:
    """Return the names of figures, checked.

    Raises
    ------
    InputError
        If one is unknown, or named twice.
    """
    messages = [
        f"figures: {unknown('figure', name, FIGURES)}" for name in names if name not in FIGURES
    ]
    if len(set(names)) < len(names):
        messages.append(f"figures names one twice: {', '.join(map(str, names))}")
    if messages:
        raise InputError(*messages)
    return tuple(names)


def without_measure(figures: Sequence[str], measures: Collection[str]) -> list[str]:
    """Return a sentence for each figure whose measure is not among those taken."""
    return [
        f"figures: {name!r} needs measures = [{FIGURES[name]!r}]"
        for name in figures
        if FIGURES[name] and FIGURES[name] not in measures
    ]
