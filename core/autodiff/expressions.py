"""A function of z that a user writes as text, such as ``z * sigmoid(1.5 * z)``.

The text is read by Python's parser into a tree and only what stands on a short list is understood:

- numbers, ``z`` and ``pi``;
- ``+  -  *  /  **``, a sign in front, and brackets;
- the functions of one argument ``exp expm1 log log1p sqrt sin cos arctan tanh sigmoid softplus
  relu erf abs sign step`` and of two ``maximum minimum``.

Nothing is ever evaluated as code. What is understood becomes a list of operations, which computes
f(z) and, by forward-mode automatic differentiation, f′(z) on whole arrays in their own dtype.

``step(z)`` is 1 for z > 0 and 0 elsewhere. At a kink the slope is 0 for relu, abs, sign and step;
maximum(z, c) has slope 0 and minimum(z, c) slope 1 where z meets the constant c, in whichever
order the two are written; where two functions of z meet, maximum follows the second, minimum the
first. Overflow gives ∞ or NaN without a warning: divergence is a result.
"""

from __future__ import annotations

import ast
import functools
import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..components import Array
from ..errors import InputError, unknown
from .operations import ELEMENTWISE, Number, Operation

LONGEST = 400
DEEPEST = 24
LARGEST = 1e30
"""A constant beyond this would be infinite in float32 after a few products."""

OPERATORS: dict[type[ast.operator], str] = {
    ast.Add: "add",
    ast.Sub: "subtract",
    ast.Mult: "multiply",
    ast.Div: "divide",
    ast.Pow: "power",
}
FUNCTIONS: dict[str, tuple[int, str]] = {
    **{
        name: (1, name)
        for name in (
            *("exp", "expm1", "log", "log1p", "sqrt", "sin", "cos", "arctan"),
            *("tanh", "sigmoid", "softplus", "relu", "erf", "sign", "step"),
        )
    },
    "abs": (1, "absolute"),
    "maximum": (2, "maximum"),
    "minimum": (2, "minimum"),
}
"""The functions a text may call: name → number of arguments, operation."""
CONSTANTS = {"pi": math.pi}
NAMES = ("z", *CONSTANTS, *FUNCTIONS)

Term = float | int
"""A constant, or the place of a value in the list of values; place 0 is z."""


@dataclass(frozen=True)
class Step:
    """One operation of an expression: what is done to which terms."""

    operation: Operation
    terms: tuple[Term, ...]


@dataclass(frozen=True)
class Expression:
    """A function f(z) and its derivative, read from text by :func:`parse`.

    ``str(expression)`` is the text.
    """

    text: str
    steps: tuple[Step, ...] = field(repr=False, compare=False)

    def __str__(self) -> str:
        return self.text

    def value(self, z: Array) -> Array:
        """Return f(z), a new array of z's shape and dtype (float32 or float64)."""
        return self._run(z, slope=False)[0]

    def value_and_slope(self, z: Array) -> tuple[Array, Array]:
        """Return f(z) and f′(z), two new arrays of z's shape and dtype.

        Forward mode: with ż = 1, each step's slope is Σᵢ (∂y/∂xᵢ)·ẋᵢ.
        """
        value, slope = self._run(z, slope=True)
        return value, slope

    def _run(self, z: Array, *, slope: bool) -> tuple[Array, Array]:
        z = np.asarray(z, order="C")  # strided loops of some functions differ in the last bit
        if z.dtype not in (np.float32, np.float64):
            raise InputError(f"an expression takes float32 or float64, not {z.dtype}")
        values: list[Number] = [z]
        slopes: list[Number] = [1.0]
        with np.errstate(all="ignore"):
            for step in self.steps:
                terms = [values[t] if isinstance(t, int) else t for t in step.terms]
                values.append(step.operation.value(*terms))
                if slope:
                    parts = [
                        step.operation.push(i, slopes[t], values[-1], *terms)
                        for i, t in enumerate(step.terms)
                        if isinstance(t, int)
                    ]
                    slopes.append(functools.reduce(lambda a, b: a + b, parts))
        filled = np.empty_like(z)
        filled[...] = slopes[-1]
        return np.asarray(values[-1]) if self.steps else z.copy(), filled


