"""Exhibits: every one draws, says numbers that it computed, and has its place in the catalogue."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest
from paribus.reports.exhibits import (
    EXHIBITS,
    activation_atlas,
    descent_paths,
    double_descent,
    equation_123,
    hanin_variance,
    identity_neuron,
    loss_margins,
    loss_surface,
    matrix_products,
    mean_field_theory,
    perceptron_gates,
    slow_down,
    worked_graphs,
)
from paribus.reports.exhibits.exhibit import Exhibit
from paribus.reports.page.exhibition import exhibit_page
from paribus.studies.catalogue import CHAPTERS, entries
from paribus.studies.worked_examples import WORKED_EXAMPLES

SLOW = ("double-descent-features", "hanin-variance")
NAMES = [pytest.param(n, marks=pytest.mark.slow) if n in SLOW else n for n in EXHIBITS]
LARGEST = 600_000
"""Numbers that an exhibit's page may hold."""


def words(exhibit: Exhibit) -> list[str]:
    answer = exhibit.answer
    said = [answer.sentence, answer.qualification, *sum(answer.figures, ())]
    for figure in exhibit.figures:
        said += [figure.title, figure.takeaway, figure.caption]
    return said


@pytest.mark.parametrize("name", NAMES)
def test_an_exhibit_can_be_drawn_and_is_the_same_again(name):
    exhibit, again = EXHIBITS[name](), EXHIBITS[name]()
    assert words(exhibit) == words(again)
    keys = [figure.key for figure in exhibit.figures]
    assert len(set(keys)) == len(keys)
    assert exhibit.figures or exhibit.worked
    assert set(exhibit.worked) <= WORKED_EXAMPLES.keys()
    for said in words(exhibit):
        assert said.strip()
        assert not re.search(r"\bnan\b|None|[{}]|  |–\.|–,|\d-\d", said), said
    assert re.match(r"[A-Z0-9]", exhibit.answer.sentence)
    assert re.search(r"\d", exhibit.answer.sentence)
    for figure, other in zip(exhibit.figures, again.figures, strict=True):
        spec = figure.spec()
        assert spec == other.spec()
        named = set(re.findall(r"'name': '([^']*/[^']*)'", str(spec)))
        assert named == figure.data.keys(), figure.key
        for frame in figure.data.values():
            assert len(frame)
        assert sum(frame.size for frame in figure.data.values()) < LARGEST
        assert re.search(r"\d", figure.takeaway), figure.takeaway


def test_every_exhibit_is_in_the_catalogue_and_the_other_way_round():
    shown = {entry.exhibit for entry in entries().values() if entry.exhibit}
    assert shown == EXHIBITS.keys()
    for entry in entries().values():
        if entry.exhibit:
            assert entry.name == entry.exhibit
            assert entry.chapter in CHAPTERS
            assert entry.question.endswith("?")
            assert entry.source
            assert len(entry.explanation) > 200


def test_the_page_of_an_exhibit_holds_its_words_and_its_worked_examples():
    page = exhibit_page(entries()["equation-123"])
    assert "0.44774" in page
    assert WORKED_EXAMPLES["exploding-chain"]().title in page
    graphs = exhibit_page(entries()["worked-graphs"])
    for make in WORKED_EXAMPLES.values():
        assert make().title in graphs or make().title.replace("&", "&amp;") in graphs


def test_the_atlas_has_the_notes_numbers():
    table = activation_atlas.numbers().set_index("activation")
    assert len(table) == 15
    expected = {"sigmoid": 0.25, "tanh": 1.0, "ReLU": 1.0, "hard sigmoid": 0.25, "hard limit": 0.0}
    for name, slope in expected.items():
        assert table.loc[name, "steepest"] == pytest.approx(slope, abs=1e-9)
    assert table.loc["swish", "least"] == pytest.approx(-0.2785, abs=5e-5)
    assert table.loc["swish", "least_at"] == pytest.approx(-1.278, abs=5e-4)
    assert set(table.index[table["mean"] == 0.0]) == {
        "tanh",
        "identity",
        "SELU",
        "softsign",
        "hard tanh",
    }
    rows = activation_atlas.frame()
    z = np.sort(rows["z"].unique())
    assert (z[0], z[-1], len(z)) == (-8.0, 8.0, 161)
    errors = activation_atlas.approximations()
    worst = errors.loc[errors.groupby("kind", sort=False)["error"].idxmax()]
    assert worst["error"].to_numpy() == pytest.approx([4.73e-4, 2.03e-2], rel=2e-3)
    assert worst["z"].abs().to_numpy() == pytest.approx([2.70, 2.27], abs=0.006)


