"""Planted effects: what a reader of a report sees of results whose truth is known.

Each test plants results into the frames of a finished run and looks at the answer, the forest, the
final scores and the checks, where an earlier state of them was measured to mislead.
"""

from __future__ import annotations

import math
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from paribus.cluster.launch.running import run_study
from paribus.core.engine.scoring import EVALUATED_TRAINING_EXAMPLES
from paribus.core.inference.planning import break_even
from paribus.reports.charts import final_scores, paired_differences
from paribus.reports.charts.panels import arm_names
from paribus.reports.sections.answer import answer
from paribus.reports.sections.methods import section as methods
from paribus.reports.sections.trust import checks
from paribus.reports.statistics.analysis import Analysis, analyse
from paribus.reports.statistics.effects import Conditions, paired_effects
from paribus.reports.statistics.estimates import arm_estimate
from paribus.reports.statistics.frames import Results, results_of
from paribus.reports.statistics.margins import Verdict
from paribus.studies.designs.grid import Grid
from paribus.studies.estimands import variance_factor
from paribus.studies.files.drafts import recipe_from
from paribus.studies.files.study_files import load_study
from paribus.studies.metrics import METRICS
from small import small_study

ARMS, REPLICATES, EXAMPLES = 8, 10, 72
ACCURACY, LOSS = METRICS["validation_accuracy"], METRICS["validation_loss"]
GRID = {"activation": ["sigmoid", "relu"], "initialiser": ["xavier", "he"], "depth": [2, 3]}
BASE, RELU, HE, BOTH = 0, 4, 2, 6
"""Arms of two layers: sigmoid and Xavier, and what changes one or both of these."""


@pytest.fixture(scope="module")
def results(tmp_path_factory) -> Results:
    """Eight arms and ten replicates."""
    study = small_study(design=Grid.of(GRID), replicates=REPLICATES)
    return results_of(run_study(study, tmp_path_factory.mktemp("planted"), workers=0))


def planted(
    results: Results, column: str, values: np.ndarray, diverged: object = False, **study: object
) -> Analysis:
    """Analyse results whose ``column`` is ``values``, shape (arms, replicates).

    Where ``diverged``, a training has no value and its status says so.
    """
    trials = results.trials
    at = trials["arm"].to_numpy(), trials["replicate"].to_numpy()
    gone = np.broadcast_to(np.asarray(diverged), values.shape)[at]
    trials = trials.assign(
        **{column: np.where(gone, np.nan, values[at])},
        status=np.where(gone, "diverged", "ok"),
    )
    asked = replace(results.study, metric=column, **study)
    return analyse(replace(results, trials=trials, study=asked))


def bound(studies: int, rate: float = 0.05) -> float:
    """Return what an error rate may be over so many studies: 2.5 sd more."""
    return rate + 2.5 * math.sqrt(rate * (1 - rate) / studies)


def claims(values: np.ndarray, conditions: Conditions) -> list:
    """Return the effects of accuracies, shape (arms, replicates), against the first arm."""
    return paired_effects(ACCURACY, pd.DataFrame(values.T), 0, conditions)


# Rounding and counts


@pytest.mark.parametrize(("arms", "pairs"), [(100, 3), (30, 6), (12, 10)])
def test_few_examples_and_many_arms_make_no_certainty(arms, pairs):
    """Three pairs of 72 examples claimed a difference in .35 to .48 of null studies of 100 arms."""
    rng = np.random.default_rng([arms, pairs])
    studies, step = 40, Conditions(step=1 / EXAMPLES)
    wrong = sum(
        any(e.clear for e in claims(rng.binomial(EXAMPLES, 0.96, (arms, pairs)) / EXAMPLES, step))
        for _ in range(studies)
    )
    assert wrong / studies <= (0 if pairs < 6 else bound(studies))


def test_pairs_that_differ_by_one_example_have_an_interval_of_counts(results):
    """Rounding left a spread of 1e-17: an interval without width, and p = 7e-30."""
    counts = np.tile(np.arange(REPLICATES) + 10.0, (ARMS, 1))
    counts[RELU] += 1
    analysis = planted(results, "validation_accuracy", counts * results.grain)
    effect = analysis.effects[RELU]
    assert effect.alike
    assert effect.p == pytest.approx(2 / 2**REPLICATES)
    assert effect.high - effect.low > 0.8 * results.grain
    said = answer(analysis).qualification
    points = re.search(r"\+([\d.]+) points \[([−\d.]+), ([\d.]+)\]", said)
    low, high = (float(points[k].replace("−", "-")) for k in (2, 3))
    assert high - low > 0.8 * 100 * results.grain


