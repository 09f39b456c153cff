from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from paribus.cluster.folder.tables import tables_of
from paribus.cluster.launch.running import run_study
from paribus.reports.charts import CHARTS, final_scores
from paribus.reports.language.luck import luck_words
from paribus.reports.page.report import page
from paribus.reports.sections.answer import answer
from paribus.reports.sections.methods import methods
from paribus.reports.sections.reload import snippet
from paribus.reports.sections.trials import trial_table
from paribus.reports.sections.trust import checks
from paribus.reports.statistics.analysis import analyse
from paribus.reports.statistics.estimates import estimate
from paribus.reports.statistics.folds import means_over_folds
from paribus.reports.statistics.frames import results_of, with_metrics
from paribus.reports.statistics.pairing import luck_of
from paribus.studies.designs.grid import Grid
from paribus.studies.files.drafts import recipe_from
from scipy import stats
from small import small_study

FOLDS, REPLICATES = 3, 4
TABLES = tables_of()


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    split = {"kind": "k-fold", "folds": FOLDS, "test": 0.7, "stratified": True}
    table = {"task": "digits", "hidden": [6, 6], "epochs": 2, "batch_size": 60, "split": split}
    study = small_study(
        "folded",
        recipe=recipe_from(table),
        design=Grid.of({"activation": ["tanh", "relu"]}),
        replicates=REPLICATES,
    )
    return run_study(study, tmp_path_factory.mktemp("folds"), workers=0)


def planted(run, score):
    """Return results whose validation accuracy is ``score`` of (arm, replicate, fold)."""
    results = results_of(run)
    t = results.trainings.copy()
    t["validation_accuracy"] = [
        score(a, r, f) for a, r, f in zip(t["arm"], t["replicate"], t["fold"], strict=True)
    ]
    scored = t.drop(columns=["speed_ratio", "layer_factor", "loss_rise"])
    trials = means_over_folds({"trials": scored}, TABLES, FOLDS)["trials"]
    return replace(results, trials=trials, by_fold=t)


DRAWS = np.random.default_rng(3).normal(0, 0.02, (2, REPLICATES, FOLDS))


def test_means_intervals_and_pairs_by_hand(run):
    """Everything is over the four replicates; the twelve folds never count as twelve."""
    results = planted(run, lambda a, r, f: 0.6 + 0.03 * a + DRAWS[a, r, f])
    means = 0.6 + 0.03 * np.arange(2)[:, None] + DRAWS.mean(axis=2)
    assert len(results.trials) == 2 * REPLICATES
    for arm in range(2):
        mine = results.trials[results.trials["arm"] == arm]["validation_accuracy"]
        found = estimate(mine, "linear")
        low, high = stats.t.interval(0.95, 3, means[arm].mean(), stats.sem(means[arm]))
        assert (found.mean, found.low, found.high, found.n) == pytest.approx(
            (means[arm].mean(), low, high, 4)
        )
    (effect,) = analyse(results).effects.values()
    d = means[1] - means[0]
    assert (effect.mean, effect.spread) == pytest.approx((d.mean(), d.std(ddof=1)))
    assert (effect.n, effect.lost) == (4, 0)
    assert effect.correlation == pytest.approx(np.corrcoef(means)[0, 1])


def test_a_replicate_with_a_fold_without_a_score_has_none(run):
    lost = (1, 2, 0)
    results = planted(run, lambda a, r, f: np.nan if (a, r, f) == lost else 0.6 + DRAWS[a, r, f])
    scores = results.trials.set_index(["arm", "replicate"])["validation_accuracy"]
    assert list(scores.index[scores.isna()]) == [(1, 2)]
    (effect,) = analyse(results).effects.values()
    assert (effect.n, effect.lost) == (3, 1)


