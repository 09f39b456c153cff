"""Search on functions with known answers: what it finds, and that it depends on scores alone."""

from __future__ import annotations

import math
import sys

import numpy as np
import pytest
from paribus.core.errors import InputError
from paribus.studies.designs.design_function import Score
from paribus.studies.designs.random_sample import RandomSample
from paribus.studies.designs.search import Search
from paribus.studies.designs.standing import Standing, finite_costs, standings
from paribus.studies.files.drafts import default_recipe

BASE = default_recipe()
AXES = {
    "optimiser.learning_rate": {"low": 1e-4, "high": 1.0, "scale": "log"},
    "width": {"low": 4, "high": 64},  # what the planted loss depends on little
    "activation": ["tanh", "relu", "sigmoid"],
}
LEARNED = ("tpe", "gp")
BUDGET = {"samples": 32, "batch": 8, "start": 8}


def truth(recipe):
    """Return a log loss that is quadratic in the log learning rate: 0 at 0.01, with ReLU."""
    rate = math.log10(recipe.optimiser.learning_rate) + 2
    width = (recipe.width - 30) / 200
    offset = {"tanh": 0.3, "relu": 0.0, "sigmoid": 0.6}[recipe.activation.kind]
    return rate**2 / 2 + width**2 + offset


def planted(recipe, replicate=0):
    """Return the loss, and 2 % of luck that is opposite in the first two replicates."""
    return math.exp(truth(recipe) + (0.02 if replicate else -0.02))


def scored(arm, replicate, loss, status="ok"):
    scores = {} if status == "diverged" else {"validation_loss": loss, "validation_accuracy": 0.5}
    return Score(arm.recipe, replicate, 5, status, scores)


def carried_out(design, replicates=1, loss=planted):
    """Answer every want with the planted loss until nothing new is wanted."""
    scores, rounds = [], []
    while True:
        arms = [want.arm for want in design.wants(BASE, replicates, scores)]
        known = {(s.recipe, s.replicate) for s in scores}
        new = [
            scored(arm, k, loss(arm.recipe, k))
            for arm in arms
            for k in range(replicates)
            if (arm.recipe, k) not in known
        ]
        if not new:
            return arms, scores, rounds
        rounds.append(len(arms))
        scores += new


def regret(design, replicates):
    """Return how far the winner of a search truly is from the best there is."""
    _, scores, _ = carried_out(design, replicates)
    stands = standings(scores, design.selects_on, range(replicates))
    return truth(min(stands, key=stands.__getitem__))


@pytest.mark.parametrize("sampler", LEARNED)
def test_a_model_finds_better_than_random_at_the_same_budget(sampler):
    """In 14 (TPE) and 18 (GP) of 20 seeds at least, and in the median twice as near."""
    found, chance = (
        np.array([regret(Search.of(AXES, **BUDGET, seed=k, sampler=s), 1) for k in range(20)])
        for s in (sampler, "random")
    )
    assert np.sum(found < chance) >= {"tpe": 14, "gp": 18}[sampler]
    assert np.median(found) <= 0.5 * np.median(chance)


def test_the_random_reference_is_the_random_design_beside_the_base_recipe():
    arms, _, rounds = carried_out(Search.of(AXES, samples=12, seed=3, sampler="random"))
    drawn = RandomSample.of(AXES, samples=12, seed=3).arms(BASE)
    assert arms[0].recipe == BASE
    assert [arm.recipe for arm in arms[1:]] == [arm.recipe for arm in drawn]
    assert rounds == [13]
    learned = Search.of(AXES, samples=12, start=5, seed=3, sampler="gp").arms(BASE)
    assert learned == tuple(arms[:6])


@pytest.mark.parametrize("sampler", LEARNED)
def test_rounds_are_asked_when_all_replicates_of_the_last_are_known(sampler):
    design = Search.of(AXES, samples=11, batch=4, start=3, sampler=sampler)
    arms, scores, rounds = carried_out(design, replicates=2)
    assert rounds == [4, 8, 12]
    assert design.wants(BASE, 2, scores[:-1])[-1].arm == arms[-1]
    for known in range(len(scores) + 1):
        wanted = [want.arm for want in design.wants(BASE, 2, scores[:known])]
        expected = next(n for n in rounds if 2 * n > known or n == 12)
        assert wanted == arms[:expected]
    assert all(want.replicates == range(2) for want in design.wants(BASE, 2, scores))
    shuffled = np.random.default_rng(0).permutation(np.array(scores, dtype=object))
    assert [want.arm for want in design.wants(BASE, 2, list(shuffled))] == arms
    longer = Search.of(AXES, samples=15, batch=4, start=3, sampler=sampler)
    assert [want.arm for want in longer.wants(BASE, 2, scores)][:12] == arms


