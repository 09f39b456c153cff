"""Which examples an arm gains and loses, and how much of that is luck."""

from __future__ import annotations

import math

from ...core.inference.examples import Churn, ExampleUncertainty
from ..language.messages import counted, sentences, text
from ..language.numbers import number, points
from ..page.words import arm_words
from ..statistics.analysis import Analysis
from ..statistics.examples import (
    ExampleAnalysis,
    Exchange,
    Exchanged,
    examples_of,
    share_of_examples,
)
from .section import Section
from .tables import TextTable, tabled

MOST_ARMS = 6


def section(analysis: Analysis) -> Section | None:
    """Compare arms example by example, where outcomes were measured for each of them."""
    made = examples_of(analysis.results)
    if made is None:
        return None
    contrast = analysis.results.contrast
    first = next((x for x in made.exchanges if x.arm == contrast), made.exchanges[0])
    others = [x for x in made.exchanges if x is not first]
    others.sort(key=lambda x: x.lost - x.gained)
    tables = [arms_table(analysis, made, [first, *others])]
    if made.most:
        tables.append(examples_table(made))
    return tabled("examples", text("Which examples"), takeaway(analysis, made, first), *tables)


def takeaway(analysis: Analysis, made: ExampleAnalysis, first: Exchange) -> str:
    """Say what the contrast gains and loses, and how sure that is beyond these examples."""
    exchanged = counted(
        "Exploratory: in a pair of replicates, of {examples} {set} examples, the arm with {arm} "
        "gains {gained} and loses {lost} against the baseline ({n} pair).",
        "Exploratory: in a pair of replicates, of {examples} {set} examples, the arm with {arm} "
        "gains {gained} and loses {lost} against the baseline (means over {n} pairs).",
        first.pairs,
        arm=arm_words(analysis.results.arm(first.arm)),
        set=text(made.set),
        examples=number(first.examples),
        gained=number(first.gained),
        lost=number(first.lost),
    )
    silent = analysis.study.replicates - first.pairs
    lost = counted(
        "{n} pair is left out, as one of its trials diverged or has not ended.",
        "{n} pairs are left out, as one of their trials diverged or has not ended.",
        silent,
    )
    sure = uncertainty_words(made.uncertainty) if made.uncertainty is not None else ""
    return sentences(exchanged, lost if silent > 0 else "", sure)


def uncertainty_words(made: ExampleUncertainty) -> str:
    """Say the difference of the accuracies with its interval over examples and seeds."""
    low, high = number(100 * made.low), number(100 * made.high)
    values = {"difference": points(number(100 * made.mean)), "interval": f"[{low}, {high}]"}
    if made.replicates == 1:
        return text(
            "For other examples of the same kind, and this training, the difference of the "
            "accuracies is {difference} {interval}.",
            **values,
        )
    return text(
        "For other examples of the same kind and other seeds, the difference of the accuracies is "
        "{difference} {interval}; new examples alone would give {share} % of its variance.",
        share=number(100 * share_of_examples(made), 2),
        **values,
    )


def arms_table(analysis: Analysis, made: ExampleAnalysis, exchanges: list[Exchange]) -> TextTable:
    """List arms by what they gain and lose."""
    base = text("baseline: {arm}", arm=arm_words(analysis.results.arm(analysis.results.baseline)))
    rows = [[base, "", "", "", "", *churn_words(made.churn)]]
    rows += [
        [
            arm_words(analysis.results.arm(x.arm)),
            number(x.gained),
            number(x.lost),
            number(x.gained - x.lost),
            number(x.p, 2),
            *churn_words(x.churn),
        ]
        for x in exchanges[:MOST_ARMS]
    ]
    left = len(exchanges) - MOST_ARMS
    return TextTable(
        [
            text("arm"),
            text("gained"),
            text("lost"),
            text("net"),
            text("p of one pair"),
            text("churn"),
            text("flips"),
            text("if independent"),
        ],
        rows,
        sentences(
            text(
                "Examples per replicate that an arm has right and the baseline wrong, and the "
                "reverse. p: McNemar's exact test over the examples of the first pair of "
                "replicates alone; it speaks of these two networks, not of their arms. Churn: the "
                "share of examples that two replicates of one arm, which differ in luck alone, "
                "predict differently; flips: that which one of them has right and the other wrong, "
                "beside what it would be if as many errors fell on examples at random."
            ),
            counted("{n} further arm is not listed.", "{n} further arms are not listed.", left)
            if left > 0
            else "",
        ),
    )


def churn_words(churn: Churn) -> list[str]:
    """Write a churn's shares."""
    return [
        "–" if math.isnan(share) else f"{number(100 * share, 2)} %"
        for share in (churn.differ, churn.flips, churn.independent)
    ]


def examples_table(made: ExampleAnalysis) -> TextTable:
    """List the examples that the contrast gains or loses most often."""
    return TextTable(
        [text("row of the data"), text("class"), text("gained"), text("lost"), text("pairs")],
        [example_row(exchanged) for exchanged in made.most],
        text(
            "The examples that the second arm gains, then those that it loses, in most pairs: the "
            "extremes of all, some of them by luck. Rows and classes count from 0."
        ),
    )


def example_row(exchanged: Exchanged) -> list[str]:
    """Write one example; its class is known where any trial has it right."""
    label = "–" if math.isnan(exchanged.label) else f"{exchanged.label:.0f}"
    counts = (exchanged.gained, exchanged.lost, exchanged.asked)
    return [str(exchanged.example), label, *map(str, counts)]
