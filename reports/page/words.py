"""Numbers and labels as readers see them."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable

from ...core.components import Component, name_of, plain
from ...core.families.formulas import Expression
from ...core.families.initialisers import Gaussian
from ...core.recipe import SEVERAL, recipe_fields
from ...studies.designs.design_function import Level
from ...studies.files.paths import kind_words, words_at
from ...studies.metrics import Metric

SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
ALONE = ("activation", "initialiser", "optimiser", "task")
"""Families whose members' names need no heading to be understood."""


def number(value: float, digits: int = 3) -> str:
    """Write a number with so many significant digits and a true minus; whole numbers whole.

    >>> number(0.012345), number(-1234.5), number(60.0), number(3e-9), number(float("nan"))
    ('0.0123', '−1,230', '60', '3 × 10⁻⁹', '–')
    """
    if not math.isfinite(value):
        return "–" if math.isnan(value) else ("∞" if value > 0 else "−∞")
    if value == 0:
        return "0"
    exponent = math.floor(math.log10(abs(value)))
    if value == int(value) and exponent < 6:
        return f"{int(value):,}".replace("-", "−")
    if exponent < -3 or exponent >= 6:
        mantissa = value / 10.0**exponent
        text = f"{mantissa:.{digits - 1}f}".rstrip("0").rstrip(".")
        return f"{text} × {power(exponent)}".replace("-", "−", 1)
    rounded = round(value, digits - 1 - exponent)
    decimals = max(0, digits - 1 - exponent)
    return f"{rounded:,.{decimals}f}".replace("-", "−")


def power(exponent: int) -> str:
    """Write a power of ten.

    >>> power(-12)
    '10⁻¹²'
    """
    return "10" + str(exponent).translate(SUPERSCRIPTS)


def value(metric: Metric, amount: float) -> str:
    """Write a metric's value with its unit."""
    return f"{number(100 * amount)} %" if metric.percent else number(amount)


def interval(metric: Metric, low: float, high: float) -> str:
    """Write an interval behind a value, in the value's unit."""
    if metric.percent:
        return f"[{number(100 * low)}, {number(100 * high)}]"
    return f"[{number(low)}, {number(high)}]"


def effect(metric: Metric, amount: float) -> str:
    """Write a paired effect on its analysis scale: a ratio for a log metric, else a difference."""
    if metric.scale == "log":
        return f"×{number(exponential(amount))}"
    text = number(100 * amount if metric.percent else amount)
    sign = "" if amount <= 0 or not math.isfinite(amount) else "+"
    return f"{sign}{text}{' points' if metric.percent else ''}"


def effect_interval(metric: Metric, low: float, high: float) -> str:
    """Write the interval of a paired effect, nothing where there is none."""
    if math.isnan(low):
        return "(no interval)"
    if metric.scale == "log":
        return f"[×{number(exponential(low))}, ×{number(exponential(high))}]"
    scale = 100.0 if metric.percent else 1.0
    return f"[{number(scale * low)}, {number(scale * high)}]"


def exponential(amount: float) -> float:
    """Return e to the power of ``amount``, ∞ where it is too large for a float."""
    return math.exp(amount) if amount < 700 else math.inf


def axis_words(path: str) -> str:
    """Name an axis of a design for a reader."""
    return words_at(path)


def member_words(member: Component) -> str:
    """Name a member of a family, with the fields that are not at their defaults.

    >>> from paribus.core.families.activations import Expression, ReLU
    >>> from paribus.core.families.normalisers import BatchNorm
    >>> member_words(BatchNorm(place="after", momentum=0.95)), member_words(ReLU())
    ('batch norm (place after, momentum 0.95)', 'ReLU')
    >>> member_words(Expression("z * tanh(z)"))
    'f(z) = z * tanh(z)'
    """
    if isinstance(member, Expression):
        return f"f(z) = {member.formula}"
    name = name_of(type(member))
    changed = [
        f"{f.name.replace('_', ' ')} {plain(getattr(member, f.name))}"
        for f in dataclasses.fields(member)
        if getattr(member, f.name) != f.default and (f.name, member.kind) != ("source", "function")
    ]
    return f"{name} ({', '.join(changed)})" if changed else name


