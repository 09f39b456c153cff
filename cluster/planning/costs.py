"""What a trial is expected to cost, from its recipe alone: seconds, stack size, memory."""

from __future__ import annotations

import math

import numpy as np

from ...core.engine.architecture import Architecture
from ...core.engine.evaluation import COLUMNS
from ...core.engine.examples import Sizes
from ...core.engine.network import Network, NetworkFields
from ...core.engine.scoring import EVALUATED_TRAINING_EXAMPLES
from ...core.measures.layers import LayerStatistics
from ...core.measures.probe import columns_at_once
from ...core.recipe import Recipe

FLOPS_PER_SECOND = 3e10
SECONDS_PER_ACTIVATION = 4e-9
SECONDS_PER_OPERATION = 1e-9
SECONDS_PER_CALL = 1.5e-6
CALLS_PER_LAYER = 14
# orders of magnitude of one core of 2020–2025; plans only need proportions
STACK_SIZES = ((6_000, 32), (100_000, 16), (200_000, 8), (math.inf, 1))
"""The most parameters of a network, and the trials that then make the fastest stack."""
LARGEST_STACK = STACK_SIZES[0][1]


def architecture_of(recipe: Recipe, sizes: Sizes) -> Architecture:
    """Return the architecture of a recipe on data of these sizes."""
    return Architecture.of(recipe, sizes.features, sizes.outputs)


def stack_size(recipe: Recipe, sizes: Sizes) -> int:
    """Return how many trials to train together: as many as the processor's cache holds."""
    parameters = architecture_of(recipe, sizes).parameters
    widest = max((*recipe.hidden, sizes.outputs)) * recipe.batch(sizes.train)
    by_parameters = next(size for most, size in STACK_SIZES if parameters < most)
    return max(1, min(by_parameters, 262_144 // widest))


def trial_seconds(recipe: Recipe, sizes: Sizes, probe: LayerStatistics) -> float:
    """Estimate one core's seconds for one trial in a full stack."""
    architecture = architecture_of(recipe, sizes)
    layers = architecture.sizes
    units, calls = sum(layers[1:]), CALLS_PER_LAYER * (len(layers) - 1)
    shared_calls = calls * SECONDS_PER_CALL / stack_size(recipe, sizes)

    def seconds(examples: float, passes: float, share: float) -> float:
        per_pass = examples * share
        return passes * shared_calls + per_pass * (
            architecture.step_flops(1) / FLOPS_PER_SECOND + units * SECONDS_PER_ACTIVATION
        )

    steps = recipe.steps_per_epoch(sizes.train)
    training = seconds(sizes.train * recipe.epochs, steps * recipe.epochs, 1.0)
    evaluated = sizes.train + sizes.validation + sizes.selection
    evaluation = seconds(
        evaluated * (recipe.epochs + 1), evaluated / COLUMNS * (recipe.epochs + 1), 0.4
    )
    probes = len(probe.wanted(steps, recipe.epochs)) * min(probe.examples, sizes.train)
    batch = recipe.batch(sizes.train)
    operations = sum(member.operations(architecture, batch) for member in recipe.regularisers)
    training += steps * recipe.epochs * operations * SECONDS_PER_OPERATION
    return training + evaluation + seconds(probes, probes / COLUMNS, 4.0) + 1e-4


def stack_bytes(recipe: Recipe, sizes: Sizes, trials: int, probe: LayerStatistics) -> int:
    """Predict the peak memory of training a stack, in bytes, without the data themselves.

    The buffers are those of networks of one trial, made to be counted, times the trials; a probe
    keeps every layer's values.
    """
    architecture = architecture_of(recipe, sizes)
    one = np.dtype(recipe.dtype).itemsize
    parameters, widest = architecture.parameters, max(architecture.sizes[1:])
    evaluated = min(sizes.train, EVALUATED_TRAINING_EXAMPLES)
    batches = cuts(sizes.train, recipe.batch(sizes.train))
    scored = evaluated, sizes.train, sizes.validation, sizes.test, sizes.selection
    chunked = {c for n in scored for c in cuts(n, COLUMNS)}
    per_example = sizes.features + sizes.outputs
    same_rows = not recipe.split.drawn
    arrays = 4 + len(recipe.optimiser.slots)
    needed = trials * one * arrays * parameters  # start, present, gradient, kept and slots
    needed += trials * sum(r.nbytes(architecture, batches, one) for r in recipe.regularisers)
    needed += 3 * 8 * trials * sizes.train  # row numbers in order
    for columns in batches:
        needed += trials * network_bytes(recipe, architecture, columns, training=True)
        inputs = 1 + bool(recipe.augmentations)
        needed += trials * columns * (inputs * sizes.features + sizes.outputs) * one
    for columns in chunked:
        needed += trials * network_bytes(recipe, architecture, columns, training=False)
        needed += (1 if same_rows else trials) * columns * per_example * one
    if not probe.wanted(1, 1):
        return needed
    probed, units = min(probe.examples, sizes.train), sum(architecture.sizes[1:])
    needed += trials * parameters * (2 * one + 2 * 8)  # a copy, the gradient and its sum
    needed += trials * probed * (3 * one * units + 2 * 8 * widest)
    for columns in cuts(probed, columns_at_once(architecture, probed)):
        needed += trials * network_bytes(recipe, architecture, columns, training=True, keep=True)
        needed += (1 if same_rows else trials) * columns * per_example * one
    return needed


def cuts(examples: int, columns: int) -> set[int]:
    """Return the sizes of the parts that examples are cut into.

    >>> sorted(cuts(10, 4)), cuts(8, 4), cuts(0, 4)
    ([2, 4], {4}, set())
    """
    return {min(columns, examples), examples % columns or columns} if examples else set()


def network_bytes(
    recipe: Recipe, architecture: Architecture, columns: int, *, training: bool, keep: bool = False
) -> int:
    """Return the bytes of one network's buffers, counted on a network made for it."""
    views = architecture.views(np.empty((1, architecture.parameters), recipe.dtype))
    network = Network(
        architecture,
        NetworkFields.of([recipe]),
        views,
        columns,
        gradient=views if training else None,
        masked=training and any(member.masks for member in recipe.regularisers),
        keep=keep,
    )
    return network.nbytes
