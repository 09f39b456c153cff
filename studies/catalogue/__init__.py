"""The catalogue: ready-made studies and exhibits, one TOML file each, in a folder for each chapter.

Their names and texts are read without the engine. An exhibit is an entry that names what to show
instead of a recipe: pictures of something computed, which need no training.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

CHAPTERS = {
    "represent": "What networks can represent",
    "gradients": "Vanishing and exploding gradients",
    "initial": "Initial weights",
    "optimise": "Losses, optimisers and rates",
    "overfit": "Underfitting and overfitting",
    "inside": "Inside trained networks",
    "theory": "Laws from papers",
}
"""The chapters by their folders, in the order in which they are read."""


@dataclass(frozen=True)
class Entry:
    """What the catalogue says of one study or exhibit; ``exhibit`` names what the latter shows."""

    name: str
    chapter: str
    question: str
    explanation: str
    source: str
    exhibit: str = ""


@cache
def entries() -> dict[str, Entry]:
    """Return every entry by its name, chapter by chapter."""
    result = {}
    for name, chapter in chapters().items():
        table = tomllib.loads(text_of(name))
        question, explanation, source, exhibit = (
            table.get(key, "").strip() for key in ("question", "explanation", "source", "exhibit")
        )
        result[name] = Entry(name, chapter, question, explanation, source, exhibit)
    return result


@cache
def chapters() -> dict[str, str]:
    """Return the chapter of every entry by its name."""
    return {
        item.name.removesuffix(".toml"): chapter
        for chapter in CHAPTERS
        for item in sorted((files(__name__) / chapter).iterdir(), key=lambda item: item.name)
        if item.name.endswith(".toml")
    }


def catalogue() -> list[str]:
    """Return the names of the ready-made studies, which are what can be trained."""
    return [name for name, entry in entries().items() if not entry.exhibit]


def text_of(name: str) -> str:
    """Return the file of an entry."""
    return (files(__name__) / chapters()[name] / f"{name}.toml").read_text(encoding="utf-8")
