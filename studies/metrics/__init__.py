"""Metrics: the number per trial that a study is about, where it comes from and how to read it.

Adding one is one value in ``METRICS``.
"""

from __future__ import annotations

from .layers import LAYER_METRICS
from .measured import MEASURED_METRICS
from .metric import Direction, Frames, Metric, Need, Scale, Unit, after_its_set
from .scores import SCORE_METRICS

__all__ = [
    "METRICS",
    "Direction",
    "Frames",
    "Metric",
    "Need",
    "Scale",
    "Unit",
    "after_its_set",
]

METRICS: dict[str, Metric] = {
    metric.name: metric for metric in (*SCORE_METRICS, *LAYER_METRICS, *MEASURED_METRICS)
}
