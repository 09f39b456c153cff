"""The tables of a run: their columns, and results turned into Parquet parts."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from ...core.components import Component, plain
from ...core.engine.architecture import Architecture
from ...core.engine.examples import Sizes
from ...core.engine.training import SCORES, Outcome, Training
from ...core.measures.probes import METRICS as LAYER_MEASURES
from ...core.recipe import SEVERAL, Recipe
from ...core.trial import Trial

SIBLINGS = b"paribus.siblings"
FAMILIES = (
    "task",
    "split",
    "activation",
    "initialiser",
    "loss",
    "optimiser",
    "schedule",
    "normaliser",
    "residual",
    "parametrisation",
    "momentum_schedule",
    "pretraining",
)
TYPES = {float: pa.float64(), int: pa.int64(), str: pa.string(), bool: pa.bool_()}

EPOCHS = pa.schema(
    [
        pa.field("trial_id", pa.string()),
        pa.field("epoch", pa.int64()),
        *(pa.field(name, pa.float64()) for name in SCORES[:4]),
    ]
)
LAYERS = pa.schema(
    [
        pa.field("trial_id", pa.string()),
        pa.field("step", pa.int64()),
        pa.field("epoch", pa.float64()),
        pa.field("layer", pa.int64()),
        pa.field("is_output", pa.bool_()),
        *(pa.field(name, pa.float64()) for name in LAYER_MEASURES),
    ]
)


def recipe_columns(recipe: Recipe) -> dict[str, Any]:
    """Return a recipe as flat columns: ``<family>`` is the kind, ``<family>_<field>`` a value.

    What a recipe holds several of, as regularisers, has columns named after its kind.
    """
    columns: dict[str, Any] = {}
    for family in FAMILIES:
        component = getattr(recipe, family)
        columns |= component_columns(family, component) if component else {family: "none"}
    columns |= {
        "depth": recipe.depth,
        "width": recipe.hidden[0] if len(set(recipe.hidden)) == 1 else None,
        "hidden": plain(recipe.hidden),
        "bias": recipe.bias,
        "bias_std": recipe.bias_std,
        "batch_size": recipe.batch_size,
        "epochs": recipe.epochs,
        "dtype": recipe.dtype,
    }
    for several in SEVERAL:
        for component in getattr(recipe, several):
            columns |= component_columns(component.kind.replace("-", "_"), component)
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


def trials_schema(recipes: Iterable[Recipe]) -> pa.Schema:
    """Return the columns of the trials table that these recipes can use."""
    recipes = list(recipes)
    types: dict[str, pa.DataType] = {"width": pa.int64()}
    for recipe in recipes:
        for name, value in recipe_columns(recipe).items():
            if value is not None:
                types.setdefault(name, TYPES[type(value)])
    text, whole, real = pa.string(), pa.int64(), pa.float64()
    before: list[tuple[str, pa.DataType]] = [
        ("trial_id", text),
        ("arm_id", text),
        ("arm", text),
        ("replicate", whole),
        *([("fold", whole)] if any(map(has_folds, recipes)) else []),
        ("seed", whole),
    ]
    behind: list[tuple[str, pa.DataType]] = [
        ("status", text),
        ("message", text),
        ("epochs_trained", whole),
        ("diverged_epoch", whole),
        ("diverged_step", whole),
        ("diverged_layer", whole),
        *((name, real) for name in SCORES),
        ("best_epoch", whole),
        *((f"best_{name}", real) for name in SCORES),
        ("parameters", whole),
        ("updates", whole),
        ("examples_seen", whole),
        ("flops", real),
        ("stack_trials", whole),
        ("stack_seconds", real),
        ("job", text),
        ("numerics", text),
    ]
    middle = [(name, types[name]) for name in sorted(types)]
    return pa.schema([pa.field(name, kind) for name, kind in (*before, *middle, *behind)])


def has_folds(recipe: Recipe) -> bool:
    """Whether a replicate of this recipe is several trainings."""
    return recipe.split.folds > 1


def trial_row(trial: Trial, arm: str, sizes: Sizes, outcome: Outcome) -> dict[str, Any]:
    """Return what a trial's row says, apart from how it was computed."""
    recipe = trial.recipe
    architecture = Architecture.of(recipe, sizes.features, sizes.outputs)
    steps = recipe.steps_per_epoch(sizes.train)
    updates = outcome.epochs_trained * steps
    if outcome.diverged_step is not None:
        updates = outcome.diverged_step
    epochs, more = divmod(updates, steps)
    examples = epochs * sizes.train + more * recipe.batch(sizes.train)
    best = outcome.best
    return {
        "trial_id": trial.trial_id,
        "arm_id": trial.arm_id,
        "arm": arm,
        "replicate": trial.replicate,
        "fold": trial.fold if has_folds(recipe) else None,
        "seed": trial.seed,
        **recipe_columns(recipe),
        "status": outcome.status,
        "epochs_trained": outcome.epochs_trained,
        "diverged_epoch": outcome.diverged_epoch,
        "diverged_step": outcome.diverged_step,
        "diverged_layer": outcome.diverged_layer,
        **{name: outcome.last.get(name) for name in SCORES},
        "best_epoch": int(best["epoch"]) if best else None,
        **{f"best_{name}": best.get(name) for name in SCORES},
        "parameters": architecture.parameters,
        "updates": updates,
        "examples_seen": examples,
        "flops": float(architecture.step_flops(examples)),
    }


