from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pandas as pd
import pytest
from paribus.cluster.folder import tables, trials_table
from paribus.cluster.folder.finished import FinishedStack
from paribus.cluster.folder.table import TYPES, Column, measure_table
from paribus.cluster.folder.trials_table import component_columns, recipe_columns
from paribus.cluster.launch.estimate import estimate
from paribus.cluster.launch.running import run_study
from paribus.core.components import members
from paribus.core.recipe import SEVERAL, Recipe
from paribus.reports.page.report import write_report
from paribus.reports.sections.reload import snippet
from paribus.reports.statistics.analysis import analyse
from paribus.reports.statistics.folds import means_over_folds
from paribus.reports.statistics.frames import results_of
from paribus.studies.designs.grid import Grid
from paribus.studies.files.drafts import recipe_from, with_value
from paribus.studies.files.schema import FAMILIES
from small import small_study


def test_a_column_has_one_meaning_and_one_type_whatever_a_study_compares():
    owner = dict.fromkeys(
        [*tables.tables_of()["trials"].schema.names, *recipe_columns(recipe_from({}))], "recipe"
    )
    types: dict[str, set] = {}
    for family, union in FAMILIES.items():
        for kind, cls in members(union).items():
            name = kind.replace("-", "_") if family in SEVERAL else family
            columns = component_columns(name, cls())
            for column, value in columns.items():
                if value is not None:  # a list that is empty by default
                    types.setdefault(column, set()).add(TYPES[type(value)])
                if family in SEVERAL:
                    assert owner.setdefault(column, kind) == kind
                    assert "-" not in column
    assert {name: found for name, found in types.items() if len(found) > 1} == {}


def test_a_run_with_preparations_from_plan_to_report(tmp_path):
    """Arms that differ in preparations share a stack; columns say which they had."""
    table = {"task": {"kind": "gate", "noise": 0.1}, "width": 4, "epochs": 2, "batch_size": 20}
    table["split"] = "stratified"
    study = small_study(
        recipe=recipe_from(table),
        design=Grid.of(
            {
                "preparations.label-noise.fraction": [0.0, 0.25],
                "preparations.standardisation": ["none", "standardisation"],
            }
        ),
        replicates=3,
    )
    assert estimate(study, tmp_path, 1)["trials"] == 12
    run = run_study(study, tmp_path, workers=0)
    assert run.status().complete
    trials = pd.read_parquet(run.path / "trials")
    assert (trials["status"] == "ok").all()
    assert sorted(trials["label_noise_fraction"].unique()) == [0.0, 0.25]
    assert (trials["label_noise"] == "label-noise").all()
    assert trials["standardisation"].isna().sum() == 6
    assert trials["task_gate"].unique().tolist() == ["xor"]
    page = write_report(run).read_text(encoding="utf-8")
    assert "share of wrong labels" in page
    assert "preparations: none apart from what is varied" in page
    assert "draws of corrupted targets" in page


def test_an_estimate_counts_every_copy_of_the_inputs(tmp_path):
    def memory(**preparations) -> float:
        recipe = recipe_from({"task": "digits", "preparations": preparations})
        study = small_study(recipe=recipe, design=Grid(), replicates=10)
        amount, unit = estimate(study, tmp_path, 1)["memory_per_worker"].split()[1:]
        return float(amount) * {"MB": 1e6, "GB": 1e9}[unit]

    data = 8 * 1797 * 64
    more = memory(standardisation={}) - memory()
    assert abs(more - 9 * data) < 2e5
    base = recipe_from({"task": "digits"})
    assert with_value(base, "preparations.standardisation", "none") == base


def weight_rows(stack: FinishedStack) -> dict[str, Any]:
    """Return the largest of the first three parameters of each trial, made up for a test."""
    if stack.training is None:
        return {}
    values = [stack.training.parameters(k)[:3] for k in range(len(stack.trials))]
    return {
        "trial": np.repeat(np.arange(len(values)), 3),
        "unit": np.tile(np.arange(3), len(values)),
        "weight": np.concatenate(values).astype(float),
    }


FOLDED = {"kind": "k-fold", "folds": 3, "test": 0.7}