# Survivors


def survivors() -> tuple[np.ndarray, np.ndarray]:
    """Return accuracies and divergence: one of ten of the first arm to be named is there."""
    rng = np.random.default_rng(1)
    values = 0.7 + rng.normal(0, 0.005, (ARMS, REPLICATES))
    values[RELU] += 0.25
    values[HE] += 0.1
    gone = np.zeros(values.shape, bool)
    gone[RELU, 1:] = True
    return values, gone


def test_answer_forest_and_final_scores_name_the_same_best_arm(results):
    """An arm of which one replicate of ten survived was named best, at 95 %."""
    values, gone = survivors()
    analysis = planted(results, "validation_accuracy", values, gone)
    best = arm_names(analysis)[HE]
    assert analysis.results.contrast == HE
    assert "with He weights, 79.9 %" in answer(analysis).sentence
    drawn = paired_differences.frames(analysis).effects
    assert drawn["arm"].iloc[-1] == best
    worst = drawn.iloc[0]
    assert (worst["arm"], worst["clear"]) == (arm_names(analysis)[RELU], "worse")
    assert (worst["mean"], worst["lost"]) == (-math.inf, 9)
    final = final_scores.frames(analysis)
    assert best in final_scores.figure(analysis).takeaway
    assert final.medians.sort_values("mid")["arm"].iloc[-1] == best
    assert arm_names(analysis)[RELU] not in set(final.medians["arm"])
    assert final.lost.set_index("arm")["diverged"][arm_names(analysis)[RELU]] == 9


def test_nine_of_ten_diverged_is_the_headline(results):
    """The one survivor's 95 % was said without a word about the others."""
    values, gone = survivors()
    contrast = (("activation", "relu"),)
    analysis = planted(results, "validation_accuracy", values, gone, contrast=contrast)
    said = answer(analysis)
    assert "9 of 10 replicates have none (90 % [55 %, 100 %])" in said.sentence
    assert "95.0" not in said.sentence
    assert "worse" in said.qualification
    assert "In 9 pairs an arm has no value" in said.qualification
    assert ("diverged", "9") in said.figures


def test_the_trial_that_the_readme_exports_has_a_score(results):
    """A sort puts what has no value last, so that the line chose a diverged trial as the best."""
    values, gone = survivors()
    trials = planted(results, "validation_accuracy", values, gone).results.trials
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    [line] = re.findall(r"^best = .*$", readme, re.MULTILINE)
    names: dict = {"run": replace(results, trials=trials)}
    exec(line, names)
    chosen = trials.set_index("trial_id").loc[names["best"]]
    assert chosen["status"] == "ok"
    assert chosen["validation_accuracy"] == trials["validation_accuracy"].max()


def test_perfect_replicates_stay(results):
    """On the logarithm five losses of zero of eight vanished, and with them the better arm."""
    rng = np.random.default_rng(2)
    losses = np.exp(rng.normal(-2, 0.2, (ARMS, REPLICATES)))
    losses[RELU] *= 0.1
    losses[RELU, :6] = 0.0
    analysis = planted(results, "validation_loss", losses)
    assert analysis.results.contrast == RELU
    assert (analysis.effect.n, analysis.effect.wins.k) == (REPLICATES, REPLICATES)
    assert "the median validation loss is 0, as" in answer(analysis).sentence
    assert "0 [0" in answer(analysis).qualification
    drawn = paired_differences.frames(analysis).effects
    assert (drawn["arm"].iloc[0], drawn["clear"].iloc[0]) == (arm_names(analysis)[RELU], "better")


# Level, and ignorance


def test_level_needs_the_interval_inside_the_margin(results):
    """[.13, 8] around 1 was said to be level."""
    luck = np.tile(np.linspace(-1, 1, REPLICATES), (ARMS, 1))
    narrow, wide = (
        answer(planted(results, "speed_ratio", np.exp(sd * luck), margin=0.25)).sentence
        for sd in (0.1, 3.0)
    )
    assert "level from layer to layer" in narrow
    assert "level" not in wide
    assert "perhaps not at all" in wide