def test_measured_frames_are_the_means_of_their_folds(run):
    results = results_of(run)
    one = results.trainings[(results.trainings["arm"] == 1) & (results.trainings["replicate"] == 2)]
    (mine,) = results.trials[results.trials["trial_id"] == one["trial_id"].iloc[0]].to_dict(
        "records"
    )
    assert mine["validation_loss"] == pytest.approx(one["validation_loss"].mean())
    assert mine["best_epoch"] == pytest.approx(one["best_epoch"].mean())
    curve = results.epochs[results.epochs["trial_id"] == mine["trial_id"]]
    assert list(curve["epoch"]) == [0, 1, 2]
    end = run.epochs[run.epochs["trial_id"].isin(one["trial_id"]) & (run.epochs["epoch"] == 2)]
    assert curve["validation_loss"].iloc[-1] == pytest.approx(end["validation_loss"].mean())
    start = run.layers[run.layers["trial_id"].isin(one["trial_id"]) & (run.layers["step"] == 0)]
    speeds = start.groupby("layer")["mean_delta_norm"].mean()
    assert mine["speed_ratio"] == pytest.approx(speeds[2] / speeds[1])
    assert mine["loss_rise"] == pytest.approx(
        one["validation_loss"].mean() / one["best_validation_loss"].mean()
    )
    assert len(results.layers) * FOLDS == len(run.layers)


def frames(steps: list[list[int]], statuses: list[str]):
    """Return one replicate's frames whose folds were probed at these steps, two epochs if ok."""
    ids = [f"t-{fold}" for fold in range(len(steps))]
    trials = pd.DataFrame({"trial_id": ids, "arm": 0, "replicate": 0, "fold": range(len(ids))})
    trials["status"] = statuses
    for name in TABLES["trials"].averaged:
        trials[name] = [1.0 if s == "ok" else np.nan for s in statuses]
    epochs = pd.DataFrame(
        [(i, e) for i, s in zip(ids, statuses, strict=True) for e in range(3 if s == "ok" else 2)],
        columns=["trial_id", "epoch"],
    )
    epochs[["train_loss", "train_accuracy", "validation_loss", "validation_accuracy"]] = 0.5
    layers = pd.DataFrame(
        [(i, step, step) for i, each in zip(ids, steps, strict=True) for step in each],
        columns=["trial_id", "step", "mean_delta_norm"],
    )
    layers = layers.assign(layer=1, epoch=0.0, is_output=False)
    for name in set(TABLES["layers"].averaged) - set(layers.columns):
        layers[name] = 1.0
    return {"trials": trials, "epochs": epochs, "layers": layers}


def test_folds_with_a_step_more_are_matched_probe_by_probe():
    parts = frames([[0, 10, 20], [0, 11, 22], [0, 11, 22]], ["ok"] * 3)
    found = means_over_folds(parts, TABLES, 3)["layers"]
    assert list(found["step"]) == [0, 10, 20]
    assert list(found["mean_delta_norm"]) == pytest.approx([0, 32 / 3, 64 / 3])


@pytest.mark.parametrize("status", ["diverged", "failed"])
def test_curves_end_with_the_first_fold_that_does(status):
    parts = frames([[0, 1, 2], [0, 1], [0, 1, 2]], ["ok", status, "ok"])
    trials, epochs, layers = means_over_folds(parts, TABLES, 3).values()
    assert trials["status"].tolist() == [status]
    assert math.isnan(trials["validation_loss"].iloc[0])
    assert list(epochs["epoch"]) == [0, 1]
    assert list(layers["step"]) == [0, 1]


def test_a_fold_that_is_not_finished_leaves_no_score():
    parts = frames([[0, 1]] * 3, ["ok"] * 3)
    gone = {name: frame[frame["trial_id"] != "t-1"] for name, frame in parts.items()}
    found, curves, profile = means_over_folds(gone, TABLES, 3).values()
    assert found["validation_accuracy"].isna().all()
    assert curves.empty
    assert profile.empty


