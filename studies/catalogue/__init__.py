"""Ready-made studies, one TOML file each; their names and texts are read without the engine."""

from __future__ import annotations

from importlib.resources import files


def catalogue() -> list[str]:
    """Return the names of the ready-made studies."""
    names = (item.name for item in files(__name__).iterdir())
    return sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml"))


def text_of(name: str) -> str:
    """Return the study file of a ready-made study."""
    return (files(__name__) / f"{name}.toml").read_text(encoding="utf-8")
