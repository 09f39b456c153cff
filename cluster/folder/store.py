"""Where a run's files live. Everything in ``cluster`` reads and writes through a store."""

from __future__ import annotations

import contextlib
import errno
import stat
from pathlib import Path
from typing import BinaryIO, NamedTuple, Protocol

from ...core.files import create_whole, write_whole


def disk_reason(error: OSError) -> str:
    """Say why the disk refused."""
    if error.errno in (errno.ENOSPC, errno.EFBIG, errno.EDQUOT):
        return "the disk is full"
    return error.strerror or str(error)


class Stamp(NamedTuple):
    """A file's size in bytes, and what changes whenever the file is replaced."""

    size: int
    version: tuple[int, ...]


class Store(Protocol):
    """Named files, each written whole or not at all; names use ``/`` and never leave the store."""

    def read(self, name: str) -> bytes:
        """Return a file's bytes."""

    def write(self, name: str, data: bytes) -> None:
        """Replace a file atomically and durably."""

    def create(self, name: str, data: bytes) -> bool:
        """Write a file that must not exist yet; return whether this call made it."""

    def names(self, folder: str) -> list[str]:
        """Return the names of the files in a folder, sorted, without temporary ones."""

    def open(self, name: str) -> BinaryIO:
        """Open a file to read parts of it."""

    def stamp(self, name: str) -> Stamp | None:
        """Return a file's stamp, None if it does not exist."""

    def delete(self, name: str) -> None:
        """Remove a file if it exists."""


class LocalStore:
    """A store in a folder of this machine or of a shared file system."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def _path(self, name: str) -> Path:
        path = self.root / name
        if ".." in Path(name).parts or Path(name).is_absolute():
            raise ValueError(f"{name!r} leaves the run folder")
        return path

    def read(self, name: str) -> bytes:
        """Return a file's bytes."""
        return self._path(name).read_bytes()

    def write(self, name: str, data: bytes) -> None:
        """Replace a file atomically and durably."""
        write_whole(self._place(name), data)

    def create(self, name: str, data: bytes) -> bool:
        """Write a file that must not exist yet; return whether this call made it."""
        return create_whole(self._place(name), data)

    def _place(self, name: str) -> Path:
        """Return a path whose folder exists."""
        path = self._path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def names(self, folder: str) -> list[str]:
        """Return the names of the files in a folder, sorted, without temporary ones."""
        path = self._path(folder)
        if not path.is_dir():
            return []
        return sorted(
            f"{folder}/{item.name}"
            for item in path.iterdir()
            if item.is_file() and not item.name.startswith(("_", "."))
        )

    def open(self, name: str) -> BinaryIO:
        """Open a file to read parts of it."""
        return self._path(name).open("rb")

    def stamp(self, name: str) -> Stamp | None:
        """Return a file's stamp, None if it does not exist."""
        path = self._path(name)
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            about = path.stat()
            if stat.S_ISREG(about.st_mode):
                return Stamp(about.st_size, (about.st_mtime_ns, about.st_ino))
        return None

    def delete(self, name: str) -> None:
        """Remove a file if it exists."""
        self._path(name).unlink(missing_ok=True)
