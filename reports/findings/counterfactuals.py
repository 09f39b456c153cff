"""Counterfactuals: the same replicates in an arm that differs in exactly one level."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ...core.components import Array, Component
from .finding import Counterfactual
from .observed import Observed


def counterfactuals(
    observed: Observed, looked: Array, shows: Array, has: Array
) -> dict[int, Counterfactual]:
    """Return for each arm that has a finding the arm that shows best what it hangs on.

    ``looked`` and ``shows`` are of each trial, ``has`` of each arm. The other arm lacks the
    finding and differs on one axis alone, of two forks both from the same epoch. Of several, one
    that changes a component, as the activation, comes before one that changes a number; then the
    one in which the fewest of the same replicates show it, then the nearest level.
    """
    results = observed.results
    axes = results.axes
    if not axes or has.all():
        return {}
    levels = [results.levels(path) for path in axes]
    places = [{level.label: i for i, level in enumerate(known)} for known in levels]
    codes = np.array(
        [
            [place[arm.level(path).label] for arm in results.study.arms]
            for path, place in zip(axes, places, strict=True)
        ]
    )
    plain = [not any(isinstance(x.value, Component) for x in known) for known in levels]
    origins = [arm.origin for arm in results.study.arms]
    seen, there = (
        pd.Series(observed.replicate[mask]).groupby(observed.arm[mask]).agg(set).to_dict()
        for mask in (shows, looked)
    )
    best: dict[int, tuple[tuple[float, ...], Counterfactual]] = {}
    for axis, path in enumerate(axes):
        others = np.delete(codes, axis, axis=0)
        alike = pd.Series(range(len(has))).groupby([*others] if len(others) else [0] * len(has))
        for members in alike.indices.values():
            clean = [b for b in members if not has[b] and b in there]
            for arm in (a for a in members if has[a]) if clean else ():
                for other in clean:
                    if None not in (pair := {origins[arm], origins[other]}) and len(pair) > 1:
                        continue
                    same = seen[arm] & there[other]
                    k = len(same & seen.get(other, set()))
                    if not same or 2 * k > len(same):
                        continue
                    distance = abs(int(codes[axis, arm]) - int(codes[axis, other]))
                    rank = (plain[axis], k / len(same), -len(same), distance)
                    if arm not in best or rank < best[arm][0]:
                        made = Counterfactual(int(other), path, k, len(same))
                        best[int(arm)] = (rank, made)
    return {arm: made for arm, (_, made) in best.items()}
