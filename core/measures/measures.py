"""Measures: what is measured beside training on request, each with a table of its own."""

from __future__ import annotations

from .grids import Boundary, FittedCurve
from .histograms import Histograms
from .layers import LayerStatistics
from .lesions import Lesions
from .modes import Modes
from .neurons import NeuronGradients
from .outcomes import Outcomes
from .readouts import Readouts
from .smoothness import Smoothness
from .weights import FirstWeights, WeightSizes

Measure = (
    LayerStatistics
    | Outcomes
    | Boundary
    | FittedCurve
    | NeuronGradients
    | Histograms
    | FirstWeights
    | Readouts
    | Lesions
    | Smoothness
    | Modes
    | WeightSizes
)