# The best of many


@pytest.mark.parametrize("arms", [8, 16, 35])
def test_the_best_of_many_is_rarely_said_to_differ(arms):
    """The sentence claimed a difference in .11, .16 and .23 of such studies."""
    rng = np.random.default_rng(arms)
    studies = 1200 // arms
    wrong = sum(
        any(e.clear for e in claims(rng.normal(0, 1, (arms, REPLICATES)), Conditions()))
        for _ in range(studies)
    )
    assert wrong / studies <= bound(studies)


@pytest.mark.parametrize("seed", range(4))
def test_sentence_colour_and_interval_agree(results, seed):
    """Colour was adjusted for the number of arms, intervals and sentence were not."""
    rng = np.random.default_rng(seed)
    shifts = np.linspace(0, 0.03, ARMS)[:, None]
    values = 0.8 + 0.01 * rng.normal(size=(ARMS, REPLICATES)) + shifts
    analysis = planted(results, "validation_accuracy", values)
    drawn = paired_differences.frames(analysis).effects.set_index("arm")
    assert 0 < (drawn["clear"] == "better").sum() < ARMS - 1
    for name, row in drawn.iterrows():
        excludes = row["lo"] > 0 or row["hi"] < 0
        assert excludes == (row["clear"] != "undecided"), name
        assert excludes <= (row["p"] <= 0.05), name
    named = drawn.loc[arm_names(analysis)[analysis.results.contrast]]
    undecided = analysis.verdict is Verdict.UNDECIDED
    assert undecided == (named["clear"] == "undecided")
    said = answer(analysis).qualification
    assert "best of 7" in said
    assert ("undecided with 10 pairs" in said) == undecided


# What replicates stand for


@pytest.mark.parametrize(("replicates", "before"), [(5, 0.91), (10, 0.86), (30, 0.64)])
def test_divisions_of_one_sample_cover_other_data_only_when_asked(replicates, before):
    """A sample of 60 examples, divided anew; the truth is the score over all samples' examples."""
    asked = small_study(estimand="data", replicates=replicates)
    data, seed = (
        variance_factor(study, replicates) for study in (asked, replace(asked, estimand="seed"))
    )
    held = (data - 1.0) / (data - 1.0 + replicates)  # the share of rows that are scored
    rng = np.random.default_rng(replicates)
    rows, studies = 60, 400
    scored = round(rows * held)
    covered = dict.fromkeys((seed, data), 0)
    for _ in range(studies):
        sample = rng.normal(0, 0.05, rows)
        order = rng.permuted(np.tile(np.arange(rows), (replicates, 1)), axis=1)
        values = 0.5 + sample[order[:, :scored]].mean(axis=1) + rng.normal(0, 0.012, replicates)
        for factor in covered:
            shown = arm_estimate(ACCURACY, values, np.zeros(replicates), factor)
            covered[factor] += shown.low <= 0.5 <= shown.high
    assert seed == 1.0
    assert covered[seed] / studies < before + 0.06
    assert covered[data] / studies >= 1 - bound(studies)


def test_the_answer_says_what_its_intervals_are_about(results):
    values = 0.8 + 0.01 * np.random.default_rng(3).normal(size=(ARMS, REPLICATES))
    seeds = planted(results, "validation_accuracy", values)
    data = planted(results, "validation_accuracy", values, estimand="data")
    assert "other seeds and divisions of the same data" in answer(seeds).qualification
    assert "as replicates share examples" in answer(data).qualification
    for arm, effect in seeds.effects.items():
        assert data.effects[arm].high - data.effects[arm].low > 1.3 * (effect.high - effect.low)


# Two groups of runs


