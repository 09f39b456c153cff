"""Each quantity, on curves that a hand can follow."""

from __future__ import annotations

import math

import pandas as pd
import pytest
from paribus.studies.expectations import Expectation
from paribus.studies.quantities.quantities import QUANTITIES

LOSSES = {0: [3.0, 2.0, 1.0, 2.0], 1: [3.0, 1.0, 1.5, 4.0]}
SPEEDS = {0: [0.1, 0.2, 0.3], 1: [0.1, 0.3, 0.2]}


def frames(width: float = 4.0):
    """Two replicates of an arm; the wider, the larger its final loss."""
    epochs = pd.DataFrame(
        [
            {"replicate": k, "epoch": e, "validation_loss": loss}
            for k, losses in LOSSES.items()
            for e, loss in enumerate(losses)
        ]
    ).sample(frac=1, random_state=0)
    trials = pd.DataFrame(
        {
            "replicate": [1, 0, 2],
            "validation_loss": [4.0 * width / 4, 2.0 * width / 4, math.nan],
            "train_loss": [0.5, 1.0, math.nan],
            "status": ["ok", "ok", "diverged"],
        }
    )
    layers = pd.DataFrame(
        [
            {
                "replicate": k,
                "step": step,
                "epoch": step / 10,
                "layer": layer,
                "is_output": layer == 4,
                "rms_delta": speed * (1 + step),
            }
            for k, speeds in SPEEDS.items()
            for step in (0, 5)
            for layer, speed in enumerate([*speeds, 0.05], 1)
        ]
    )
    return {"trials": trials, "epochs": epochs, "layers": layers}


def select(levels):
    return frames(dict(levels).get("width", 4.0))


RATE = {"judge": "rate", "upper": 1.0}


@pytest.mark.parametrize(
    ("measure", "keys", "values"),
    [
        ("validation_loss", {}, {0: 2.0, 1: 4.0}),
        ("rms_delta", {"layer": 2}, {0: 0.2, 1: 0.3}),
        ("diverged", RATE, {0: 0.0, 1: 0.0, 2: 1.0}),
        ("validation_loss", {"quantity": "at", "epoch": 1}, {0: 2.0, 1: 1.0}),
        ("rms_delta", {"quantity": "at", "step": 5, "layer": 1}, {0: 0.6, 1: 0.6}),
        ("validation_loss", {"quantity": "maximum"}, {0: 3.0, 1: 4.0}),
        ("validation_loss", {"quantity": "minimum"}, {0: 1.0, 1: 1.0}),
        ("validation_loss", {"quantity": "mean"}, {0: 5 / 3, 1: 6.5 / 3}),
        ("validation_loss", {"quantity": "mean", "epoch": 0, "last_epoch": 1}, {0: 2.5, 1: 2.0}),
        ("validation_loss", {"quantity": "crossing", "value": 1.25}, {0: 1.75, 1: 0.875}),
        ("validation_loss", {"quantity": "crossing", "value": 9.0}, {0: None, 1: None}),
        ("validation_loss", {"quantity": "gap"}, {0: 1.0, 1: 3.5}),
        ("validation_loss", RATE | {"quantity": "above", "value": 3.0}, {0: 0.0, 1: 1.0}),
        ("rms_delta", RATE | {"quantity": "increasing"}, {0: 1.0, 1: 0.0}),
        (
            "validation_loss",
            {"quantity": "difference", "than": ((("width", 8.0),),)},
            {0: -2.0, 1: -4.0},
        ),
        (
            "validation_loss",
            {"quantity": "ratio", "than": ((("width", 8.0),),)},
            {0: 0.5, 1: 0.5},
        ),
        (
            "validation_loss",
            RATE | {"quantity": "ordering", "than": ((("width", 2.0),), (("width", 1.0),))},
            {0: 1.0, 1: 1.0},
        ),
        (
            "validation_loss",
            RATE | {"quantity": "ordering", "than": ((("width", 2.0),), (("width", 8.0),))},
            {0: 0.0, 1: 0.0},
        ),
    ],
)
def test_values_by_replicate(measure, keys, values):
    asked = Expectation("c", measure, 0.5, **keys).asked()
    found = asked.values(select).dropna().to_dict()
    assert found == pytest.approx({k: v for k, v in values.items() if v is not None})


def test_a_crossing_over_an_axis_lies_between_its_levels():
    expected = Expectation(
        "c", "validation_loss", 1.0, quantity="crossing", value=3.0, axis="width"
    )
    found = expected.asked(axis_levels=(8.0, 4.0)).values(select)
    assert found.dropna().to_dict() == pytest.approx({0: 6.0})  # from 2 at 4 to 4 at 8


def test_every_quantity_is_tested_here():
    mark = next(m for m in test_values_by_replicate.pytestmark if m.name == "parametrize")
    assert {keys.get("quantity", "value") for _, keys, _ in mark.args[1]} == set(QUANTITIES)
