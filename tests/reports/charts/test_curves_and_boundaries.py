"""Fitted curves and decision boundaries as pictures: what is drawn is what was measured."""

from __future__ import annotations

import numpy as np
import pytest
from paribus.cluster.launch.running import run_study
from paribus.core.measures.grids import Boundary, FittedCurve
from paribus.reports.charts import boundaries, fitted_curves
from paribus.reports.charts.figure import COLOURS
from paribus.reports.charts.pixels import rgb
from paribus.reports.statistics.analysis import Analysis, analyse
from paribus.reports.statistics.frames import results_of
from paribus.studies.data.loading import examples_of
from paribus.studies.designs.grid import Grid
from paribus.studies.files.drafts import recipe_from
from planted_tables import decoded, each_trial, with_tables
from small import small_study

LEVELS = [2, 4]


@pytest.fixture(scope="module")
def cubic(tmp_path_factory) -> Analysis:
    """A run of lines and cubics on a noisy polynomial."""
    table = {
        "task": {"kind": "noisy-polynomial", "examples": 40, "features": 6},
        "split": {"kind": "random", "validation": 0.5, "test": 0.0},
        "hidden": [],
        "loss": "squared-error",
        "optimiser": {"kind": "sgd", "learning_rate": 0.01},
        "preparations": {"feature-subset": {"features": 4}},
        "batch_size": 10,
        "epochs": 1,
    }
    study = small_study(
        recipe=recipe_from(table),
        design=Grid.of({"preparations.feature-subset.features": LEVELS}),
        metric="validation_loss",
        measures=(FittedCurve(50),),
        replicates=3,
    )
    return analyse(results_of(run_study(study, tmp_path_factory.mktemp("cubic"), workers=0)))


def truth(x: np.ndarray) -> np.ndarray:
    return 5 + 1.2 * x - 3.4 * x**2 / 2 + 5.6 * x**3 / 6


def shifted(analysis: Analysis, by: float) -> Analysis:
    """Plant curves above the truth: by 1 in the first arm, by ``by`` in the second."""
    x = np.linspace(-3, 3, 50)

    def rows(arm: int, replicate: int) -> list[dict]:
        more = by if arm else 1.0
        return [{"x": at, "output": 1, "predicted": truth(at) + more} for at in x]

    return with_tables(analysis, curve=each_trial(analysis, rows))


def test_curves_are_drawn_with_the_data_they_were_fitted_to(cubic):
    drawn = fitted_curves.frames(cubic)
    assert set(drawn.curves["replicate"]) == {0}
    assert set(drawn.others["replicate"]) == {1, 2}
    assert len(drawn.curves) == 2 * 50
    trial = next(iter(cubic.study.trials_of(cubic.results.arm(1))))
    examples = examples_of([trial])
    mine = drawn.points[drawn.points["panel"] == "features = 4"]
    np.testing.assert_allclose(mine["x"], examples.x[examples.train[0], 1])
    np.testing.assert_allclose(mine["y"], examples.y[examples.train[0], 0])
    np.testing.assert_allclose(drawn.truth["y"], truth(drawn.truth["x"]))


def test_the_distance_from_the_truth_is_what_was_planted(cubic):
    far = shifted(cubic, -30.0)
    drawn = fitted_curves.frames(far)
    assert fitted_curves.distances(drawn).to_dict() == pytest.approx({0: 1.0, 1: 30.0})
    figure = fitted_curves.figure(far)
    assert "1 with features = 2; 30 with features = 4" in figure.takeaway
    assert "cut off" in figure.caption
    low, high = drawn.limits
    y = drawn.points["y"]
    assert (low, high) == pytest.approx(
        (1.5 * y.min() - 0.5 * y.max(), 1.5 * y.max() - 0.5 * y.min())
    )


def test_a_curve_without_its_data_is_drawn_without_points(cubic, monkeypatch):
    monkeypatch.setattr(fitted_curves, "data_behind", lambda *_: None)
    drawn = fitted_curves.frames(cubic)
    assert drawn.points.empty
    assert drawn.truth.empty
    figure = fitted_curves.figure(cubic)
    assert "cannot be read any more" in figure.caption
    assert figure.takeaway.startswith("Median validation loss, best and worst: ")


