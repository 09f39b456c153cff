from __future__ import annotations

import contextlib
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from paribus.core.autodiff import Node, apply, gradients, variable
from paribus.core.autodiff.expressions import FUNCTIONS, LONGEST, Expression, parse
from paribus.core.errors import InputError
from paribus.core.families.activations import ReLU, Sigmoid, Tanh
from scipy import special

PHI = "0.5 * (1 + erf(z / sqrt(2)))"


def sigma(z):
    return special.expit(z)


def density(z):
    return np.exp(-z * z / 2) / math.sqrt(2 * math.pi)


# The notes' activations: text, f, f′ where z ≠ 0, and f′(0).
ACTIVATIONS = {
    "logistic": ("sigmoid(z)", sigma, lambda z: sigma(z) * (1 - sigma(z)), 0.25),
    "logistic, written out": (
        "1 / (1 + exp(-z))",
        sigma,
        lambda z: sigma(z) * (1 - sigma(z)),
        0.25,
    ),
    "tanh": ("tanh(z)", np.tanh, lambda z: 1 / np.cosh(z) ** 2, 1.0),
    "tanh by exp": (
        "(exp(z) - exp(-z)) / (exp(z) + exp(-z))",
        np.tanh,
        lambda z: 1 / np.cosh(z) ** 2,
        1.0,
    ),
    "tanh by sigma": (
        "2 * sigmoid(2 * z) - 1",
        np.tanh,
        lambda z: 1 / np.cosh(z) ** 2,
        1.0,
    ),
    "relu": ("relu(z)", lambda z: np.maximum(z, 0), lambda z: (z > 0) * 1.0, 0.0),
    "relu by max": ("maximum(0, z)", lambda z: np.maximum(z, 0), lambda z: (z > 0) * 1.0, 0.0),
    "leaky relu": (
        "maximum(0, z) + 0.01 * minimum(0, z)",
        lambda z: np.where(z > 0, z, 0.01 * z),
        lambda z: np.where(z > 0, 1, 0.01),
        0.01,
    ),
    "prelu by max": (
        "maximum(z, 0.25 * z)",
        lambda z: np.where(z > 0, z, 0.25 * z),
        lambda z: np.where(z > 0, 1, 0.25),
        0.25,
    ),
    "elu": (
        "maximum(0, z) + minimum(0, 1.5 * expm1(minimum(0, z)))",
        lambda z: np.where(z > 0, z, 1.5 * np.expm1(z)),
        lambda z: np.where(z > 0, 1, 1.5 * np.exp(z)),
        1.5,
    ),
    "softplus": ("softplus(z)", lambda z: np.logaddexp(0, z), sigma, 0.5),
    "swish": (
        "z * sigmoid(1.5 * z)",
        lambda z: z * sigma(1.5 * z),
        lambda z: sigma(1.5 * z) * (1 + 1.5 * z * (1 - sigma(1.5 * z))),
        0.5,
    ),
    "gelu": (
        f"z * {PHI}",
        lambda z: z * special.ndtr(z),
        lambda z: special.ndtr(z) + z * density(z),
        0.5,
    ),
    "identity": ("z", lambda z: z, np.ones_like, 1.0),
}
Z = np.concatenate([np.linspace(-6, 6, 240), [0.0]])
ids = pytest.mark.parametrize("name", ACTIVATIONS)


@ids
@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 3e-6), ("float64", 1e-13)])
def test_the_activations_of_the_notes_have_their_closed_forms(name, dtype, tolerance):
    text, value, slope, at_zero = ACTIVATIONS[name]
    z = Z.astype(dtype).reshape(1, 1, -1)
    wide = z.astype(np.float64)
    found = parse(text).value_and_slope(z)
    assert all(array.dtype == z.dtype and array.shape == z.shape for array in found)
    np.testing.assert_allclose(found[0], value(wide), rtol=tolerance, atol=tolerance)
    wanted = np.where(wide == 0, at_zero, slope(np.where(wide == 0, 1.0, wide)))
    np.testing.assert_allclose(found[1], wanted, rtol=tolerance, atol=tolerance)
    np.testing.assert_array_equal(parse(text).value(z), found[0])


