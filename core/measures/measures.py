"""Measures: what is measured beside training on request, each with a table of its own."""

from __future__ import annotations

from .grids import Boundary, FittedCurve
from .layers import LayerStatistics
from .neurons import NeuronGradients
from .outcomes import Outcomes

Measure = LayerStatistics | Outcomes | Boundary | FittedCurve | NeuronGradients
