"""Pictures of what happens in layers: frames of planted tables hold what a hand would compute."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from paribus.core.theory.mean_field import lengths
from paribus.reports.charts import (
    dead_units,
    first_weights,
    gained_and_lost,
    layer_histograms,
    layer_moments,
    lesions,
    mean_field,
    modes,
    neuron_gradients,
    readouts,
    weight_changes,
    worst_errors,
)
from paribus.reports.charts.pixels import rgb
from paribus.reports.charts.small_multiples import named, pictured
from paribus.reports.statistics.analysis import Analysis, analyse
from paribus.reports.statistics.frames import results_of
from paribus.studies.data.images import digits_rows
from planted_tables import decoded, each_trial, with_tables

DEPTHS = [2, 3, 2, 3]
"""Hidden layers of the arms of the small study."""


@pytest.fixture(scope="module")
def plain(small_run) -> Analysis:
    return analyse(results_of(small_run))


def with_layers(analysis: Analysis, **columns: object) -> Analysis:
    """Return the analysis with columns of the layers' table replaced, each a function of it."""
    layers = analysis.results.layers
    made = {name: value(layers) for name, value in columns.items()}  # type: ignore[operator]
    return replace(analysis, results=replace(analysis.results, layers=layers.assign(**made)))


def one(frame: pd.DataFrame, **where: object) -> dict:
    """Return the only row with these values."""
    for name, value in where.items():
        frame = frame[frame[name] == value]
    (row,) = frame.to_dict("records")
    return row


def test_charts_of_measures_that_were_not_taken_are_not_drawn(plain):
    for chart in (
        *(neuron_gradients, layer_histograms, first_weights, worst_errors, gained_and_lost),
        *(readouts, lesions, modes),
    ):
        assert chart.figure(plain) is None, chart


def test_neuron_gradients_are_those_of_the_first_units(plain):
    def rows(arm: int, replicate: int) -> list[dict]:
        return [
            {"step": 0, "layer": k, "unit": u, "bias_gradient": -u * 10.0**-k, "weight_norm": 1.0}
            for k in range(1, DEPTHS[arm] + 1)
            for u in range(1, 9)
        ]

    analysis = with_tables(plain, neurons=each_trial(plain, rows))
    frame = neuron_gradients.frame(analysis)
    assert set(frame["unit"]) == set(range(1, 7))
    assert set(frame["arm"]) == set(plain.results.named)
    assert set(frame["replicate"]) == {0}
    assert one(frame, arm=0, layer=2, unit=3)["gradient"] == pytest.approx(-0.03)
    figure = neuron_gradients.figure(analysis)
    assert "0.450 in the first and 0.0450 in the last" in figure.takeaway  # all eight units


def test_histograms_become_ridges_and_counts(plain):
    edges = [-2.0, 0.0, 2.0, 6.0]
    sizes = [-1.0, -0.1, 0.0, 0.1, 1.0]

    def rows(arm: int, replicate: int) -> list[dict]:
        made = []
        for step in (0, 6):
            for layer in (1, 2):
                common = {"step": step, "layer": layer, "zeros": 50 * (layer == 1), "nonfinite": 0}
                for (low, high), count in zip(pairwise(edges), (10, 20, 20), strict=True):
                    bins = {"low": low, "high": high, "count": count}
                    made.append({"quantity": "activation", **common, **bins})
                for (low, high), count in zip(pairwise(sizes), (5, 1, 2, 8), strict=True):
                    bins = {"low": low, "high": high, "count": count}
                    made.append({"quantity": "delta", **common, **bins})
        return made

    analysis = with_tables(plain, histograms=each_trial(plain, rows))
    drawn = layer_histograms.frames(analysis)
    mine = drawn.ridges[(drawn.ridges["arm"] == 0) & (drawn.ridges["layer"] == 2)]
    end = mine[mine["step"] == 6]
    shape = end[end["quantity"] == "activation"].set_index("x")["top"]
    # densities 5, 10 and 5: the widest bin is no taller for being wide
    tall = layer_histograms.TALL
    assert shape.to_dict() == pytest.approx({-1.0: 2 + tall / 2, 1.0: 2 + tall, 4.0: 2 + tall / 2})
    sizes_drawn = end[end["quantity"] == "delta"].set_index("x")["top"]
    # both signs together: 13 of size 1, 3 of size 0.1
    assert sizes_drawn.to_dict() == pytest.approx({-0.25: 2 + tall, -1.25: 2 + tall * 3 / 13})
    assert one(drawn.counts, arm=0, quantity="activation", layer=1)["zero"] == 0.5
    assert one(drawn.counts, arm=0, quantity="activation", layer=1)["mark"] == "50 % zeros"
    assert one(drawn.counts, arm=0, quantity="activation", layer=2)["mark"] == ""
    assert layer_histograms.figure(analysis) is not None


