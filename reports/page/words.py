"""Components, levels and arms as readers see them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from typing import Any

from ...core.components import Component, name_of, plain
from ...core.families.formulas import Expression
from ...core.families.initialisers import Gaussian
from ...core.families.split_function import SplitFunction
from ...core.recipe import FULL_BATCH, SEVERAL, RecipeField, recipe_fields
from ...core.trial import Origin
from ...studies.designs.design_function import Arm, Level
from ...studies.files.paths import kind_words, words_at
from ..language.messages import counted, listed, series, text
from ..language.numbers import number

ALONE = ("activation", "initialiser", "loss", "optimiser", "task")
"""Families whose members' names need no heading to be understood."""
LONG = 8
"""A number written with more characters is rounded for readers."""


def axis_words(path: str) -> str:
    """Name an axis of a design for a reader."""
    return text(words_at(path))


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
    name = text(name_of(type(member)))
    changed = [
        f"{text(f.name.replace('_', ' '))} {plain(getattr(member, f.name))}"
        for f in dataclasses.fields(member)
        if getattr(member, f.name) != f.default and (f.name, member.kind) != ("source", "function")
    ]
    return f"{name} ({', '.join(changed)})" if changed else name


def value_words(level: Level) -> str:
    """Write what a level holds, under a heading that names its axis.

    >>> from paribus.core.families.initialisers import Gaussian, He
    >>> value_words(Level("depth", 8, "8")), value_words(Level("initialiser", He(), "he"))
    ('8', 'He')
    >>> value_words(Level("bias", 1 / 3, "0.3333333333333333"))
    '0.333'
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
        return text(kind_words(level.path.partition(".")[0], str(value)))
    if isinstance(value, float) and len(level.label) > LONG:
        return number(float(f"{value:.3g}"))
    return text("none") if value is None or value == () else level.label


def level_words(level: Level) -> str:
    """Name a level so that it can stand alone in a list.

    >>> from paribus.core.families.activations import ReLU
    >>> level_words(Level("depth", 8, "8")), level_words(Level("activation", ReLU(), "relu"))
    ('8 hidden layers', 'ReLU')
    >>> level_words(Level("bias_std", 1.0, "1")), level_words(Level("normaliser", None, "none"))
    ('sd of initial biases = 1', 'no normalisation')
    >>> level_words(Level("regularisers.dropout.p", None, "none"))
    'no dropout'
    """
    path, value = level.path, level.value
    family, _, rest = path.partition(".")
    if path in COUNTS and value is not None:
        return COUNTS[path](value)
    if value is None or (value == () and path in SEVERAL):
        return absent_words(path)
    if rest == "kind" and family in ALONE:
        return value_words(level)
    holds_member = isinstance(value, Component) or family in SEVERAL
    optional = family in recipe_fields() and recipe_fields()[family].absent
    if holds_member and "." not in rest and (family in (*ALONE, *SEVERAL) or optional):
        heading = axis_words(path) if path in ("momentum_schedule", "pretraining") else ""
        return f"{heading} {value_words(level)}".lstrip()
    return text("{axis} = {level}", axis=axis_words(path), level=value_words(level))


def depth_words(layers: int) -> str:
    """Say how many hidden layers there are."""
    if not layers:
        return text("no hidden layer")
    return counted("{n} hidden layer", "{n} hidden layers", layers)


def hidden_words(widths: tuple[int, ...]) -> str:
    """Say how many units each hidden layer has.

    >>> hidden_words(()), hidden_words((4,)), hidden_words((30, 30)), hidden_words((30, 10))
    ('no hidden layer', '1 hidden layer of 4 units', '2 hidden layers of 30 units', '30-10 units')
    """
    if len(set(widths)) > 1:
        return text("{widths} units", widths="-".join(map(str, widths)))
    if not widths:
        return depth_words(0)
    units = counted("{n} unit", "{n} units", widths[0])
    return text("{layers} of {units}", layers=depth_words(len(widths)), units=units)


def epochs_words(epochs: int) -> str:
    """Say how many epochs there are."""
    return counted("{n} epoch", "{n} epochs", epochs)


def training_examples_words(examples: int) -> str:
    """Say how many training examples are kept."""
    if not examples:
        return text("all training examples")
    return counted("{n} training example", "{n} training examples", examples)


COUNTS: dict[str, Callable[[Any], str]] = {
    "depth": depth_words,
    "hidden": hidden_words,
    "epochs": epochs_words,
    "split.train_examples": training_examples_words,
}
"""How levels that count something are said."""


def absent_words(path: str) -> str:
    """Say that a recipe has nothing at a path.

    >>> absent_words("parametrisation"), absent_words("regularisers"), absent_words("width")
    ('standard parametrisation', 'no regularisers', 'several widths')
    >>> absent_words("regularisers.max-norm.limit"), absent_words("residual.scale")
    ('no max norm', 'no residual connections')
    """
    family, _, rest = path.partition(".")
    if path == "width":
        return text("several widths")
    if rest and family in SEVERAL:
        kind = rest.partition(".")[0]
        return text("no {thing}", thing=text(kind_words(family, kind)))
    declared = recipe_fields().get(family)
    if declared is not None and declared.absent:
        return text(declared.absent)
    return text("no {thing}", thing=axis_words(path))


def levels_words(levels: Iterable[Level]) -> str:
    """Name several levels as a label.

    >>> from paribus.core.families.activations import ReLU
    >>> levels_words([Level("depth", 8, "8"), Level("activation", ReLU(), "relu")])
    '8 hidden layers, ReLU'
    """
    return series(map(level_words, levels)) or text("the base recipe")


def arm_words(arm: Arm) -> str:
    """Name an arm by the levels in which it differs, from the full or bare recipe if it has one.

    A fork is also named by the epoch after which it has them.
    """
    if not arm.start:
        return since(arm.origin, levels_words(arm.levels))
    changed = series(level_words(arm.level(path)) for path in arm.changed)
    if arm.start == "full":
        full = text("the full recipe, but {levels}", levels=changed)
        return full if changed else text("the full recipe")
    bare = text("the bare recipe with {levels}", levels=changed)
    return bare if changed else text("the bare recipe")


def since(origin: Origin | None, words: str) -> str:
    """Add to an arm's words the epoch after which a fork leaves its origin.

    >>> from paribus.studies.files.drafts import default_recipe
    >>> since(Origin(default_recipe(), 5), "no dropout"), since(None, "no dropout")
    ('no dropout after epoch 5', 'no dropout')
    """
    if origin is None:
        return words
    return text("{arm} after epoch {epoch}", arm=words, epoch=origin.epoch)


def levels_spoken(levels: Iterable[Level]) -> str:
    """Name several levels in a sentence.

    >>> from paribus.core.families.activations import ReLU
    >>> levels_spoken([Level("depth", 8, "8"), Level("activation", ReLU(), "relu")])
    '8 hidden layers and ReLU units'
    """
    spoken = []
    for level in levels:
        words = level_words(level)
        if level.path == "activation":
            words = text("{activation} units", activation=words)
        elif level.path == "initialiser":
            words = text("{initialiser} weights", initialiser=words)
        spoken.append(words)
    return listed(spoken) or text("the base recipe")


def field_words(level: Level, declared: RecipeField) -> str:
    """Write what a field of the recipe holds, in full."""
    value = level.value
    if value is None:
        without = declared.absent.removesuffix(f" {declared.words}")
        return text("none") if without.startswith("no") else text(without)
    if isinstance(value, tuple) and declared.holds == "several":
        return series(map(component_words, value)) or text("none")
    if declared.name == "batch_size" and value == FULL_BATCH:
        return text("whole training set")
    return component_words(value) if isinstance(value, Component) else level.label


def component_words(component: Component | None) -> str:
    """Write a component with all its fields, "none" where there is none.

    A split's parts of 0 examples are left out.

    >>> from paribus.core.families.schedules import StepDecay
    >>> component_words(StepDecay()), component_words(None)
    ('step (decay 0.5, every 10)', 'none')
    >>> from paribus.studies.data.splits import RandomSplit
    >>> component_words(RandomSplit())
    'random (validation 0.2, test 0.2)'
    """
    if component is None:
        return text("none")
    inner = [
        f"{text(f.name.replace('_', ' '))} {plain(value)}"
        for f in dataclasses.fields(component)
        if (value := getattr(component, f.name)) not in ((), "")
        and not (value == 0 and isinstance(component, SplitFunction))
    ]
    return component.kind + (f" ({', '.join(inner)})" if inner else "")
