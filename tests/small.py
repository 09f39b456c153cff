"""Small recipes, data and studies that tests build on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import pandas as pd
from paribus.core.dataset import Dataset
from paribus.core.engine.architecture import Architecture, Parameters
from paribus.core.engine.examples import Examples
from paribus.core.engine.network import Network, NetworkFields
from paribus.core.engine.training import Training
from paribus.core.families.split_function import Rows, SplitFunction
from paribus.core.families.task_function import TaskFunction
from paribus.core.measures.layers import LayerStatistics
from paribus.core.measures.measures import Measure
from paribus.core.recipe import Recipe
from paribus.core.trial import Trial
from paribus.studies.data.loading import examples_of
from paribus.studies.data.tasks import fingerprint
from paribus.studies.designs.grid import Grid
from paribus.studies.files.drafts import recipe_from
from paribus.studies.study import Study


@dataclass(frozen=True)
class Somewhere(TaskFunction):
    """A task that tests give arrays for themselves."""

    kind: ClassVar[str] = "somewhere"
    drawn: ClassVar[bool] = False

    def dataset(self, seed: int, replicate: int) -> Dataset:
        raise AssertionError("the test gives the arrays")


@dataclass(frozen=True)
class Somehow(SplitFunction):
    """A split that tests give rows for themselves."""

    kind: ClassVar[str] = "somewhere"  # part of pinned ids
    drawn: ClassVar[bool] = True

    def rows(self, data: Dataset, seed: int, replicate: int, fold: int = 0) -> Rows:
        raise AssertionError("the test gives the rows")


FEATURES, CLASSES, ROWS = 6, 3, 60


def recipe(**changes: object) -> Recipe:
    """Return a small recipe."""
    settings = {"hidden": (5, 4), "batch_size": 7, "epochs": 2} | changes
    return Recipe(Somewhere(), Somehow(), **settings)


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
    recipes: list[Recipe], replicates: list[int], *measures: Measure, train: int = 25
) -> Training:
    """Train a stack to its end."""
    trials = [Trial(r, "data", 3, k) for r, k in zip(recipes, replicates, strict=True)]
    training = Training(trials, examples(replicates, train=train), *measures)
    while not training.finished:
        training.run_epoch()
    return training


def finished(
    recipes: list[Recipe], data: Examples, replicates: int = 1, *measures: Measure
) -> Training:
    """Train recipes on these examples to their end, recipe by recipe for every replicate."""
    trials = [Trial(r, "data", 3, k) for k in range(replicates) for r in recipes]
    if len(data.train) == 1:
        data = data.select(np.zeros(len(trials), int))
    training = Training(trials, data, *measures)
    while not training.finished:
        training.run_epoch()
    return training


def trials_on(tables: list[dict], replicates: int) -> list[Trial]:
    """Return the trials of recipes given as tables, recipe by recipe for every replicate."""
    recipes = [recipe_from(table) for table in tables]
    known = fingerprint(recipes[0].task)
    return [Trial(r, known, 0, k) for k in range(replicates) for r in recipes]


def on_task(tables: list[dict], replicates: int, *measures: Measure) -> Training:
    """Train the recipes that tables describe on their task to the end, as one stack."""
    trials = trials_on(tables, replicates)
    training = Training(trials, examples_of(trials), *measures)
    while not training.finished:
        training.run_epoch()
    return training


def last(training: Training, score: str, arms: int = 1) -> np.ndarray:
    """Return a score after the last epoch, shape (replicates, arms)."""
    count = len(training.state().arrays["trials"])
    return np.array([training.outcome(i).last[score] for i in range(count)]).reshape(-1, arms)


def set_up(
    settings: Recipe, weights: list, biases: list, columns: int, *, masked: bool = False
) -> tuple[Network, Parameters, Parameters]:
    """Return float64 networks with these weights, (out, in) or (T, out, in), ready for a batch.

    Their parameters and their gradient come with them.
    """
    weights = [np.asarray(w, float) for w in weights]
    trials = len(weights[0]) if weights[0].ndim == 3 else 1
    architecture = Architecture.of(settings, weights[0].shape[-1], weights[-1].shape[-2])
    arena = np.zeros((trials, architecture.parameters))
    parameters = architecture.views(arena)
    for index, (w, b) in enumerate(zip(weights, biases, strict=True)):
        parameters.weights[index][:] = w
        parameters.biases[index][:] = np.asarray(b, float)[..., None]
    for gain in parameters.gains:
        gain.fill(1.0)
    gradient = architecture.views(np.zeros_like(arena))
    made = Network(
        architecture,
        NetworkFields.of([settings] * trials),
        parameters,
        columns,
        gradient=gradient,
        masked=masked,
        keep=True,
    )
    return made, parameters, gradient


def small_study(name: str = "small", **changes: object) -> Study:
    """Return a study of eight short trials on real digits."""
    table = {"task": "digits", "depth": 2, "width": 6, "epochs": 2, "batch_size": 100}
    table["split"] = {"kind": "random", "validation": 0.1, "test": 0.1, "train_examples": 300}
    settings: dict = {
        "question": "Does a small study work?",
        "recipe": recipe_from(table),
        "design": Grid.of({"activation": ["tanh", "relu"], "depth": [2, 3]}),
        "replicates": 2,
        "probe": LayerStatistics("log", 100),
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
