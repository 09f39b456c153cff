"""The trainings behind pictures: their rows of a measure's table, and the data they learnt from."""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache

import pandas as pd

from ...core.engine.examples import Examples
from ...core.errors import InputError, ResourceError
from ...core.trial import Trial
from ...studies.data.loading import examples_of
from ..statistics.analysis import Analysis


def measured(analysis: Analysis, table: str, arms: Collection[int]) -> pd.DataFrame:
    """Return a table's rows with ``arm`` and ``replicate``, of these arms; of folds the first.

    It is empty where the run has no such table.
    """
    results = analysis.results
    if table not in results.run.tables:
        return pd.DataFrame({"arm": [], "replicate": []}, dtype=int)
    trainings = results.trainings
    wanted = trainings[trainings["arm"].isin(arms) & (trainings["fold"] == 0)]
    rows = results.run.frame(table).merge(wanted[["trial_id", "arm", "replicate"]], on="trial_id")
    return rows.sort_values(["arm", "replicate"], kind="stable", ignore_index=True)


def shown_replicate(rows: pd.DataFrame) -> int:
    """Return the first of the replicates that most arms have."""
    counts = rows.groupby("replicate")["arm"].nunique()
    return int(counts[counts == counts.max()].index.min())


def trial_of(analysis: Analysis, arm: int, replicate: int) -> Trial:
    """Return the first training of an arm's replicate.

    Raises
    ------
    InputError, ResourceError, OSError
        If its data cannot be had.
    """
    trials = analysis.study.trials_of(analysis.results.arm(arm))
    return next(trial for trial in trials if trial.replicate == replicate)


def data_behind(analysis: Analysis, arm: int, replicate: int) -> tuple[Trial, Examples] | None:
    """Return a training with its examples, None where its data cannot be had any more."""
    try:
        trial = trial_of(analysis, arm, replicate)
        return trial, examples_behind(trial)
    except (InputError, ResourceError, OSError):
        return None


@lru_cache(maxsize=4)
def examples_behind(trial: Trial) -> Examples:
    """Return the examples of one training; the last ones are kept for the next picture."""
    return examples_of([trial])
