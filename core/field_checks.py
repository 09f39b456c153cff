"""Checks of a component's fields: their types, that numbers are finite, and their ranges."""

from __future__ import annotations

import dataclasses
import sys
from typing import Any

from .errors import InputError


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
