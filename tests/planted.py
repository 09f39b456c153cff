"""Trainings of known diagnosis: failures planted by construction, and healthy ones.

``shows`` are the codes that a training must show, ``may`` those that it shows as a consequence or
lies at the border of; every other code is a false alarm. Thresholds were chosen on the plants
whose ``half`` is "tuning" with seed 0; the others, with other tasks, shapes and rates and another
seed, judge them. Whether a training was cut short is judged by training it twice as long.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from paribus.cluster.launch.running import run_study
from paribus.core.measures.layers import LayerStatistics
from paribus.reports.statistics.frames import Results, results_of
from paribus.studies.designs.grid import Grid
from paribus.studies.files.drafts import recipe_from
from paribus.studies.study import Study

SEEDS = {"tuning": 0, "held-out": 7}
REPLICATES = 3

LASTS, ENDED = 0.1, 0.04
"""The loss falls by more, or less, than this share of chance if it is trained twice as long."""


@dataclass(frozen=True)
class Plant:
    """A recipe and the codes of its findings."""

    name: str
    half: str
    recipe: dict[str, Any]
    shows: frozenset[str] = frozenset()
    may: frozenset[str] = frozenset()

    @property
    def trained_on(self) -> bool:
        """Whether training it twice as long tells if it was cut short; a schedule would change."""
        return self.name.startswith(("healthy", "cut short")) and "schedule" not in self.recipe


PLANTS: list[Plant] = []


def plant(name: str, half: str, shows: str = "", may: str = "", **recipe: Any) -> None:
    """Add a plant; codes are separated by spaces."""
    table = TASKS[recipe.pop("task")] | recipe
    if "hidden" in table:
        table.pop("width")
    PLANTS.append(Plant(name, half, table, frozenset(shows.split()), frozenset(may.split())))


def split(train: int, validation: float = 0.3) -> dict[str, Any]:
    return {"kind": "random", "validation": validation, "test": 0.1, "train_examples": train}


def sgd(rate: float, **more: Any) -> dict[str, Any]:
    kind = "momentum" if "momentum" in more else "sgd"
    return {"kind": kind, "learning_rate": rate, **more}


def adam(rate: float = 0.001) -> dict[str, Any]:
    return {"kind": "adam", "learning_rate": rate}


def normal(std: float) -> dict[str, Any]:
    return {"kind": "gaussian", "std": std}


SCALED: dict[str, Any] = {"standardisation": {}}
TASKS: dict[str, dict[str, Any]] = {
    "digits": {"task": "digits", "split": split(900), "batch_size": 32, "width": 30},
    "spirals": {
        "task": {"kind": "spirals", "examples": 1000},
        "split": split(600),
        "batch_size": 20,
        "width": 20,
    },
    "moons": {
        "task": {"kind": "moons", "examples": 800, "noise": 0.15},
        "split": split(480),
        "batch_size": 20,
        "width": 16,
    },
    "blobs": {
        "task": {"kind": "blobs", "examples": 900, "classes": 4, "features": 5},
        "split": split(500),
        "batch_size": 20,
        "width": 16,
    },
    "wine": {
        "task": "wine",
        "split": split(100),
        "batch_size": 10,
        "width": 12,
        "preparations": SCALED,
    },
    "cancer": {
        "task": "breast-cancer",
        "split": split(340),
        "batch_size": 20,
        "width": 16,
        "preparations": SCALED,
    },
    "line": {
        "task": {"kind": "linear-regression", "examples": 900, "features": 10, "weight": 0.3},
        "split": split(500),
        "batch_size": 20,
        "width": 16,
        "loss": "squared-error",
    },
    "wave": {
        "task": {"kind": "curve", "examples": 900, "frequency": 2.0},
        "split": split(500),
        "batch_size": 20,
        "width": 16,
        "loss": "squared-error",
    },
    "teacher": {
        "task": {"kind": "teacher-student", "examples": 900, "features": 6, "units": 4},
        "split": split(500),
        "batch_size": 20,
        "width": 16,
        "loss": "squared-error",
    },
}

STUCK = "stuck-at-chance plateau underfitting rate-too-low still-improving"

# Healthy: every rule is silent on them, but for "still-improving", judged by training on.
for half, task, width in [("tuning", "digits", 30), ("held-out", "digits", 60)]:
    plant(
        f"healthy ReLU He Adam {task}",
        half,
        task=task,
        depth=2,
        epochs=15,
        width=width,
        activation="relu",
        initialiser="he",
        optimiser=adam(0.002),
    )
for half, task, rate in [("tuning", "digits", 0.1), ("held-out", "blobs", 0.05)]:
    plant(
        f"healthy tanh Xavier SGD {task}",
        half,
        task=task,
        depth=2,
        epochs=25,
        activation="tanh",
        initialiser="xavier",
        optimiser=sgd(rate),
    )
for half, task, rate in [("tuning", "digits", 0.3), ("held-out", "wine", 0.1)]:
    plant(
        f"healthy logistic regression {task}",
        half,
        task=task,
        hidden=[],
        epochs=25,
        optimiser=sgd(rate),
    )
for half, task, depth in [("tuning", "digits", 8), ("held-out", "blobs", 10)]:
    plant(
        f"healthy deep ReLU He batch norm {task}",
        half,
        task=task,
        depth=depth,
        epochs=25,
        activation="relu",
        initialiser="he",
        normaliser="batch-norm",
        optimiser=sgd(0.02),
    )
for half, task in [("tuning", "moons"), ("held-out", "wine")]:
    plant(
        f"healthy tanh Adam {task}",
        half,
        task=task,
        depth=2,
        epochs=100,
        activation="tanh",
        initialiser="xavier",
        optimiser=adam(0.01),
    )
for half, task in [("tuning", "teacher"), ("held-out", "line")]:
    plant(
        f"healthy regression ReLU He {task}",
        half,
        task=task,
        depth=2,
        epochs=30,
        activation="relu",
        initialiser="he",
        optimiser=adam(0.003),
    )
for half, task in [("tuning", "line"), ("held-out", "teacher")]:
    plant(
        f"healthy momentum {task}",
        half,
        task=task,
        depth=1,
        epochs=30,
        activation="tanh",
        initialiser="xavier",
        optimiser=sgd(0.02, momentum=0.9),
    )
for half, task in [("tuning", "wine"), ("held-out", "digits")]:
    plant(
        f"healthy sigmoid one layer {task}",
        half,
        task=task,
        depth=1,
        epochs=30,
        activation="sigmoid",
        initialiser="xavier",
        optimiser=adam(0.01),
    )
for half, task in [("tuning", "blobs"), ("held-out", "digits")]:
    plant(
        f"healthy cosine dropout {task}",
        half,
        task=task,
        depth=2,
        epochs=20,
        width=32,
        activation="relu",
        initialiser="he",
        optimiser=sgd(0.05, momentum=0.9),
        schedule="cosine",
        regularisers={"dropout": {"p": 0.2}},
    )
for half, task in [("tuning", "digits"), ("held-out", "line")]:
    plant(
        f"healthy GELU AdamW {task}",
        half,
        task=task,
        depth=3,
        epochs=15,
        activation="gelu",
        initialiser="he",
        optimiser={"kind": "adamw", "learning_rate": 0.002},
    )
for half, task in [("tuning", "digits"), ("held-out", "moons")]:
    plant(
        f"healthy ELU step decay {task}",
        half,
        task=task,
        depth=3,
        epochs=30,
        activation="elu",
        initialiser="he",
        optimiser=sgd(0.05),
        schedule={"kind": "step", "every": 10},
    )
for half, task, depth in [("tuning", "digits", 8), ("held-out", "moons", 6)]:
    plant(
        f"healthy deep tanh Xavier {task}",
        half,
        task=task,
        depth=depth,
        epochs=25,
        activation="tanh",
        initialiser="xavier",
        optimiser=adam(0.001),
        regularisers={"l2": {"strength": 0.001}},
    )

# Gradients. What vanishes learns late or not at all.
for half, task, depth, std, optimiser in [
    ("tuning", "digits", 5, 0.1, sgd(0.1)),
    ("tuning", "moons", 6, 0.1, sgd(0.1)),
    ("held-out", "cancer", 5, 0.1, sgd(0.2)),
    ("held-out", "line", 8, 0.1, sgd(0.05)),
    ("held-out", "blobs", 6, 0.15, adam(0.003)),
]:
    plant(
        f"sigmoid N(0, {std}²) × {depth} {task}",
        half,
        "vanishing-gradient",
        STUCK + " saturation",
        task=task,
        depth=depth,
        epochs=15,
        activation="sigmoid",
        initialiser=normal(std),
        optimiser=optimiser,
    )
for half, task, depth in [("tuning", "digits", 10), ("held-out", "cancer", 12)]:
    plant(
        f"ReLU N(0, 0.1²) × {depth} {task}",
        half,
        "vanishing-gradient",
        STUCK + " dead-units",
        task=task,
        depth=depth,
        epochs=10,
        activation="relu",
        initialiser=normal(0.1),
        optimiser=sgd(0.1),
    )
WILD = "diverged dead-units saturation rate-too-high stuck-at-chance still-improving underfitting"
for half, task, depth, std in [
    ("tuning", "digits", 6, 1.0),
    ("tuning", "moons", 6, 1.5),
    ("held-out", "cancer", 8, 1.0),
    ("held-out", "teacher", 6, 1.2),
    ("held-out", "digits", 12, 0.6),
]:
    plant(
        f"ReLU N(0, {std}²) × {depth} {task}",
        half,
        "exploding-gradient",
        WILD + " overfitting plateau",
        task=task,
        depth=depth,
        epochs=10,
        activation="relu",
        initialiser=normal(std),
        optimiser=sgd(0.01),
    )

# Rates.
for half, task, activation, optimiser in [
    ("tuning", "digits", "tanh", sgd(1e-5)),
    ("tuning", "moons", "relu", adam(1e-6)),
    ("tuning", "line", "relu", sgd(1e-5)),
    ("held-out", "blobs", "tanh", sgd(1e-5)),
    ("held-out", "cancer", "relu", sgd(2e-5)),
    ("held-out", "teacher", "tanh", adam(1e-6)),
]:
    plant(
        f"rate too low {task}",
        half,
        "rate-too-low",
        "stuck-at-chance underfitting still-improving",
        task=task,
        depth=2,
        epochs=15,
        activation=activation,
        initialiser="he" if activation == "relu" else "xavier",
        optimiser=optimiser,
    )
BROKEN = "diverged dead-units saturation stuck-at-chance underfitting overfitting still-improving"
for half, task, activation, optimiser in [
    ("tuning", "digits", "tanh", sgd(15.0)),
    ("tuning", "digits", "relu", sgd(5.0)),
    ("tuning", "moons", "tanh", adam(0.5)),
    ("held-out", "blobs", "tanh", sgd(10.0)),
    ("held-out", "cancer", "relu", sgd(5.0)),
    ("held-out", "digits", "relu", adam(0.3)),
    ("held-out", "wine", "tanh", sgd(15.0)),
]:
    plant(
        f"rate too high {optimiser['kind']} {activation} {task}",
        half,
        "rate-too-high",
        BROKEN + " plateau",
        task=task,
        depth=2,
        epochs=20,
        activation=activation,
        initialiser="he" if activation == "relu" else "xavier",
        optimiser=optimiser,
    )
for half, task, rate in [("tuning", "line", 3.0), ("held-out", "teacher", 5.0)]:
    plant(
        f"diverges {task}",
        half,
        "diverged rate-too-high",
        "",
        task=task,
        depth=2,
        epochs=10,
        activation="relu",
        initialiser="he",
        optimiser=sgd(rate),
    )

# Fit.
for half, task, width, noise, train in [
    ("tuning", "digits", 64, 0.3, 100),
    ("tuning", "wine", 64, 0.3, 60),
    ("held-out", "blobs", 64, 0.3, 100),
    ("held-out", "cancer", 64, 0.25, 100),
    ("held-out", "digits", 100, 0.2, 120),
]:
    prepared = TASKS[task].get("preparations", {}) | {"label-noise": {"fraction": noise}}
    plant(
        f"label noise {noise} {task}",
        half,
        "overfitting",
        "saturation dead-units",
        task=task,
        split=split(train),
        batch_size=10,
        depth=2,
        width=width,
        epochs=120,
        activation="relu" if half == "tuning" else "tanh",
        initialiser="he" if half == "tuning" else "xavier",
        optimiser=adam(0.005),
        preparations=prepared,
    )
for half, task, extra in [
    ("tuning", "spirals", {"width": 1, "depth": 1}),
    ("tuning", "wave", {"hidden": [1]}),
    ("held-out", "digits", {"hidden": [1], "activation": "sigmoid"}),
    ("held-out", "wave", {"hidden": []}),
    ("held-out", "digits", {"width": 1, "depth": 2}),
]:
    plant(
        f"too small {task}",
        half,
        "underfitting",
        "stuck-at-chance dead-units saturation plateau",
        task=task,
        epochs=40,
        optimiser=adam(0.01),
        **({"activation": "tanh"} | extra),
    )

# Units.
for half, task, bias, depth in [
    ("tuning", "digits", -4.0, 1),
    ("tuning", "blobs", -6.0, 2),
    ("held-out", "cancer", -12.0, 1),
    ("held-out", "moons", -4.0, 2),
    ("held-out", "digits", -3.0, 2),
]:
    plant(
        f"negative biases {task}",
        half,
        "dead-units",
        STUCK + " vanishing-gradient",
        task=task,
        depth=depth,
        epochs=15,
        activation="relu",
        initialiser="he",
        bias=bias,
        optimiser=sgd(0.05),
    )
for half, task, std, depth in [
    ("tuning", "digits", 5.0, 2),
    ("tuning", "moons", 5.0, 3),
    ("held-out", "cancer", 5.0, 2),
    ("held-out", "digits", 3.0, 3),
]:
    plant(
        f"tanh N(0, {std}²) {task}",
        half,
        "saturation",
        "exploding-gradient still-improving overfitting underfitting rate-too-high",
        task=task,
        depth=depth,
        epochs=15,
        activation="tanh",
        initialiser=normal(std),
        optimiser=sgd(0.02),
    )

# Plateaus and chance.
for half, task, activation, depth, std, optimiser, epochs in [
    ("tuning", "digits", "tanh", 3, 0.02, sgd(0.2), 60),
    ("tuning", "wine", "tanh", 3, 0.05, sgd(0.1), 60),
    ("held-out", "blobs", "tanh", 3, 0.03, sgd(0.1), 60),
    ("held-out", "cancer", "tanh", 3, 0.03, sgd(0.1), 40),
    ("held-out", "wine", "tanh", 3, 0.04, sgd(0.1), 80),
]:
    plant(
        f"small weights {activation} {task}",
        half,
        "plateau",
        "vanishing-gradient still-improving overfitting",
        task=task,
        depth=depth,
        epochs=epochs,
        activation=activation,
        initialiser=normal(std),
        optimiser=optimiser,
    )
for half, task in [("tuning", "digits"), ("held-out", "cancer"), ("held-out", "moons")]:
    plant(
        f"zero weights {task}",
        half,
        "stuck-at-chance",
        "dead-units",
        task=task,
        depth=2,
        epochs=20,
        activation="relu",
        initialiser="zeros",
        optimiser=sgd(0.1),
    )
for half, task in [("tuning", "moons"), ("held-out", "blobs")]:
    plant(
        f"random labels {task}",
        half,
        "stuck-at-chance",
        "underfitting overfitting",
        task=task,
        depth=1,
        width=2,
        epochs=15,
        activation="tanh",
        optimiser=adam(0.002),
        preparations={"random-labels": {}},
    )

# Cut short.
for half, task, rate in [
    ("tuning", "digits", 0.01),
    ("tuning", "wine", 0.005),
    ("held-out", "cancer", 0.01),
    ("held-out", "blobs", 0.005),
    ("held-out", "teacher", 0.003),
]:
    plant(
        f"cut short {task}",
        half,
        "still-improving",
        "underfitting rate-too-low plateau",
        task=task,
        depth=2,
        epochs=10,
        activation="tanh",
        initialiser="xavier",
        optimiser=sgd(rate),
    )


def train(planted: Plant, folder: Path, replicates: int = REPLICATES, **changes: Any) -> Results:
    """Train a plant's replicates, its recipe changed, and return what a report reads."""
    study = Study(
        name=f"plant-{PLANTS.index(planted)}",
        question=planted.name,
        recipe=recipe_from(planted.recipe | changes),
        design=Grid(),
        replicates=replicates,
        seed=SEEDS[planted.half],
        metric="train_loss",
        probe=LayerStatistics("log", 500),
    )
    return results_of(run_study(study, folder, workers=0))
