"""A study's data: which are missing, and what the study becomes where they cannot be had."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from ...core.errors import InputError, ResourceError, unknown
from ...core.families.task_function import Collection
from ..data.downloads import available, content
from ..study import Study
from .drafts import Draft
from .schema import KEYS, flat

NOTE = "The study's data were not found."


def fallback_settings(
    table: Mapping[str, Any], overrides: Sequence[tuple[str, Any]]
) -> dict[str, Any]:
    """Return a ``[fallback]`` table as a study keeps it, with what it puts at paths of the recipe.

    ``overrides``, which the user chose, take its values' place or follow them.

    Raises
    ------
    InputError
        If a key is neither the note, a text, nor one of a recipe.
    """
    settings = flat(table)
    for key in settings:
        if key != "note" and key.split(".", maxsplit=1)[0] not in KEYS:
            raise InputError(f"fallback: {unknown('key', key, ('note', *KEYS))}")
    if not isinstance(table.get("note", NOTE), str):
        raise InputError(f"fallback.note = {table['note']!r} must be text")
    given = dict(overrides)
    return {k: v for k, v in settings.items() if k not in given} | given if settings else {}


def missing(study: Study) -> list[Collection]:
    """Return what a study's tasks must download first; nothing is fetched."""
    tasks = {arm.recipe.task: None for arm in study.arms}
    needed = [task.collection for task in tasks if task.collection is not None]
    return [collection for collection in needed if not available(collection)]


def fallback_of(study: Study) -> Study:
    """Return the study on the data it falls back to, which its note says; judgements are left out.

    Raises
    ------
    InputError
        If these settings do not fit the study.
    """
    draft, note = Draft(study.recipe), NOTE
    for path, value in study.fallback:
        if path == "note":
            note = value
        else:
            draft.put(path, value, "fallback")
    return dataclasses.replace(
        study, recipe=draft.recipe(), note=note, expectations=(), fallback=()
    )


def with_data(study: Study) -> Study:
    """Fetch what is missing and return the study, or its fallback where this cannot be had.

    Raises
    ------
    ResourceError
        If data cannot be had and the study names no fallback.
    """
    try:
        for collection in missing(study):
            for file in collection.checksums:
                content(collection, file)
    except ResourceError:
        if not study.fallback:
            raise
        return fallback_of(study)
    return study
