"""The parameters of an estimator, which are a recipe's fields and a few of its own."""

from __future__ import annotations

import dataclasses
import inspect
from typing import Any

from ...core.recipe import Recipe, recipe_fields


def parameters() -> dict[str, Any]:
    """Return the parameters of an estimator with their defaults: a recipe's, and its own.

    A recipe's task and split give way to the arrays that are fitted; augmentations need images.
    """
    defaults: dict[str, Any] = {}
    for f in dataclasses.fields(Recipe):
        declared = recipe_fields()[f.name]
        if f.name in ("task", "split", "augmentations"):
            continue
        if declared.optional:
            defaults[f.name] = "none"
        elif f.default_factory is not dataclasses.MISSING:
            defaults[f.name] = f.default_factory().kind
        else:
            defaults[f.name] = f.default
    return defaults | {
        "loss": None,
        "optimiser": "adam",
        "learning_rate": None,
        "preparations": None,
        "epochs": 100,
        "dtype": "float64",
        "validation": 0.0,
        "random_state": None,
    }


PARAMETERS = parameters()


def signature() -> inspect.Signature:
    """Return the signature by which scikit-learn knows the parameters: ``hidden``, then names."""
    kinds = inspect.Parameter
    given = [
        kinds(name, kinds.KEYWORD_ONLY, default=default, annotation=Any)
        for name, default in PARAMETERS.items()
        if name != "hidden"
    ]
    hidden = kinds("hidden", kinds.POSITIONAL_OR_KEYWORD, default=PARAMETERS["hidden"])
    first = kinds("self", kinds.POSITIONAL_OR_KEYWORD)
    return inspect.Signature([first, hidden, *given])
