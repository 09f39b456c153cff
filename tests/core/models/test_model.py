"""A model predicts with the bits that its scores were computed from, whatever the recipe."""

from __future__ import annotations

import json
import os
import zipfile
from dataclasses import replace

import numpy as np
import pytest
from paribus.core.components import members
from paribus.core.engine.architecture import Architecture
from paribus.core.engine.training import Training
from paribus.core.errors import InputError
from paribus.core.families.activations import PReLU, ReLU, Swish, UserFunction
from paribus.core.families.losses import (
    AbsoluteError,
    Huber,
    Loss,
    MulticlassHinge,
    SigmoidCrossEntropy,
    SquaredError,
)
from paribus.core.families.normalisers import BatchNorm, LayerNorm
from paribus.core.families.optimisers import Adam, LeastSquares
from paribus.core.families.parametrisations import MaximalUpdate
from paribus.core.families.regularisers import Averaging, Dropout, EarlyStopping
from paribus.core.families.residual import Residual
from paribus.core.models.model import Model
from paribus.core.models.model_file import load_model, save_model
from paribus.core.models.scales import Inputs, Targets
from paribus.core.trial import Trial
from small import CLASSES, FEATURES, examples, recipe, trained

NAMES = ("ash", "birch", "cedar")
KINDS = {
    "plain": {},
    "float64": {"dtype": "float64"},
    "no hidden layer": {"hidden": ()},
    "batch norm": {"normaliser": BatchNorm(), "epochs": 4},
    "batch norm after": {"normaliser": BatchNorm(place="after", momentum=0.5)},
    "layer norm": {"normaliser": LayerNorm(epsilon=0.1)},
    "PReLU": {"activation": PReLU(), "epochs": 4},
    "Swish": {"activation": Swish(2.5)},
    "residual": {"hidden": (5, 5, 5, 5), "residual": Residual(2, 0.7)},
    "early stopping": {
        "regularisers": (EarlyStopping(2),),
        "epochs": 40,
        "optimiser": Adam(0.1),
        "normaliser": BatchNorm(),
    },
    "averaging": {"regularisers": (Averaging(0.9), Dropout(0.2)), "normaliser": BatchNorm()},
    "least squares": {"loss": SquaredError(), "optimiser": LeastSquares(), "epochs": 1},
    "mup": {"parametrisation": MaximalUpdate()},
    "sigmoid": {"loss": SigmoidCrossEntropy()},
    "hinge": {"loss": MulticlassHinge()},
    "untrained": {"epochs": 0, "normaliser": BatchNorm()},
}


def unscaled(columns: int) -> Inputs:
    """Return inputs that the network reads as they are."""
    return Inputs(columns, np.zeros(columns), np.ones(columns))


def of_classes(classes: tuple[str, ...]) -> Targets:
    """Return targets that are classes."""
    return Targets(classes, np.zeros(len(classes)), np.ones(len(classes)))


def model_of(training: Training, position: int = 0, **changes: object) -> Model:
    """Return the model of a training on the small examples."""
    given = training.recipe
    architecture = Architecture.of(given, FEATURES, CLASSES)
    parts = {
        "architecture": replace(architecture, parametrisation=None),
        "loss": given.loss,
        "parameters": training.parameters(position),
        "statistics": training.statistics(position),
        "inputs": unscaled(FEATURES),
        "targets": of_classes(NAMES),
    }
    return Model(**parts | changes)


def small_model(**settings: object) -> Model:
    return model_of(trained([recipe(**settings)], [0]))


def scores(training: Training, data, rows) -> tuple[float, float]:
    """Return loss and accuracy from a model's outputs, computed as the engine does."""
    found = model_of(training)
    z = found.outputs(data.x[rows])
    y = data.y[rows].astype(z.dtype)
    by_class = np.ascontiguousarray(z.T[:, None])
    loss = np.empty((1, len(rows)), z.dtype)
    loss_fields = {
        name: np.full((1, 1), value, z.dtype)
        for name, value in vars(found.loss).items()
        if isinstance(value, float)
    }
    found.loss.value_and_gradient(
        loss_fields,
        by_class,
        np.ascontiguousarray(y.T[:, None]),
        loss,
        np.empty((2, *by_class.shape), z.dtype),
    )
    right = found.predict(data.x[rows]) == np.array(NAMES)[data.y[rows].argmax(axis=1)]
    return float(loss.astype(np.float64).sum() / len(rows)), float(right.mean())


