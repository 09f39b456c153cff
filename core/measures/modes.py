"""Modes: in a linear network, how strongly each direction of the data has been learned."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from typing import ClassVar

import numpy as np

from ..components import Array, choice, number
from ..engine.examples import Examples
from ..errors import InputError
from ..families.activations import Identity
from ..recipe import Recipe
from .measure_function import MeasureFunction
from .schedules import scheduled
from .view import View


@dataclass(frozen=True)
class Modes(MeasureFunction):
    """Modes: strength uₖᵀWvₖ of mode k, W the product of all weight matrices, USVᵀ = mean of yxᵀ.

    The mean is over the training set, ``mode`` counts from 1 in the order of falling
    ``singular_value`` sₖ, and at most ``modes`` are measured. With whitened inputs a linear network
    of squared error learns uₖᵀWvₖ = sₖ, strong modes first. ``steps`` is ``"log"`` (0, 1, 2, 5,
    10 … and the last) or ``"epochs"``. Source: Saxe, McClelland & Ganguli 2013.
    """

    kind: ClassVar[str] = "modes"
    table: ClassVar[str] = "modes"
    columns: ClassVar[Mapping[str, type]] = {
        "step": int,
        "mode": int,
        "strength": float,
        "singular_value": float,
    }
    averaged: ClassVar[tuple[str, ...]] = ("strength", "singular_value")
    steps: str = choice("log", "epochs")
    modes: int = number(20, at_least=1)

    @property
    def at_end(self) -> bool:
        """Whether it is taken when a trial has ended: it is not, but at steps."""
        return False

    def check(self, examples: Examples, recipe: Recipe) -> None:
        """Refuse a network that is not the product of its weight matrices."""
        if recipe.activation.kind != Identity.kind:
            what = f"activation {recipe.activation}"
        elif recipe.normaliser is not None:
            what = f"normaliser {recipe.normaliser}"
        elif recipe.residual is not None:
            what = f"residual {recipe.residual}"
        else:
            return
        raise InputError(
            "measure 'modes' needs a linear network, activation = 'identity' without normaliser or "
            f"residual, not one with {what}"
        )

    def wanted(self, steps_per_epoch: int, epochs: int) -> set[int]:
        """Return the numbers of finished steps at which to measure."""
        return scheduled(self.steps, steps_per_epoch, epochs)

    def measure(self, view: View) -> dict[str, Array]:
        """Return a row for each mode, the strongest first."""
        if self not in view.buffers:
            x, y, modes = view.examples.x, view.examples.y, self.modes
            view.buffers[self] = [
                modes_of(x[rows % len(x)], y[rows], modes) for rows in view.examples.train
            ]
        matrices = view.architecture.views(view.trained).weights
        strengths = []
        for trial, (u, _, v) in enumerate(view.buffers[self]):
            w = reduce(lambda below, w: w @ below, [m[trial].astype(np.float64) for m in matrices])
            strengths.append(((u.T @ w) * v).sum(axis=1))
        strength = np.stack(strengths)
        return {
            "step": np.full(strength.shape, view.step),
            "mode": np.broadcast_to(np.arange(1, strength.shape[1] + 1), strength.shape),
            "strength": strength,
            "singular_value": np.stack([s for _, s, _ in view.buffers[self]]),
        }


def modes_of(x: Array, y: Array, most: int) -> tuple[Array, Array, Array]:
    """Return U, S and Vᵀ of the mean of yxᵀ over examples x (n, in), y (n, out), cut to ``most``.

    >>> u, s, v = modes_of(np.eye(2), np.diag([6.0, 2.0]), 2)
    >>> s, np.abs(v)
    (array([3., 1.]), array([[1., 0.],
           [0., 1.]]))
    """
    together = y.astype(np.float64).T @ x.astype(np.float64) / len(x)
    u, s, v = np.linalg.svd(together, full_matrices=False)
    return u[:, :most], s[:most], v[:most]
