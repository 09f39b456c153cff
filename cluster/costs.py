"""What a trial is expected to cost, from its recipe alone: seconds, stack size, memory."""

from __future__ import annotations

import math

import numpy as np

from ..core.architecture import Architecture
from ..core.evaluation import COLUMNS
from ..core.examples import Sizes
from ..core.probes import Probe
from ..core.recipe import Recipe

FLOPS_PER_SECOND = 3e10
SECONDS_PER_ACTIVATION = 4e-9
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


def trial_seconds(recipe: Recipe, sizes: Sizes, probe: Probe) -> float:
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
    evaluated = sizes.train + sizes.validation
    evaluation = seconds(
        evaluated * (recipe.epochs + 1), evaluated / COLUMNS * (recipe.epochs + 1), 0.4
    )
    probes = len(probe.wanted(steps, recipe.epochs)) * min(probe.examples, sizes.train)
    return training + evaluation + seconds(probes, probes / COLUMNS, 4.0) + 1e-4


def stack_bytes(recipe: Recipe, sizes: Sizes, trials: int) -> int:
    """Estimate the peak memory of training a stack, in bytes, without the data themselves."""
    architecture = architecture_of(recipe, sizes)
    layers, parameters = architecture.sizes, architecture.parameters
    columns = recipe.batch(sizes.train) + COLUMNS
    arrays = 5 + len(recipe.optimiser.slots)  # initial, whole, arena, gradient, one for probes
    activations = columns * (3 * sum(layers[1:]) + layers[0])
    return trials * np.dtype(recipe.dtype).itemsize * (arrays * parameters + activations)
