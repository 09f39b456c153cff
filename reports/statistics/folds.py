"""Cross-validation: the mean over the folds of a replicate, before anything is compared."""

from __future__ import annotations

import pandas as pd

from ...core.engine.outcome import SCORES
from ...core.measures.layers import METRICS as LAYER_MEASURES

MEASURED = ("epochs_trained", *SCORES, "best_epoch", *(f"best_{name}" for name in SCORES))
REPLICATE = ["arm", "replicate"]
GRAVITY = ("failed", "diverged", "ok")
"""Statuses, the one that marks a replicate first."""


def means_over_folds(
    trials: pd.DataFrame, epochs: pd.DataFrame, layers: pd.DataFrame, folds: int
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Return the frames with one row for each replicate where they had one for each fold.

    What was measured is the arithmetic mean over the folds, each counted alike, and needs a value
    of every fold: a replicate with a fold that diverged, failed or is not finished has no score,
    and its curves end where the first of them does. A replicate goes by the id of its first fold.
    Folds whose training sets differ by one row may differ by one step per epoch; layers are matched
    probe by probe and told at the earliest of these steps.
    """
    first = trials.groupby(REPLICATE)["trial_id"].transform("first")
    owner = dict(zip(trials["trial_id"], first, strict=True))
    probes = layers.groupby("trial_id")["step"].rank(method="dense")
    epochs = epochs.assign(trial_id=epochs["trial_id"].map(owner))
    layers = layers.assign(trial_id=layers["trial_id"].map(owner), probe=probes)
    statuses = trials.groupby(REPLICATE, sort=False)["status"].agg(
        lambda found: next(status for status in GRAVITY if (found == status).any())
    )
    trials = means(trials, REPLICATE, MEASURED, folds).assign(status=statuses.to_numpy())
    epochs = whole(epochs, ["trial_id", "epoch"], folds)
    layers = whole(layers, ["trial_id", "probe", "layer"], folds)
    steps = layers.groupby(["trial_id", "probe"])["step"].transform("min")
    return (
        trials,
        means(epochs, ["trial_id", "epoch"], SCORES[:4], folds),
        means(
            layers.assign(step=steps),
            ["trial_id", "probe", "layer"],
            ("epoch", *LAYER_MEASURES),
            folds,
        ).drop(columns="probe"),
    )


def whole(frame: pd.DataFrame, by: list[str], folds: int) -> pd.DataFrame:
    """Return the rows that every fold has."""
    return frame[frame.groupby(by)[by[0]].transform("size") == folds]


def means(
    frame: pd.DataFrame, by: list[str], measured: tuple[str, ...], folds: int
) -> pd.DataFrame:
    """Return one row for each group: the means of its measured columns, else its first values."""
    grouped = frame.groupby(by, sort=False)
    columns = list(measured)
    found = grouped.first()
    found[columns] = grouped[columns].mean().where(grouped[columns].count() == folds)
    return found.reset_index()[list(frame.columns)]
