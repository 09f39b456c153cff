"""A trial leaves its run as a model that scores what the table holds."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from paribus.cluster.folder.parquet import encode_commit
from paribus.cluster.folder.run import Run, open_run
from paribus.cluster.launch.running import run_study
from paribus.cluster.work.export import export, planned_trial
from paribus.core.engine.training import Training
from paribus.core.errors import InputError, ResourceError
from paribus.core.models.model import Model
from paribus.core.models.model_file import load_model
from paribus.studies.data.loading import rows_of
from paribus.studies.designs.grid import Grid
from paribus.studies.files.drafts import recipe_from
from paribus.studies.models.models import data_of
from small import small_study

BASE = {"task": "wine", "hidden": [6, 6, 6], "epochs": 6, "preparations": {"standardisation": {}}}
RECIPES = {
    "batch norm": {"normaliser": "batch-norm"},
    "PReLU": {"activation": "prelu"},
    "residual": {"residual": {"kind": "residual", "scale": 0.5}},
    "early stopping": {
        "regularisers": {"early-stopping": {"patience": 1}},
        "optimiser": {"kind": "adam", "learning_rate": 0.2},
        "normaliser": "batch-norm",
        "epochs": 40,
    },
    "averaging": {"regularisers": {"averaging": {"decay": 0.9}, "dropout": {"p": 0.2}}},
    "layer norm": {"normaliser": {"kind": "layer-norm", "place": "after"}, "dtype": "float64"},
    "sigmoid": {"loss": "sigmoid-cross-entropy", "activation": "expression"},
    "least squares": {"loss": "squared-error", "optimiser": "least-squares", "epochs": 1},
    "mup": {"parametrisation": "mup", "loss": "multiclass-hinge"},
}


def accuracy(run: Run, trial_id: str, model: Model) -> tuple[float, float]:
    """Return the share of test rows that a model gets right, and that of the table."""
    trial, _ = planned_trial(run.plans, trial_id)
    data = data_of(trial)
    rows = rows_of(trial, data)[2]
    right = model.predict(data.raw[rows]) == np.array(data.classes)[data.labels[rows]]
    row = run.trials.set_index("trial_id").loc[trial_id]
    return float(right.mean()), row["test_accuracy"]


@pytest.mark.parametrize("changes", RECIPES.values(), ids=RECIPES)
def test_an_exported_trial_scores_what_the_table_holds(changes, tmp_path):
    """Every kind of recipe, trained in a stack, exported, written, read and judged anew."""
    axis = "optimiser.learning_rate"
    least_squares = changes.get("optimiser") == "least-squares"
    grid = {"bias_std": [0.0, 0.1]} if least_squares else {axis: [0.05, 0.2]}
    study = small_study(
        recipe=recipe_from(BASE | changes), design=Grid.of(grid), metric="test_loss"
    )
    run = run_study(study, tmp_path, workers=0)
    assert set(run.trials["stack_trials"]) == {4}
    for trial_id in run.trials["trial_id"][:2]:
        run.export(trial_id).save(tmp_path / "m.npz")
        found, held = accuracy(run, trial_id, load_model(tmp_path / "m.npz"))
        assert found == held


def test_where_a_model_comes_from_is_kept_with_it(small_run):
    row = small_run.trials.iloc[7]
    about = small_run.export(row["trial_id"]).about
    assert about["study"] == "small"
    assert about["trial_id"] == row["trial_id"]
    assert (about["arm"], about["replicate"]) == (row["arm"], row["replicate"])
    assert about["scores"]["validation_loss"] == row["validation_loss"]
    planned = planned_trial(small_run.plans, row["trial_id"]).trial.recipe
    assert recipe_from(about["recipe"]) == planned


def test_an_id_may_be_cut_short_while_it_is_the_only_one(small_run):
    ids = sorted(small_run.trials["trial_id"])
    short = ids[0]
    while sum(other.startswith(short[:-1]) for other in ids) == 1:
        short = short[:-1]
    assert export(small_run, short).about["trial_id"] == ids[0]
    for given, told in (
        ("t-", "20 trials of .* start with 't-', as t-.* and t-.*; give more of the id"),
        ("nope", "has no finished trial 'nope'; `paribus trials"),
        ("", "20 trials"),
    ):
        with pytest.raises(InputError, match=told):
            export(small_run, given)


def test_a_trial_without_a_trained_network_is_refused(tmp_path, monkeypatch):
    wild = small_study(
        recipe=recipe_from(BASE | {"activation": "relu"}),
        design=Grid.of({"initialiser": ["he", {"kind": "gaussian", "std": 1e30}]}),
        replicates=1,
    )
    run = run_study(wild, tmp_path, workers=0)
    diverged = run.trials.set_index("status").loc["diverged", "trial_id"]
    with pytest.raises(InputError, match=f"trial {diverged} diverged in epoch 1, so"):
        run.export(diverged)
    monkeypatch.setattr(Training, "run_epoch", None)
    failed = run_study(small_study("other"), tmp_path, workers=0)
    with pytest.raises(InputError, match=r"failed \(TypeError: .*not callable.*\), so there is no"):
        failed.export(failed.trials["trial_id"][0])


def with_other_scores(run: Run, trial_id: str, numerics: str) -> Run:
    """Change a trial's validation loss in the run's files by one bit."""
    for name in run.folder.store.names("trials"):
        data = run.folder.store.read(name)
        table = pq.read_table(io.BytesIO(data))
        if trial_id in table["trial_id"].to_pylist():
            job = name.removeprefix("trials/").removesuffix(".parquet")
            siblings = run.folder.parts.committed()[job].siblings
            frame = table.to_pandas()
            one = frame["trial_id"] == trial_id
            changed = np.nextafter(frame.loc[one, "validation_loss"], 9.0)
            frame.loc[one, "validation_loss"] = changed
            frame.loc[one, "numerics"] = numerics
            other = type(table).from_pandas(frame, schema=table.schema, preserve_index=False)
            run.folder.store.write(name, encode_commit(other, siblings))
    return open_run(run.path)


def test_a_training_that_does_not_repeat_is_refused(tmp_path):
    run = run_study(small_study(replicates=1), tmp_path, workers=0)
    trial_id = run.trials["trial_id"][1]
    other = with_other_scores(run, trial_id, "another machine")
    told = (
        rf"trial {trial_id}, trained again, has validation_loss = .* where the table holds .* "
        r"\(trained on another machine, now on numpy .*\); nothing is exported"
    )
    with pytest.raises(ResourceError, match=told) as caught:
        other.export(trial_id)
    assert len(str(caught.value).splitlines()) == 1
    assert other.export(other.trials["trial_id"][0]).classes[3] == "3"


def test_data_that_changed_since_are_refused(tmp_path):
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.standard_normal((80, 3)), columns=list("abc"))
    frame["label"] = np.where(frame["a"] > 0, "up", "down")
    frame.to_csv(tmp_path / "t.csv", index=False)
    table = {"kind": "table", "path": str(tmp_path / "t.csv"), "target": "label"}
    recipe = recipe_from({"task": table, "epochs": 2, "width": 4})
    study = small_study(recipe=recipe, design=Grid.of({"activation": ["tanh"]}), replicates=1)
    run = run_study(study, tmp_path, workers=0)
    model = run.export(run.trials["trial_id"][0])
    assert model.inputs.names == ("a", "b", "c")
    assert set(model.predict(frame)) <= {"up", "down"}
    frame.head(70).to_csv(tmp_path / "t.csv", index=False)
    with pytest.raises(ResourceError, match="is not what the run was planned with"):
        run.export(run.trials["trial_id"][0])
