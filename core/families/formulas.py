"""Activations that a user gives: a formula, or a function in a Python file.

Their derivative comes from automatic differentiation.
"""

from __future__ import annotations

import hashlib
import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import ClassVar

import numpy as np

from ..autodiff.expressions import parse
from ..autodiff.graph import Node, gradients, variable
from ..components import Array, Fields, place
from ..errors import InputError
from .activation_function import ActivationFunction


@dataclass(frozen=True)
class Expression(ActivationFunction):
    """A formula of z: f(z) as written, as ``"z * sigmoid(z)"``; f′ by forward differentiation.

    The formula is read by an allow-list of functions and never executed as code; see
    :mod:`paribus.core.autodiff.expressions` for what it may hold. Source: the user's study file.
    """

    kind: ClassVar[str] = "expression"
    needs_preactivation: ClassVar[bool] = True
    formula: str = "tanh(z)"

    def __post_init__(self) -> None:
        super().__post_init__()
        parse(self.formula)

    def apply(self, fields: Fields, z: Array, out: Array, scratch: Array) -> None:
        """Write f(z) to ``out``."""
        np.copyto(out, parse(self.formula).value(z))

    def derivative(self, fields: Fields, z: Array, a: Array, out: Array, scratch: Array) -> None:
        """Write f′(z) to ``out``."""
        np.copyto(out, parse(self.formula).value_and_slope(z)[1])


Function = Callable[[Node], Node]


@lru_cache
def load(path: str, stamp: float) -> Function:
    """Return the function that ``FILE.py:NAME`` names."""
    file, _, name = path.partition(":")
    spec = importlib.util.spec_from_file_location(Path(file).stem, file)
    if spec is None or spec.loader is None:
        raise InputError(f"activation: {file} is no Python file")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:  # whatever the user's file raises
        told = " ".join(str(error).split())
        raise InputError(f"activation: {file}: {type(error).__name__}: {told}") from error
    if not callable(getattr(module, name, None)):
        raise InputError(f"activation: {file} has no function {name!r}")
    function: Function = getattr(module, name)
    return function


@dataclass(frozen=True)
class UserFunction(ActivationFunction):
    """A function of a Python file: f(z) as computed there, f′ by reverse differentiation.

    ``path`` is ``FILE.py:NAME``; the function takes a node of :mod:`paribus.core.autodiff` and
    returns one, element by element. ``source`` is the SHA-256 of the file, filled in where it is
    left empty: it, not the path, is part of a trial's id, and a worker that holds another file
    refuses. The file is executed: only name files that you trust. Source: the user's file.
    """

    kind: ClassVar[str] = "function"
    needs_preactivation: ClassVar[bool] = True
    path: str = place("")
    source: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.path:
            return
        found = hashlib.sha256(self._file().read_bytes()).hexdigest()
        if self.source not in ("", found):
            raise InputError(
                f"activation.path = {self.path!r}: the file is not the one that this was planned "
                f"with (SHA-256 {found[:12]}…, not {self.source[:12]}…)"
            )
        self._try()  # only now: another file than the one planned with is never executed
        object.__setattr__(self, "source", found)

    def _try(self) -> None:
        """Refuse a function that does not run, before anything is trained."""
        z = np.linspace(-1.0, 1.0, 5).reshape(1, 1, 5)
        try:
            self.derivative({}, z, z, np.empty_like(z), z)
        except InputError:
            raise
        except Exception as error:  # whatever the user's function raises
            told = " ".join(str(error).split())
            raise InputError(
                f"activation.path = {self.path!r} fails: {type(error).__name__}: {told}; it takes "
                "and returns nodes of paribus.core.autodiff"
            ) from error

    def __str__(self) -> str:
        return f"{self.kind}(path={self.path})"  # the file's SHA-256 is for machines

    @property
    def missing(self) -> str:
        """What is missing: the path, which has no default."""
        return "" if self.path else "activation.path must be FILE.py:NAME, a function of yours"

    def _file(self) -> Path:
        file = Path(self.path.partition(":")[0])
        if ":" not in self.path or not file.is_file():
            raise InputError(
                f"activation.path = {self.path!r} must be FILE.py:NAME, the file as seen from "
                f"{Path.cwd()}"
            )
        return file

    def _loaded(self) -> Function:
        return load(self.path, self._file().stat().st_mtime)

    def _graph(self, z: Array) -> tuple[Node, Node]:
        start = variable(z.astype(np.float64), "z")
        end = self._loaded()(start)
        if not isinstance(end, Node) or end.value.shape != z.shape:
            raise InputError(f"activation.path = {self.path!r} must return a node shaped like z")
        return start, end

    def apply(self, fields: Fields, z: Array, out: Array, scratch: Array) -> None:
        """Write f(z) to ``out``."""
        np.copyto(out, self._graph(z)[1].value, casting="same_kind")

    def derivative(self, fields: Fields, z: Array, a: Array, out: Array, scratch: Array) -> None:
        """Write f′(z) to ``out``."""
        start, end = self._graph(z)
        found = gradients(end, np.ones(z.shape)).get(start, np.zeros(z.shape))
        np.copyto(out, found, casting="same_kind")
