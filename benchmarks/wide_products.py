"""What bit-identity costs: the first layer's products, one per trial, beside one for all trials.

Where the trials of a stack read the same mini-batch, their first layers could share one wide
matrix product, (T·out, in) @ (in, B). The engine does not, since a trial's last bits would then
depend on its neighbours. This measures the products alone, not a whole step.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from turns import in_turns
from workloads import WORKLOADS

TRIALS, REPEATS = 16, 20
PEER = "one wide product (bits would change)"


def rows(rounds: int) -> list[dict[str, Any]]:
    """Return a row for the forward and the gradient product of every workload's first layer."""
    found = []
    for workload in WORKLOADS:
        inputs, out = workload.layers[:2]
        rng = np.random.default_rng(0)
        weights = rng.standard_normal((TRIALS, out, inputs)).astype(np.float32)
        delta = rng.standard_normal((TRIALS, out, workload.batch)).astype(np.float32)
        x = rng.random((workload.batch, inputs)).astype(np.float32)
        for name, left, right in (("forward", weights, x.T), ("gradient", delta, x)):
            wide = left.reshape(TRIALS * out, -1)
            workers = {
                "ours": partial(products, left, right),
                "wide": partial(products, wide, right),
            }
            rates = in_turns(workers, rounds, 0.02)
            ours, theirs = rates["ours"], rates["wide"]
            found.append({
                "workload": f"{inputs}-{out} {name}", "optimiser": "–", "peer": PEER,
                "ratio_best": ours.best / theirs.best, "ratio_median": ours.median / theirs.median,
                "per_second": ours.best, "peer_per_second": theirs.best,
            })  # fmt: skip
    return found


def products(left: np.ndarray, right: np.ndarray) -> int:
    """Multiply a few times and return how many trials' products that was."""
    out = np.empty((*left.shape[:-1], right.shape[-1]), left.dtype)
    for _ in range(REPEATS):
        np.matmul(left, right, out)
    return REPEATS * TRIALS