def parse(text: str) -> Expression:
    """Read a function of z; the same text gives the same object.

    >>> parse("z * sigmoid(1.5 * z)").value_and_slope(np.zeros(1))
    (array([0.]), array([0.5]))

    Raises
    ------
    InputError
        If anything in the text is not on the list at the head of this module, if it does not
        contain z, is too long or too deep, or holds a number that is not below 1e30.
    """
    if not isinstance(text, str):
        raise InputError(f"expression = {text!r} must be a text")
    return parsed(text)


@functools.lru_cache(maxsize=256)
def parsed(text: str) -> Expression:
    """Read a text; see :func:`parse`."""
    where = f"expression {text[:LONGEST]!r}"
    if not text.strip():
        raise InputError(f"{where} is empty; write a function of z, such as 'z * sigmoid(z)'")
    if len(text) > LONGEST:
        raise InputError(f"expression of {len(text)} characters; at most {LONGEST} are allowed")
    strange = re.search(r"[^A-Za-z0-9_+\-*/()., \t\n]", text)
    if strange:
        hint = "; a power is written **" if strange[0] == "^" else ""
        raise InputError(f"{where}: {strange[0]!r} is not allowed{hint}")
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        reason = getattr(error, "msg", None) or "it cannot be read"
        raise InputError(f"{where} is not a formula: {reason}") from None
    reader = Reader()
    try:
        last = reader.read(tree.body, DEEPEST)
    except InputError as error:
        raise InputError(f"{where}: {error}") from None
    if not isinstance(last, int):
        raise InputError(f"{where} does not depend on z")
    return Expression(text.strip(), tuple(reader.steps))


class Reader:
    """Turns a syntax tree into steps; equal parts are computed once, constants at once."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self._known: dict[Any, int] = {}

    def read(self, node: ast.expr, depth: int) -> Term:
        """Return the term that stands for a part of the tree."""
        if depth == 0:
            raise InputError(f"brackets and operators are nested more than {DEEPEST} deep")
        match node:
            case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
                return bounded(lambda: float(value))
            case ast.Name(id="z"):
                return 0
            case ast.Name(id=name):
                if name in FUNCTIONS:
                    raise InputError(f"{name} is a function; write {name}(z)")
                if name not in CONSTANTS:
                    raise InputError(unknown("name", name, NAMES))
                return CONSTANTS[name]
            case ast.UnaryOp(op=ast.UAdd() | ast.USub() as sign, operand=operand):
                term = self.read(operand, depth - 1)
                return term if isinstance(sign, ast.UAdd) else self.add("negative", term)
            case ast.BinOp(op=operator, left=left, right=right) if type(operator) in OPERATORS:
                terms = self.read(left, depth - 1), self.read(right, depth - 1)
                return self.add(OPERATORS[type(operator)], *terms)
            case ast.Call(func=ast.Name(id=name), args=args, keywords=[]):
                if name not in FUNCTIONS:
                    raise InputError(unknown("function", name, FUNCTIONS))
                count, operation = FUNCTIONS[name]
                if len(args) != count:
                    raise InputError(f"{name} takes {count} argument(s), not {len(args)}")
                return self.add(operation, *(self.read(a, depth - 1) for a in args))
        raise InputError(
            f"{ast.unparse(node)!r} is not allowed; allowed are numbers, + - * / **, "
            f"{', '.join(NAMES)}"
        )

    def add(self, name: str, *terms: Term) -> Term:
        """Return the term of an operation on terms: a constant if all are, else a step's place."""
        if all(isinstance(t, float) for t in terms):
            with np.errstate(all="ignore"):
                return bounded(lambda: float(ELEMENTWISE[name].value(*map(np.float64, terms))))
        if name in ("maximum", "minimum") and isinstance(terms[0], float):
            terms = terms[::-1]  # so that a tie with a constant has one convention
        if name == "power" and terms[1] in (2.0, 3.0) and isinstance(terms[1], float):
            base, exponent = terms  # products are faster than powers and no less exact
            square = self.add("multiply", base, base)
            return square if exponent == 2.0 else self.add("multiply", square, base)
        key = (name, *((type(t), t) for t in terms))
        if key not in self._known:
            self.steps.append(Step(ELEMENTWISE[name], terms))
            self._known[key] = len(self.steps)
        return self._known[key]


def bounded(compute: Callable[[], float]) -> float:
    """Return a constant, or refuse it if it is not a number of ordinary size."""
    try:
        value = compute()
    except OverflowError:
        value = math.inf
    if not abs(value) < LARGEST:
        raise InputError(f"a constant is {value:g}; it must be a number below {LARGEST:g}")
    return value
