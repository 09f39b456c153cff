"""Best values at the edge of what was tried."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from ...studies.designs.axes import Axis
from ..language.messages import text
from ..language.numbers import number
from ..page.words import axis_words
from ..statistics.scales import onto
from .finding import Evidence, Finding, Severity
from .finding_function import FindingFunction
from .observed import Observed


@dataclass(frozen=True)
class BestAtEdge(FindingFunction):
    """The best arm lies at an end of a numeric axis, so that a better one may lie beyond.

    Of listed levels, the best arm's is the first or last of at least three, and better than the
    next by ``errors`` standard errors of their pairs; an end at 0 is no edge. Of a range, at least
    ``crowd`` of the best tenth of the arms, and of no fewer than five, lie in its outer fifth.
    """

    code: ClassVar[str] = "best-at-edge"
    severity: ClassVar[Severity] = "note"
    errors: float = 2.0
    crowd: float = 0.8

    @property
    def title(self) -> str:
        """What readers call it."""
        return text("Best value at the edge")

    def findings(self, observed: Observed) -> list[Finding]:
        """Return a finding for each numeric axis at whose end the best arms lie."""
        metric = observed.results.metric
        if metric.direction not in ("higher", "lower"):
            return []
        sign = 1.0 if metric.direction == "higher" else -1.0
        values = sign * onto(metric.scale, observed.trials[metric.name])
        frame = pd.DataFrame({"arm": observed.arm, "replicate": observed.replicate, "v": values})
        table = frame[np.isfinite(values)].pivot(index="replicate", columns="arm", values="v")
        complete = table.loc[:, table.notna().sum() == table.notna().sum().max()]
        if complete.empty:
            return []
        best = int(complete.mean().idxmax())
        findings = []
        for axis in observed.results.study.design.axes:
            if len(axis.paths) > 1:  # the levels of coupled axes have no order
                continue
            look = self.range_of if axis.low is not None else self.levels_of
            evidence = look(observed, axis, complete, best)
            if evidence is not None:
                n = int((observed.arm == best).sum())
                findings.append(self.made(best, n, n, evidence))
        return findings

    def levels_of(
        self, observed: Observed, axis: Axis, table: pd.DataFrame, best: int
    ) -> Evidence | None:
        """Compare the best arm with its neighbour, all else equal."""
        arms, others = observed.results.study.arms, observed.results.axes
        mine = {path: arms[best].level(path).label for path in others if path != axis.path}
        line = {
            arms[a].level(axis.path).value: int(a)
            for a in table.columns
            if all(arms[a].level(path).label == label for path, label in mine.items())
        }
        numeric = all(isinstance(v, int | float) and not isinstance(v, bool) for v in line)
        if len(line) < 3 or not numeric:
            return None
        ordered = sorted(line)
        value = arms[best].level(axis.path).value
        if value not in (ordered[0], ordered[-1]) or value == 0:
            return None
        beside = line[ordered[1] if value == ordered[0] else ordered[-2]]
        pairs = (table[best] - table[beside]).dropna()
        if len(pairs) < 3:
            return None
        error = float(pairs.std(ddof=1)) / math.sqrt(len(pairs))
        mean = float(pairs.mean())
        errors = mean / error if error > 0 else (math.inf if mean > 0 else 0.0)
        if not errors > self.errors:
            return None
        return self.evidence(observed, axis, best, "errors_above_next_level", errors, self.errors)

    def range_of(
        self, observed: Observed, axis: Axis, table: pd.DataFrame, best: int
    ) -> Evidence | None:
        """Look where in the range the best arms lie."""
        count = max(5, len(table.columns) // 10)
        if len(table.columns) < 4 * count:
            return None
        top = table.mean().nlargest(count).index
        places = [observed.results.study.arms[a].level(axis.path).value for a in top]
        low, high, values = axis.low, axis.high, np.array(places, float)
        if axis.spacing == "log":
            low, high, values = math.log(low or 1), math.log(high or 1), np.log(values)
        place = (values - (low or 0.0)) / ((high or 0.0) - (low or 0.0))
        crowd = float(max((place < 0.2).mean(), (place > 0.8).mean()))
        if crowd < self.crowd:
            return None
        return self.evidence(observed, axis, best, "share_of_best_at_end", crowd, self.crowd)

    def evidence(
        self, observed: Observed, axis: Axis, best: int, name: str, value: float, limit: float
    ) -> Evidence:
        """Return the evidence for an axis, whose level stands beside it."""
        trial = str(observed.ids[np.flatnonzero(observed.arm == best)[0]])
        level = float(observed.results.study.arms[best].level(axis.path).value)
        beside = {f"axis:{axis.path}": level}
        return Evidence(trial, name, value, limit, beside=beside)

    def sentence(self, evidence: Evidence) -> str:
        """Name the axis and its level."""
        path, level = next((k[5:], v) for k, v in evidence.beside.items() if k.startswith("axis:"))
        values = {"axis": axis_words(path), "level": number(level)}
        if evidence.quantity == "share_of_best_at_end":
            return text(
                "{share} % of the best arms lie in the outer fifth of the range of {axis} (the "
                "best at {level}): a better value may lie beyond",
                share=number(100 * evidence.number, 2),
                **values,
            )
        return text(
            "{axis} = {level} is best, better than the next level by {errors} standard errors, "
            "and the last that was tried on its side",
            errors=number(evidence.number, 2),
            **values,
        )
