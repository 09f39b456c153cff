"""The bare recipe, and each component added to it alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ...core.recipe import Recipe
from .ablation import bare_and_full, changed
from .design_function import Arm, DesignFunction


@dataclass(frozen=True)
class AddOneIn(DesignFunction):
    """Add one in: the recipe without any component, and one arm with each of them alone.

    An axis is a component, its two levels without and with it; a coupled axis is a component of
    several parts. Source: Meyes et al. 2019, arXiv:1901.08644.

    >>> from paribus.studies.files.drafts import default_recipe
    >>> design = AddOneIn.of({"depth": [1, 3], "normaliser": ["none", "batch-norm"]})
    >>> [arm.label for arm in design.arms(default_recipe())]
    ['depth=1, normaliser=none', 'depth=3, normaliser=none', 'depth=1, normaliser=batch-norm']
    """

    kind: ClassVar[str] = "add-one-in"

    @property
    def size(self) -> int:
        """One more than the components."""
        return 1 + len(self.axes)

    def arms(self, base: Recipe) -> tuple[Arm, ...]:
        """Return the arms, the bare recipe first."""
        bare, full = bare_and_full(self.axes, self.kind)
        return changed(base, bare, full, "bare")
