"""Arms at equal budgets, where what they cost differs."""

from __future__ import annotations

import math

from ..language.messages import clauses, counted, listed, sentences, text
from ..language.numbers import amount, number
from ..page.words import arm_words
from ..statistics.analysis import Analysis
from ..statistics.budgets import Budget, Budgets, Kind, budgets_of
from ..statistics.scales import back
from .section import Section
from .tables import TextTable, tabled

MOST_ARMS, MOST_REVERSALS = 8, 3


def section(analysis: Analysis) -> Section | None:
    """Rank arms after as many epochs, updates and operations, where these differ."""
    made = budgets_of(analysis.results)
    if made is None:
        return None
    heads = [text("arm"), *(text("at {budget}", budget=budget_words(b)) for b in made.budgets)]
    return tabled(
        "budgets",
        text("At equal budgets"),
        takeaway(analysis, made),
        TextTable(heads, rows(analysis, made), caption(analysis, made)),
    )


def kind_words(kind: Kind) -> str:
    """Name what is counted."""
    return {
        Kind.EPOCHS: text("epochs"),
        Kind.UPDATES: text("updates"),
        Kind.FLOPS: text("floating-point operations"),
    }[kind]


def budget_words(budget: Budget) -> str:
    """Say a budget."""
    counted_things = listed(map(kind_words, budget.kinds[1:]))
    words = {"amount": number(budget.amount), "kind": kind_words(budget.kinds[0])}
    if counted_things:
        return text("{amount} {kind} (and equal {others})", others=counted_things, **words)
    return text("{amount} {kind}", **words)


def takeaway(analysis: Analysis, made: Budgets) -> str:
    """Say whether the order at the top depends on what is held equal."""
    if not made.reversals:
        return text(
            "Exploratory: among the best arms no pair changes its order beyond luck, whichever "
            "budget is equal."
        )
    said = [
        text(
            "at equal {kind} {first} is ahead of {second}, at equal {other} behind it",
            kind=kind_words(r.at_first),
            other=kind_words(r.at_second),
            first=arm_words(analysis.results.arm(r.first)),
            second=arm_words(analysis.results.arm(r.second)),
        )
        for r in made.reversals[:MOST_REVERSALS]
    ]
    more = len(made.reversals) - MOST_REVERSALS
    return sentences(
        text("Exploratory: {clauses}.", clauses=clauses(said)),
        counted(
            "{n} further pair changes its order, too.",
            "{n} further pairs change their order, too.",
            more,
        )
        if more > 0
        else "",
        text("Which is better depends on what is held equal."),
    )


def rows(analysis: Analysis, made: Budgets) -> list[list[str]]:
    """List arms by their ranks, the best of any budget first, then as at the first."""
    ranks = [{arm: rank for rank, arm in enumerate(b.order, 1)} for b in made.budgets]
    arms = sorted(made.budgets[0].order, key=lambda arm: min(rank[arm] for rank in ranks))
    return [
        [
            arm_words(analysis.results.arm(arm)),
            *(cell(made, b, arm, rank[arm]) for b, rank in zip(made.budgets, ranks, strict=True)),
        ]
        for arm in arms[:MOST_ARMS]
    ]


def cell(made: Budgets, budget: Budget, arm: int, rank: int) -> str:
    """Write an arm's median at a budget, with its rank and the replicates that diverged."""
    merit, metric = budget.medians[arm], made.metric
    value = "–"
    if math.isfinite(merit):
        value = amount(metric, back(metric.scale, -merit if metric.direction == "lower" else merit))
    lost = budget.diverged[arm]
    words = text("{value} (rank {rank})", value=value, rank=rank)
    if lost:
        return counted("{words}, {n} diverged", "{words}, {n} diverged", lost, words=words)
    return words


def caption(analysis: Analysis, made: Budgets) -> str:
    """Say how arms were put at equal budgets."""
    left = len(made.budgets[0].order) - MOST_ARMS
    return sentences(
        counted(
            "Median {metric} of {n} replicate at the largest budget of each kind that every arm "
            "has, interpolated between epochs; schedules ran to each arm's own end.",
            "Median {metric} over {n} replicates at the largest budget of each kind that every arm "
            "has, interpolated between epochs; schedules ran to each arm's own end.",
            made.replicates,
            metric=text(made.metric.words),
        ),
        text(
            "A reversal is told only among the best three at either budget, and where both paired "
            "98 % intervals exclude zero, however curves are read between epochs."
        ),
        counted("{n} further arm is not listed.", "{n} further arms are not listed.", left)
        if left > 0
        else "",
    )
