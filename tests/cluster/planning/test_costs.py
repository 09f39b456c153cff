"""The planner's memory against what training really takes."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from paribus.cluster.planning.costs import stack_bytes, stack_size
from paribus.core.engine.draws import Draws
from paribus.core.engine.examples import Examples
from paribus.core.engine.stack import Stack
from paribus.core.engine.training import Training
from paribus.core.families.activations import Swish
from paribus.core.families.normalisers import BatchNorm
from paribus.core.families.optimisers import SGD, Adam, Momentum
from paribus.core.families.regularisers import L2, Averaging, Dropout, InputNoise
from paribus.core.families.residual import Residual
from paribus.core.families.schedules import TrainingTime
from paribus.core.measures.layers import LayerStatistics
from paribus.core.trial import Trial
from small import recipe

NONE = LayerStatistics("none")


def pixels(trials: int, features: int, parts: tuple[int, int, int], dtype: str) -> Examples:
    """Return data that only have a size, with a division of its own for every trial."""
    total = sum(parts)
    rng = np.random.default_rng(0)
    x = rng.random((total, features)).astype(dtype)
    y = np.eye(10, dtype=dtype)[rng.integers(0, 10, total)]
    rows = np.stack([np.random.default_rng(k).permutation(total) for k in range(trials)])
    train, validation, test = np.split(rows, np.cumsum(parts)[:-1], axis=1)
    return Examples(x, y, train, validation, test)


BUSY = (Dropout(0.3), InputNoise(0.1), Averaging(0.9))
CASES = {
    "small": (recipe(hidden=(32,) * 4, batch_size=32), 20, NONE, 64, (1437, 360, 0)),
    "deep": (
        recipe(hidden=(32,) * 20, batch_size=64, optimiser=Adam(), epochs=1),
        8,
        NONE,
        64,
        (700, 200, 100),
    ),
    "probed": (
        recipe(hidden=(30,) * 5, epochs=1),
        16,
        LayerStatistics("epochs", 1000),
        64,
        (1437, 360, 0),
    ),
    "inputs": (
        recipe(hidden=(30, 30), batch_size=10, optimiser=Adam(), epochs=1),
        16,
        NONE,
        784,
        (1000, 500, 500),
    ),
    "wide": (
        recipe(hidden=(256, 256), batch_size=256, optimiser=Momentum(), epochs=1),
        1,
        NONE,
        784,
        (1024, 500, 500),
    ),
    "full batch": (recipe(hidden=(30, 30), batch_size=0), 8, NONE, 64, (1000, 100, 0)),
    "busy": (
        recipe(
            hidden=(30,) * 4,
            batch_size=20,
            activation=Swish(),
            normaliser=BatchNorm(),
            residual=Residual(1),
            regularisers=BUSY,
        ),
        16,
        NONE,
        64,
        (600, 100, 0),
    ),
    "float64": (recipe(hidden=(30,) * 4, dtype="float64"), 16, NONE, 64, (600, 100, 0)),
}


@pytest.mark.parametrize(
    ("settings", "trials", "probe", "features", "parts"), CASES.values(), ids=CASES
)
def test_peak_memory_is_predicted_within_a_fifth(settings, trials, probe, features, parts):
    data = pixels(trials, features, parts, settings.dtype)
    members = [Trial(settings, "data", 0, k) for k in range(trials)]
    tracemalloc.start()
    training = Training(members, data, probe)
    while not training.finished:
        training.run_epoch()
    measured = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    predicted = stack_bytes(settings, data.sizes, trials, probe)
    assert predicted == pytest.approx(measured, rel=0.2)


@pytest.mark.parametrize("optimiser", [SGD(0.1), Adam()], ids=str)
@pytest.mark.parametrize("regularisers", [(), (L2(0.1), Dropout(0.2))], ids=["", "regularised"])
def test_a_step_allocates_no_arrays_of_the_stacks_size(optimiser, regularisers):
    """What a step makes anew are constants per trial and random integers, not activations."""
    settings = recipe(
        hidden=(64,) * 4, batch_size=64, optimiser=optimiser, regularisers=regularisers
    )
    data = pixels(16, 64, (640, 0, 0), "float32")
    stack = Stack.fresh([Trial(settings, "data", 0, k) for k in range(16)], data)
    draws = stack.draws(0, 0, 64)
    peaks = []
    tracemalloc.start()
    for step in range(4):
        drawn = draws.next(64) if regularisers else Draws({})
        rows = data.train[:, step * 64 : (step + 1) * 64]
        tracemalloc.reset_peak()
        before = tracemalloc.get_traced_memory()[0]
        stack.forward(rows, drawn)
        stack.step(TrainingTime(step, 0, 10, 1))
        peaks.append(tracemalloc.get_traced_memory()[1] - before)
    tracemalloc.stop()
    one_layer = 16 * 64 * 64 * 4
    assert peaks[0] > one_layer  # the first step makes the buffers
    assert max(peaks[1:]) < one_layer / 3


def test_small_networks_are_stacked_high_and_large_ones_not_at_all():
    sizes = pixels(1, 64, (100, 10, 0), "float32").sizes
    found = [
        stack_size(recipe(hidden=h, batch_size=10), sizes) for h in ((30,), (64,) * 6, (900,) * 2)
    ]
    assert found == [32, 16, 1]
