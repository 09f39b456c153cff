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
    dead_units,
    depth_ratio,
    explorer,
    final_scores,
    first_weights,
    fitted_curves,
    gained_and_lost,
    layer_heatmap,
    layer_histograms,
    layer_moments,
    layer_profile,
    layer_speeds,
    learning_curves,
    lesions,
    loss_rise,
    mean_field,
    modes,
    neuron_gradients,
    paired_differences,
    published,
    range_test,
    readouts,
    score_map,
    scores_by_axis,
    spread,
    weight_changes,
    worst_errors,
)
from .figure import Figure

Chart = Callable[[Analysis], Figure | None]
CHARTS: dict[str, Chart] = {
    "published": published.figure,
    "fitted-curves": fitted_curves.figure,
    "boundaries": boundaries.figure,
    "scores-by-axis": scores_by_axis.figure,
    "mean-field": mean_field.figure,
    "score-map": score_map.figure,
    "layer-profile": layer_profile.figure,
    "depth-ratio": depth_ratio.figure,
    "layer-speeds": layer_speeds.figure,
    "layer-heatmap": layer_heatmap.figure,
    "neuron-gradients": neuron_gradients.figure,
    "layer-histograms": layer_histograms.figure,
    "layer-moments": layer_moments.figure,
    "dead-units": dead_units.figure,
    "weight-changes": weight_changes.figure,
    "readouts": readouts.figure,
    "lesions": lesions.figure,
    "modes": modes.figure,
    "range-test": range_test.figure,
    "explorer": explorer.figure,
    "learning-curves": learning_curves.figure,
    "loss-rise": loss_rise.figure,
    "first-weights": first_weights.figure,
    "worst-errors": worst_errors.figure,
    "gained-and-lost": gained_and_lost.figure,
    "spread": spread.figure,
    "final-scores": final_scores.figure,
    "paired-differences": paired_differences.figure,
}
"""Every chart by its name, in the order of a page; one that does not apply returns None."""
LAYERS = frozenset({"layer-profile", "depth-ratio", "layer-speeds", "layer-heatmap", "dead-units"})
"""Charts of what happens in the layers, shown where that is asked or a finding points there."""
ON_REQUEST = frozenset({"explorer", "layer-moments", "mean-field", "spread", "weight-changes"})
"""Charts that are shown only where a study names them."""
