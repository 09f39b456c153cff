"""Charts, one module each: an analysis in, a figure or None out.

Each has a ``frame`` or ``frames``, which says in pandas what is drawn, and a ``figure``, which
draws it. Adding a chart is one module and its place in ``CHARTS``.
"""

from __future__ import annotations

from collections.abc import Callable

from ..statistics.analysis import Analysis
from . import (
    depth_ratio,
    final_scores,
    layer_heatmap,
    layer_profile,
    layer_speeds,
    learning_curves,
    loss_rise,
    paired_differences,
    published,
)
from .figure import Figure

Chart = Callable[[Analysis], Figure | None]
CHARTS: tuple[Chart, ...] = (
    published.figure,
    layer_profile.figure,
    depth_ratio.figure,
    layer_speeds.figure,
    layer_heatmap.figure,
    learning_curves.figure,
    loss_rise.figure,
    final_scores.figure,
    paired_differences.figure,
)
"""Every chart in the order of the page; one that does not apply returns None."""