def test_replicates_are_averaged():
    """Two replicates that deviate to opposite sides lead where their mean leads."""
    design = Search.of(AXES, samples=12, batch=4, start=4, sampler="gp")

    def opposed(recipe, replicate):
        return planted(recipe) * (2.0 if replicate else 0.5)

    assert carried_out(design, 2, opposed)[0] == carried_out(design, 1)[0]


@pytest.mark.parametrize("sampler", LEARNED)
def test_a_diverged_replicate_stands_last_and_is_not_dropped(sampler):
    """Where the loss is least, half of the replicates diverge: the search turns away."""
    design = Search.of(AXES, samples=30, batch=5, sampler=sampler)
    scores = []
    while True:
        arms = [want.arm for want in design.wants(BASE, 2, scores)]
        new = [arm for arm in arms if arm.recipe not in {s.recipe for s in scores}]
        if not new:
            break
        for arm in new:
            unstable = arm.recipe.optimiser.learning_rate > 0.005
            scores.append(scored(arm, 0, planted(arm.recipe)))
            status = "diverged" if unstable else "ok"
            scores.append(scored(arm, 1, planted(arm.recipe), status))
    later = [arm.recipe.optimiser.learning_rate for arm in arms[11:]]
    assert np.mean(np.array(later) <= 0.005) > 0.5  # a third in TPE, none in GP, were it dropped
    stands = standings(scores, "validation_loss", range(2))
    ranked = sorted(stands, key=stands.__getitem__)
    stable = [recipe.optimiser.learning_rate <= 0.005 for recipe in ranked]
    assert stable == sorted(stable, reverse=True)


def test_standings():
    arms = Search.of(AXES, samples=2, start=2).arms(BASE)
    scores = [
        scored(arms[0], 0, 1.0),
        scored(arms[0], 1, math.e**2),
        scored(arms[1], 0, 1.0),  # its other replicate is not known
        scored(arms[2], 0, 0.1, "diverged"),
        scored(arms[2], 1, 1.0),
        scored(arms[2], 2, 1.0),  # no replicate that was asked
    ]
    stands = standings(scores, "validation_loss", range(2))
    assert stands == {
        arms[0].recipe: Standing(0, pytest.approx(1.0), 2),
        arms[2].recipe: Standing(1, 0.0, 2),
    }
    by_accuracy = standings(scores, "validation_accuracy", range(2))
    assert by_accuracy[arms[0].recipe] == Standing(0, -0.5, 2)
    assert finite_costs([Standing(2, math.inf, 2)]) == [1.0]


def test_a_small_space_is_asked_whole_and_a_point_once():
    axes = {"depth": [1, 2, 3], "activation": ["tanh", "relu", "sigmoid"]}
    for sampler in LEARNED:
        design = Search.of(axes, samples=9, batch=2, start=2, sampler=sampler)
        arms, _, _ = carried_out(design, loss=lambda recipe, _: 1.0 + len(recipe.hidden))
        assert len({arm.recipe for arm in arms}) == len(arms) >= 9


def test_without_optuna_one_line_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna", None)  # as where it is not installed
    with pytest.raises(InputError, match=r"pip install 'paribus\[search\]'"):
        Search.of(AXES).wants(BASE, 1)
    assert len(Search.of(AXES, sampler="gp").wants(BASE, 1)) == 11
    assert len(Search.of(AXES, sampler="random").wants(BASE, 1)) == 31


@pytest.mark.parametrize(
    ("axes", "settings", "message"),
    [
        (AXES, {"sampler": "bayes"}, "design.sampler = 'bayes' is not allowed.*'tpe' or 'gp'"),
        (AXES, {"metric": "test_loss"}, "design.metric = 'test_loss' is not allowed"),
        (AXES, {"batch": 0}, "design.batch = 0 is not allowed"),
        (AXES, {"samples": 2.5}, "design.samples = 2.5 must be a whole number"),
        ({}, {}, "a search needs at least one axis"),
        ({"task": ["digits", "wine"]}, {"samples": 2}, "a search holds the data"),
        ({"depth": [1, 2, 3]}, {"samples": 4}, "3 recipes, fewer than samples = 4"),
        ({"batch_size": {"low": 8, "high": 64.5}}, {}, "batch_size = 64.5 must be a whole"),
    ],
)
def test_what_a_search_cannot_be_is_told_in_one_line(axes, settings, message):
    with pytest.raises(InputError, match=message):
        Search.of(axes, **settings).arms(BASE)