def test_the_segments_and_the_paths_of_the_loss_surface():
    rows = descent_paths.along()
    for _, part in rows.groupby("panel"):
        curve, chord = (each["loss"].to_numpy() for _, each in part.groupby("kind", sort=False))
        assert curve[50] > chord[50] + 0.1
        assert curve[[0, -1]] == pytest.approx(chord[[0, -1]])
    paths = descent_paths.paths()
    assert paths.groupby(["panel", "kind"]).ngroups == 12
    first = paths[paths["step"] == 0]
    assert np.all(first[["w1", "w2"]].to_numpy() == descent_paths.START)
    for panel in descent_paths.losses():
        down, stuck = descent_paths.fates(paths, panel)
        assert not set(down) & set(stuck)
        ends = paths[(paths["panel"] == panel) & (paths["step"] == descent_paths.STEPS)]
        ends = ends.set_index("kind")
        assert np.all(ends.loc[down, "w2"] > 0)
        assert np.all(ends.loc[stuck, "w1"] < 0)
    assert "not convex" in loss_surface.answer(paths).sentence


def test_the_products_follow_the_exponent():
    rows = matrix_products.frame(matrix_products.logs())
    ends = rows[rows["factors"] == 101].reset_index(drop=True)
    assert ends.loc[0, "theory"] == pytest.approx(101 * 0.558 / math.log(10), rel=1e-3)
    assert ends.loc[1, "theory"] == pytest.approx(0.0, abs=1e-12)
    assert np.all((ends["lo"] < ends["theory"]) & (ends["theory"] < ends["hi"]))
    assert np.all((ends["mid"] - ends["theory"]).abs() < 0.5)


def test_equation_123_and_the_identity():
    points = equation_123.scans()
    np.testing.assert_allclose(points["width"], points["formula"], atol=3e-5)
    best, offset = identity_neuron.fits()
    assert best.error == pytest.approx(0.0561, abs=1e-4)
    assert offset[-1].error == pytest.approx(identity_neuron.law(offset[-1].w1), rel=1e-3)


def test_losses_and_the_slow_down_by_hand():
    m = np.array([-2.0, 0.0, 1.0, 3.0])
    losses = {name: loss for name, (loss, _) in loss_margins.margin_losses(m).items()}
    np.testing.assert_allclose(losses["0–1"], [1, 1, 0, 0])
    np.testing.assert_allclose(losses["hinge"], [3, 1, 0, 0])
    np.testing.assert_allclose(losses["logistic"], np.log1p(np.exp(-m)))
    np.testing.assert_allclose(losses["exponential"], np.exp(-m))
    np.testing.assert_allclose(losses["squared"], [9, 1, 0, 4])
    a = 1 / (1 + math.exp(-4.0))
    quadratic, entropy = map(slow_down.first_gradients, slow_down.neuron_losses().values())
    assert quadratic[1] == pytest.approx(a * a * (1 - a))
    assert entropy[1] == pytest.approx(a)
    assert "56.6 times" in slow_down.exhibit().answer.sentence


def test_the_mean_field_of_the_exhibit():
    critical = mean_field_theory.criticality()
    assert critical["ReLU"] == pytest.approx(2.0)
    assert critical["tanh"] == pytest.approx(1.76, abs=5e-3)
    assert critical["sigmoid"] > mean_field_theory.MOST
    answer = mean_field_theory.exhibit().answer
    assert "sigmoid" not in answer.sentence
    assert "1.302" in answer.qualification
    assert "0.0420" in answer.qualification
    assert "4.88" in answer.qualification


def test_the_gates_say_three_of_four():
    answer = perceptron_gates.exhibit().answer
    assert "at most 3 of the 4 corners" in answer.sentence
    assert "14 of the 16" in answer.qualification
    assert "1 − 9.36 × 10⁻¹⁴" in answer.qualification


def test_the_worked_graphs_would_show_a_disagreement(monkeypatch):
    example = WORKED_EXAMPLES["two-paths"]()
    assert worked_graphs.disagreement(example.output) == 0.0
    wrong = worked_graphs.forward_gradient
    monkeypatch.setattr(
        worked_graphs, "forward_gradient", lambda output, leaf: 1.5 * wrong(output, leaf)
    )
    assert worked_graphs.disagreement(example.output) == pytest.approx(0.5)


@pytest.mark.slow
def test_the_error_peaks_where_features_are_as_many_as_examples():
    every = double_descent.errors()
    tested = every[every["panel"] == "test examples"]
    for _, part in tested.groupby("kind"):
        middle = part.groupby("features")["error"].median()
        assert middle[middle.index >= 50].idxmax() == double_descent.EXAMPLES
        assert middle.iloc[-1] <= middle[middle.index < 200].min() + 0.01
    clean, noisy = (part for _, part in tested.groupby("kind", sort=False))
    assert clean["error"].mean() < noisy["error"].mean()


@pytest.mark.slow
def test_hanins_law_holds_for_the_widest_layers():
    rows = hanin_variance.frame()
    assert rows["exact"].between(rows["low"], rows["high"]).mean() >= 0.8
    wide = rows[rows["kind"] == "100 units wide"]
    assert np.all((wide["variance"] / wide["beta"]).between(0.75, 1.3))
