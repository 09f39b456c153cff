"""Writing files whole or not at all, whatever interrupts it."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path


def write_whole(path: Path, data: bytes) -> None:
    """Write a file, or replace it, so that readers see the former bytes or all of the new ones.

    Raises
    ------
    OSError
        If the disk refuses, as when it is full; the folder is then as before.
    """
    with temporary_file(path, data) as temporary:
        temporary.replace(path)


def create_whole(path: Path, data: bytes) -> bool:
    """Write a file that must not exist yet; return whether this call made it.

    The last step is a link, which fails where the name exists, whoever made it. Errors as for
    :func:`write_whole`.
    """
    with temporary_file(path, data) as temporary:
        try:
            os.link(temporary, path)
        except FileExistsError:
            return False
    return True


@contextlib.contextmanager
def temporary_file(path: Path, data: bytes) -> Iterator[Path]:
    """Give a synced file beside ``path`` under a name that readers skip; sync new names after."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix="_")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(0o644)
        yield temporary
    finally:
        temporary.unlink(missing_ok=True)
    if os.name == "posix":
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