def value_words(level: Level) -> str:
    """Write what a level holds, under a heading that names its axis.

    >>> from paribus.core.families.initialisers import Gaussian, He
    >>> value_words(Level("depth", 8, "8")), value_words(Level("initialiser", He(), "he"))
    ('8', 'He')
    >>> value_words(Level("initialiser", Gaussian(0.1), "gaussian(std=0.1)"))
    'N(0, 0.1²)'
    """
    value = level.value
    if isinstance(value, Gaussian):
        return f"N(0, {plain(value.std)}²)"
    if isinstance(value, Component):
        return member_words(value)
    if isinstance(value, tuple) and any(isinstance(item, Component) for item in value):
        return " + ".join(map(member_words, value))
    if level.path.endswith(".kind"):
        return kind_words(level.path.partition(".")[0], str(value))
    return level.label


def level_words(level: Level) -> str:
    """Name a level so that it can stand alone in a list.

    >>> from paribus.core.families.activations import ReLU
    >>> level_words(Level("depth", 8, "8")), level_words(Level("activation", ReLU(), "relu"))
    ('8 hidden layers', 'ReLU')
    >>> level_words(Level("bias_std", 1.0, "1")), level_words(Level("normaliser", None, "none"))
    ('sd of initial biases = 1', 'no normalisation')
    >>> level_words(Level("regularisers.dropout", None, "none"))
    'no dropout'
    """
    path, value = level.path, level.value
    family, _, rest = path.partition(".")
    if path == "depth":
        return f"{level.label} hidden layer{'' if value == 1 else 's'}"
    if level.label == "none" and not rest:
        absent = recipe_fields()[family].absent if family in recipe_fields() else ""
        return absent or f"no {axis_words(path)}"
    if value is None and rest and "." not in rest:
        return f"no {kind_words(family, rest)}"
    holds_member = isinstance(value, Component) or family in SEVERAL
    optional = family in recipe_fields() and recipe_fields()[family].absent
    if holds_member and "." not in rest and (family in (*ALONE, *SEVERAL) or optional):
        heading = f"{axis_words(path)} " if path in ("momentum_schedule", "pretraining") else ""
        return heading + value_words(level)
    return f"{axis_words(path)} = {value_words(level)}"


def levels_words(levels: Iterable[Level]) -> str:
    """Name several levels as a label.

    >>> from paribus.core.families.activations import ReLU
    >>> levels_words([Level("depth", 8, "8"), Level("activation", ReLU(), "relu")])
    '8 hidden layers, ReLU'
    """
    return ", ".join(map(level_words, levels)) or "the base recipe"


def levels_spoken(levels: Iterable[Level]) -> str:
    """Name several levels in a sentence.

    >>> from paribus.core.families.activations import ReLU
    >>> levels_spoken([Level("depth", 8, "8"), Level("activation", ReLU(), "relu")])
    '8 hidden layers and ReLU units'
    """
    nouns = {"activation": " units", "initialiser": " weights"}
    words = [level_words(level) + nouns.get(level.path, "") for level in levels]
    if not words:
        return "the base recipe"
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else words[0]


def component_words(component: Component | None) -> str:
    """Write a component with all its fields, "none" where there is none.

    >>> from paribus.core.families.schedules import StepDecay
    >>> component_words(StepDecay()), component_words(None)
    ('step (decay 0.5, every 10)', 'none')
    """
    if component is None:
        return "none"
    inner = [
        f"{f.name.replace('_', ' ')} {plain(value)}"
        for f in dataclasses.fields(component)
        if (value := getattr(component, f.name)) not in ((), "")
    ]
    return component.kind + (f" ({', '.join(inner)})" if inner else "")


def common_levels(
    a: Iterable[Level], b: Iterable[Level]
) -> tuple[list[Level], list[Level], list[Level]]:
    """Split two arms' levels into what they share and what each has alone."""
    a, b = list(a), list(b)
    shared = [level for level in a if level in b]
    return shared, [x for x in a if x not in shared], [x for x in b if x not in shared]
