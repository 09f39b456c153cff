"""Verdicts on published numbers: how often they err, and what they say of planted runs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from paribus.reports.statistics.frames import results_of
from paribus.reports.statistics.judges import ClaimVerdict, Measured, back, onto, verdict
from paribus.reports.statistics.verdicts import FAMILY_WISE, judge
from paribus.studies.expectations import Expectation
from scipy import stats

STUDIES = 200
BOUND = float(stats.binom.ppf(0.999, STUDIES, 0.05)) / STUDIES
FAILS = {ClaimVerdict.CONTRADICTED}
HOLDS = {ClaimVerdict.REPRODUCED, ClaimVerdict.CONSISTENT}


def normal(rng, p, n):
    return np.exp(rng.standard_normal((p, n)))


def heavy(rng, p, n):
    return np.exp(rng.standard_t(3, (p, n)))


def accuracies(rng, p, n):
    return rng.binomial(200, 0.99, (p, n)) / 200


LAWS = {"log-normal": (normal, "log"), "t3": (heavy, "log"), "counts": (accuracies, "share")}


def verdicts(law, n, p=1, wrongs=0, shift=1.0, studies=STUDIES):
    """Judge simulated publications of one run by n replicates; wrong recipes have the same law."""
    draw, scale = LAWS[law]
    rng = np.random.default_rng([n, p, wrongs])
    met = []
    for _ in range(studies):
        published = draw(rng, p, 1)[:, 0] * shift
        claims = [Expectation("c", "test_loss", y, scale=scale, family="f") for y in published]
        right, *wrong = (Measured(tuple(draw(rng, p, n)), (0,) * p) for _ in range(1 + wrongs))
        met.append(verdict(claims, right, wrong, 0.05)[0])
    return np.array(met)


@pytest.mark.parametrize("p", [1, 9])
@pytest.mark.parametrize("n", [2, 5, 10, 30])
@pytest.mark.parametrize("law", LAWS)
def test_true_claims_are_seldom_contradicted(law, n, p):
    assert np.isin(verdicts(law, n, p), list(FAILS)).mean() <= BOUND


@pytest.mark.parametrize("wrongs", [1, 3])
@pytest.mark.parametrize("n", [2, 5, 30])
@pytest.mark.parametrize("law", LAWS)
def test_recipes_of_one_law_are_seldom_told_apart(law, n, wrongs):
    met = verdicts(law, n, wrongs=wrongs)
    assert (met == ClaimVerdict.REPRODUCED).mean() <= BOUND


@pytest.mark.parametrize(("n", "p"), [(5, 1), (10, 1), (10, 9), (100, 1), (100, 9)])
def test_a_true_single_run_is_borne_out(n, p):
    assert np.isin(verdicts("log-normal", n, p), list(HOLDS)).mean() >= 0.9


def test_with_too_few_replicates_nothing_is_borne_out():
    for n, p in ((2, 1), (3, 1), (5, 9)):
        assert not np.isin(verdicts("log-normal", n, p), list(HOLDS)).any()


def test_a_recipe_three_sd_off_is_contradicted():
    far = float(np.exp(4.5))
    assert (verdicts("log-normal", 30, shift=far) == ClaimVerdict.CONTRADICTED).mean() > 0.85


@pytest.mark.parametrize(("n", "runs"), [(10, 0), (10, 500), (100, 500)])
def test_a_true_median_is_seldom_contradicted(n, runs):
    """By ±10 % alone the true recipe failed in 30 of 100 studies of ten replicates."""
    rng = np.random.default_rng(n + runs)
    spread, met = 0.25, []
    for _ in range(STUDIES):
        theirs = float(np.median(np.exp(spread * rng.standard_normal(runs)))) if runs else 1.0
        claim = Expectation("c", "speed_ratio", theirs, judge="median", runs=runs)
        right = Measured((np.exp(spread * rng.standard_normal(n)),), (0,))
        met.append(verdict([claim], right, [], 0.05)[0])
    assert np.isin(met, list(FAILS)).mean() <= BOUND
    if runs:
        assert np.isin(met, list(HOLDS)).mean() >= 0.9


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_a_share_at_its_end_is_a_number_as_others(value):
    claim = Expectation("c", "test_accuracy", 0.99, scale="share")
    values = np.array([0.99, 0.98, value, 0.985, 0.992])
    right = Measured((values,), (0,))
    fate, (reading,), _ = verdict([claim], right, [], 0.05)
    assert fate is ClaimVerdict.CONSISTENT
    assert reading.low >= 0
    assert reading.high <= 1
    assert back("share", float(onto("share", np.array([value]))[0])) == pytest.approx(value)


def test_a_value_off_the_scale_never_contradicts():
    rng = np.random.default_rng(0)
    claim = Expectation("c", "test_loss", 1e6)
    values = np.exp(rng.standard_normal(30))
    assert verdict([claim], Measured((values,), (0,)), [], 0.05)[0] is ClaimVerdict.CONTRADICTED
    values[3] = 0.0
    assert verdict([claim], Measured((values,), (0,)), [], 0.05)[0] is ClaimVerdict.INCONCLUSIVE
    zero = replace(claim, published=0.0)
    values[3] = 1.0
    assert verdict([zero], Measured((values,), (0,)), [], 0.05)[0] is ClaimVerdict.INCONCLUSIVE


def test_every_wrong_recipe_must_be_told_apart():
    rng = np.random.default_rng(1)
    claim = Expectation("c", "test_loss", 1.0)
    right = Measured((np.exp(rng.standard_normal(200)),), (0,))
    far = Measured((np.exp(20 + rng.standard_normal(200)),), (1,))
    near = Measured((np.exp(rng.standard_normal(200)),), (2,))
    gone = Measured((np.full(200, np.nan),), (3,))
    for wrong, fate, apart in (
        ([far], "reproduced", [True]),
        ([far, near], "consistent", [True, False]),
        ([far, gone], "consistent", [True, None]),
        ([], "consistent", []),
    ):
        met = verdict([claim], right, wrong, 0.05)
        assert (met[0], met[2]) == (fate, apart)


def test_runs_of_different_arms_are_not_taken_for_one_run():
    """Arms share their luck within a replicate; a publication's runs do not."""
    rng = np.random.default_rng(2)
    missed = 0
    for _ in range(STUDIES):
        luck = rng.standard_normal(60)
        rows = tuple(np.exp(luck) for _ in range(9))
        claims = [Expectation("c", "test_loss", float(np.exp(z))) for z in rng.standard_normal(9)]
        missed += verdict(claims, Measured(rows, tuple(range(9))), [], 0.05)[0] in FAILS
    assert missed / STUDIES <= BOUND


