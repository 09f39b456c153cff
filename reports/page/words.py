"""Numbers and labels as readers see them."""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Iterable, Mapping

from ...core.components import Component, members, name_of, plain
from ...core.recipe import SEVERAL
from ...studies.files.schema import FAMILIES
from ...studies.metrics import Metric

SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
AXES = {
    "depth": "hidden layers",
    "width": "width",
    "hidden": "hidden layers",
    "activation": "activation",
    "initialiser": "initial weights",
    "bias": "mean of initial biases",
    "bias_std": "sd of initial biases",
    "normaliser": "normalisation",
    "residual": "residual connections",
    "schedule": "learning-rate schedule",
    "momentum_schedule": "momentum schedule",
    "optimiser": "optimiser",
    "batch_size": "batch size",
}
ABSENT = {
    "normaliser": "no normalisation",
    "residual": "no residual connections",
    "parametrisation": "standard parametrisation",
    "momentum_schedule": "constant momentum",
    "pretraining": "no pretraining",
}
"""What a recipe without a member of a family has."""
ALONE = ("activation", "initialiser", "optimiser", "task", *ABSENT)
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
    """Name an axis of a design for a reader.

    >>> axis_words("optimiser.learning_rate"), axis_words("regularisers.l2.normalisation")
    ('learning rate', 'L2 normalisation')
    >>> axis_words("pretraining.learning_rate"), axis_words("regularisers.dropout.p")
    ('pretraining learning rate', 'dropout p')
    """
    if path in AXES:
        return AXES[path]
    family, _, rest = path.partition(".")
    kind, _, name = rest.rpartition(".")
    for cls in members(FAMILIES[family]).values() if family in FAMILIES else ():
        for f in dataclasses.fields(cls):
            if f.name == name and kind in ("", cls.kind) and f.metadata.get("words"):
                return str(f.metadata["words"])
    if family in SEVERAL and rest:
        kind, _, name = rest.partition(".")
        return f"{kind_words(kind)} {name}".replace("_", " ").rstrip()
    return path.replace(".", " ").replace("_", " ")


def kind_words(kind: str) -> str:
    """Name a kind of any family; what is none stays as it is.

    >>> kind_words("relu"), kind_words("batch-norm"), kind_words("none")
    ('ReLU', 'batch norm', 'none')
    """
    kinds = (members(union) for union in FAMILIES.values())
    return next((name_of(each[kind]) for each in kinds if kind in each), kind)


def member_words(level: str) -> str:
    """Name a member of a family, or several, as a level's label has them.

    >>> member_words("batch-norm(momentum=0.95, place=after)"), member_words("relu")
    ('batch norm (momentum 0.95, place after)', 'ReLU')
    >>> member_words("dropout(p=0.2) + l2"), member_words("expression(formula=z * tanh(z))")
    ('dropout (p 0.2) + L2', 'f(z) = z * tanh(z)')
    """
    if level.startswith("expression(formula="):
        return f"f(z) = {level.removeprefix('expression(formula=').removesuffix(')')}"
    if ") + " in level:
        first, _, others = level.partition(") + ")
        return f"{member_words(first + ')')} + {member_words(others)}"
    kind, opened, fields = level.partition("(")
    name = " + ".join(kind_words(part) for part in kind.split(" + "))
    return f"{name} ({FIELD.sub(field_words, fields)}" if opened else name


FIELD = re.compile(r"(^|, )(\w+)=")


def field_words(found: re.Match[str]) -> str:
    """Write a field's name in front of its value."""
    return f"{found[1]}{found[2].replace('_', ' ')} "


def level_words(path: str, level: str) -> str:
    """Name a level so that it can stand alone in a list.

    >>> level_words("depth", "8"), level_words("activation", "relu"), level_words("bias_std", "1")
    ('8 hidden layers', 'ReLU', 'sd of initial biases = 1')
    >>> level_words("normaliser", "none"), level_words("residual", "residual(scale=0.5)")
    ('no normalisation', 'residual connections (scale 0.5)')
    >>> level_words("momentum_schedule", "cosine"), level_words("regularisers.dropout", "none")
    ('momentum schedule cosine', 'no dropout')
    """
    family, _, rest = path.partition(".")
    if path == "depth":
        return f"{level} hidden layer{'' if level == '1' else 's'}"
    if path == "initialiser" and level.startswith("gaussian(std="):
        return f"N(0, {level.removeprefix('gaussian(std=').removesuffix(')')}²)"
    if level == "none" and (path in ABSENT or family in SEVERAL):
        return ABSENT.get(path, f"no {member_words(rest) or family}")
    if path in ("momentum_schedule", "pretraining"):
        return f"{axis_words(path)} {member_words(level)}"
    if path in ALONE or (family in SEVERAL and "." not in rest):
        return member_words(level)
    words = member_words(level) if path in FAMILIES else level
    return f"{axis_words(path)} = {words}"


def level_cell(path: str, level: str) -> str:
    """Write a level under a heading that names its axis.

    >>> level_cell("depth", "8"), level_cell("initialiser", "he"), level_cell("residual", "none")
    ('8', 'He', 'none')
    """
    if path == "initialiser":
        return level_words(path, level)
    family, _, rest = path.partition(".")
    holds_members = path in FAMILIES or (family in SEVERAL and "." not in rest)
    return member_words(level) if holds_members else level


def levels_words(levels: Iterable[tuple[str, str]]) -> str:
    """Name several levels as a label.

    >>> levels_words([("depth", "8"), ("activation", "relu")])
    '8 hidden layers, ReLU'
    """
    return ", ".join(level_words(path, level) for path, level in levels) or "the base recipe"


def levels_spoken(levels: Iterable[tuple[str, str]]) -> str:
    """Name several levels in a sentence.

    >>> levels_spoken([("depth", "8"), ("activation", "relu"), ("initialiser", "he")])
    '8 hidden layers, ReLU units and He weights'
    """
    nouns = {"activation": " units", "initialiser": " weights"}
    words = [level_words(path, level) + nouns.get(path, "") for path, level in levels]
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
    a: Mapping[str, str], b: Mapping[str, str]
) -> tuple[list[tuple[str, str]], list[tuple[str, str]], list[tuple[str, str]]]:
    """Split two arms' levels into what they share and what each has alone."""
    shared = [(path, level) for path, level in a.items() if b.get(path) == level]
    return (
        shared,
        [item for item in a.items() if item not in shared],
        [item for item in b.items() if item not in shared],
    )
