"""The trials table: one row for each trial, with its recipe, its scores and how it was made."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Any

from ...core.components import Component, plain
from ...core.engine.outcome import SCORES
from ...core.recipe import Recipe
from .finished import FinishedStack, FinishedTrial
from .table import Column, Rows, Table

WHO = (
    Column("trial_id", str, lambda t: t.trial.trial_id),
    Column("arm_id", str, lambda t: t.trial.arm_id),
    Column("arm", str, lambda t: t.stack.arms[t.position]),
    Column("replicate", int, lambda t: t.trial.replicate),
)
FOLD = Column("fold", int, lambda t: t.trial.fold if t.recipe.split.folds > 1 else None)
SEED = Column("seed", int, lambda t: t.trial.seed)


def score(name: str) -> Column:
    """Return the column of a score after the last epoch."""
    return Column(name, float, lambda t: t.outcome.last.get(name), averaged=True, repeated=True)


def best_score(name: str) -> Column:
    """Return the column of a score after the validation-best epoch."""

    def read(t: FinishedTrial) -> float | None:
        return t.outcome.best.get(name)

    return Column(f"best_{name}", float, read, averaged=True, repeated=True)


def best_epoch(t: FinishedTrial) -> int | None:
    """Return the validation-best epoch of a trial that has one."""
    return int(t.outcome.best["epoch"]) if t.outcome.best else None


def highest_epoch(t: FinishedTrial) -> int | None:
    """Return the epoch of a trial's highest validation accuracy, if it has one."""
    return int(t.outcome.highest["epoch"]) if t.outcome.highest else None


def highest_accuracy(t: FinishedTrial) -> float | None:
    """Return a trial's highest validation accuracy over its epochs."""
    return t.outcome.highest.get("validation_accuracy")


RESULT = (
    Column("status", str, lambda t: t.outcome.status),
    Column("message", str, lambda t: t.stack.message),
    Column("epochs_trained", int, lambda t: t.outcome.epochs_trained, averaged=True, repeated=True),
    Column("diverged_epoch", int, lambda t: t.outcome.diverged_epoch),
    Column("diverged_step", int, lambda t: t.outcome.diverged_step),
    Column("diverged_layer", int, lambda t: t.outcome.diverged_layer),
    *map(score, SCORES),
    Column("best_epoch", int, best_epoch, averaged=True, repeated=True),
    *map(best_score, SCORES),
    Column("highest_accuracy_epoch", int, highest_epoch, averaged=True, repeated=True),
    Column("highest_validation_accuracy", float, highest_accuracy, averaged=True, repeated=True),
    Column("train_examples_scored", int, lambda t: t.stack.sizes.train, averaged=True),
    Column("parameters", int, lambda t: t.architecture.parameters),
    Column("updates", int, lambda t: t.updates),
    Column("examples_seen", int, lambda t: t.examples_seen),
    Column("flops", float, lambda t: float(t.architecture.step_flops(t.examples_seen))),
    Column("stack_trials", int, lambda t: len(t.stack.trials)),
    Column("stack_seconds", float, lambda t: t.stack.seconds),
    Column("job", str, lambda t: t.stack.job),
    Column("numerics", str, lambda t: t.stack.numerics),
)


def trials_table(recipes: Iterable[Recipe] = ()) -> Table:
    """Return the trials table with the columns that these recipes can use."""
    recipes = list(recipes)
    kinds: dict[str, type] = {"width": int}  # also where no recipe has one width
    for recipe in recipes:
        for name, value in recipe_columns(recipe).items():
            if value is not None:
                kinds.setdefault(name, type(value))
    fold = [FOLD] if any(recipe.split.folds > 1 for recipe in recipes) else []
    of_recipe = (Column(name, kinds[name]) for name in sorted(kinds))
    columns = (*WHO, *fold, SEED, *of_recipe, *RESULT)

    def rows(stack: FinishedStack) -> Rows:
        """Read each column off each trial; what a recipe lacks is null."""
        trials = list(stack)
        described = [recipe_columns(trial.recipe) for trial in trials]
        return {
            column.name: [column.read(trial) for trial in trials]
            if column.read
            else [values.get(column.name) for values in described]
            for column in columns
        }

    return Table("trials", columns, rows, "one row per trial")


def recipe_columns(recipe: Recipe) -> dict[str, Any]:
    """Return a recipe as flat columns: ``<family>`` is the kind, ``<family>_<field>`` a value.

    What a recipe holds several of, as regularisers, has columns named after its kind.
    """
    columns: dict[str, Any] = {}
    for f in dataclasses.fields(recipe):
        value = getattr(recipe, f.name)
        if f.name == "hidden":
            width = value[0] if len(set(value)) == 1 else None
            columns |= {"hidden": plain(value), "depth": len(value), "width": width}
        elif isinstance(value, tuple):
            for component in value:
                columns |= component_columns(component.kind.replace("-", "_"), component)
        elif isinstance(value, Component):
            columns |= component_columns(f.name, value)
        else:
            columns[f.name] = "none" if value is None else value
    return columns


def component_columns(family: str, component: Component) -> dict[str, Any]:
    """Return one component's columns."""
    columns: dict[str, Any] = {family: component.kind}
    for f in dataclasses.fields(component):
        value = getattr(component, f.name)
        columns[f"{family}_{f.name}"] = (
            (plain(value) or None) if isinstance(value, tuple) else value
        )
    return columns
