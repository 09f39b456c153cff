"""Luck taken apart: which source of it moves the metric."""

from __future__ import annotations

import math

from ...core.inference.variance_components import Component
from ..language.luck import purpose_words
from ..language.messages import counted, listed, sentences, text
from ..language.numbers import number
from ..statistics.analysis import Analysis
from ..statistics.luck_apart import LuckApart, luck_apart
from .section import Section
from .tables import TextTable, tabled


def section(analysis: Analysis) -> Section | None:
    """List the sources of luck by the variance that they make, where they are crossed."""
    made = luck_apart(analysis.results)
    if made is None:
        return None
    order = sorted(range(len(made.baseline)), key=lambda i: -made.baseline[i].variance)
    heads = [text("source"), text("sd"), text("share"), text("95 % interval")]
    if made.difference is not None:
        heads += [text("sd of the difference"), text("share"), text("95 % interval")]
    rows = []
    for i in order:
        row = [source_words(made, made.baseline[i]), *component_words(made.baseline[i])]
        if made.difference is not None:
            row += component_words(made.difference[i])
        rows.append(row)
    table = TextTable(heads, rows, caption(analysis, made))
    return tabled("luck", text("Luck taken apart"), takeaway(analysis, made), table)


def source_words(made: LuckApart, component: Component) -> str:
    """Name a source of luck, or sources that act together; the last holds all else."""
    words = " × ".join(purpose_words(made.purposes[f]) for f in component.factors)
    if len(component.factors) == len(made.purposes):
        return text("{sources}, and all else", sources=words)
    return words


def component_words(component: Component) -> list[str]:
    """Write a component: its standard deviation, its share, and the share's interval."""
    low, high = (number(100 * x, 2) for x in (component.share_low, component.share_high))
    return [
        number(math.sqrt(component.variance)),
        f"{number(100 * component.share, 2)} %",
        f"[{low}, {high}]",
    ]


def takeaway(analysis: Analysis, made: LuckApart) -> str:
    """Say which source makes most of the variance."""
    largest = max(made.baseline, key=lambda component: component.variance)
    return text(
        "Exploratory: within the baseline arm most of the variance of the {metric} comes from "
        "{source}: {share} %.",
        metric=text(analysis.metric.words),
        source=source_words(made, largest),
        share=number(100 * largest.share, 2),
    )


def caption(analysis: Analysis, made: LuckApart) -> str:
    """Say how the components were estimated, and what was cut off."""
    draws = listed(
        text("{n} × {source}", n=n, source=purpose_words(purpose))
        for n, purpose in zip(made.levels, made.purposes, strict=True)
    )
    how = text(
        "Components of variance of crossed draws ({draws}), by the method of moments; intervals of "
        "the shares by generalised inference, wide where there are few draws of a source.",
        draws=draws,
    )
    logarithms = text("Standard deviations are of natural logarithms.")
    scale = logarithms if analysis.metric.scale == "log" else ""
    difference = text("The difference is that of the second arm to the baseline with equal draws.")
    below = sum(c.truncated for c in (*made.baseline, *(made.difference or ())))
    cut = counted(
        "{n} estimate lay below zero and is set to it.",
        "{n} estimates lay below zero and are set to it.",
        below,
    )
    ranks = counted(
        "{n} trial has no finite value: components are those of ranks, in which it comes last or "
        "first.",
        "{n} trials have no finite value: components are those of ranks, in which these come last "
        "or first.",
        made.infinite,
    )
    return sentences(
        how,
        "" if made.infinite else scale,
        difference if made.difference is not None else "",
        cut if below else "",
        ranks if made.infinite else "",
    )