@pytest.mark.parametrize(
    ("k", "n", "published", "upper", "runs", "fate"),
    [
        (59, 59, 0.95, 1.0, 0, "consistent"),
        (58, 58, 0.95, 1.0, 0, "inconclusive"),
        (40, 59, 0.95, 1.0, 0, "contradicted"),
        (9, 10, 0.5, 1.0, 0, "consistent"),  # the sign test
        (7, 10, 0.5, 1.0, 0, "inconclusive"),
        (50, 100, 0.5, 0.0, 100, "consistent"),
        (90, 100, 0.5, 0.0, 100, "contradicted"),
        (1, 2, 0.5, 0.0, 2, "inconclusive"),
    ],
)
def test_rates(k, n, published, upper, runs, fate):
    claim = Expectation("c", "diverged", published, judge="rate", upper=upper, runs=runs)
    x = np.array([1.0] * k + [0.0] * (n - k))
    met, (reading,), _ = verdict([claim], Measured((x,), (0,)), [], 0.05)
    assert (met, reading.centre) == (fate, k / n)


@pytest.mark.parametrize(
    ("keys", "fate"),
    [
        ({"published": 1.05, "judge": "mean", "runs": 40}, "consistent"),
        ({"published": 1.05, "judge": "mean", "runs": 40, "spread": 0.1}, "consistent"),
        ({"published": 1.05, "judge": "mean", "runs": 40, "quantiles": (0.8, 1.3)}, "consistent"),
        ({"published": 3.0, "judge": "mean", "runs": 40}, "contradicted"),
        ({"published": 0.2, "judge": "sd", "runs": 40}, "consistent"),
        ({"published": 0.7, "judge": "sd", "runs": 40}, "contradicted"),
        ({"published": 0.67, "upper": 1.48, "judge": "quantiles", "runs": 40}, "consistent"),
        ({"published": 0.97, "upper": 1.03, "judge": "quantiles", "runs": 40}, "contradicted"),
        ({"published": 0.8, "upper": 1.2, "judge": "range"}, "consistent"),
        ({"published": 1.0, "upper": 1.2, "judge": "range"}, "inconclusive"),
        ({"published": 1.3, "upper": 1.5, "judge": "range"}, "contradicted"),
        ({"published": 1.0, "judge": "median", "tolerance": 0.2}, "consistent"),
        ({"published": 1.0, "judge": "median", "tolerance": 0.01}, "inconclusive"),
    ],
)
def test_each_judge(keys, fate):
    """Forty values whose logarithms have mean 0 and sd .2."""
    z = stats.norm.ppf((np.arange(40) + 0.5) / 40)
    values = np.exp(0.2 * z / z.std(ddof=1))
    claim = Expectation("c", "test_loss", **keys)
    assert verdict([claim], Measured((values,), (0,)), [], 0.05)[0] == fate


