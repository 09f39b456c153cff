"""Every trial in a table that sorts."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from ...cluster.folder.trials_table import level_of
from ...core.engine.outcome import Status
from ...core.luck import crossed_in
from ...core.streams import Purpose
from ...studies.metrics import METRICS, Metric
from ..language.luck import purpose_words
from ..language.messages import counted, text
from ..language.numbers import amount
from ..page.words import axis_words, value_words
from ..statistics.analysis import Analysis
from .section import Section, made

MOST_ROWS = 2000
"""Trials listed on the page; the Parquet files always hold all of them."""
LISTED = ("validation_loss", "validation_accuracy", "train_loss", "test_accuracy", "best_epoch")
"""The metrics listed beside the primary one, where they have any value."""
Row = Mapping[Hashable, Any]


@dataclass(frozen=True)
class TrialTable:
    """Headings, and rows of texts with the keys that they sort by."""

    heads: list[str]
    rows: list[list[tuple[str, str]]]
    left_out: int


def section(analysis: Analysis) -> Section:
    """List the trials, folded where they are many."""
    table = trial_table(analysis)
    left_out = counted(
        "{n} further trial is in the Parquet files.",
        "{n} further trials are in the Parquet files.",
        table.left_out,
    )
    return made(
        "trials",
        text("Trials"),
        "trials.html",
        table=table,
        summary=counted(
            "{n} training; a click on a column's head sorts by it",
            "{n} trainings; a click on a column's head sorts by it",
            analysis.finished,
        ),
        left_out=left_out if table.left_out else "",
    )


def trial_table(analysis: Analysis) -> TrialTable:
    """Return the trials as texts and sort keys; each fold is one."""
    results, study = analysis.results, analysis.study
    frame = results.trainings
    luck = {"replicate": text("replicate")}
    if study.folds > 1:
        luck["fold"] = text("fold")
    purposes = {purpose.word: purpose for purpose in Purpose}
    for word, _ in crossed_in(study.luck):
        luck[level_of(word).name] = purpose_words(purposes[word])
    names = dict.fromkeys((study.metric, *LISTED))
    metrics = [results.renamed(METRICS[name]) for name in names if frame[name].notna().any()]
    axes, forks = list(analysis.varied), any(arm.origin for arm in study.arms)
    words = {
        path: {x.label: value_words(x) for x in levels} for path, levels in analysis.varied.items()
    }
    rows = []
    for row in frame.head(MOST_ROWS).to_dict("records"):
        cells = [(words[path][row[f"axis:{path}"]], row[f"axis:{path}"]) for path in axes]
        if forks:
            epoch = study.arms[row["arm"]].origin
            cells.append((f"{epoch.epoch}", f"{epoch.epoch}") if epoch else ("–", ""))
        cells += [(f"{row[name]:.0f}", f"{row[name]:.0f}") for name in luck]
        status = status_words(row)
        cells.append((status, status))
        cells += [metric_cell(metric, row) for metric in metrics]
        rows.append(cells)
    forked = [text("forked after epoch")] if forks else []
    heads = [*map(axis_words, axes), *forked, *luck.values(), text("status")]
    heads += [text(metric.heading or metric.words) for metric in metrics]
    return TrialTable(heads, rows, max(0, len(frame) - MOST_ROWS))


def metric_cell(metric: Metric, row: Row) -> tuple[str, str]:
    """Write a trial's value of a metric."""
    value = row[metric.name]
    return amount(metric, value) if pd.notna(value) else "–", repr(float(value))


def status_words(row: Row) -> str:
    """Say how a trial ended."""
    if row["status"] == Status.DIVERGED:
        return text(
            "diverged in epoch {epoch}, layer {layer}",
            epoch=f"{row['diverged_epoch']:.0f}",
            layer=f"{row['diverged_layer']:.0f}",
        )
    if row["status"] == Status.STOPPED:
        return text("stopped after epoch {epoch}", epoch=f"{row['epochs_trained']:.0f}")
    return text("failed") if row["status"] == Status.FAILED else text("ok")
