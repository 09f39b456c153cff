"""The initial parameters of a stack, from each trial's draws and initialiser."""

from __future__ import annotations

import numpy as np

from ..components import Array
from ..streams import OUTPUT, Purpose, unit_normals
from ..trial import Trial
from .architecture import Architecture
from .examples import Examples, Gather
from .network import Network, NetworkFields

FITTED = 256
"""The training examples that a data-dependent initialiser looks at, at most."""


def initial_arena(
    trials: list[Trial], architecture: Architecture, examples: Examples | None = None
) -> Array:
    """Return the initial parameters (T, parameters) in the recipe's dtype.

    Trials of one replicate share their standard normal draws; each recipe's initialiser turns
    them into weights in float64, and the result is cast once. ``examples`` are what a
    data-dependent initialiser fits.
    """
    recipe = trials[0].recipe
    arena = np.zeros((len(trials), architecture.parameters))
    parameters = architecture.views(arena)
    draws: dict[tuple[int, int, int], Array] = {}
    last = architecture.layers - 1
    with np.errstate(over="ignore"):  # a start beyond the dtype is a result: it diverges
        for position, trial in enumerate(trials):
            for index, (out, inputs) in enumerate(architecture.shapes["weights"]):
                key = (*trial.key(Purpose.INITIALISATION), index)
                if key not in draws:
                    layer = OUTPUT if index == last else index
                    draws[key] = unit_normals(*key[:2], layer, out, inputs)
                weights = trial.recipe.initialiser.weights(draws[key][:, 1:])
                parameters.weights[index][position] = weights
                biases = trial.recipe.bias + trial.recipe.bias_std * draws[key][:, :1]
                parameters.biases[index][position] = biases
            name = architecture.activation.learned_field
            for learned in parameters.learned:
                learned[position] = getattr(trial.recipe.activation, name)
        for gain in parameters.gains:
            gain.fill(1.0)
        arena = arena.astype(recipe.dtype)
    if recipe.initialiser.fits_data and examples is not None:
        fit_layers(arena, trials, architecture, examples)
    if architecture.parametrisation is not None:
        outputs = architecture.views(arena).weights[-1]
        outputs *= arena.dtype.type(architecture.parametrisation.output_scale(outputs.shape[2]))
    return arena


def fit_layers(
    arena: Array, trials: list[Trial], architecture: Architecture, examples: Examples
) -> None:
    """Scale every layer's random parameters in turn until its pre-activations have variance 1.

    (W, b − mean b) ← (W, b − mean b)/sd(z), z over the units and the first training examples, at
    most FITTED, and mean b the recipe's ``bias``.
    """
    rows = examples.train[:, :FITTED]
    gathered = Gather(examples.x)(rows).transpose(0, 2, 1)
    x = np.ascontiguousarray(gathered, arena.dtype)
    fields = NetworkFields.of([trial.recipe for trial in trials])
    parameters = architecture.views(arena)
    network = Network(architecture, fields, parameters, x.shape[2], keep=True)
    means = np.array([trial.recipe.bias for trial in trials]).astype(arena.dtype)
    for index, (weights, biases) in enumerate(
        zip(parameters.weights, parameters.biases, strict=True)
    ):
        network.forward(x)
        for position, mean in enumerate(means):
            deviations = biases[position] - mean
            hidden = index < len(network.layers)
            z = network.layers[index].z[position] if hidden else network.top[position] + deviations
            spread = float(np.std(z.astype(np.float64)))
            if np.isfinite(spread) and spread > 0.0:
                weights[position] /= arena.dtype.type(spread)
                biases[position] = mean + deviations / arena.dtype.type(spread)
