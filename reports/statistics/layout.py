"""Which axis of a design is drawn as colour, which as columns, and which is held fixed."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from ...studies.designs.design_function import Level
from .estimates import Estimate
from .frames import Results

MOST_COLOURS, MOST_COLUMNS = 6, 5


@dataclass(frozen=True)
class Layout:
    """Colour and columns of a report's charts, the same for all of them.

    Every axis that is neither is held at the baseline's level, which ``fixed`` holds. Where the
    arms are no full crossing of axes, or no axis has few enough levels, ``arms`` are drawn one by
    one instead, a colour each.
    """

    colour: str | None = None
    column: str | None = None
    fixed: Mapping[str, Level] = field(default_factory=dict)
    arms: tuple[int, ...] = ()


def layout_of(results: Results, estimates: Mapping[int, Estimate]) -> Layout:
    """Choose colour and columns: the first axes that fit, depth last, as it has its own chart."""
    axes = sorted(leading(results), key=lambda path: path == "depth")
    sizes = {path: len(results.levels(path)) for path in axes}
    colour = next((path for path in axes if sizes[path] <= MOST_COLOURS), None)
    crossed = math.prod(sizes.values()) == len(results.study.arms)
    if axes and not (crossed and colour):
        return Layout(arms=spread(results, estimates))
    fits = (p for p in axes if p not in (colour, "depth") and sizes[p] <= MOST_COLUMNS)
    column = next(fits, None)
    return Layout(colour, column, at_baseline(results, but=(colour, column)))


def at_baseline(results: Results, but: tuple[str | None, ...]) -> dict[str, Level]:
    """Return the baseline's level on every axis but these."""
    base = results.arm(results.baseline)
    return {path: base.level(path) for path in results.axes if path not in results.together(*but)}


def leading(results: Results) -> list[str]:
    """Return the axes without those that another one decides, with which it is coupled."""
    followers: set[str] = set()
    for axis in results.study.design.axes:
        for path in axis.paths:
            others = [other for other in axis.paths if other != path]
            arms = results.study.arms
            pairs = {tuple(arm.level(p).label for p in axis.paths) for arm in arms}
            if others and not followers & {path} and len(pairs) == len(results.levels(path)):
                followers |= set(others)
    return [path for path in results.axes if path not in followers]


def spread(results: Results, estimates: Mapping[int, Estimate]) -> tuple[int, ...]:
    """Return the baseline, the contrast, and others spread evenly from the best to the worst."""
    count = len(results.study.arms)
    rest = [i for i in range(count) if i not in results.named]
    rest.sort(key=lambda i: estimates[i].mean if estimates[i].n else math.inf)
    room = min(MOST_COLOURS - len(results.named), len(rest))
    chosen = {rest[round(k * (len(rest) - 1) / max(1, room - 1))] for k in range(room)}
    return tuple(sorted({*results.named, *chosen}))