@pytest.mark.parametrize("settings", KINDS.values(), ids=KINDS)
def test_outputs_have_the_bits_of_the_scores(settings):
    """Alone and out of a stack, the engine's test loss and accuracy follow from the outputs."""
    base, data = recipe(**settings), examples([0])
    alone, stack = trained([base], [0]), trained([base] * 3, [2, 0, 1])
    outcome = alone.outcome(0)
    assert outcome.status == "ok"
    x, test = data.x, data.test[0]
    assert scores(alone, data, test) == (outcome.last["test_loss"], outcome.last["test_accuracy"])
    assert np.array_equal(model_of(alone).outputs(x), model_of(stack, 1).outputs(x))


def test_several_chunks_have_the_bits_of_the_engine():
    """Rows beyond a chunk of the engine's evaluation are cut where the engine cuts them."""
    rng = np.random.default_rng(5)
    x, rows = rng.standard_normal((700, FEATURES)), np.arange(700)[None]
    y = np.eye(CLASSES)[rng.integers(0, CLASSES, 700)]
    many = replace(examples([0]), x=x, y=y, train=rows[:, :50], test=rows[:, 50:])
    many = replace(many, validation=rows[:, :40])
    training = Training([Trial(recipe(), "data", 3, 0)], many)
    while not training.finished:
        training.run_epoch()
    last = training.outcome(0).last
    assert scores(training, many, rows[0, 50:]) == (last["test_loss"], last["test_accuracy"])


def test_early_stopping_exports_the_best_weights_and_averaging_the_averaged():
    stopped = trained([recipe(**KINDS["early stopping"])], [0])
    assert stopped.outcome(0).epochs_trained < 40
    assert stopped.outcome(0).last["epoch"] < stopped.outcome(0).epochs_trained
    plain = recipe(hidden=(5, 4))
    averaged = replace(plain, regularisers=(Averaging(0.9),))
    one, other = (small_model(regularisers=r.regularisers) for r in (plain, averaged))
    assert not np.array_equal(one.parameters, other.parameters)


@pytest.mark.parametrize("settings", KINDS.values(), ids=KINDS)
def test_a_file_gives_the_same_model(settings, tmp_path):
    x = examples([0]).x
    inputs = Inputs(
        FEATURES + 2,
        np.linspace(-1, 1, FEATURES),
        np.linspace(1, 3, FEATURES),
        16.0,
        tuple("αbcdef"),
    )
    model = model_of(
        trained([recipe(**settings)], [0]), inputs=inputs, about={"trial_id": "t-1", "scores": {}}
    )
    x = np.column_stack([x, x[:, :2]])
    model.save(tmp_path / "m.npz")
    read = load_model(tmp_path / "m.npz")
    assert np.array_equal(read.outputs(x), model.outputs(x))
    assert np.array_equal(read.predict(x), model.predict(x))
    assert read.architecture == model.architecture
    assert read.loss == model.loss
    assert read.about == model.about
    assert (read.inputs.names, read.inputs.divisor) == (inputs.names, 16.0)
    assert repr(read) == repr(model)
    save_model(read, tmp_path / "again.npz")
    assert (tmp_path / "again.npz").read_bytes() == (tmp_path / "m.npz").read_bytes()
    assert {p.name for p in tmp_path.iterdir()} == {"m.npz", "again.npz"}


def test_inputs_are_scaled_in_float64_and_rounded_once():
    inputs = Inputs(3, np.array([0.1, 0.2]), np.array([3.0, 7.0]), 255.0)
    raw = np.array([[3, 250, 9]], np.uint8)
    found = inputs.scaled(inputs.checked(raw), np.dtype(np.float32))
    expected = np.array([[(3 / 255.0 - 0.1) / 3.0, (250 / 255.0 - 0.2) / 7.0]])
    assert found.dtype == np.float32
    assert np.array_equal(found, expected.astype(np.float32))


def test_softmax_probabilities():
    model = small_model(dtype="float64")
    x = examples([0]).x
    z, p = model.outputs(x), model.predict_proba(x)
    np.testing.assert_allclose(p, np.exp(z) / np.exp(z).sum(axis=1, keepdims=True), rtol=1e-13)
    assert np.array_equal(np.array(NAMES)[p.argmax(axis=1)], model.predict(x))


def test_sigmoid_probabilities_are_divided_by_their_sum_even_where_all_vanish():
    model = small_model(loss=SigmoidCrossEntropy(), dtype="float64")
    x = examples([0]).x
    sigmoid = 1 / (1 + np.exp(-model.outputs(x)))
    expected = sigmoid / sigmoid.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(model.predict_proba(x), expected, rtol=1e-12)
    biases = model.parameters.copy()
    biases[-CLASSES:] -= 5000.0
    low = replace(model, parameters=biases).predict_proba(x)
    np.testing.assert_allclose(low.sum(axis=1), 1.0)
    z = model.outputs(x)
    np.testing.assert_allclose(low, np.exp(z) / np.exp(z).sum(axis=1, keepdims=True), rtol=1e-9)


