"""Charts, one module each: results in, a figure or None out.

Adding a chart is one module with a ``figure(results, layout)`` and its place in ``CHARTS``.
"""

from __future__ import annotations

from collections.abc import Callable

from ..statistics.frames import Results
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
from .layout import Layout

Chart = Callable[[Results, Layout], Figure | None]
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