def test_an_arm_without_a_curve_is_counted(cubic):
    curve = cubic.results.run.frame("curve")
    trials = cubic.results.trainings
    lost = with_tables(
        cubic, curve=curve[curve["trial_id"].isin(trials.loc[trials["arm"] == 1, "trial_id"])]
    )
    figure = fitted_curves.figure(lost)
    assert "1 arm has no finished network to draw" in figure.caption
    (head,) = set(figure.frames["rows"]["panel"])
    assert head.startswith("features = 4\nmedian ")


def test_without_the_measure_there_is_no_picture(small_run):
    assert fitted_curves.figure(analyse(results_of(small_run))) is None


@pytest.fixture(scope="module")
def halves(tmp_path_factory) -> Analysis:
    """A run on moons whose boundaries are planted: class 0 to the left of x1 = 1, 1 to the right.

    The lead of the first arm is everywhere the same, that of the second grows with x2.
    """
    table = {
        "task": {"kind": "moons", "examples": 40},
        "split": {"kind": "random", "validation": 0.5, "test": 0.0},
        "hidden": [3],
        "batch_size": 10,
        "epochs": 1,
    }
    study = small_study(
        recipe=recipe_from(table),
        design=Grid.of({"activation": ["tanh", "relu"]}),
        measures=(Boundary(3),),
        replicates=2,
    )
    run = run_study(study, tmp_path_factory.mktemp("halves"), workers=0)

    def rows(arm: int, replicate: int) -> list[dict]:
        return [
            {"x1": x, "x2": y, "winner": int(x > 1), "lead": float(y) if arm else 1.0}
            for y in (0.0, 5.0, 10.0)
            for x in (0.0, 1.0, 2.0)
        ]

    analysis = analyse(results_of(run))
    return with_tables(analysis, boundary=each_trial(analysis, rows))


def test_a_region_is_a_picture_of_its_grid(halves):
    drawn = boundaries.frames(halves)
    first, second = drawn.regions.to_dict("records")
    assert (first["panel"], second["panel"]) == ("tanh", "ReLU")
    assert (first["x"], first["y"], first["wide"], first["high"]) == (1.0, 5.0, 3.0, 15.0)
    even, rising = decoded(first["uri"]), decoded(second["uri"])
    blue, orange = ([round(255 * part) for part in rgb(colour)] for colour in COLOURS[:2])
    assert even[:, :, :3].tolist() == [[blue, blue, orange]] * 3
    assert set(even[:, :, 3].ravel()) == {round(255 * boundaries.STRONG)}
    opacity = rising[:, 0, 3].tolist()  # the top row is the largest x2
    assert opacity == sorted(opacity, reverse=True)
    assert opacity[-1] == round(255 * boundaries.FAINT)


def test_points_lie_where_the_network_read_them(halves):
    points = boundaries.frames(halves).points
    trial = next(iter(halves.study.trials_of(halves.results.arm(0))))
    examples = examples_of([trial])
    mine = points[points["panel"] == "tanh"]
    np.testing.assert_allclose(mine[["x", "y"]], examples.x[examples.train[0]])
    names = np.array(["upper", "lower"])  # the first half of the moons' classes
    labels = examples.y[examples.train[0]].argmax(axis=1)
    assert mine["kind"].tolist() == names[labels].tolist()


def test_a_lead_that_is_nowhere_finite_is_faint():
    winner = np.zeros((2, 2), int)
    for lead in (np.full((2, 2), np.nan), np.zeros((2, 2)), np.full((2, 2), np.inf)):
        assert (boundaries.coloured(winner, lead)[:, :, 3] == boundaries.FAINT).all()


def test_boundaries_say_what_they_draw(halves):
    figure = boundaries.figure(halves)
    assert "network of replicate 0" in figure.caption
    assert "n = 2 replicates" in figure.caption
    assert figure.takeaway.startswith("Median validation accuracy, best and worst: ")
