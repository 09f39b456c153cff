"""A store that dies at a write, to see what a run makes of what is left."""

from __future__ import annotations

from paribus.cluster.folder.store import LocalStore


class CrashError(Exception):
    """The process dies."""


class Faulty(LocalStore):
    """Dies at the n-th write."""

    def __init__(self, root, left):
        super().__init__(root)
        self.left = left

    def write(self, name, data):
        if self.left == 0:
            raise CrashError
        self.left -= 1
        super().write(name, data)