@ids
def test_the_slope_is_the_central_difference(name):
    expression, step = parse(ACTIVATIONS[name][0]), 1e-6
    z = Z[np.abs(Z) > 1e-3]
    difference = (expression.value(z + step) - expression.value(z - step)) / (2 * step)
    np.testing.assert_allclose(expression.value_and_slope(z)[1], difference, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize(
    ("cls", "text"), [(Sigmoid, "sigmoid(z)"), (Tanh, "tanh(z)"), (ReLU, "relu(z)")]
)
def test_the_engine_agrees(cls, text):
    z = Z.copy()
    a, slope = np.empty_like(z), np.empty_like(z)
    cls().apply({}, z, a, np.empty_like(z))
    cls().derivative({}, z, a, slope, np.empty_like(z))
    value, found = parse(text).value_and_slope(z)
    np.testing.assert_allclose(value, a, rtol=1e-14, atol=1e-15)
    np.testing.assert_allclose(found, slope, rtol=1e-13, atol=1e-15)


def test_the_approximations_of_gelu_are_as_close_as_the_notes_say():
    """The tanh form errs by at most 4.73e-4 (near ±2.70), xσ(1.702x) by 2.03e-2 (near ±2.27)."""
    z = np.linspace(-8, 8, 16_001)
    exact = parse(f"z * {PHI}").value(z)
    for text, error, at in (
        ("0.5*z*(1 + tanh(sqrt(2/pi) * (z + 0.044715*z**3)))", 4.73e-4, 2.70),
        ("z * sigmoid(1.702*z)", 2.03e-2, 2.27),
    ):
        gap = np.abs(parse(text).value(z) - exact)
        assert gap.max() == pytest.approx(error, rel=3e-3)
        assert abs(z[gap.argmax()]) == pytest.approx(at, abs=0.01)


def test_swish_has_its_minimum_where_its_slope_is_zero():
    z = np.linspace(-3, 0, 300_001)
    value, slope = parse("z * sigmoid(z)").value_and_slope(z)
    assert value.min() == pytest.approx(-0.2785, abs=5e-5)
    assert z[value.argmin()] == pytest.approx(-1.278, abs=5e-4)
    assert abs(slope[value.argmin()]) < 1e-5


pieces = st.recursive(
    st.sampled_from(["z", "0.5", "2", "pi", "1.25"]),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from("+-*/"), inner).map(lambda t: f"({t[0]} {t[1]} {t[2]})"),
        st.tuples(st.sampled_from(["tanh", "sigmoid", "softplus", "sin", "erf"]), inner).map(
            lambda t: f"{t[0]}({t[1]})"
        ),
        inner.map(lambda text: f"-{text}"),
        inner.map(lambda text: f"({text})**3"),
    ),
    max_leaves=6,
)


@settings(deadline=None)
@given(pieces)
def test_forward_mode_here_is_reverse_mode_on_the_graph(text):
    """An expression's slope equals the gradient of the same steps as a computation graph."""
    try:
        expression = parse(text)
    except InputError:
        return
    z = np.linspace(-1.9, 2.1, 7)
    x = variable(z)
    nodes: list[Node] = [x]
    for step in expression.steps:
        nodes.append(
            apply(step.operation, *(nodes[t] if isinstance(t, int) else t for t in step.terms))
        )
    value, slope = expression.value_and_slope(z)
    np.testing.assert_array_equal(value, nodes[-1].value)
    clear = np.isfinite(value) & (np.abs(slope) < 1e12)
    reverse = gradients(nodes[-1], np.ones_like(z))[x]
    np.testing.assert_allclose(slope[clear], reverse[clear], rtol=1e-8, atol=1e-8)


