"""What every task says of itself: its data, and where they come from."""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from ..components import Component
from ..dataset import Dataset


@dataclass(frozen=True)
class Collection:
    """Published files with the mirrors that serve them and the SHA-256 that each must have.

    ``folder`` names the collection in commands, and the folder that its files lie in.
    """

    name: str
    folder: str
    mirrors: tuple[str, ...]
    checksums: dict[str, str]


@dataclass(frozen=True)
class TaskFunction(Component, ABC):
    """A task; ``drawn`` tells whether its data are drawn anew for every replicate.

    ``collection`` is what must be downloaded first, None where nothing is; ``where`` says where
    the data of any other task lie.
    """

    drawn: ClassVar[bool]
    collection: ClassVar[Collection | None] = None
    where: ClassVar[str] = "built in"

    @abstractmethod
    def dataset(self, seed: int, replicate: int) -> Dataset:
        """Return the data, those of one replicate where they are drawn."""

    def stamp(self) -> tuple[object, ...]:
        """Return what changes when the data are changed from outside; () where nobody can."""
        return ()

    @property
    def about(self) -> str:
        """The line that presents it to readers: the first of its docstring."""
        return inspect.cleandoc(type(self).__doc__ or "").partition("\n")[0]
