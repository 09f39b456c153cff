"""Where the relative paths of a study lead."""

from __future__ import annotations

from pathlib import Path


def resolved(path: str, folder: Path | None) -> Path:
    """Return a file by a path as seen from a study file's folder, else from the current folder."""
    beside = Path(path) if folder is None else folder / path
    return Path(path) if Path(path).is_file() and not beside.is_file() else beside
