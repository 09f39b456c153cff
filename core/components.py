"""Components: the frozen values that a recipe is made of, and how they become JSON and arrays.

A component is a frozen dataclass of plain Python values. Its class is its *kind*. Its float
fields may differ between the trials of a stack; every other field is part of the kind.
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, get_args

import numpy as np
from numpy.typing import NDArray

from .errors import InputError
from .streams import Purpose

Array = NDArray[Any]
Fields = Mapping[str, Array]
"""The float fields of the components of a stack: name → one value per trial, shape (T,)."""


@dataclass(frozen=True)
class Bounds:
    """The values that a field allows."""

    above: float | None = None
    at_least: float | None = None
    below: float | None = None
    at_most: float | None = None
    options: tuple[str, ...] = ()

    def allows(self, value: Any) -> bool:
        """Tell whether ``value`` lies inside."""
        if self.options:
            return value in self.options
        return not (
            (self.above is not None and value <= self.above)
            or (self.at_least is not None and value < self.at_least)
            or (self.below is not None and value >= self.below)
            or (self.at_most is not None and value > self.at_most)
        )

    def __str__(self) -> str:
        if self.options:
            return " or ".join(repr(option) for option in self.options)
        signs = {"above": ">", "at_least": "≥", "below": "<", "at_most": "≤"}
        limits = [
            f"{sign} {getattr(self, name):,.10g}"
            for name, sign in signs.items()
            if getattr(self, name) is not None
        ]
        return " and ".join(limits) or "any finite number"


def number(
    default: float,
    *,
    above: float | None = None,
    at_least: float | None = None,
    below: float | None = None,
    at_most: float | None = None,
    words: str = "",
    later: bool = False,
) -> Any:
    """Declare a float or int field with its default and the range it allows.

    A field that was added ``later``, after ids were first given out, is no part of the identity
    at its default; ``words`` is what readers call it, its kind and its name if empty.
    """
    metadata = {"bounds": Bounds(above, at_least, below, at_most), "words": words, "later": later}
    return dataclasses.field(default=default, metadata=metadata)


def place(default: str, *, words: str = "") -> Any:
    """Declare a text field that says where something lies and is no part of its identity."""
    return dataclasses.field(default=default, metadata={"place": True, "words": words})


def choice(default: str, *others: str, words: str = "", later: bool = False) -> Any:
    """Declare a text field that takes ``default`` or one of ``others``; the rest as a number."""
    metadata = {"bounds": Bounds(options=(default, *others)), "words": words, "later": later}
    return dataclasses.field(default=default, metadata=metadata)


@dataclass(frozen=True)
class Kinds:
    """The kinds of a family's members, read from its union whenever they are asked for."""

    family: Callable[[], Any]

    def allows(self, value: Any) -> bool:
        """Tell whether ``value`` is one of them."""
        return value in members(self.family())

    def __str__(self) -> str:
        return " or ".join(repr(kind) for kind in members(self.family()))


def kind_of(family: Callable[[], Any], *, default: str) -> Any:
    """Declare a text field that takes the kind of a member of the family."""
    return dataclasses.field(default=default, metadata={"bounds": Kinds(family)})


def numbers(
    default: tuple[float, ...] = (), *, at_least: float, at_most: float, words: str = ""
) -> Any:
    """Declare a field of any number of floats, none by default, each within the range."""
    metadata = {"bounds": Bounds(at_least=at_least, at_most=at_most), "later": True, "words": words}
    return dataclasses.field(default=default, metadata=metadata)


@dataclass(frozen=True)
class Component:
    """A named part of a recipe; each member of a family is one final subclass.

    Raises
    ------
    InputError
        If a field has the wrong type, is not finite or lies outside its declared range.
    """

    kind: ClassVar[str]
    purpose: ClassVar[Purpose | None] = None
    """What it draws for anew in every replicate, beside what every training draws for."""
    revision: ClassVar[int] = 1
    """Raised when a member's numbers change, so that its old and new results never mix."""
    words: ClassVar[str] = ""
    """What readers know it by; if empty, its kind with spaces for hyphens."""

    def __post_init__(self) -> None:
        check_fields(self, self.kind)

    def __str__(self) -> str:
        changed = [
            f"{f.name}={plain(getattr(self, f.name))}"
            for f in dataclasses.fields(self)
            if getattr(self, f.name) != f.default
        ]
        return f"{self.kind}({', '.join(changed)})" if changed else self.kind