def epochs_table(training: Training, trials: Sequence[Trial]) -> pa.Table:
    """Return the scores of a stack after every epoch."""
    columns = training.epochs.columns()
    ids = np.array([trial.trial_id for trial in trials], dtype=object)
    data = {"trial_id": ids[columns.pop("trial")]} if columns else {}
    return typed(data | columns, EPOCHS)


def layers_table(training: Training, trials: Sequence[Trial], sizes: Sizes) -> pa.Table:
    """Return the layer measures of a stack at every probe."""
    columns = training.layers.columns()
    if not columns:
        return LAYERS.empty_table()
    ids = np.array([trial.trial_id for trial in trials], dtype=object)
    steps = training.recipe.steps_per_epoch(sizes.train)
    data = {
        "trial_id": ids[columns.pop("trial")],
        "epoch": columns["step"] / steps,
        "is_output": columns["layer"] == training.recipe.depth + 1,
    }
    return typed(data | columns, LAYERS)


def typed(columns: Mapping[str, Any], schema: pa.Schema) -> pa.Table:
    """Return a table of this schema; NaN becomes null, and an absent column all null."""
    length = len(next(iter(columns.values()))) if columns else 0
    arrays = [
        pa.array(columns[field.name], field.type, from_pandas=True)
        if field.name in columns
        else pa.nulls(length, field.type)
        for field in schema
    ]
    return pa.Table.from_arrays(arrays, schema=schema)


def rows_table(rows: Sequence[Mapping[str, Any]], schema: pa.Schema) -> pa.Table:
    """Return rows as a table of this schema; what a row does not say is null."""
    columns = {name: [row.get(name) for row in rows] for name in schema.names}
    return typed(columns, schema)


def encode(table: pa.Table, siblings: Mapping[str, bytes] | None = None) -> bytes:
    """Return a table as Parquet bytes with page checksums.

    ``siblings`` are the encoded parts that a trials part answers for; their sizes, row counts and
    SHA-256 go into its metadata.
    """
    if siblings is not None:
        described = {
            name: {
                "bytes": len(data),
                "rows": pq.read_metadata(io.BytesIO(data)).num_rows,
                "sha256": hashlib.sha256(data).hexdigest(),
            }
            for name, data in siblings.items()
        }
        table = table.replace_schema_metadata({SIBLINGS: json.dumps(described).encode()})
    buffer = io.BytesIO()
    pq.write_table(table, buffer, compression="zstd", write_page_checksum=True)
    return buffer.getvalue()


def decode(data: bytes) -> pa.Table:
    """Return the table in Parquet bytes, its page checksums verified."""
    return pq.read_table(io.BytesIO(data), page_checksum_verification=True)


def siblings_of(metadata: pq.FileMetaData) -> dict[str, dict[str, Any]]:
    """Return what a trials part says of its siblings."""
    described: dict[str, dict[str, Any]] = json.loads((metadata.metadata or {})[SIBLINGS])
    return described
