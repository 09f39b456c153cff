"""Charts, one module each: an analysis in, a figure or None out.

Each has a ``frame`` or ``frames``, which says in pandas what is drawn, and a ``figure``, which
draws it. Adding a chart is one module, its place in ``CHARTS``, and its name in
``studies/figures.py`` with the measure that it needs.
"""

from __future__ import annotations

from collections.abc import Callable

from ..statistics.analysis import Analysis
from . import (
    boundaries,
    depth_ratio,
    final_scores,
    first_weights,
    fitted_curves,
    gained_and_lost,
    layer_heatmap,
    layer_histograms,
    layer_profile,
    layer_speeds,
    learning_curves,
    loss_rise,
    neuron_gradients,
    paired_differences,
    published,
    scores_by_axis,
    worst_errors,
)
from .figure import Figure

Chart = Callable[[Analysis], Figure | None]
CHARTS: dict[str, Chart] = {
    "published": published.figure,
    "fitted-curves": fitted_curves.figure,
    "boundaries": boundaries.figure,
    "scores-by-axis": scores_by_axis.figure,
    "layer-profile": layer_profile.figure,
    "depth-ratio": depth_ratio.figure,
    "layer-speeds": layer_speeds.figure,
    "layer-heatmap": layer_heatmap.figure,
    "neuron-gradients": neuron_gradients.figure,
    "layer-histograms": layer_histograms.figure,
    "learning-curves": learning_curves.figure,
    "loss-rise": loss_rise.figure,
    "first-weights": first_weights.figure,
    "worst-errors": worst_errors.figure,
    "gained-and-lost": gained_and_lost.figure,
    "final-scores": final_scores.figure,
    "paired-differences": paired_differences.figure,
}
"""Every chart by its name, in the order of a page; one that does not apply returns None."""
LAYERS = frozenset({"layer-profile", "depth-ratio", "layer-speeds", "layer-heatmap"})
"""Charts of what happens in the layers, shown where that is asked or a finding points there."""
ON_REQUEST: frozenset[str] = frozenset()
"""Charts that are shown only where a study names them."""
