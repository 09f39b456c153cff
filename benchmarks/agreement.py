"""Whether a peer learns the same: its parameters after some steps, beside the engine's."""

from __future__ import annotations

import dataclasses

import numpy as np
from engine import paribus
from paribus.core.families.optimisers import Optimiser
from peers import Peer, Settings
from workloads import Workload

MOST_DISAGREEMENT = 1e-3
"""scikit-learn's Adam, whose epsilon stands elsewhere, is 5e-4 apart; the others below 1e-5."""


def disagreement(
    peer: Peer, workload: Workload, optimiser: Optimiser, settings: Settings | None = None
) -> float:
    """Return how far parameters lie apart after an epoch, as a share of how far they moved.

    Peer and engine take the same steps in a small network with the workload's activation, from
    the same initial parameters and in the same visiting order. 0 is agreement, 1 would be
    another training altogether.
    """
    small = dataclasses.replace(workload, layers=(12, 9, 8, 10), batch=8, examples=40)
    settings = dict(settings or {})
    theirs = peer.trainer(small, optimiser, **settings)
    start = np.concatenate([p.ravel() for part in theirs.parameters() for p in part])
    theirs.train(1)
    end = theirs.parameters()
    ours = paribus(small, optimiser, len(end.weights[0]))
    ours.train(1)
    reached, wanted = (
        np.concatenate([p.ravel() for part in found for p in part])
        for found in (end, ours.parameters())
    )
    return float(np.linalg.norm(reached - wanted) / np.linalg.norm(wanted - start))
