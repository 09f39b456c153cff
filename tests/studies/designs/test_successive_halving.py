"""Successive halving on planted learning curves: who goes on, and what that takes."""

from __future__ import annotations

import numpy as np
import pytest
from paribus.core.errors import InputError
from paribus.studies.designs.design_function import Score
from paribus.studies.designs.designs import design_from
from paribus.studies.designs.grid import Grid
from paribus.studies.designs.successive_halving import SuccessiveHalving
from paribus.studies.files.drafts import default_recipe, with_value
from paribus.studies.study import Study

EPOCHS = 20
BASE = with_value(default_recipe(), "epochs", EPOCHS)
RATES = [round(0.01 * k, 2) for k in range(1, 19)]


def halving(rates=RATES, **settings):
    return SuccessiveHalving.of({"optimiser.learning_rate": rates}, **settings)


class Training:
    """Trains as a cluster would: whatever is wanted is reached, and what is not is stopped.

    ``loss`` gives the curve: a value for (arm, replicate, epoch), None where the trial has
    diverged.
    """

    def __init__(self, design, replicates, loss, metric="validation_loss"):
        self.design, self.replicates, self.loss, self.metric = design, replicates, loss, metric
        self.epochs = np.zeros((len(design.arms(BASE)), replicates), int)
        self.ended = np.full(self.epochs.shape, "", object)
        self.rounds: list[list[int | None]] = []

    def scores(self):
        arms = self.design.arms(BASE)
        made = []
        for (arm, k), epochs in np.ndenumerate(self.epochs):
            value = self.loss(arm, k, epochs)
            named = {} if value is None else {self.metric: value}
            if epochs or self.ended[arm, k]:
                made.append(Score(arms[arm].recipe, k, int(epochs), self.ended[arm, k], named))
        return made

    def train(self):
        while True:
            wants = self.design.wants(BASE, self.replicates, self.scores())
            assert self.design.wants(BASE, self.replicates, self.scores()[::-1]) == wants
            former = self.epochs.copy(), self.ended.copy()
            self.rounds.append([want.until for want in wants])
            for arm, want in enumerate(wants):
                for k in want.replicates:
                    self._go_on(arm, k, EPOCHS if want.until is None else want.until)
            if all(map(np.array_equal, former, (self.epochs, self.ended))):
                return self

    def _go_on(self, arm, k, until):
        if self.ended[arm, k]:
            return
        if until < self.epochs[arm, k]:
            self.ended[arm, k] = "stopped"
        while not self.ended[arm, k] and self.epochs[arm, k] < until:
            self.epochs[arm, k] += 1
            if self.loss(arm, k, self.epochs[arm, k]) is None:
                self.ended[arm, k] = "diverged"
            elif self.epochs[arm, k] == EPOCHS:
                self.ended[arm, k] = "ok"

    def reached(self):
        """The arms that came so far, by epoch."""
        return {
            int(e): np.flatnonzero((self.epochs == e).any(axis=1)).tolist()
            for e in np.unique(self.epochs)
        }


def level(arm, k, epoch):
    """Curves that never cross: the later the arm, the better, luck common to all arms."""
    return 10.0 - 0.5 * arm + 0.1 * k - 0.01 * epoch


@pytest.mark.parametrize("replicates", [1, 3])
def test_the_best_third_goes_on_from_every_rung(replicates):
    design = halving(survivors=2)
    assert design.cuts(18, EPOCHS) == ((1, 6), (3, 2))
    done = Training(design, replicates, level).train()
    assert done.reached() == {1: list(range(12)), 3: [12, 13, 14, 15], 20: [16, 17]}
    assert done.epochs.sum() == replicates * design.epochs(BASE) == replicates * (12 + 12 + 40)
    assert Grid(design.axes).epochs(BASE) == 18 * 20
    assert (done.ended[16:] == "ok").all()
    assert (done.ended[:16] == "stopped").all()


def test_curves_that_cross_are_judged_by_where_they_are_at_the_rung():
    def crossing(arm, k, epoch):  # even arms are quick and poor, odd ones slow and good
        return arm / 100 + (7.0 - epoch if arm % 2 else 4.0)

    def reached(rungs):
        design = halving(RATES[:8], eta=2, rungs=rungs, survivors=1)
        return Training(design, 2, crossing).train().reached()

    assert reached([1]) == {1: [1, 3, 5, 7], 20: [0, 2, 4, 6]}
    assert reached([8]) == {8: [0, 2, 4, 6], 20: [1, 3, 5, 7]}
    assert reached([1, 8]) == {1: [1, 3, 5, 7], 8: [4, 6], 20: [0, 2]}


def test_higher_accuracies_are_better():
    def accuracy(arm, k, epoch):
        return arm / 100 + epoch / 1000

    design = halving(metric="validation_accuracy")
    done = Training(design, 2, accuracy, "validation_accuracy").train()
    assert done.reached()[20] == [16, 17]
    assert design.selects_on == "validation_accuracy"


def test_ranks_are_taken_within_replicates_and_the_mean_or_the_median_decides():
    # arm 2 wins two replicates of three and is last in the third, arm 1 is second in all of them
    losses = np.array([[2, 2, 1], [1, 1, 2], [0, 0, 9], [3, 3, 3]])

    def loss(arm, k, epoch):
        return float(losses[arm, k])

    settings = {"eta": 4, "rungs": [1], "survivors": 1}
    mean = Training(halving(RATES[:4], **settings), 3, loss).train()
    assert mean.reached()[20] == [1]
    median = Training(halving(RATES[:4], ranks="median", **settings), 3, loss).train()
    assert median.reached()[20] == [2]