@pytest.mark.parametrize(
    "loss", [SquaredError(link="tanh"), AbsoluteError(), Huber(delta=0.3)], ids=str
)
def test_numbers_are_linked_and_put_back_into_their_units(loss):
    targets = Targets((), np.array([1.0, 2.0, 3.0]), np.array([10.0, 20.0, 1.0]))
    training = trained([recipe(loss=loss, dtype="float64")], [0])
    model, x = model_of(training, targets=targets), examples([0]).x
    z = model.outputs(x)
    linked = np.tanh(z) if loss.link == "tanh" else z
    np.testing.assert_allclose(model.predict(x), linked * targets.scale + targets.mean)
    with pytest.raises(InputError, match="it predicts numbers; use predict or outputs"):
        model.predict_proba(x)


@pytest.mark.parametrize("cls", members(Loss).values(), ids=lambda cls: cls.kind)
def test_probabilities_wherever_outputs_are_in_01_and_refused_elsewhere(cls):
    model, x = small_model(loss=cls()), examples([0]).x
    if model.loss.unit.kind in ("softmax", "sigmoid"):
        np.testing.assert_allclose(model.predict_proba(x).sum(axis=1), 1.0, rtol=1e-6)
    else:
        with pytest.raises(InputError, match=f"loss {cls.kind!r} gives none"):
            model.predict_proba(x)


def test_no_rows_give_no_predictions():
    model = small_model()
    assert model.predict(np.empty((0, FEATURES))).shape == (0,)
    assert model.predict_proba(np.empty((0, FEATURES))).shape == (0, CLASSES)


HOLE = np.ones((4, FEATURES))
HOLE[2, 1] = np.nan


@pytest.mark.parametrize(
    ("x", "told"),
    [
        (np.ones((2, FEATURES + 1)), r"x has shape \(2, 7\); the model reads \(rows, 6\)"),
        (np.ones(FEATURES), r"x has shape \(6,\)"),
        (HOLE, "x: row 3, column 'b' is missing or not finite"),
        (HOLE.astype(object), "x: row 3, column 'b' is missing or not finite"),
        (np.full((1, FEATURES), np.inf), "x: row 1, column 'a' .*6 such values"),
        ([["one"] * FEATURES], "must hold numbers only"),
        ([[1.0], [1.0, 2.0]], "must hold numbers only"),
    ],
)
def test_inputs_that_cannot_be_used_are_refused(x, told):
    inputs = replace(unscaled(FEATURES), names=tuple("abcdef"))
    model = model_of(trained([recipe()], [0]), inputs=inputs)
    for read in (model.outputs, model.predict, model.predict_proba):
        with pytest.raises(InputError, match=told) as caught:
            read(x)
        assert len(str(caught.value).splitlines()) == 1


def test_columns_without_names_are_counted():
    with pytest.raises(InputError, match="row 3, column 'input 2'"):
        small_model().predict(HOLE)


def test_parts_that_do_not_fit_are_refused():
    model = small_model()
    for change in (
        {"parameters": model.parameters[1:]},
        {"parameters": model.parameters.astype(np.float16)},
        {"statistics": np.zeros(3, np.float32)},
        {"inputs": unscaled(FEATURES + 1)},
        {"targets": of_classes(("one",))},
        {"targets": Targets((), np.zeros(CLASSES), np.ones(CLASSES))},
    ):
        with pytest.raises(ValueError, match="do not fit"):
            replace(model, **change)


def rewritten(path, change) -> None:
    """Change the arrays of a file, and write it again as a sound archive."""
    with np.load(path, allow_pickle=False) as file:
        arrays = {name: file[name] for name in file.files}
    change(arrays)
    np.savez(path, **arrays)


def other_table(**changes):
    def change(arrays):
        arrays["model"] = np.array(json.dumps(json.loads(str(arrays["model"])) | changes))

    return change


def other_parameter(arrays):
    arrays["parameters"][0] += 1e-6


def flipped(data: bytes, place: int) -> bytes:
    return data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]


