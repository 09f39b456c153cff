"""The regularisers of a stack, bound to it and sorted by where they act in a step."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ..components import Array, stack_fields
from ..families.regulariser_function import Drawn, StackView
from ..trial import Trial
from .architecture import Architecture
from .draws import Draws
from .network import Masks

NOTHING_DRAWN: Drawn = {}


class Regularisation:
    """What the regularisers of a stack do in its steps, a list for every hook.

    Members act in the order of their kinds. ``drawing`` holds the kind, the distinct keys and the
    hook of those that draw; ``scored`` the arrays that scores are measured with, None for the
    present ones.
    """

    @np.errstate(over="ignore")  # a strength beyond the dtype is a result: it diverges
    def __init__(
        self,
        trials: list[Trial],
        architecture: Architecture,
        training_examples: int,
        arrays: Mapping[str, Array],
    ) -> None:
        bound = []
        for index, member in enumerate(trials[0].recipe.regularisers):
            fields = stack_fields([trial.recipe.regularisers[index] for trial in trials])
            purpose = member.purpose
            keys = [] if purpose is None else [trial.key(purpose) for trial in trials]
            view = StackView(fields, keys, architecture, training_examples, arrays)
            bound.append((member.kind, keys, member.bind(view)))
        self.drawing = [(kind, set(keys), h.draw) for kind, keys, h in bound if h.draw]
        self._inputs = [(kind, h.inputs) for kind, _, h in bound if h.inputs]
        self._masks = [(kind, h.masks) for kind, _, h in bound if h.masks]
        hooks = [h for *_, h in bound]
        self._targets = [h.targets for h in hooks if h.targets]
        self.penalties = [h.penalty for h in hooks if h.penalty]
        self.gradient = [h.gradient for h in hooks if h.gradient]
        self.decays = [h.decay for h in hooks if h.decay]
        self.shrinks = [h.shrink for h in hooks if h.shrink]
        self.project = [h.project for h in hooks if h.project]
        self.after_step = [h.after_step for h in hooks if h.after_step]
        self.scored = next((h.scored for h in hooks if h.scored), None)

    @property
    def masked(self) -> bool:
        """Whether hidden activations are masked."""
        return bool(self._masks)

    def inputs(self, x: Array, draws: Draws) -> Array:
        """Return the inputs (T or 1, B, features) as they are trained on."""
        for kind, change in self._inputs:
            x = change(x, draws.by_kind.get(kind, NOTHING_DRAWN))
        return x

    def masks(self, draws: Draws) -> Masks | None:
        """Return the factor of every hidden activation, None where nothing is masked."""
        masks: Masks | None = None
        for kind, make in self._masks:
            made = make(draws.by_kind.get(kind, NOTHING_DRAWN))
            if masks is not None:
                for mask, former in zip(made, masks, strict=True):
                    np.multiply(mask, former, mask)
            masks = made
        return masks

    def targets(self, y: Array) -> Array:
        """Return the targets (C, T or 1, B) as they are trained on."""
        for change in self._targets:
            y = change(y)
        return y