def test_a_diverged_replicate_is_worst_and_never_dropped():
    def loss(arm, k, epoch):  # the best arm but for the replicates that diverge
        return None if arm == 3 and k < 2 else float(-arm)

    done = Training(halving(RATES[:4], eta=2, rungs=[2], survivors=1), 3, loss).train()
    assert done.reached()[20] == [1, 2]
    assert done.ended[3].tolist() == ["diverged", "diverged", "stopped"]
    every = Training(halving(RATES[:4], eta=2, rungs=[2], survivors=1), 2, lambda *_: None).train()
    assert (every.ended == "diverged").all()


def test_equal_arms_go_on_in_their_order():
    done = Training(halving(RATES[:6], eta=2, rungs=[1, 2], survivors=1), 2, lambda *_: 1.0).train()
    assert done.reached() == {1: [3, 4, 5], 2: [1, 2], 20: [0]}


def test_nothing_is_decided_before_all_replicates_of_all_arms_are_there():
    design, arms = halving(RATES[:4], eta=2, rungs=[2]), halving(RATES[:4]).arms(BASE)
    scores = [
        Score(arm.recipe, k, 2, "", {"validation_loss": float(i)})
        for i, arm in enumerate(arms)
        for k in range(2)
    ]
    for lacking in range(len(scores)):
        less = scores[:lacking] + scores[lacking + 1 :]
        assert {want.until for want in design.wants(BASE, 2, less)} == {2}
    assert [want.until for want in design.wants(BASE, 2, scores)] == [None, None, 0, 0]


def test_a_trial_that_stopped_early_competes_with_its_last_score():
    design, arms = halving(RATES[:4], eta=2, rungs=[4]), halving(RATES[:4]).arms(BASE)
    scores = [Score(a.recipe, 0, 4, "", {"validation_loss": 1.0}) for a in arms[:3]]
    early = Score(arms[3].recipe, 0, 2, "ok", {"validation_loss": 0.5})
    assert [w.until for w in design.wants(BASE, 1, [*scores, early])] == [None, 0, 0, None]
    running = Score(arms[3].recipe, 0, 2, "", {"validation_loss": 0.5})
    assert {w.until for w in design.wants(BASE, 1, [*scores, running])} == {4}


def test_a_decision_stands_for_replicates_and_arms_that_are_added():
    first = Training(halving(RATES[:6], eta=3, rungs=[2]), 2, level).train()
    assert first.reached()[20] == [4, 5]

    def turned(arm, k, epoch):  # the replicates that are added say the opposite
        return level(arm, k, epoch) if k < 2 else -level(arm, k, epoch)

    grown = Training(halving(RATES[:6], eta=3, rungs=[2]), 4, turned)
    grown.epochs[:, :2], grown.ended[:, :2] = first.epochs, first.ended
    grown.train()
    assert grown.reached() == {2: [0, 1, 2, 3], 20: [4, 5]}
    assert (grown.ended[:4] == "stopped").all()
    wider = Training(halving(RATES[:9], eta=3, rungs=[2]), 2, level)
    wider.epochs[:6], wider.ended[:6] = first.epochs, first.ended
    wider.train()
    assert wider.reached() == {2: [0, 1, 2, 3, 6, 7], 20: [4, 5, 8]}


def test_random_arms_of_ranges_halve_too():
    rate = {"low": 1e-3, "high": 1.0, "scale": "log"}
    design = halving(rate, samples=9, seed=1)
    assert design.size == len(design.arms(BASE)) == 9
    assert design_from(design.to_table()) == design
    done = Training(design, 2, level).train()
    assert done.epochs.sum() == 2 * design.epochs(BASE)


@pytest.mark.parametrize(
    ("rates", "settings", "told"),
    [
        (RATES, {"metric": "test_loss"}, r"'test_loss' is not allowed; .*validation_loss"),
        (RATES, {"metric": "train_loss"}, r"'train_loss' is not allowed"),
        (RATES, {"eta": 1}, "design.eta = 1 is not allowed"),
        (RATES, {"eta": 2.5}, "whole number"),
        (RATES, {"first": 0}, "design.first = 0 is not allowed"),
        (RATES, {"survivors": 0}, "design.survivors = 0"),
        (RATES, {"ranks": "best"}, "'mean' or 'median'"),
        (RATES, {"rungs": [4, 2]}, "that rise"),
        (RATES, {"rungs": [0]}, "whole numbers from 1"),
        (RATES, {"rungs": [True]}, "whole numbers"),
        (RATES, {"rungs": ["2"]}, "whole numbers"),
        (RATES, {"rungs": "12"}, "whole numbers"),
        (RATES, {"rungs": [5, 20]}, "before the last epoch, 20"),
        (RATES, {"first": 20}, "would withdraw none of 18 arms"),
        (RATES[:2], {}, "would withdraw none of 2 arms: survivors = 2"),
        ({"low": 0.1, "high": 1.0}, {}, "is a range; say with design.samples"),
    ],
)
def test_halvings_that_cannot_be(rates, settings, told):
    with pytest.raises(InputError, match=told):
        halving(rates, **settings).arms(BASE)


def test_arms_of_different_epochs_are_not_compared():
    with pytest.raises(InputError, match="after equal epochs"):
        SuccessiveHalving.of({"epochs": [5, 10, 20]}).arms(BASE)


def test_a_score_that_the_data_cannot_have_is_refused():
    base = with_value(BASE, "split.validation", 0.0)
    study = Study("x", "?", base, halving(), metric="test_accuracy")
    with pytest.raises(InputError, match=r"design\.metric = 'validation_loss' would have no value"):
        study.check_data()
