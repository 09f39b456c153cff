"""Ablation: what each component adds to the bare recipe and takes from the full one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Literal

from ...core.errors import InputError
from ...core.recipe import Recipe
from ...core.wording import counted
from .axes import Axis, Choice, paths_of
from .design_function import Arm, DesignFunction, arms_of


@dataclass(frozen=True)
class Ablation(DesignFunction):
    """Ablation: the full recipe, each component left out, each one added alone, the bare recipe.

    An axis is a component, its two levels without and with it; a coupled axis is a component of
    several parts. What a component does to the bare and to the full recipe differs by what it has
    to do with the others. Source: Meyes et al. 2019, arXiv:1901.08644.

    >>> from paribus.studies.files.drafts import default_recipe
    >>> axes = {"depth": [1, 3], "bias": [0.0, 0.1], "normaliser": ["none", "batch-norm"]}
    >>> arms = Ablation.of(axes).arms(default_recipe())
    >>> len(arms), arms[1].label
    (8, 'depth=1, bias=0.1, normaliser=batch-norm')
    """

    kind: ClassVar[str] = "ablation"

    @property
    def size(self) -> int:
        """Twice one more than the components."""
        return 2 * (1 + len(self.axes))

    def arms(self, base: Recipe) -> tuple[Arm, ...]:
        """Return the arms, the full recipe first; of two components each is the other left out."""
        bare, full = bare_and_full(self.axes, self.kind)
        arms = (*changed(base, full, bare, "full"), *reversed(changed(base, bare, full, "bare")))
        distinct = {arm.recipe: arm for arm in reversed(arms)}
        return tuple(arm for arm in arms if distinct[arm.recipe] is arm)


def bare_and_full(axes: Sequence[Axis], kind: str) -> tuple[list[Choice], list[Choice]]:
    """Return the levels without and with all components.

    Raises
    ------
    InputError
        If there is no component, or one that has not exactly two levels.
    """
    messages = [
        f"design.axes.{axis.path} has "
        f"{counted(len(axis.levels), 'level') if axis.levels else 'a range'}; {kind} "
        "takes two levels of each component: without it and with it"
        for axis in axes
        if len(axis.levels) != 2
    ]
    if not axes:
        messages = [f"design: {kind} needs at least one component"]
    if messages:
        raise InputError(*messages)
    return [axis.choices[0] for axis in axes], [axis.choices[1] for axis in axes]


def changed(
    base: Recipe, start: list[Choice], other: list[Choice], name: Literal["full", "bare"]
) -> tuple[Arm, ...]:
    """Return the arm of a combination, and one for each choice taken from another."""
    swapped = [[*start[:i], choice, *start[i + 1 :]] for i, choice in enumerate(other)]
    arms = arms_of(base, [start, *swapped], "design")
    paths = [(), *(paths_of(path) for path, _ in start)]
    return tuple(replace(a, start=name, changed=p) for a, p in zip(arms, paths, strict=True))
