"""Which charts a study's page shows: those that it names, or those that its results call for."""

from __future__ import annotations

from ..findings.dead_units import DeadUnits
from ..findings.diagnosis import diagnose
from ..findings.exploding_gradient import ExplodingGradient
from ..findings.saturation import Saturation
from ..findings.vanishing_gradient import VanishingGradient
from ..statistics.analysis import Analysis
from . import CHARTS, LAYERS, ON_REQUEST

ABOUT_LAYERS = (VanishingGradient(), ExplodingGradient(), DeadUnits(), Saturation())
"""The rules whose findings make a page show what happens in its layers."""


def chosen(analysis: Analysis) -> tuple[str, ...]:
    """Return the names of the charts in the order of the page.

    A study that names none gets every chart that needs no asking for; those of the layers only if
    its metric is made of them, or a finding points there. A chart may still not apply.
    """
    if analysis.study.figures:
        return analysis.study.figures
    layers = asks_about_layers(analysis)
    return tuple(
        name for name in CHARTS if name not in ON_REQUEST and (layers or name not in LAYERS)
    )


def asks_about_layers(analysis: Analysis) -> bool:
    """Tell whether the metric is made of the layers' measures, or a finding points there."""
    asked = any(table == "layers" for table, _ in analysis.metric.reads)
    return asked or bool(diagnose(analysis.results, ABOUT_LAYERS))