@settings(deadline=None)
@given(pieces, st.sampled_from(["float32", "float64"]))
def test_python_means_the_same(text, dtype):
    """The grammar is Python's: precedence, signs and powers."""
    try:
        expression = parse(text)
    except InputError:
        return
    names = {"z": (z := np.linspace(-1.9, 2.1, 7)), "pi": math.pi, "erf": special.erf}
    names |= {"tanh": np.tanh, "sin": np.sin, "sigmoid": sigma}
    names["softplus"] = lambda x: np.logaddexp(0, x)
    with np.errstate(all="ignore"):
        wanted = eval(text, {"__builtins__": {}}, names)  # the test's own texts
    found = expression.value(z.astype(dtype))
    assert found.dtype == dtype
    if dtype == "float64":
        usual = np.isfinite(wanted) & (np.abs(wanted) < 1e9)
        np.testing.assert_allclose(found[usual], wanted[usual], rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("text", ["-z**2", "2**-z", "z/2/2", "z-1-1", "+z", "2**3**2*z"])
def test_precedence(text):
    z = np.array([0.3, 1.7])
    wanted = {
        "-z**2": -(z**2),
        "2**-z": 2**-z,
        "z/2/2": z / 4,
        "z-1-1": z - 2,
        "+z": z,
        "2**3**2*z": 512 * z,
    }[text]
    np.testing.assert_allclose(parse(text).value(z), wanted, rtol=1e-15)


FAR = np.array([-1e30, -1e4, -100, -1, -0.0, 0.0, 1, 100, 1e4, 1e30, np.inf, -np.inf, np.nan])


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_no_function_warns_or_changes_the_dtype_far_out(name, dtype):
    text = f"{name}(z)" if FUNCTIONS[name][0] == 1 else f"{name}(z, 0.5)"
    z = FAR.astype(dtype)
    value, slope = parse(text).value_and_slope(z)
    assert value.dtype == slope.dtype == z.dtype
    if name in ("sigmoid", "tanh", "softplus", "relu", "erf", "abs", "arctan"):
        assert np.isfinite(value[:-3]).all()
        assert np.isfinite(slope[:-3]).all()
    if name != "step":
        assert np.isnan(value[-1]), "a NaN must be seen"


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_part_of_an_array_gives_the_same_bits(name, dtype):
    """What stands beside a number must not change its bits, or stacks would not equal trials."""
    call = f"{name}(z)" if FUNCTIONS[name][0] == 1 else f"{name}(z, 0.5)"
    expression = parse(f"{call} * z**2.5 + 0.3**z / (1 + z**3)")
    z = np.random.default_rng(8).uniform(0.01, 4, 997).astype(dtype)
    whole = expression.value_and_slope(z)
    for part in (slice(0, 1), slice(1, 8), slice(3, 996), slice(500, 533), slice(0, 997, 3)):
        for a, b in zip(expression.value_and_slope(z[part]), whole, strict=True):
            np.testing.assert_array_equal(a, b[part])


def test_the_same_text_is_read_once():
    assert parse("z * sigmoid(z)") is parse("z * sigmoid(z)")
    assert isinstance(parse("z"), Expression)
    assert str(parse(" tanh(z) ")) == "tanh(z)"


def test_equal_parts_are_computed_once_and_constants_beforehand():
    assert len(parse("tanh(z) * tanh(z) + tanh(z)").steps) == 3
    assert len(parse("sqrt(2 / pi) * z").steps) == 1


def test_the_given_array_is_never_returned_or_written():
    z = np.array([1.0, -2.0])
    for text in ("z", "+z", "relu(z)", "-z"):
        value, slope = parse(text).value_and_slope(z)
        assert not np.shares_memory(value, z)
        assert slope.flags.writeable
        np.testing.assert_array_equal(z, [1, -2])
    assert parse("tanh(z)").value(np.float32(0.5)).shape == ()


BAD = {
    "": "is empty",
    "   ": "is empty",
    "z +": "is not a formula",
    "(z": "is not a formula",
    "z z": "is not a formula",
    "tahn(z)": "did you mean 'tanh'",
    "x + 1": "unknown name 'x'",
    "sigmod": "did you mean 'sigmoid'",
    "tanh": r"tanh is a function; write tanh\(z\)",
    "tanh()": r"tanh takes 1 argument\(s\), not 0",
    "maximum(z)": r"maximum takes 2 argument\(s\), not 1",
    "tanh(z, 1)": r"tanh takes 1 argument\(s\), not 2",
    "z ^ 2": r"'\^' is not allowed; a power is written \*\*",
    "z @ z": "'@' is not allowed",
    "z; z": "';' is not allowed",
    "z // 2": "is not allowed",
    "z % 2": "'%' is not allowed",
    "z > 0": "'>' is not allowed",
    "z if z else z": "is not allowed",
    "z and z": "is not allowed",
    "lambda z: z": "':' is not allowed",
    "z.real": "is not allowed",
    "z.__class__": "is not allowed",
    "__import__('os')": "is not allowed",
    "(1, z)": "is not allowed",
    "tanh(*z)": "is not allowed",
    "z * True": "'True' is not allowed",
    "1j * z": "is not allowed",
    "3.5": "does not depend on z",
    "pi": "does not depend on z",
    "1e400 * z": "a constant is inf",
    "1e30 * z": "a constant is 1e",
    "9**9**9**9 * z": "a constant is inf",
    "log(0) * z": "a constant is -inf",
    "(-1)**0.5 * z": "a constant is nan",
    "z / (1/0)": "a constant is inf",
    "é * z": "is not allowed",
    "z\0": "is not allowed",
    "-" * 100 + "z": "nested more than",
    "(" * 150 + "z" + ")" * 150: None,
    "(" * 190 + "z" + ")" * 190 + "+z": None,
    "z" * (LONGEST + 1): "characters; at most",
    "1" * 390 + "*z": "a constant is inf",
    "z+" * 60 + "z": "nested more than",
}


@pytest.mark.parametrize("text", BAD, ids=lambda text: repr(text[:20]))
def test_what_is_not_on_the_list_is_refused_in_one_line(text):
    if BAD[text] is None:  # brackets alone cost nothing
        assert parse(text).value(np.ones(1)) > 0
        return
    with pytest.raises(InputError, match=BAD[text]) as caught:
        parse(text)
    assert len(caught.value.messages) == 1
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("given", [None, 3, ["z"], b"z"])
def test_only_texts_are_read(given):
    with pytest.raises(InputError, match="must be a text"):
        parse(given)


@settings(deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text):
    with contextlib.suppress(InputError):
        assert parse(text).steps is not None


@settings(deadline=None)
@given(st.text("z0123456789.+-*/()epilog, ", max_size=40))
def test_any_near_formula_is_read_or_refused(text):
    try:
        expression = parse(text)
    except InputError:
        return
    assert expression.value_and_slope(np.ones((2, 3), np.float32))[1].shape == (2, 3)


def test_other_dtypes_are_refused():
    with pytest.raises(InputError, match="float32 or float64, not int64"):
        parse("z").value(np.arange(3))