def test_first_weights_are_pictures_unit_by_unit(plain):
    rng = np.random.default_rng(3)
    noise = rng.standard_normal((5, 64))
    slope = np.tile(np.linspace(-1.0, 1.0, 8), (5, 8))

    def rows(arm: int, replicate: int) -> list[dict]:
        weights = slope if arm == 3 else noise
        return [
            {"unit": u + 1, "input": k + 1, "weight": weights[u, k]}
            for u in range(5)
            for k in range(64)
        ]

    analysis = with_tables(plain, first_weights=each_trial(plain, rows))
    frame = first_weights.frame(analysis)
    last = one(frame, arm=3)
    pixels = decoded(last["uri"])
    assert pixels.shape == (2 * 8 + 1, 4 * 8 + 3, 4)  # five units, four in a row
    assert pixels[0, 0].tolist() == [*(round(255 * part) for part in rgb("#0072B2")), 255]
    assert pixels[7, 7].tolist() == [*(round(255 * part) for part in rgb("#D55E00")), 255]
    assert pixels[0, 8, 3] == pixels[-1, -1, 3] == 0  # between units, and where there is none
    assert last["roughness"] < 0.1
    assert one(frame, arm=0)["roughness"] == pytest.approx(1.0, abs=0.2)
    assert "with ReLU, 3 hidden layers" in first_weights.figure(analysis).takeaway


def outcomes(analysis: Analysis, wrong: dict[int, set[int]]) -> Analysis:
    """Plant outcomes of examples 0 to 19: an arm has those wrong that it is given here."""
    labels = digits_rows()[:20, -1].astype(int)

    def rows(arm: int, replicate: int) -> list[dict]:
        return [
            {
                "set": "validation",
                "example": e,
                "output": None,
                "predicted": float((labels[e] + 1) % 10 if (bad := e in wrong[arm]) else labels[e]),
                "right": not bad,
                "residual": None,
                "loss": 1.0 + e if bad else 0.1,
            }
            for e in range(20)
        ]

    return with_tables(analysis, outcomes=each_trial(analysis, rows))


def test_the_worst_errors_are_those_of_the_largest_loss(plain):
    base, contrast = plain.results.named
    wrong = {arm: {1} for arm in range(4)} | {base: {3, 5, 9}, contrast: {5, 7}}
    analysis = outcomes(plain, wrong)
    frame = worst_errors.frame(analysis)
    assert frame.loc[frame["arm"] == base, "example"].tolist() == [9, 5, 3]
    assert frame.loc[frame["arm"] == contrast, "example"].tolist() == [7, 5]
    row = one(frame, arm=base, example=9)
    label = int(digits_rows()[9, -1])
    assert (row["label"], row["said"]) == (str(label), str((label + 1) % 10))
    pixels = decoded(row["uri"])[:, :, 0]
    dark = digits_rows()[9, :-1].reshape(8, 8) / 16
    np.testing.assert_allclose(pixels, 255 * (1 - dark), atol=0.5001)
    figure = worst_errors.figure(analysis)
    assert "3 with" in figure.takeaway
    assert figure.takeaway.endswith("1 of them are among the worst of both arms.")


def test_gained_and_lost_are_those_of_most_pairs(plain):
    base, contrast = plain.results.named
    wrong: dict[int, set[int]] = {arm: set() for arm in range(4)}
    wrong |= {base: {3, 5}, contrast: {5, 7}}
    frame = gained_and_lost.frame(outcomes(plain, wrong))
    assert frame[["example", "gained", "times", "asked"]].to_numpy().tolist() == [
        [3, True, 5, 5],
        [7, False, 5, 5],
    ]
    assert "1 image drawn is right" in gained_and_lost.figure(outcomes(plain, wrong)).takeaway


def test_moments_are_mean_and_sd(plain):
    analysis = with_layers(
        plain,
        activation_mean=lambda t: 0.1 * t["layer"] + 0.01 * (t["replicate"] - 2),
        activation_sd=lambda t: np.full(len(t), 0.5),
        rms_delta=lambda t: 10.0 ** -t["layer"],
    )
    frame = layer_moments.frame(analysis)
    row = one(frame, arm=0, quantity="activation", moment="start", layer=2)
    assert (row["mid"], row["lo"], row["hi"], row["n"]) == pytest.approx((0.2, -0.3, 0.7, 5))
    assert one(frame, arm=0, quantity="rms_delta", moment="end", layer=2)["mid"] == -2.0
    assert "0.500 in the first and 0.500 in the last" in layer_moments.figure(analysis).takeaway


