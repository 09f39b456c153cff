"""Chance: how well the best network does that gives every example the same output."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...core.components import Array, stack_fields
from ...core.errors import InputError, ResourceError
from ...core.families.losses import LossFunction
from ...core.recipe import Recipe
from ...studies.data.loading import examples_of
from ...studies.study import Study

MOST = 2000
"""Targets beyond this number change the best constant output by less than any rule can see."""


def chances(study: Study) -> Array:
    """Return loss and accuracy of the best constant output for every arm, shape (2, arms).

    They are those of the first replicate's training set, NaN where the data cannot be had.
    """
    known: dict[tuple[Any, ...], tuple[float, float]] = {}
    for arm in study.arms:
        if data_key(arm.recipe) not in known:
            try:
                examples = examples_of([next(study.trials_of(arm))])
                targets = examples.y[examples.train[0][:MOST]]
                accuracy = float(targets.mean(axis=0).max()) if examples.labelled else np.nan
                known[data_key(arm.recipe)] = constant_loss(arm.recipe.loss, targets), accuracy
            except (InputError, ResourceError, OSError):
                known[data_key(arm.recipe)] = np.nan, np.nan
    return np.array([known[data_key(arm.recipe)] for arm in study.arms]).T


def data_key(recipe: Recipe) -> tuple[Any, ...]:
    """Return what decides a recipe's data and their loss."""
    return recipe.task, recipe.split, recipe.preparations, recipe.loss


def constant_loss(loss: LossFunction, targets: Array) -> float:
    """Return the least mean loss over targets, shape (n, outputs), that one output z can reach.

    >>> from paribus.core.families.losses import SoftmaxCrossEntropy
    >>> halves = np.eye(2)[[0, 1, 0, 1]]
    >>> f"{constant_loss(SoftmaxCrossEntropy(), halves):.6f}"
    '0.693147'
    """
    from scipy.optimize import minimize  # takes a third of a second to load

    y = np.ascontiguousarray(targets.T, dtype=float)[:, None]  # (outputs, 1, n)
    fields = {name: values[:, None] for name, values in stack_fields([loss]).items()}

    def mean(point: Array) -> tuple[float, Array]:
        z = np.repeat(point[:, None, None], y.shape[2], axis=2)
        each = np.empty(y.shape[1:])
        loss.value_and_gradient(fields, z, y, each, np.empty((2, *z.shape)))
        return float(each.mean()), z.mean(axis=(1, 2))

    return float(minimize(mean, np.zeros(len(y)), jac=True, method="L-BFGS-B").fun)