@pytest.mark.parametrize(("n", "before"), [(5, 0.41), (10, 0.65), (20, 0.88)])
def test_runs_stuck_at_chance_are_flagged_and_the_median_stands_beside(n, before):
    """One run in ten is stuck. The t-interval misses the mean as often as ever, now with a flag.

    What misses it without a flag are samples without any stuck run, .59 of them at n = 5, which
    no number computed from them can tell.
    """
    rng = np.random.default_rng(n)
    studies, missed, silent, blind, middle = 400, 0, 0, 0, 0
    for _ in range(studies):
        stuck = rng.random(n) < 0.1
        values = np.where(stuck, 0.1, rng.normal(0.93, 0.02, n))
        shown = arm_estimate(ACCURACY, values, np.zeros(n))
        misses = not shown.low <= 0.9 * 0.93 + 0.1 * 0.1 <= shown.high
        missed += misses
        silent += misses and shown.shape.plain and stuck.any()
        blind += misses and shown.shape.plain
        true_median = 0.93 + 0.02 * -0.1397  # Φ⁻¹(0.4 / 0.9)
        middle += not math.isnan(shown.median_low) and not (
            shown.median_low <= true_median <= shown.median_high
        )
    assert 1 - missed / studies == pytest.approx(before, abs=0.07)
    assert silent / studies <= 0.02
    assert blind / studies <= 0.9**n + bound(studies, 0.02)
    assert middle / studies <= bound(studies)


def test_the_sentence_says_two_groups(results):
    values = 0.9 + 0.004 * np.random.default_rng(4).normal(size=(ARMS, REPLICATES))
    values[BASE, 3] = 0.1
    said = answer(planted(results, "validation_accuracy", values)).sentence
    assert "(two groups: 1 of 10 replicates below 49.7 %; median 89.8 %)" in said
    detail = answer(planted(results, "validation_accuracy", values)).qualification
    assert "median 89.8 % [89.3, 90.1]" in detail


def test_an_unfinished_run_says_so(results):
    part = replace(results, trials=results.trials[results.trials["replicate"] < 6])
    assert "48 of 80 trials are finished." in answer(analyse(part)).qualification


def test_a_second_look_says_so(tmp_path):
    study = small_study(design=Grid.of({"depth": [2, 3]}), replicates=6)
    first = results_of(run_study(study, tmp_path, workers=0))
    again = results_of(run_study(replace(study, replicates=7), tmp_path, workers=0))
    assert "look" not in answer(analyse(first)).qualification
    assert "This is look 2" in answer(analyse(again)).qualification


# Scales and directions


def test_perfect_replicates_neither_leave_the_scale_nor_drop_out():
    """On the bare logit perfect replicates were dropped, and .21 of intervals held the mean."""
    rng = np.random.default_rng(5)
    studies = 400
    shown = [
        arm_estimate(ACCURACY, rng.binomial(EXAMPLES, 0.97, REPLICATES) / EXAMPLES, np.zeros(10))
        for _ in range(studies)
    ]
    assert all(e.high <= 1.0 and e.n == REPLICATES for e in shown)
    covered = sum(e.low <= 0.97 <= e.high for e in shown)
    assert covered / studies >= 1 - bound(studies)
    assert {metric.scale for metric in METRICS.values()} == {"linear", "log"}


@pytest.mark.parametrize(
    ("factor", "words"),
    [
        (0.80, "better, but perhaps by too little to matter"),
        (0.70, "better by an amount that matters"),
        (1.30, "worse by an amount that matters"),
        (1.20, "worse, but perhaps by too little to matter"),
    ],
)
def test_a_quarter_is_a_quarter_in_both_directions(results, factor, words):
    """×.80 counted as "at least 25 %", and the verdict did not say better or worse."""
    luck = np.random.default_rng(6).normal(0, 0.2, REPLICATES)
    own = np.random.default_rng(7).normal(0, 0.02, (ARMS, REPLICATES))
    losses = np.exp(luck + own)
    losses[RELU] *= factor
    if words.endswith("too little to matter"):
        losses[RELU] *= np.exp(np.linspace(-0.12, 0.12, REPLICATES))
    contrast = (("activation", "relu"),)
    said = answer(planted(results, "validation_loss", losses, margin=0.25, contrast=contrast))
    assert f": {words}." in said.qualification
    assert "at least 25 % more or less" in said.judged


def test_nearer_one_compares_distances(results):
    """×4 and ×1/4 are equally far from level; as ratios they differed by ×16."""
    ratios = np.full((ARMS, REPLICATES), 4.0)
    ratios[RELU] = 0.25
    ratios *= np.exp(np.random.default_rng(8).normal(0, 0.05, ratios.shape))
    contrast = (("activation", "relu"),)
    analysis = planted(results, "speed_ratio", ratios, margin=0.25, contrast=contrast)
    assert "times as far from level: no difference that matters." in answer(analysis).qualification
    assert abs(analysis.effect.mean) < 0.1


