"""Dotted paths of a recipe: what stands there, how it is written, and what readers call it."""

from __future__ import annotations

import dataclasses
from types import SimpleNamespace
from typing import Any

from ...core.components import Component, members, name_of, plain
from ...core.errors import InputError
from ...core.recipe import FULL_BATCH, SEVERAL, Recipe, recipe_fields
from .drafts import Draft
from .schema import FAMILIES, OPEN


def value_at(recipe: Recipe | SimpleNamespace, path: str) -> Any:
    """Return what stands at a path, None where the recipe has no place for it.

    >>> from paribus.studies.files.drafts import default_recipe
    >>> value_at(default_recipe(), "depth"), value_at(default_recipe(), "optimiser.learning_rate")
    (2, 0.1)
    >>> print(value_at(default_recipe(), "regularisers.dropout.p"))
    None
    """
    name, _, rest = path.partition(".")
    value = getattr(recipe, name)
    if rest and name in SEVERAL:
        kind, _, rest = rest.partition(".")
        value = next((member for member in value if member.kind == kind), None)
    return getattr(value, rest, None) if rest else value


def written(path: str, value: Any) -> str:
    """Return how what stands at a path is written in tables and labels.

    >>> from paribus.core.families.initialisers import Gaussian
    >>> written("initialiser", Gaussian(1.0)), written("depth", 8), written("batch_size", 0)
    ('gaussian(std=1)', '8', 'full')
    >>> written("regularisers", ()), written("regularisers.dropout", None)
    ('none', 'none')
    """
    if value is None or (value == () and path in SEVERAL):
        return "none"
    if path == "batch_size" and value == FULL_BATCH:
        return "full"
    if isinstance(value, Component):
        return str(value)
    if isinstance(value, tuple) and any(isinstance(item, Component) for item in value):
        return " + ".join(map(str, value))
    return plain(value)


def label_at(recipe: Recipe, path: str, value: Any) -> str:
    """Return how a value is written once it is put at a path of a recipe.

    What cannot be put there is written as it is: a level's label, which format 1 stored.
    """
    draft = Draft(recipe)
    try:
        draft.put(path, value, "level")
    except InputError:
        return str(value)
    return written(path, value_at(draft.fields, path))


def words_at(path: str) -> str:
    """Return what readers call what stands at a path, by its declaration.

    >>> words_at("depth"), words_at("initialiser"), words_at("preparations.outliers.size")
    ('hidden layers', 'initial weights', 'outliers size')
    >>> words_at("task.gate")
    'gate'
    """
    name, _, rest = path.partition(".")
    if not rest:
        name = "hidden" if name == "depth" else name
        return recipe_fields()[name].words if name in recipe_fields() else name.replace("_", " ")
    kind, _, field = rest.rpartition(".")
    for cls in members(FAMILIES[name]).values():
        for f in dataclasses.fields(cls):
            if f.name == field and kind in ("", cls.kind) and f.metadata.get("words"):
                return str(f.metadata["words"])
    if name in SEVERAL:
        kind, _, field = rest.partition(".")
        path = f"{kind_words(name, kind)} {field}".strip()
    elif name in OPEN:
        path = rest
    return path.replace(".", " ").replace("_", " ")


def kind_words(family: str, kind: str) -> str:
    """Return what readers call a kind of a family; what is none stays as it is.

    >>> kind_words("activation", "relu"), kind_words("normaliser", "batch-norm")
    ('ReLU', 'batch norm')
    """
    classes = members(FAMILIES[family])
    return name_of(classes[kind]) if kind in classes else kind
