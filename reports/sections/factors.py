"""Main effects and interactions of a factorial, or what each component of an ablation does."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ...core.inference.factorial import Term
from ..language.messages import capital, counted, listed, sentences, series, text
from ..language.numbers import effect_interval, effect_words
from ..page.words import axis_words, level_words
from ..statistics.analysis import Analysis
from ..statistics.factors import Factor, FactorEffect, FactorEffects
from .section import Section
from .tables import TextTable, tabled

MOST_INTERACTIONS = 30
"""Interactions listed, the largest; the takeaway counts all of them."""


def section(analysis: Analysis) -> Section | None:
    """List the effects with their intervals, where the design tells them."""
    shown = analysis.factors
    if shown is None or not shown.effects:
        return None
    crossed = any(effect.kind == "main" for effect in shown.effects)
    return crossing(analysis, shown) if crossed else components(analysis, shown)


def crossing(analysis: Analysis, shown: FactorEffects) -> Section:
    """Show main effects and two-factor interactions."""
    main = [effect for effect in shown.effects if effect.kind == "main"]
    both = [effect for effect in shown.effects if effect.kind == "interaction"]
    largest = sorted(both, key=lambda effect: -abs(effect.mean))[:MOST_INTERACTIONS]
    aliased = any(effect.aliases for effect in shown.effects)
    heads = [text("factor"), text("effect"), text("interval"), text("n")]
    rows = []
    for effect in (*main, *largest):
        words = change_words if effect.kind == "main" else factor_words
        row = [words(shown.factors, effect.term), *numbers(analysis, effect)]
        names = series(factor_words(shown.factors, alias) for alias in effect.aliases)
        rows.append(row + ([names] if aliased else []))
    takeaway = sentences(
        counted(
            "{clear} of {n} main effect is clear.",
            "{clear} of {n} main effects are clear.",
            len(main),
            clear=sum(effect.clear for effect in main),
        ),
        counted(
            "{clear} of {n} interaction is clear.",
            "{clear} of {n} interactions are clear.",
            len(both),
            clear=sum(effect.clear for effect in both),
        ),
        aliased_words(shown) if aliased else "",
    )
    caption = sentences(
        text(
            "{metric}: a main effect is the mean over all arms with a factor's level, minus "
            "that over all arms with its first. An interaction is half of what one factor's "
            "effect changes by as the other is changed, too; none where effects add up.",
            metric=capital(text(analysis.metric.words)),
        ),
        intervals_words(analysis, shown),
        listed_words(len(both)) if len(both) > len(largest) else "",
    )
    heads += [text("cannot be told from")] if aliased else []
    table = TextTable(heads, rows, caption, words=(0, 4))
    return tabled("factors", text("Main effects and interactions"), takeaway, table)


def components(analysis: Analysis, shown: FactorEffects) -> Section:
    """Show what each component adds to the bare recipe and to the full one."""
    kinds = list(dict.fromkeys(effect.kind for effect in shown.effects))
    by_term = {(effect.term, effect.kind): effect for effect in shown.effects}
    headings = {
        "bare": text("adds to the bare recipe"),
        "full": text("adds to the full recipe"),
        "others": text("changed by the others"),
    }
    rows = []
    for index in range(len(shown.factors)):
        term: Term = ((index, 1),)
        row = [change_words(shown.factors, term)]
        for kind in kinds:
            effect, interval, n = numbers(analysis, by_term[term, kind])
            row += [f"{effect} {interval}", n]
        rows.append(row)
    heads = [text("component")]
    for kind in kinds:
        heads += [headings[kind], text("n")]
    parts = {
        "bare": text("with it alone minus the bare recipe"),
        "full": text("the full recipe minus that without it"),
        "others": text("the second minus the first, none where effects add up"),
    }
    caption = sentences(
        text(
            "{metric}: {parts}.",
            metric=capital(text(analysis.metric.words)),
            parts=series(parts[kind] for kind in kinds),
        ),
        intervals_words(analysis, shown),
    )
    takeaway = sentences(*(clear_words(shown, kind) for kind in kinds))
    table = TextTable(heads, rows, caption)
    return tabled("factors", text("What each component does"), takeaway, table)


def clear_words(shown: FactorEffects, kind: str) -> str:
    """Count the components whose effect is clear."""
    effects = [effect for effect in shown.effects if effect.kind == kind]
    n, clear = len(effects), sum(effect.clear for effect in effects)
    if kind == "bare":
        return counted(
            "{clear} of {n} component clearly changes the bare recipe.",
            "{clear} of {n} components clearly change the bare recipe.",
            n,
            clear=clear,
        )
    if kind == "full":
        return counted(
            "{clear} of {n} component clearly changes the full recipe.",
            "{clear} of {n} components clearly change the full recipe.",
            n,
            clear=clear,
        )
    return counted(
        "{clear} of {n} component clearly does something else beside the others than alone.",
        "{clear} of {n} components clearly do something else beside the others than alone.",
        n,
        clear=clear,
    )


def factor_words(factors: Sequence[Factor], term: Term) -> str:
    """Name a factor, or two; by their levels where a factor has more than two."""
    names = []
    for index, level in term:
        factor = factors[index]
        parts: Iterable[str] = map(axis_words, factor.axis.paths)
        if len(factor.levels) > 2:
            parts = map(level_words, factor.levels[level])
        joined = listed(parts)
        names.append(f"({joined})" if len(term) > 1 and len(factor.axis.paths) > 1 else joined)
    return " × ".join(names)


def change_words(factors: Sequence[Factor], term: Term) -> str:
    """Say what a main effect, or a component, compares."""
    ((index, level),) = term
    levels = factors[index].levels
    return text(
        "{second} instead of {first}",
        second=listed(map(level_words, levels[level])),
        first=listed(map(level_words, levels[0])),
    )


def numbers(analysis: Analysis, effect: FactorEffect) -> tuple[str, str, str]:
    """Write an effect, its interval and the number of replicates."""
    metric = analysis.metric
    if not effect.n:
        return "–", "", "0"
    return (
        effect_words(metric, effect.mean),
        effect_interval(metric, effect.low, effect.high),
        str(effect.n),
    )


def intervals_words(analysis: Analysis, shown: FactorEffects) -> str:
    """Say what the intervals are, and how replicates without a value count."""
    said = text(
        "Each is taken within a replicate, so paired, and judged as arms are: brackets invert "
        "sign-flips of all these effects together and hold for all at 95 % (fewer than six "
        "replicates have none)."
    )
    if analysis.conditions.anytime:
        said = text(
            "Each is taken within a replicate, so paired; brackets are confidence sequences at a "
            "joint 95 %, which hold at every look."
        )
    if analysis.metric.scale == "log":
        clear = text("Effects are ratios; clear is one whose interval excludes ×1.")
    else:
        clear = text("Clear is an effect whose interval excludes 0.")
    without = max(effect.without for effect in shown.effects)
    missing = counted(
        "In up to {n} replicate an arm has no value; it counts as worst, and signed ranks are "
        "compared.",
        "In up to {n} replicates an arm has no value; it counts as worst, and signed ranks are "
        "compared.",
        without,
    )
    return sentences(said, clear, missing if without else "")


def aliased_words(shown: FactorEffects) -> str:
    """Say that some effects cannot be told apart."""
    main = any(effect.aliases for effect in shown.effects if effect.kind == "main")
    if main:
        return text(
            "The arms are a fraction of all combinations: main effects cannot be told from the "
            "interactions beside them."
        )
    return text(
        "The arms are a fraction of all combinations: some interactions cannot be told from one "
        "another."
    )


def listed_words(n: int) -> str:
    """Say that not all interactions are listed."""
    return text("Listed are the {most} largest of {n} interactions.", most=MOST_INTERACTIONS, n=n)
