"""Where the files lie that a study names: beside the study file, or where the command started."""

from __future__ import annotations

from pathlib import Path


def resolved(path: str, folder: Path | None) -> str:
    """Return an absolute path; a relative one starts at ``folder``, a study file's.

    Where nothing lies there, or without a folder, it starts where the command was started. A path
    that leads nowhere stays in the folder, and the empty path as it is.
    """
    if not path:
        return path
    starts = ([] if folder is None else [folder]) + [Path.cwd()]
    places = [start.absolute() / path for start in starts]
    return str(next((place for place in places if place.exists()), places[0]))
