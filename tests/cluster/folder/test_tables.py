from __future__ import annotations

import pandas as pd
from paribus.cluster.folder.tables import TYPES, component_columns, recipe_columns, trials_schema
from paribus.cluster.launch.estimate import estimate
from paribus.cluster.launch.running import run_study
from paribus.core.components import members
from paribus.core.recipe import SEVERAL
from paribus.reports.page.report import write_report
from paribus.studies.designs.grid import Grid
from paribus.studies.files.drafts import recipe_from, with_value
from paribus.studies.files.schema import FAMILIES
from small import small_study


def test_a_column_has_one_meaning_and_one_type_whatever_a_study_compares():
    owner = dict.fromkeys([*trials_schema([]).names, *recipe_columns(recipe_from({}))], "recipe")
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
