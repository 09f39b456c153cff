"""What a trial is expected to cost, from its recipe alone: seconds, stack size, memory."""

from __future__ import annotations

import numpy as np

from ..core.evaluation import COLUMNS
from ..core.examples import Sizes
from ..core.network import parameter_count, step_flops
from ..core.probes import Probe
from ..core.recipe import Recipe

FLOPS_PER_SECOND = 3e10
SECONDS_PER_ACTIVATION = 4e-9
SECONDS_PER_CALL = 1.5e-6
CALLS_PER_LAYER = 14
# orders of magnitude of one core of 2020–2025; plans only need proportions
LARGEST_STACK = 16


def shape(recipe: Recipe, sizes: Sizes) -> tuple[int, ...]:
    """Return the layer sizes of a recipe's network."""
    return (sizes.features, *recipe.hidden, sizes.outputs)


def stack_size(recipe: Recipe, sizes: Sizes) -> int:
    """Return how many trials to train together: as many as the processor's cache holds."""
    parameters = sum(parameter_count(shape(recipe, sizes)))
    widest = max((*recipe.hidden, sizes.outputs)) * recipe.batch(sizes.train)
    by_parameters = LARGEST_STACK if parameters < 10_000 else 8 if parameters < 200_000 else 1
    if parameters < 100_000 and not recipe.optimiser.slots:
        by_parameters = LARGEST_STACK
    return max(1, min(by_parameters, 262_144 // widest))


def trial_seconds(recipe: Recipe, sizes: Sizes, probe: Probe) -> float:
    """Estimate one core's seconds for one trial in a full stack."""
    layers = shape(recipe, sizes)
    units, calls = sum(layers[1:]), CALLS_PER_LAYER * (len(layers) - 1)
    shared_calls = calls * SECONDS_PER_CALL / stack_size(recipe, sizes)

    def seconds(examples: float, passes: float, share: float) -> float:
        per_pass = examples * share
        return passes * shared_calls + per_pass * (
            step_flops(layers, 1) / FLOPS_PER_SECOND + units * SECONDS_PER_ACTIVATION
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
    layers = shape(recipe, sizes)
    parameters = sum(parameter_count(layers))
    columns = recipe.batch(sizes.train) + COLUMNS
    arrays = 5 + len(recipe.optimiser.slots)  # initial, whole, arena, gradient, one for probes
    activations = columns * (3 * sum(layers[1:]) + layers[0])
    return trials * np.dtype(recipe.dtype).itemsize * (arrays * parameters + activations)
