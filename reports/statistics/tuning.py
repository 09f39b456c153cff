"""What a design that tunes each arm has found: the candidates, and how each of them stands."""

from __future__ import annotations

from dataclasses import dataclass

from ...core.streams import Purpose
from ...studies.designs.standing import uncost
from ...studies.designs.tuned import Curve, Tuned
from ...studies.luck import purposes_varied
from ...studies.metrics import METRICS, Metric
from .frames import Results


@dataclass(frozen=True)
class Tuning:
    """The tuning of every arm, on how many replicates, by which score.

    ``varied`` are the draws that differ between replicates, which say whether rows are shared.
    """

    curves: tuple[Curve, ...]
    replicates: int
    metric: Metric
    varied: frozenset[Purpose]

    def mean(self, curve: Curve, position: int) -> float | None:
        """Return a candidate's mean score, None where no replicate of it has one."""
        standing = curve.standings[position]
        if standing is None or standing.lost == standing.replicates:
            return None
        return uncost(self.metric.name, standing.cost)

    @property
    def at_edge(self) -> int:
        """The number of arms whose choice ends an axis."""
        return sum(bool(curve.at_edge) for curve in self.curves)


def tuning_of(results: Results) -> Tuning | None:
    """Return the tuning of a run's arms, None where the design tunes nothing."""
    study, run = results.study, results.run
    design = study.design
    if not isinstance(design, Tuned):
        return None
    curves = design.curves(study.recipe, run.folder.scores(run.plans))
    varied = frozenset(p for arm in study.arms for p in purposes_varied(arm.recipe, study.luck))
    metric = results.renamed(METRICS[design.selects_on])
    return Tuning(curves, design.tuning_replicates, metric, varied)
