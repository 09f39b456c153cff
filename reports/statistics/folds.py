"""Cross-validation: the mean over the folds of a replicate, before anything is compared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pandas as pd

from ...cluster.folder.table import Table
from ...core.engine.outcome import GRAVEST_FIRST

REPLICATE = ["arm", "replicate"]


def means_over_folds(
    frames: Mapping[str, pd.DataFrame], tables: Mapping[str, Table], folds: int
) -> dict[str, pd.DataFrame]:
    """Return the frames with one row for each replicate where they had one for each fold.

    What was measured is the arithmetic mean over the folds, each counted alike, and needs a value
    of every fold: a replicate with a fold that diverged, failed or is not finished has no score,
    and its curves end where the first of them does. A replicate goes by the id of its first fold.
    Folds whose training sets differ by one row may differ by one step per epoch; what is measured
    at steps is matched measurement by measurement and stands at the earliest of these steps. A
    table of which nothing is averaged keeps its rows.
    """
    trials = frames["trials"]
    owner = owners(trials)
    statuses = trials.groupby(REPLICATE, sort=False)["status"].agg(
        lambda each: next(status for status in GRAVEST_FIRST if (each == status).any())
    )
    scores = means(trials, REPLICATE, tables["trials"].averaged, folds)
    averaged = {"trials": scores.assign(status=statuses.to_numpy())}
    for name, frame in frames.items():
        if name != "trials":
            averaged[name] = means_of_table(frame, tables[name], owner, folds)
    return averaged


def owners(trials: pd.DataFrame) -> dict[str, str]:
    """Return for the id of each fold that of its replicate, which is the first fold's."""
    first = trials.groupby(REPLICATE)["trial_id"].transform("first")
    return dict(zip(trials["trial_id"], first, strict=True))


def means_of_table(
    frame: pd.DataFrame, table: Table, owner: Mapping[str, str], folds: int
) -> pd.DataFrame:
    """Return the means over folds of the rows of a table that every fold of a replicate has."""
    rank = frame.groupby("trial_id")["step"].rank(method="dense") if "step" in frame else None
    frame = frame.assign(trial_id=frame["trial_id"].map(owner))
    if not table.averaged:
        return frame
    if rank is None:
        by = ["trial_id", *table.keys]
        return means(whole(frame, by, folds), by, table.averaged, folds)
    by = ["trial_id", "measurement", *(key for key in table.keys if key != "step")]
    frame = whole(frame.assign(measurement=rank), by, folds)
    steps = frame.groupby(["trial_id", "measurement"])["step"].transform("min")
    matched = means(frame.assign(step=steps), by, table.averaged, folds)
    return matched.drop(columns="measurement")


def whole(frame: pd.DataFrame, by: list[str], folds: int) -> pd.DataFrame:
    """Return the rows that every fold has."""
    return frame[frame.groupby(by, dropna=False)[by[0]].transform("size") == folds]


def means(frame: pd.DataFrame, by: list[str], averaged: Iterable[str], folds: int) -> pd.DataFrame:
    """Return one row for each group: the means of its averaged columns, else its first values."""
    grouped = frame.groupby(by, sort=False, dropna=False)
    columns = list(averaged)
    rows = grouped.first()
    rows[columns] = grouped[columns].mean().where(grouped[columns].count() == folds)
    return rows.reset_index()[list(frame.columns)]
