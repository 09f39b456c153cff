"""Where a run's files live. Everything in ``cluster`` reads and writes through a store."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Protocol


class Store(Protocol):
    """Named files, each written whole or not at all; names use ``/`` and never leave the store."""

    def read(self, name: str) -> bytes:
        """Return a file's bytes."""

    def write(self, name: str, data: bytes) -> None:
        """Replace a file atomically and durably."""

    def names(self, folder: str) -> list[str]:
        """Return the names of the files in a folder, sorted, without temporary ones."""

    def size(self, name: str) -> int | None:
        """Return a file's size in bytes, None if it does not exist."""

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
        """Write beside the target under a name that readers skip, sync, then replace."""
        path = self._path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix="_")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).chmod(0o644)
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
        if os.name == "posix":  # make the new name itself durable
            folder = os.open(path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)

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

    def size(self, name: str) -> int | None:
        """Return a file's size in bytes, None if it does not exist."""
        path = self._path(name)
        return path.stat().st_size if path.is_file() else None

    def delete(self, name: str) -> None:
        """Remove a file if it exists."""
        self._path(name).unlink(missing_ok=True)
