"""Branches that leave the base recipe's training at an epoch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Self

from ...core.engine.architecture import Architecture
from ...core.engine.forks import shape_of
from ...core.errors import InputError
from ...core.families.preparation_function import PreparationFunction
from ...core.recipe import Recipe
from ...core.trial import Origin
from ...core.wording import counted
from .axes import choices_of
from .design_function import Arm, DesignFunction, arms_of

AT_THE_START = ("initialiser", "bias", "bias_std", "pretraining")
"""The fields of a recipe that act before the first step alone."""
OF_THE_DATA = ("task", "split")
"""The fields that would judge a branch on other rows than its twin, some of them trained on."""


@dataclass(frozen=True)
class Fork(DesignFunction):
    """Fork: the base recipe, and branches that leave it at the end of an epoch with one change.

    At each epoch of ``at`` every level of every axis goes on from the states of the base recipe's
    replicates, beside the base recipe itself, their unchanged twin. Until then a branch is its
    twin, row for row, so whatever differs is what the change does from there on. A contrast that
    several epochs have names the branch of the first.
    Source: Frankle et al. 2020, ICML, §2 (two copies of a network trained on from one step).

    >>> from paribus.studies.files.drafts import default_recipe
    >>> design = Fork.of({"optimiser.learning_rate": [0.5]}, at=[5, 10])
    >>> [arm.label for arm in design.arms(default_recipe())][1:]
    ['optimiser.learning_rate=0.5 from epoch 5', 'optimiser.learning_rate=0.5 from epoch 10']
    """

    kind: ClassVar[str] = "fork"
    at: tuple[int, ...] = ()

    @classmethod
    def of(cls, axes: Mapping[str, Any], **settings: Any) -> Self:
        """Return the design of these axes; ``at`` is an epoch or several."""
        at = settings.get("at", ())
        epochs = tuple(at) if isinstance(at, list | tuple) else (at,)
        return super().of(axes, **settings | {"at": epochs})

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.at:
            raise InputError("design.at is missing: the epoch to fork at, as at = 10")
        whole = all(type(epoch) is int and epoch >= 0 for epoch in self.at)
        if not whole or len(set(self.at)) < len(self.at):
            given = self.at[0] if len(self.at) == 1 else list(self.at)
            raise InputError(
                f"design.at = {given!r} must be an epoch, a whole number ≥ 0, or a list of "
                "different ones"
            )

    @property
    def size(self) -> int:
        """One more than the levels of all axes at every epoch."""
        return 1 + len(self.at) * sum(len(axis.levels) for axis in self.axes)

    def arms(self, base: Recipe) -> tuple[Arm, ...]:
        """Return the base recipe's arm first, then the branches, epoch by epoch."""
        changes = ([level] for axis in choices_of(self.axes, self.kind) for level in axis)
        twin, *changed = arms_of(base, [[], *changes], "design")
        late = [epoch for epoch in self.at if epoch > base.epochs]
        if late:
            raise InputError(
                f"design.at = {late[0]}: the base recipe trains {counted(base.epochs, 'epoch')}, "
                "so there is nothing to fork from"
            )
        branches: list[Arm] = []
        messages: dict[Recipe, str] = {}
        for epoch in self.at:
            origin = Origin(base, epoch)
            for arm in changed:
                branch = Arm(arm.recipe, arm.paths, origin=origin)
                branches.append(branch)
                if reason := refusal(arm.recipe, origin):
                    messages.setdefault(arm.recipe, f"design: ({branch.label}): {reason}")
        if messages:
            raise InputError(*messages.values())
        return (twin, *branches)


def refusal(recipe: Recipe, origin: Origin) -> str:
    """Say why a recipe cannot go on from an origin, nothing where it can.

    Both have the same data, so shapes are compared without reading them.
    """
    base = origin.recipe
    changed = {f.name for f in fields(recipe) if getattr(recipe, f.name) != getattr(base, f.name)}
    if changed.intersection(OF_THE_DATA) or selections(recipe) != selections(base):
        return "a fork keeps the rows and inputs that it has been trained on"
    if changed <= set(AT_THE_START):
        return "it acts before the first step alone, so this branch would be its twin"
    shape, former = (shape_of(Architecture.of(r, 1, 1)) for r in (recipe, base))
    if shape != former:
        return "a fork keeps the shape of its network and of its running statistics"
    if recipe.epochs <= origin.epoch:
        return f"it trains {counted(recipe.epochs, 'epoch')}, which leaves none after the fork"
    return ""


def selections(recipe: Recipe) -> tuple[PreparationFunction, ...]:
    """Return what decides which rows and inputs of the data are used."""
    return tuple(p for p in recipe.preparations if p.selects or p.kept_inputs())
