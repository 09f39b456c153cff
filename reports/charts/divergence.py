"""Where trials diverged, for charts over epochs."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ...core.engine.outcome import Status
from ..language.messages import text
from ..language.numbers import number
from ..statistics.analysis import Analysis
from .line_ends import inside
from .panels import drawn


def losses(analysis: Analysis) -> pd.DataFrame:
    """Return for each ``kind`` and ``panel`` with divergence at which epochs trials diverged.

    ``n`` of the ``of`` trials diverged in ``epoch``, and ``lost`` in all.
    """
    trials = drawn(analysis, analysis.results.trainings)
    by = ["kind", "panel"]
    every = trials.groupby(by, sort=False).size().rename("of").reset_index()
    gone = trials[trials["status"] == Status.DIVERGED]
    lost = gone.groupby(by, sort=False).size().rename("lost").reset_index()
    rows = gone.groupby([*by, "diverged_epoch"]).size().rename("n").reset_index()
    rows = rows.rename(columns={"diverged_epoch": "epoch"})
    return rows.merge(lost, on=by).merge(every, on=by)


def crosses(
    analysis: Analysis, curves: pd.DataFrame, domain: tuple[float, float], *, log: bool = False
) -> pd.DataFrame:
    """Return a row for each red ×, on the training line where trials of a kind diverged.

    The last of a kind has ``words`` that say how many diverged and when, at height ``words_at``.
    """
    rows = []
    for lost in losses(analysis).to_dict("records"):
        same = (curves["kind"] == lost["kind"]) & (curves["panel"] == lost["panel"])
        line = curves[same & (curves["set"] == text("training"))].sort_values("epoch")
        before = line[line["epoch"] <= lost["epoch"]]
        height = (before if len(before) else line.head(1))["mid"].to_numpy(float)
        end = float(height[-1]) if len(height) and np.isfinite(height[-1]) else domain[1]
        words = text("{k} of {n}, epoch {epoch}", k=lost["lost"], n=lost["of"], epoch="{epoch}")
        rows.append({**lost, "mid": float(np.clip(end, *domain)), "words": words})
    made = pd.DataFrame(rows, columns=["kind", "panel", "epoch", "n", "lost", "of", "mid", "words"])
    spans = made.groupby(["kind", "panel"])["epoch"]
    first, last = spans.transform("min"), spans.transform("max")
    spoken = [
        words.format(epoch=number(b) if a == b else f"{number(a)}–{number(b)}") if here == b else ""
        for words, a, b, here in zip(made["words"], first, last, made["epoch"], strict=True)
    ]
    height = made["mid"].astype(float)
    return made.assign(words=spoken, mid=height, words_at=inside(height, domain, log=log))
