"""Small recipes, data and studies that tests build on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import pandas as pd
from paribus.core.components import Component
from paribus.core.examples import Examples
from paribus.core.probes import Probe
from paribus.core.recipe import Recipe
from paribus.core.training import Training
from paribus.core.trial import Trial
from paribus.studies.designs import Grid
from paribus.studies.schema import recipe_from
from paribus.studies.study import Study


@dataclass(frozen=True)
class Somewhere(Component):
    """A task and split that tests give arrays for themselves."""

    kind: ClassVar[str] = "somewhere"


FEATURES, CLASSES, ROWS = 6, 3, 60


def recipe(**changes: object) -> Recipe:
    """Return a small recipe."""
    settings = {"hidden": (5, 4), "batch_size": 7, "epochs": 2} | changes
    return Recipe(Somewhere(), Somewhere(), **settings)


def examples(replicates: list[int], *, train: int = 25) -> Examples:
    """Return small data with a split of its own for every replicate."""
    rng = np.random.default_rng(20261121)
    x = rng.standard_normal((ROWS, FEATURES))
    y = np.eye(CLASSES)[(x @ rng.standard_normal((FEATURES, CLASSES))).argmax(axis=1)]
    orders = [np.random.default_rng(k).permutation(ROWS) for k in replicates]
    rows = np.stack(orders)
    parts = rows[:, :train], rows[:, train : train + 15], rows[:, train + 15 :]
    return Examples(x, y, *parts, image=(2, 3))


def trained(
    recipes: list[Recipe], replicates: list[int], probe: Probe | None = None, train: int = 25
) -> Training:
    """Train a stack to its end."""
    trials = [Trial(r, "data", 3, k) for r, k in zip(recipes, replicates, strict=True)]
    training = Training(trials, examples(replicates, train=train), probe or Probe("none"))
    while not training.finished:
        training.run_epoch()
    return training


def small_study(name: str = "small", **changes: object) -> Study:
    """Return a study of eight short trials on real digits."""
    table = {"task": "digits", "depth": 2, "width": 6, "epochs": 2, "batch_size": 100}
    table["split"] = {"kind": "random", "validation": 0.1, "test": 0.1, "train_examples": 300}
    settings: dict = {
        "question": "Does a small study work?",
        "recipe": recipe_from(table),
        "design": Grid.of({"activation": ["tanh", "relu"], "depth": [2, 3]}),
        "replicates": 2,
        "probe": Probe("log", 100),
    }
    return Study(name=name, **(settings | changes))


VARYING = ["stack_seconds", "job", "stack_trials"]


def ids(study: Study) -> set[str]:
    """Return the ids of a study's trials."""
    return {trial.trial_id for trial in study.trials}


def rows(path: Path, table: str) -> pd.DataFrame:
    """Return a table in an order of its own, without what may differ between attempts."""
    frame = pd.read_parquet(path / table)
    keys = [c for c in ("trial_id", "epoch", "step", "layer") if c in frame]
    frame = frame.drop(columns=[c for c in VARYING if c in frame])
    return frame.sort_values(keys, ignore_index=True)


def same(a: Path, b: Path) -> None:
    """Compare all tables of two runs, bit for bit."""
    for table in ("trials", "epochs", "layers"):
        pd.testing.assert_frame_equal(rows(a, table), rows(b, table), check_exact=True)