def test_the_report_says_how_selection_was_done(run):
    results = results_of(run)
    text = page(results)
    analysis = analyse(results)
    selection = dict(methods(analysis))["Selection"]
    assert "3-fold cross-validation" in selection
    assert "class by class" in selection
    assert "count replicates" in selection
    assert "4 replicates, each the mean over 3 folds" in answer(analysis).qualification
    assert ("arms × replicates × folds", "2 × 4 × 3") in answer(analysis).figures
    assert ("trials", "24") in answer(analysis).figures
    assert "24 of 24 trials are finished" in text
    assert "the mean over its folds" in text
    table = trial_table(analysis)
    assert table.heads[:3] == ["activation", "replicate", "fold"]
    assert len(table.rows) == 24
    assert 'groupby(["arm", "replicate"])' in snippet(analysis)
    assert "(n = 4)" in text
    assert "n = 12" not in text
    assert len(final_scores.frames(analysis).scores) == 2 * REPLICATES


@pytest.mark.parametrize("metric", ["validation_loss", "loss_rise"])
def test_the_snippet_averages_over_folds_as_the_page_does(run, metric, monkeypatch):
    """A ratio is one of means, not a mean of ratios."""
    monkeypatch.chdir(run.path.parent)
    results = results_of(run)
    asked = replace(results, study=replace(results.study, metric=metric))
    code = snippet(analyse(asked)).replace("describe()", "mean()")
    lines = code.splitlines()
    last = next(
        i for i, line in enumerate(lines) if line.endswith(".mean()") and "scores.g" in line
    )
    lines[last] = f"means = {lines[last]}"
    names: dict = {}
    exec(compile("\n".join(lines), "snippet", "exec"), names)
    expected = results.trials.groupby("label")[metric].mean()
    assert names["means"].to_dict() == pytest.approx(expected.to_dict())


def test_an_unfinished_cross_validation_reports_what_it_has(run):
    results = results_of(run)
    few = results.trainings[results.trainings["fold"] == 0]
    epochs, layers = (
        f[f["trial_id"].isin(few["trial_id"])] for f in (results.epochs, results.layers)
    )
    scored = few.drop(columns=["speed_ratio", "layer_factor", "loss_rise"])
    parts = {"trials": scored, "epochs": epochs, "layers": layers}
    means = means_over_folds(parts, TABLES, FOLDS)
    part = replace(
        results,
        trials=with_metrics(means),
        epochs=means["epochs"],
        layers=means["layers"],
        by_fold=few,
    )
    analysis = analyse(part)
    assert [chart(analysis) for chart in CHARTS.values()] == [None] * len(CHARTS)
    assert "no replicate has a validation accuracy" in answer(analysis).sentence
    assert "8 of 24 trials are finished" in page(part)


def test_without_folds_the_report_is_over_trainings(small_run):
    results = results_of(small_run)
    assert results.trainings is results.trials
    analysis = analyse(results)
    assert dict(methods(analysis))["Selection"] == (
        "Arms are compared on the validation set. Each replicate is one training per arm."
    )
    assert 'trials.groupby("arm")' in snippet(analysis)
    tested = replace(results, study=replace(results.study, metric="test_accuracy"))
    assert "flattered" in dict(methods(analyse(tested)))["Selection"]
    assert [check.title for check in checks(analysis)][:2] == ["Complete", "Failed"]


def test_what_varies_and_what_is_fixed_is_said():
    assert luck_words(luck_of(small_study())) == (
        "What varies with the replicate: split, initial draws and batch order."
    )
    fixed = small_study(luck=(("split", 0), ("order", 2)))
    assert luck_words(luck_of(fixed)) == (
        "What varies with the replicate: initial draws. "
        "The same in all replicates: split (integer 0) and batch order (integer 2)."
    )
    alone = small_study(luck=(("split", 0), ("initialisation", 0), ("order", 0)), replicates=1)
    assert luck_words(luck_of(alone)).startswith("Nothing varies with the replicate. ")
