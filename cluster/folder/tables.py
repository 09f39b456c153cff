"""The tables of a run, all of them: add one here."""

from __future__ import annotations

from collections.abc import Iterable

from ...core.engine.outcome import SCORES
from ...core.luck import crossed_in
from ...core.measures.layers import METRICS as LAYER_MEASURES
from ...core.measures.measure_function import MeasureFunction
from ...core.recipe import Recipe
from ...studies.study_fields import measures_of
from ..planning.plan import Plan, PlannedArm
from .finished import FinishedStack
from .table import Rows, Table, measure_table
from .trials_table import trials_table


def layer_rows(stack: FinishedStack) -> Rows:
    """Return the measures of each layer, with the epoch of their step and which is the output."""
    rows = dict(stack.measured.get("layers", {}))
    if rows:
        recipe = stack.trials[0].recipe
        rows["epoch"] = rows["step"] / recipe.steps_per_epoch(stack.sizes.train)
        rows["is_output"] = rows["layer"] == recipe.depth + 1
    return rows


EPOCH_SCORES = SCORES[:4]
SIBLINGS = (
    measure_table(
        "epochs",
        [("epoch", int), *((name, float) for name in EPOCH_SCORES)],
        averaged=EPOCH_SCORES,
        words="loss and accuracy after every epoch",
    ),
    measure_table(
        "layers",
        [
            ("step", int),
            ("epoch", float),
            ("layer", int),
            ("is_output", bool),
            *((name, float) for name in LAYER_MEASURES),
        ],
        averaged=("epoch", *LAYER_MEASURES),
        rows=layer_rows,
        words="gradients and activations per layer",
    ),
)
"""The tables whose parts are written before the commit, which is the part of the trials."""


def tables_of(
    recipes: Iterable[Recipe] = (),
    measures: Iterable[MeasureFunction] = (),
    *,
    forks: bool = False,
    crossed: Iterable[str] = (),
) -> dict[str, Table]:
    """Return the tables of a study of these recipes, measures, forks and crossings, by name."""
    trials = trials_table(recipes, forks=forks, crossed=crossed)
    always = {table.name: table for table in (trials, *SIBLINGS)}
    asked = {
        m.table: measure_table(m.table, m.columns.items(), m.averaged, words=m.table)
        for m in measures
    }
    return always | {name: table for name, table in asked.items() if name not in always}


def tables_for(arms: Iterable[PlannedArm], plan: Plan) -> dict[str, Table]:
    """Return the tables of planned arms, for what a plan's study measures and crosses."""
    arms = list(arms)
    return tables_of(
        (planned.arm.recipe for planned in arms),
        measures_of(plan.study),
        forks=any(planned.origin for planned in arms),
        crossed=[word for word, _ in crossed_in(plan.luck)],
    )