def test_an_epoch_has_no_better_direction(results):
    epochs = 3.0 + np.random.default_rng(9).integers(0, 3, (ARMS, REPLICATES))
    analysis = planted(results, "best_epoch", epochs)
    assert analysis.results.contrast is None
    assert "No value of the epoch of the lowest validation loss is better" in (
        answer(analysis).qualification
    )


def test_pairing_helps_below_the_break_even_ratio_only(results):
    """A variance ratio of .95 was said to help; its fewer degrees of freedom need .86."""
    assert break_even(REPLICATES) == pytest.approx(0.86, abs=0.01)

    rng = np.random.default_rng(10)
    noise = rng.normal(size=(ARMS, REPLICATES))
    noise -= noise.mean(axis=1, keepdims=True)
    base = noise[0] / np.linalg.norm(noise[0])
    noise[1:] -= np.outer(noise[1:] @ base, base)  # uncorrelated with the baseline
    noise *= 0.01 / noise.std(axis=1, keepdims=True)
    for shared, helps in ((0.05, False), (0.9, True)):
        values = 0.5 + noise
        values[1:] += shared * noise[0]
        analysis = planted(results, "validation_accuracy", values)
        (one,) = (check for check in checks(analysis) if check.title == "Pairing")
        ratio = analysis.trust.pairing.variance_ratio
        assert ratio == pytest.approx((1 + (1 - shared) ** 2) / (2 + shared**2))
        assert ("pairing helps." in one.sentence) == helps
        assert ("pairing does not help here." in one.sentence) != helps


# Training scores


def test_final_training_scores_are_of_all_rows_and_the_limit_is_said(tmp_path):
    """Scores of the first 10,000 rows passed for those of all."""
    rows = EVALUATED_TRAINING_EXAMPLES + 2000
    table = {
        "task": {"kind": "blobs", "examples": rows + 400, "noise": 2.0},
        "hidden": [2],
        "split": {"kind": "random", "validation": 0.02, "test": 0.02},
        "batch_size": 1000,
        "epochs": 1,
    }
    study = small_study(recipe=recipe_from(table), design=Grid(), replicates=1)
    results = results_of(run_study(study, tmp_path, workers=0))
    (trial,) = results.trials.to_dict("records")
    (curve,) = results.epochs["train_accuracy"].iloc[-1:]
    scored = trial["train_examples_scored"]
    assert scored > EVALUATED_TRAINING_EXAMPLES
    for accuracy, count in ((trial["train_accuracy"], scored), (curve, 10_000)):
        right = accuracy * count
        assert right == pytest.approx(round(right), abs=1e-6)
    assert trial["train_accuracy"] != curve
    assert "first 10,000" in str(methods(analyse(results)))


# One change at a time


def test_a_headline_of_two_changes_is_taken_apart(results):
    """×.233 was the headline of activation and initialiser together."""
    alone = {BASE: 1.0, RELU: 0.305, HE: 0.742, BOTH: 0.233}
    rng = np.random.default_rng(11)
    losses = np.exp(rng.normal(0, 0.1, REPLICATES) + rng.normal(0, 0.02, (ARMS, REPLICATES)))
    for arm, factor in alone.items():
        losses[arm] *= factor
    contrast = (("activation", "relu"), ("initialiser", "he"))
    said = answer(planted(results, "validation_loss", losses, contrast=contrast)).qualification
    apart = said[said.index("one change at a time:") :]
    ratios = [float(x) for x in re.findall(r"alone ×([\d.]+)", apart)]
    assert ratios == pytest.approx([0.305, 0.742], rel=0.03)
    headline = float(re.search(r"by ×([\d.]+)", said)[1])
    assert headline == pytest.approx(0.233, rel=0.03)


def test_a_margin_is_over_all_layers():
    """A factor of ×69 over 20 layers is ×1.25 for each: "no difference that matters" of 25 %."""
    for name in ("exploding-gradient", "vanishing-gradient"):
        study = load_study(name)
        assert study.margin
        assert study.primary is METRICS["speed_ratio"]
