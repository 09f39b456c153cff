"""The arms that a design withdrew before their last epoch, and how they stood."""

from __future__ import annotations

from ..charts.panels import arm_names
from ..language.messages import capital, counted, sentences, text
from ..language.numbers import amount, interval
from ..statistics.analysis import Analysis
from ..statistics.withdrawals import selecting_metric, withdrawals
from .section import Section
from .tables import TextTable, tabled


def section(analysis: Analysis) -> Section | None:
    """List the withdrawn arms, the last ones first, where there are any."""
    arms = withdrawals(analysis.results)
    if not arms:
        return None
    metric, names = selecting_metric(analysis.results), arm_names(analysis)
    rows = [
        (
            names[each.arm],
            f"{each.epoch:,}",
            amount(metric, each.reached.mean),
            interval(metric, each.reached.low, each.reached.high) or "–",
            text("{k} of {n}", k=each.reached.n, n=each.replicates),
        )
        for each in arms
    ]
    heads = [
        text("arm"),
        text("withdrawn after epoch"),
        text("{metric} there", metric=capital(text(metric.words))),
        text("95 % interval"),
        text("replicates with a value"),
    ]
    takeaway = counted(
        "{withdrawn} of {n} arm was withdrawn before its last epoch.",
        "{withdrawn} of {n} arms were withdrawn before their last epoch.",
        len(analysis.study.arms),
        withdrawn=len({each.arm for each in arms}),
    )
    table = TextTable(heads, rows, caption(analysis))
    return tabled("withdrawn", text("Withdrawn arms"), takeaway, table)


def caption(analysis: Analysis) -> str:
    """Say what these scores are not, and what the selection does to those of the arms left."""
    metric = selecting_metric(analysis.results)
    final = text("These are no final scores: they enter no mean and no comparison of this page.")
    if not analysis.study.design.selects_on:
        return final
    flattered = text(
        "Arms were withdrawn by their {metric}, so the {set} scores of those that went on are "
        "selected and flatter them.",
        metric=text(metric.words),
        set=text(analysis.results.held_out),
    )
    return sentences(final, flattered)