def planted(small_run, value):
    results = results_of(small_run)
    trials = results.trials
    numbers = [value(a, k) for a, k in zip(trials["arm"], trials["replicate"], strict=True)]
    return replace(results, trials=trials.assign(validation_accuracy=numbers))


def test_a_run_is_judged_claim_by_claim_and_family_by_family(small_run):
    results = planted(small_run, lambda a, k: 0.5 + 0.01 * k + 0.3 * (a >= 2))
    own = (("activation", "tanh"), ("depth", 2))
    base = Expectation(
        "claim",
        "validation_accuracy",
        0.52,
        arm=own,
        scale="linear",
        rejects=((("activation", "relu"),),),
    )

    def judged(*expectations):
        return judge(replace(results, study=replace(results.study, expectations=expectations)))

    (one,) = judged(base)
    assert (one.verdict, one.alpha, one.family) == ("reproduced", FAMILY_WISE, "")
    (((wrong,),), (claim,)) = (one.rejected, one.claims)
    assert (wrong.path, wrong.label) == ("activation", "relu")
    assert (claim.reading.centre, len(claim.values), claim.asked) == (pytest.approx(0.52), 5, 5)
    (same,) = judged(replace(base, rejects=((("depth", 3),),)))
    assert (same.verdict, len(same.kept)) == ("consistent", 1)
    assert judged(replace(base, published=0.9))[0].verdict == "contradicted"
    assert judged(replace(base, arm=(("depth", 9),)))[0].verdict == "inconclusive"
    two = [replace(base, family="f"), replace(base, family="f", published=0.53), base]
    family, single = judged(*two)
    assert (family.family, len(family.claims), family.alpha, single.alpha) == ("f", 2, 0.025, 0.025)


def test_lost_replicates_are_counted(small_run):
    results = planted(small_run, lambda a, k: 0.5 + 0.01 * k if k else np.nan)
    expected = Expectation(
        "c", "validation_accuracy", 0.5, arm=(("activation", "tanh"), ("depth", 2)), scale="share"
    )
    study = replace(results.study, expectations=(expected,))
    ((claim,),) = (j.claims for j in judge(replace(results, study=study)))
    assert (len(claim.values), claim.asked) == (4, 5)


@pytest.mark.slow
def test_the_table_of_error_rates():
    """``pytest -m slow -s tests/reports/statistics/test_verdicts.py -k table`` prints the rates.

    Of true publications that are contradicted, one claim and nine jointly, and of recipes of one
    law (three wrong ones) that are told apart.
    """
    studies, rows = 500, []
    for law in LAWS:
        for n in (2, 5, 10, 30):
            one, nine = (np.isin(verdicts(law, n, p, studies=studies), list(FAILS)) for p in (1, 9))
            same = verdicts(law, n, wrongs=3, studies=studies) == ClaimVerdict.REPRODUCED
            rows.append((law, n, *(float(x.mean()) for x in (one, nine, same))))
    print(f"\n{'law':12} {'n':>3} {'one':>6} {'nine':>6} {'told apart':>10}")
    for law, n, *rates in rows:
        print(f"{law:12} {n:3} {rates[0]:6.3f} {rates[1]:6.3f} {rates[2]:10.3f}")
        assert max(rates) <= stats.binom.ppf(0.999, studies, 0.05) / studies