def name_of(cls: type[Component]) -> str:
    """Return what readers know a kind of component by."""
    return cls.words or cls.kind.replace("-", " ")


def plain(value: object) -> str:
    """Write a field's value the way a reader would: no trailing zeros, no quotes.

    Distinct numbers are written distinctly.

    >>> plain(0.10), plain(3.0), plain(0.12345671), plain((30, 30)), plain("he"), plain(True)
    ('0.1', '3', '0.12345671', '30-30', 'he', 'true')
    """
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        short = f"{value:g}"
        return short if float(short) == value else repr(value)
    if isinstance(value, tuple | list):
        return "-".join(plain(item) for item in value)
    return str(value)


def check_fields(value: Any, where: str) -> None:
    """Check the float, int, bool and text fields of a dataclass; whole numbers become floats."""
    messages = []
    for f in dataclasses.fields(value):
        given = getattr(value, f.name)
        declared = getattr(f.type, "__name__", f.type)
        if declared == "tuple[float, ...]":
            messages += check_numbers(value, f, where)
            continue
        if declared in ("float", "int") and (
            isinstance(given, bool) or not isinstance(given, int | float)
        ):
            messages.append(f"{where}.{f.name} = {given!r} must be a number")
            continue
        if declared == "int" and not isinstance(given, int):
            messages.append(f"{where}.{f.name} = {given!r} must be a whole number")
            continue
        if declared == "float":
            if not abs(given) <= sys.float_info.max:  # nor is NaN
                messages.append(f"{where}.{f.name} = {given!r} must be a finite number")
                continue
            object.__setattr__(value, f.name, float(given))
        if declared == "bool" and not isinstance(given, bool):
            messages.append(f"{where}.{f.name} = {given!r} must be true or false")
        bounds = f.metadata.get("bounds")
        if bounds is not None and not bounds.allows(given):
            messages.append(f"{where}.{f.name} = {given!r} is not allowed; it must be {bounds}")
    if messages:
        raise InputError(*messages)


def check_numbers(value: Any, f: dataclasses.Field[Any], where: str) -> list[str]:
    """Check a field of several numbers, which become floats, and return what is wrong with it."""
    given = getattr(value, f.name)
    bounds = f.metadata["bounds"]
    right = isinstance(given, tuple | list) and all(
        isinstance(item, int | float)
        and not isinstance(item, bool)
        and abs(item) <= sys.float_info.max
        and bounds.allows(item)
        for item in given
    )
    if not right:
        return [f"{where}.{f.name} = {given!r} must be a list of numbers, each {bounds}"]
    object.__setattr__(value, f.name, tuple(float(item) for item in given))
    return []


def members(family: Any) -> dict[str, type[Component]]:
    """Return a family's kinds and classes, read from the union at the foot of its module."""
    classes = get_args(family) or (family,)
    return {cls.kind: cls for cls in classes}


def structure(component: Component) -> tuple[Any, ...]:
    """Return what must agree inside a stack: the kind and every field that is not a float.

    What stands inside such a field, as a component in a tuple, must agree whole.
    """
    kept = [
        (f.name, value)
        for f in dataclasses.fields(component)
        if not isinstance(value := getattr(component, f.name), float)
    ]
    return (component.kind, *kept)


def stack_fields(components: Sequence[Component]) -> dict[str, Array]:
    """Gather the float fields of one component per trial into float64 arrays of shape (T,)."""
    first = components[0]
    return {
        f.name: np.array([getattr(c, f.name) for c in components], dtype=np.float64)
        for f in dataclasses.fields(first)
        if isinstance(getattr(first, f.name), float)
    }


def cast(fields: Fields, dtype: np.dtype[Any], axes: int) -> dict[str, Array]:
    """Cast the fields once to ``dtype`` and give them ``axes`` trailing axes to broadcast over."""
    return {name: values.astype(dtype).reshape(-1, *(1,) * axes) for name, values in fields.items()}
