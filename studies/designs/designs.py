"""Designs: which recipes a study compares. A design turns a base recipe into arms, purely."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from ...core.components import Component, plain
from ...core.errors import InputError
from ...core.recipe import SEVERAL, Recipe
from ..files.schema import FAMILIES, Draft, component


@dataclass(frozen=True)
class Arm:
    """One recipe of a study and the level it has on every axis, as a reader would write it."""

    recipe: Recipe
    levels: tuple[tuple[str, str], ...]

    @property
    def label(self) -> str:
        """The levels in one line."""
        return ", ".join(f"{path}={level}" for path, level in self.levels) or "base recipe"


def level_label(path: str, value: Any) -> str:
    """Return how a level is written in tables and charts.

    >>> level_label("initialiser", {"kind": "gaussian", "std": 1.0})
    'gaussian(std=1)'
    >>> level_label("preparations.standardisation", {}), level_label("regularisers", {})
    ('standardisation', 'none')
    >>> level_label("regularisers", {"dropout": {"p": 0.2}, "l2": {"strength": 0.1}})
    'dropout(p=0.2) + l2(strength=0.1)'
    """
    family, _, kind = path.partition(".")
    if isinstance(value, Mapping) and family in SEVERAL and not kind:
        held = [level_label(f"{family}.{name}", fields) for name, fields in value.items()]
        return " + ".join(label for label in held if label != "none") or "none"
    if isinstance(value, Mapping) and family in FAMILIES:
        return str(component(family, {"kind": kind, **value}, path))
    return str(value) if isinstance(value, Component) else plain(value)


@dataclass(frozen=True)
class Grid:
    """Every combination of the levels of every axis, the last axis varying fastest.

    ``axes`` pairs a dotted path of the recipe with its levels:
    ``Grid.of({"depth": [2, 4], "optimiser.learning_rate": [0.1, 1.0]})``.
    """

    kind: ClassVar[str] = "grid"
    axes: tuple[tuple[str, tuple[Any, ...]], ...] = ()

    @classmethod
    def of(cls, axes: Mapping[str, Sequence[Any]]) -> Grid:
        """Return the grid of these axes.

        Raises
        ------
        InputError
            If an axis has no levels or names a level twice.
        """
        messages: list[str] = []
        for path, levels in axes.items():
            if isinstance(levels, str) or not isinstance(levels, Sequence):
                messages.append(f"grid.{path} = {levels!r} must be a list of levels")
            elif not levels:
                messages.append(f"grid.{path} is empty; give it at least one level")
        if messages:
            raise InputError(*messages)
        return cls(tuple((path, tuple(levels)) for path, levels in axes.items()))

    @property
    def size(self) -> int:
        """The number of arms, without making them."""
        return math.prod(len(levels) for _, levels in self.axes)

    def arms(self, base: Recipe) -> tuple[Arm, ...]:
        """Return the arms.

        Raises
        ------
        InputError
            If a path or level is not allowed, or two combinations give the same recipe.
        """
        messages: dict[str, str] = {}  # each mistake once, however many arms make it
        arms: dict[Recipe, Arm] = {}
        paths = [path for path, _ in self.axes]
        for combination in itertools.product(*(levels for _, levels in self.axes)):
            draft, written = Draft(base), []
            try:
                for path, level in zip(paths, combination, strict=True):
                    draft.put(path, level, "grid")
                    written.append((path, level_label(path, level)))
            except InputError as error:
                messages |= {message: message for message in error.messages}
                continue
            try:
                arm = Arm(draft.recipe(), tuple(written))
            except InputError as error:
                label = Arm(base, tuple(written)).label
                for message in error.messages:
                    messages.setdefault(message, f"grid ({label}): {message}")
                continue
            twin = arms.setdefault(arm.recipe, arm)
            if twin is not arm:
                raise InputError(f"grid: ({arm.label}) is the same recipe as ({twin.label})")
        if messages:
            raise InputError(*messages.values())
        return tuple(arms.values())


Design = Grid
