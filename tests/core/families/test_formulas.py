from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from paribus.core.components import canonical_json
from paribus.core.errors import InputError
from paribus.core.families.activations import Expression, Sigmoid, Swish, UserFunction
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
    return UserFunction(f"{path}:{name}", **given)


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


def test_the_source_is_the_identity_and_the_path_is_not(file, tmp_path):
    one = own(file)
    assert len(one.source) == 64
    copy = tmp_path / "copy.py"
    copy.write_text(SWISH)
    assert canonical_json(own(copy)) == canonical_json(one)
    copy.write_text(SWISH + "# changed")
    assert canonical_json(own(copy)) != canonical_json(one)
    with pytest.raises(InputError, match="not the one that this was planned with"):
        own(copy, source=one.source)


@pytest.mark.parametrize(
    ("build", "told"),
    [
        (lambda _: Expression("z +"), "z"),
        (lambda _: Expression("__import__('os')"), "import"),
        (lambda _: Expression("tahn(z)"), "tanh"),
        (lambda _: recipe(activation=UserFunction()), "must be FILE.py:NAME"),
        (lambda _: UserFunction("nowhere.py:f"), "must be FILE.py:NAME"),
        (lambda file: UserFunction(str(file)), "must be FILE.py:NAME"),
        (lambda file: own(file, "absent"), "has no function 'absent'"),
        (lambda file: own(file, "three"), "has no function 'three'"),
        (lambda file: own(file, "broken"), "must return a node"),
        (lambda file: own(file, "crash"), "fails: NameError"),
        (lambda file: own(file, "branching"), "fails: TypeError"),
    ],
)
def test_what_is_refused(build, told, file):
    with pytest.raises(InputError, match=told):
        build(file)


def test_a_file_that_does_not_run_is_told_in_one_line(tmp_path):
    path = tmp_path / "bad.py"
    path.write_text("raise ValueError('no\\nway')")
    with pytest.raises(InputError, match="ValueError: no way"):
        own(path, "f")


def test_limits_are_unknown_so_nothing_counts_as_saturated():
    assert Expression().limits is None
    assert Sigmoid().limits == (0.0, 1.0)