def test_theory_starts_where_measurement_does(plain):
    """Lengths planted as theory has them are predicted; so are errors, from the last one back."""
    recipe = plain.results.arm(1).recipe  # tanh, three layers, Xavier's weights
    q = lengths(recipe.activation, 1.0, 0.0, 0.7, 3)  # equal widths: σ_w² = 1
    _, deltas = mean_field.predicted(recipe, q[0], 0.3)
    analysis = with_layers(
        plain,
        preactivation_mean=lambda t: np.zeros(len(t)),
        preactivation_sd=lambda t: np.sqrt(q[np.minimum(t["layer"], 3) - 1]),
        rms_delta=lambda t: np.array(deltas)[np.minimum(t["layer"], 3) - 1],
    )
    frame = mean_field.frame(analysis)
    tanh = frame[frame["arm"] == 1]
    np.testing.assert_allclose(tanh["theory"], tanh["mid"], atol=1e-6)
    assert set(frame["arm"]) == {1, 3}  # two layers are too few
    assert "×1 and ×1" in mean_field.figure(analysis).takeaway.replace("1.00", "1")


def test_measured_networks_are_near_theory(plain):
    """A width of six is far from wide, and yet within a factor of two."""
    frame = mean_field.frame(plain)
    assert (frame["mid"] - frame["theory"]).abs().max() < math.log10(2)


def test_dead_units_are_drawn_where_there_are_any(plain):
    none = with_layers(plain, dead_share=lambda t: np.zeros(len(t)))
    assert dead_units.figure(none) is None
    some = with_layers(plain, dead_share=lambda t: np.where(t["arm"] == 3, 0.25 * t["layer"], 0.0))
    last = plain.results.layers["step"].max()
    row = one(dead_units.frame(some), arm=3, layer=2, step=last)
    assert (row["mid"], row["n"]) == (50.0, 5)
    assert "75 % with ReLU, 3 hidden layers" in dead_units.figure(some).takeaway


def test_changes_of_weights_include_the_output_layer(plain):
    moved = with_layers(plain, weight_change=lambda t: t["layer"] * t["step"] / 10.0)
    frame = weight_changes.frame(moved)
    last = plain.results.layers["step"].max()
    assert one(frame, arm=0, layer=3, step=last)["mid"] == pytest.approx(0.3 * last)
    assert weight_changes.figure(moved) is not None


def test_readouts_by_layer_before_and_after(plain):
    def rows(arm: int, replicate: int) -> list[dict]:
        return [
            {"step": s, "layer": k, "accuracy": 0.5 + 0.1 * (s > 0) * k + 0.01 * replicate}
            for s in (0, 6)
            for k in range(DEPTHS[arm] + 1)
        ]

    analysis = with_tables(plain, readouts=each_trial(plain, rows))
    row = one(readouts.frame(analysis), arm=1, layer=3, moment="after training")
    assert (row["mid"], row["lo"], row["hi"]) == pytest.approx((82.0, 81.0, 83.0))
    assert "52 % and 82 %" in readouts.figure(analysis).takeaway


def test_lesions_are_means_with_quartiles(plain):
    def rows(arm: int, replicate: int) -> list[dict]:
        score = 0.9 - 0.01 * replicate**2
        return [{"share": s, "accuracy": score * (1 - s), "loss": 1.0} for s in (0.0, 0.5, 0.9)]

    analysis = with_tables(plain, lesions=each_trial(plain, rows))
    row = one(lesions.frame(analysis), arm=0, share=50.0)
    assert (row["mean"], row["lo"], row["hi"], row["n"]) == pytest.approx((42.0, 40.5, 44.5, 5))
    figure = lesions.figure(analysis)
    assert "84 % and 42 %" in figure.takeaway
    assert "no skill" in figure.caption


def test_modes_follow_the_equation_of_their_curve():
    """Saxe's curve solves du/dt = 2u(s − λu)/τ."""
    s, end, rate = 1.5, 0.75, 0.01
    t = np.linspace(0, 400, 40_001)
    u = modes.saxe(t, 0.01, s, rate, end)
    slope = 2 * rate * u * (s - s / end * u)
    np.testing.assert_allclose(np.gradient(u, t)[1:-1], slope[1:-1], rtol=1e-5)
    assert (u[0], u[-1]) == pytest.approx((0.01, end), rel=1e-3)


def test_modes_say_when_they_are_half_there(plain):
    def rows(arm: int, replicate: int) -> list[dict]:
        return [
            {"step": s, "mode": k, "strength": min(1.0, s / (10.0 * k)), "singular_value": 2.0}
            for s in (0, 5, 10, 20)
            for k in (1, 2)
        ]

    analysis = with_tables(plain, modes=each_trial(plain, rows))
    assert one(modes.frame(analysis), arm=0, mode=1, step=5)["mid"] == 0.5
    takeaway = modes.figure(analysis).takeaway
    assert "mode 1 by step 5 and mode 2 by step 10" in takeaway
    assert modes.rate_of(plain.results.arm(0).recipe) is None  # no linear regression


def test_few_arms_are_all_pictured_and_many_are_chosen(plain):
    assert list(pictured(plain)) == [0, 1, 2, 3]
    chosen = pictured(plain, 3)
    assert set(plain.results.named) <= set(chosen)
    assert list(named(plain)) == plain.results.named