def test_a_column_and_a_table_of_ones_own_travel_to_the_report(tmp_path, monkeypatch):
    """One entry in one list each; trials made before have nulls, and no rows."""
    recipe = with_value(small_study().recipe, "split", FOLDED)
    study = small_study(recipe=recipe, design=Grid.of({"activation": ["tanh", "relu"]}))
    before = run_study(dataclasses.replace(study, replicates=1), tmp_path, workers=0)
    made_before = set(before.trials["trial_id"])
    parts = {p: p.read_bytes() for t in ("epochs", "layers") for p in (before.path / t).iterdir()}

    memory = Column(
        "peak_memory", float, lambda t: 1000.0 * t.trial.replicate + t.trial.fold, averaged=True
    )
    weights = measure_table(
        "weights",
        [("unit", int), ("weight", float)],
        averaged=["weight"],
        rows=weight_rows,
        words="the first weights",
    )
    monkeypatch.setattr(trials_table, "RESULT", (*trials_table.RESULT, memory))
    monkeypatch.setattr(tables, "SIBLINGS", (*tables.SIBLINGS, weights))

    run = run_study(study, tmp_path, workers=0)
    assert run.status().ok == 12
    assert {p: p.read_bytes() for p in parts} == parts  # they lack nothing
    trials = pd.read_parquet(run.path / "trials").set_index("trial_id")
    assert trials.loc[sorted(made_before), "peak_memory"].isna().all()
    later = trials.drop(sorted(made_before))
    assert (later["peak_memory"] == 1000 + later["fold"]).all()
    rows = pd.read_parquet(run.path / "weights")
    assert set(rows["trial_id"]) == set(later.index)
    assert rows.dtypes.astype(str).to_dict() | {"trial_id": ""} == {
        "trial_id": "",
        "unit": "int64",
        "weight": "float64",
    }
    pd.testing.assert_frame_equal(run.frame("weights"), rows)

    results = results_of(run)
    assert results.trials.set_index("replicate")["peak_memory"].dropna().to_dict() == {1: 1001.0}
    frames = {"trials": results.trainings, "weights": run.frame("weights")}
    means = means_over_folds(frames, run.tables, study.folds)["weights"]
    assert len(means) == 2 * 3
    first = means.iloc[0]
    owner = results.trials.set_index("trial_id").loc[first["trial_id"]]
    same = later[(later["arm_id"] == owner["arm_id"])].index
    values = rows[rows["trial_id"].isin(same) & (rows["unit"] == first["unit"])]["weight"]
    assert first["weight"] == pytest.approx(values.mean())
    text = snippet(analyse(results))
    assert 'weights = pd.read_parquet(f"{run}/weights")   # the first weights' in text
    assert write_report(run).is_file()


def test_what_a_measure_table_averages_and_matches(tmp_path):
    table = measure_table("outcomes", [("example", int), ("predicted", str)], words="a row each")
    assert table.keys == ["example", "predicted"]
    assert table.schema.names == ["trial_id", "example", "predicted"]
    trials = pd.DataFrame(
        {"trial_id": ["t-0", "t-1"], "arm": 0, "replicate": 0, "status": ["ok", "diverged"]}
    ).assign(**dict.fromkeys(tables.tables_of()["trials"].averaged, 1.0))
    rows = pd.DataFrame({"trial_id": ["t-0", "t-1"], "example": [4, 7], "predicted": ["a", "b"]})
    known = tables.tables_of() | {"outcomes": table}
    frames = means_over_folds({"trials": trials, "outcomes": rows}, known, 2)
    assert frames["outcomes"].to_dict("list") == {
        "trial_id": ["t-0", "t-0"],
        "example": [4, 7],
        "predicted": ["a", "b"],
    }


def test_the_columns_of_a_recipe_follow_its_fields():
    """A field of a recipe that is declared is a column, of whatever sort it is."""
    made_up = dataclasses.make_dataclass(
        "MadeUp", [("warmth", float, 0.5), ("partner", Any, None)], bases=(Recipe,), frozen=True
    )
    recipe = recipe_from({"task": "wine", "hidden": [5, 4], "regularisers": {"max-norm": {}}})
    fields = {f.name: getattr(recipe, f.name) for f in dataclasses.fields(recipe)}
    columns = recipe_columns(made_up(**fields))
    assert columns == recipe_columns(recipe) | {"warmth": 0.5, "partner": "none"}
    other = recipe_columns(made_up(**fields, partner=recipe.optimiser))
    assert other["partner"] == "sgd"
    assert other["partner_learning_rate"] == recipe.optimiser.learning_rate
    assert (columns["hidden"], columns["depth"], columns["width"]) == ("5-4", 2, None)
    assert columns["max_norm"] == "max-norm"
    assert columns["residual"] == "none"