@pytest.mark.parametrize(
    ("tamper", "told"),
    [
        (lambda p: rewritten(p, other_parameter), "its content is not what was written"),
        (lambda p: rewritten(p, other_table(divisor=2.0)), "its content is not what was written"),
        (lambda p: rewritten(p, other_table(format=9)), "has format 9; this paribus reads"),
        (lambda p: rewritten(p, lambda a: a.pop("statistics")), "damaged or no model"),
        (lambda p: rewritten(p, lambda a: a.pop("model")), "damaged or no model"),
        (
            lambda p: rewritten(p, lambda a: a.update(model=np.array("[1]"))),
            "damaged or no model",
        ),
        (
            lambda p: rewritten(p, lambda a: a.update(parameters=np.array([{}]))),
            "damaged or no model",
        ),
        (lambda p: p.write_bytes(p.read_bytes()[:-300]), "damaged or no model"),
        (lambda p: p.write_bytes(b""), "damaged or no model"),
        (lambda p: p.write_text("a, b"), "damaged or no model"),
        (lambda p: p.unlink(), "is not a file"),
        (lambda p: p.write_bytes(flipped(p.read_bytes(), 400)), "damaged or no model"),
    ],
)
def test_a_tampered_file_is_refused_in_one_line(tmp_path, tamper, told):
    path = tmp_path / "m.npz"
    small_model().save(path)
    tamper(path)
    with pytest.raises(InputError, match=told) as caught:
        load_model(path)
    assert len(str(caught.value).splitlines()) == 1
    assert "m.npz" in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"activation": {"kind": "tahn"}}, "did you mean 'tanh'"),
        ({"activation": {"kind": "tanh", "slope": 1.0}}, "no model of paribus"),
        ({"activation": {"kind": "function", "path": "", "source": ""}}, "names no file"),
        ({"activation": {"kind": "function", "path": "/x.py:f", "source": ""}}, "names no file"),
        ({"sizes": [6, 5, 3]}, "do not fit"),
        ({"sizes": ["6", 5, 3]}, "no model of paribus"),
        ({"loss": None}, "no model of paribus"),
        ({"classes": 3}, "no model of paribus"),
    ],
)
def test_a_file_made_by_hand_is_checked_as_well(tmp_path, monkeypatch, changes, told):
    """Whoever knows the format can give a right digest; the parts must fit nevertheless."""
    path = tmp_path / "m.npz"
    small_model().save(path)
    rewritten(path, other_table(**changes, sha256="mine"))
    monkeypatch.setattr("paribus.core.models.model_file.digest", lambda *_: "mine")
    with pytest.raises(InputError, match=told):
        load_model(path)


def test_files_hold_no_pickle_and_no_machine(tmp_path):
    small_model().save(tmp_path / "m.npz")
    with zipfile.ZipFile(tmp_path / "m.npz") as archive:
        for name in archive.namelist():
            assert b"pickle" not in archive.read(name)
            assert str(tmp_path).encode() not in archive.read(name)
    table = json.loads(str(np.load(tmp_path / "m.npz", allow_pickle=False)["model"]))
    assert table["activation"] == {"kind": "tanh"}
    assert table["sizes"] == [FEATURES, 5, 4, CLASSES]


def test_a_model_is_on_the_disk_before_its_name(tmp_path, monkeypatch):
    synced, sync = [], os.fsync
    monkeypatch.setattr(os, "fsync", lambda handle: (synced.append(handle), sync(handle)))
    small_model().save(tmp_path / "m.npz")
    assert len(synced) == 2  # the file, then its folder


FUNCTION = """from paribus.core.autodiff import sigmoid

def swish(z):
    return z * sigmoid(z)
"""


def test_a_users_activation_travels_as_path_and_hash(tmp_path):
    """A missing file is refused clearly, and so is another one."""
    file, path = tmp_path / "mine.py", tmp_path / "m.npz"
    file.write_text(FUNCTION)
    function = UserFunction(f"{file}:swish").resolved(file)
    model, x = small_model(activation=function), examples([0]).x
    model.save(path)
    assert np.array_equal(load_model(path).outputs(x), model.outputs(x))
    file.write_text(FUNCTION + "# changed")
    with pytest.raises(InputError, match=r"m\.npz: .*mine\.py is not the one"):
        load_model(path)
    file.unlink()
    with pytest.raises(InputError, match=r"m\.npz: .*must be FILE\.py:NAME"):
        load_model(path)


def test_running_statistics_are_what_batch_normalisation_predicts_with():
    """One row at a time gives what all rows together give, up to rounding."""
    model = small_model(normaliser=BatchNorm(), dtype="float64", activation=ReLU(), epochs=5)
    x = examples([0]).x[:9]
    single = np.concatenate([model.outputs(row[None]) for row in x])
    np.testing.assert_allclose(single, model.outputs(x), rtol=1e-12)
    other = replace(model, statistics=model.statistics * 2)
    assert not np.allclose(other.outputs(x), model.outputs(x))
