from __future__ import annotations

import hashlib
import pickle
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context

import numpy as np
import pytest
from paribus.core.component_json import canonical_json, from_json, to_json
from paribus.core.components import structure
from paribus.core.errors import InputError
from paribus.core.families.activations import (
    Activation,
    Expression,
    Sigmoid,
    Swish,
    UserFunction,
)
from paribus.studies.files.drafts import recipe_from
from small import recipe, trained

SWISH = """from paribus.core.autodiff import sigmoid

def swish(z):
    return z * sigmoid(z)

def broken(z):
    return 3

def crash(z):
    return undefined

def branching(z):
    return z if z > 0 else -z

three = 3
"""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(SWISH)
    return path


def own(path, name="swish", **given):
    return UserFunction(f"{path}:{name}", **given).resolved(path)


def test_a_formula_and_a_function_train_as_the_built_in_activation_does(file):
    """The same function in three ways: equal up to rounding, and as a stack bit for bit."""
    base = recipe(activation=Swish(), dtype="float64", epochs=3)
    built_in = trained([base], [0]).parameters(0)
    for activation in (Expression("z * sigmoid(z)"), own(file)):
        settings = replace(base, activation=activation)
        stack = trained([settings] * 3, [2, 0, 1])
        np.testing.assert_allclose(stack.parameters(1), built_in, rtol=1e-10, atol=1e-13)
        alone = trained([settings], [0])
        assert np.array_equal(stack.parameters(1), alone.parameters(0))


def test_float32_stays_float32(file):
    for activation in (Expression("tanh(z)"), own(file)):
        z = np.linspace(-2, 2, 7, dtype=np.float32).reshape(1, 1, 7)
        a, slope, spare = (np.empty_like(z) for _ in range(3))
        activation.apply({}, z, a, spare)
        activation.derivative({}, z, a, slope, spare)
        assert a.dtype == slope.dtype == np.float32


def test_source_and_name_are_the_identity_and_the_path_is_not(file, tmp_path):
    one, other = own(file), own(file, "broken")
    source = hashlib.sha256(SWISH.encode()).hexdigest()
    assert canonical_json(one) == f'{{"kind":"function","name":"swish","source":"{source}"}}'
    assert canonical_json(one) != canonical_json(other)
    assert (one == other, structure(one) == structure(other)) == (False, False)
    copy = tmp_path / "copy.py"
    copy.write_text(SWISH)
    assert canonical_json(own(copy)) == canonical_json(one)
    assert own(copy) == one
    assert hash(own(copy)) == hash(one)
    assert str(own(copy)) == f"function(path={copy}:swish)"
    copy.write_text(SWISH + "# changed")
    assert canonical_json(own(copy)) != canonical_json(one)
    assert own(copy) != one
    with pytest.raises(InputError, match="not the one that this was planned with"):
        own(copy, source=one.source)


def test_a_function_of_before_its_name_was_kept_keeps_its_id():
    former = UserFunction("mine.py:f", "0" * 64)
    assert canonical_json(former) == f'{{"kind":"function","source":"{"0" * 64}"}}'


def test_a_function_is_a_value_that_reads_and_runs_nothing(tmp_path):
    """It can be made for a file that is not there; only then has it no identity and no values."""
    file = tmp_path / "mine.py"
    function = UserFunction(f"{file}:f")
    assert function == UserFunction(f"{file}:f") != UserFunction(f"{file}:g")
    assert recipe_from({"activation": {"kind": "function", "path": "no.py:f"}}).parts
    with pytest.raises(InputError, match="was not read"):
        canonical_json(function)
    with pytest.raises(InputError, match="was not read"):
        trained([recipe(activation=function)], [0])
    file.write_text(f"open({str(tmp_path / 'mark')!r}, 'w').close()\n\ndef f(z):\n    return z\n")
    read = function.resolved(file)
    assert from_json(Activation, to_json(read)) == read
    assert pickle.loads(pickle.dumps(read)) == read
    assert not (tmp_path / "mark").exists()
    read.try_out()
    assert (tmp_path / "mark").exists()


def test_what_was_read_is_what_is_executed(file):
    """Once, however the file changes."""
    function = own(file)
    before = trained([recipe(activation=function)], [0]).parameters(0)
    file.write_text(SWISH.replace("z * sigmoid(z)", "0 * z"))
    assert np.array_equal(trained([recipe(activation=function)], [0]).parameters(0), before)
    file.unlink()
    assert np.array_equal(trained([recipe(activation=function)], [0]).parameters(0), before)


def parameters_of(settings):
    return trained([settings], [0]).parameters(0)


def test_a_pickle_takes_the_source_along(file):
    """A process that is started afresh computes the same without the file."""
    settings = recipe(activation=own(file))
    file.unlink()
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        assert np.array_equal(
            pool.submit(parameters_of, settings).result(), parameters_of(settings)
        )


@pytest.mark.parametrize(
    ("build", "told"),
    [
        (lambda _: Expression("z +"), "z"),
        (lambda _: Expression("__import__('os')"), "import"),
        (lambda _: Expression("tahn(z)"), "tanh"),
        (lambda _: recipe(activation=UserFunction()), "must be FILE.py:NAME"),
        (lambda file: own(file.parent / "nowhere.py"), "nowhere.py is no file"),
        (lambda _: UserFunction(":f"), "must be FILE.py:NAME"),
        (lambda _: UserFunction("a.py:f", "../../other"), "must be a SHA-256"),
        (lambda _: UserFunction("a.py:f", "0" * 64, "g"), "is not what"),
        (lambda file: UserFunction(str(file)), "must be FILE.py:NAME"),
        (lambda file: own(file, "absent").try_out(), "has no function 'absent'"),
        (lambda file: own(file, "three").try_out(), "has no function 'three'"),
        (lambda file: own(file, "broken").try_out(), "must return a node"),
        (lambda file: own(file, "crash").try_out(), "fails: NameError"),
        (lambda file: own(file, "branching").try_out(), "fails: TypeError"),
    ],
)
def test_what_is_refused(build, told, file):
    with pytest.raises(InputError, match=told):
        build(file)


def test_a_file_that_does_not_run_is_told_in_one_line(tmp_path):
    path = tmp_path / "bad.py"
    path.write_text("raise ValueError('no\\nway')")
    with pytest.raises(InputError, match="ValueError: no way"):
        own(path, "f").try_out()


def test_limits_are_unknown_so_nothing_counts_as_saturated():
    assert Expression().limits is None
    assert Sigmoid().limits == (0.0, 1.0)
