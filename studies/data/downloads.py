"""Published files: where they lie on this machine, and how they are fetched and checked."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from ...core.errors import InputError, ResourceError
from ...core.families.task_function import Collection
from ...core.files import write_whole

TIMEOUT = 30.0
"""Seconds to wait for a mirror."""
MOST_BYTES = 64 * 2**20
"""No file of these data sets is larger, compressed or not; more is refused unread."""


def cache_folder() -> Path:
    """Return the folder that fetched files are kept in."""
    import platformdirs

    return Path(platformdirs.user_cache_dir("paribus")) / "data"


def candidates(collection: Collection, file: str) -> list[Path]:
    """Return the places where a file may already be, ``PARIBUS_DATA`` first."""
    given = os.environ.get("PARIBUS_DATA")
    folders = [Path(given) / collection.folder, Path(given)] if given else []
    return [folder / file for folder in (*folders, cache_folder() / collection.folder)]


def available(collection: Collection) -> bool:
    """Tell whether all files are on this machine; checksums are checked when they are read."""
    return all(
        any(path.is_file() for path in candidates(collection, file))
        for file in collection.checksums
    )


def content(collection: Collection, file: str) -> bytes:
    """Return a file's bytes, from this machine or a mirror, with the checksum verified.

    Raises
    ------
    InputError
        If a file on this machine is damaged.
    ResourceError
        If the file is not on this machine and no mirror gives it.
    """
    for path in candidates(collection, file):
        if path.is_file():
            data = path.read_bytes()
            if hashlib.sha256(data).hexdigest() != collection.checksums[file]:
                raise InputError(
                    f"{path} is damaged: its SHA-256 is not that of the published "
                    f"{collection.name} file; delete it and run `paribus data fetch "
                    f"{collection.folder}`"
                )
            return data
    return fetch(collection, file)


def fetch(collection: Collection, file: str) -> bytes:
    """Fetch a file from its mirrors in turn, verify it and keep it in the cache folder."""
    from http.client import HTTPException
    from urllib.request import urlopen

    tried = []
    if os.environ.get("PARIBUS_OFFLINE"):
        tried.append("PARIBUS_OFFLINE is set")
    for mirror in () if tried else collection.mirrors:
        try:
            with urlopen(mirror + file, timeout=TIMEOUT) as reply:
                data: bytes = reply.read(MOST_BYTES + 1)
        except (OSError, HTTPException) as error:
            tried.append(f"{mirror}: {error}")
            continue
        if hashlib.sha256(data).hexdigest() != collection.checksums[file]:
            tried.append(f"{mirror}: wrong checksum")
            continue
        path = cache_folder() / collection.folder / file
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, data)
        except OSError as error:
            raise ResourceError(f"cannot keep {file} in {path.parent}: {error}") from error
        return data
    raise ResourceError(
        f"{collection.name} is not on this machine and could not be fetched "
        f"({'; '.join(tried)}). Put its files into a folder `{collection.folder}` and set "
        f"PARIBUS_DATA to the folder above it, or use task=digits, which needs no download"
    )
