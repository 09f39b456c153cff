"""Activations that a user gives: a formula, or a function in a Python file.

Their derivative comes from automatic differentiation.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from ..autodiff.expressions import parse
from ..autodiff.graph import Node, gradients, variable
from ..components import Array, Fields, place
from ..errors import InputError
from . import sources
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
SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class UserFunction(ActivationFunction):
    """A function of a Python file: f(z) as computed there, f′ by reverse differentiation.

    ``path`` is ``FILE.py:NAME``; the function takes a node of :mod:`paribus.core.autodiff` and
    returns one, element by element. ``source``, the SHA-256 of the file, and ``name`` are filled
    in when a study is read, and identify the function wherever its file lies. The file is executed
    when a study is run, without the files beside it: only name files that you trust. Source: the
    user's file.
    """

    kind: ClassVar[str] = "function"
    needs_preactivation: ClassVar[bool] = True
    path: str = place("")
    source: str = field(default="", metadata={"read": True})
    name: str = field(default="", metadata={"read": True, "later": True})
    # functions of before `name` was kept have none, and keep the ids that they were given

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.path and not (self.file and self.function_name and "\0" not in self.path):
            raise InputError(f"activation.path = {self.path!r} must be FILE.py:NAME")
        if self.source and not SHA256.fullmatch(self.source):
            raise InputError(f"activation.source = {self.source!r} must be a SHA-256")
        if self.name not in ("", self.function_name):
            raise InputError(
                f"activation.name = {self.name!r} is not what activation.path = {self.path!r} names"
            )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, UserFunction) and self._identity == other._identity

    def __hash__(self) -> int:
        return hash(self._identity)

    def __reduce__(self) -> tuple[Any, ...]:
        """Take the text along, so that a copy in another process computes the same."""
        text = sources.text_of(self.source)
        return carried, (self.path, self.source, self.name, text)

    def __str__(self) -> str:
        return f"{self.kind}(path={self.path})"  # the file's SHA-256 is for machines

    @property
    def _identity(self) -> tuple[str, ...]:
        return (self.source, self.function_name) if self.source else (self.path,)

    @property
    def file(self) -> str:
        """The file of ``path``."""
        return self.path.rpartition(":")[0]

    @property
    def function_name(self) -> str:
        """The function's name in ``path``."""
        return self.path.rpartition(":")[2]

    @property
    def missing(self) -> str:
        """What is missing: the path, which has no default."""
        return "" if self.path else "activation.path must be FILE.py:NAME, a function of yours"

    @property
    def known(self) -> bool:
        """Whether this process has the text, and so may execute it."""
        return sources.text_of(self.source) is not None

    def resolved(self, file: Path) -> UserFunction:
        """Return the function with the source of its file as it is now; nothing is executed.

        Raises
        ------
        InputError
            If there is no such file to be read, or it is another than the source that is given.
        """
        where = f"activation.path = {self.path!r}"
        text = None
        with contextlib.suppress(OSError):
            text = file.read_bytes() if file.is_file() else None
        if text is None:
            raise InputError(
                f"{where} must be FILE.py:NAME; {file.absolute()} is no file that can be read"
            )
        source = sources.digest(text)
        if self.source not in ("", source):
            raise InputError(
                f"{where}: {file} is not the one that this was planned with (SHA-256 "
                f"{source[:12]}…, not {self.source[:12]}…)"
            )
        sources.keep(text)
        return self if self.source else replace(self, source=source, name=self.function_name)

    def try_out(self) -> None:
        """Compute f and f′ at five points, to refuse before training what does not run.

        Raises
        ------
        InputError
            If the file or the function fails, or returns something else than f(z).
        """
        z = np.linspace(-1.0, 1.0, 5).reshape(1, 1, 5)
        try:
            self.derivative({}, z, z, np.empty_like(z), z)
        except InputError:
            raise
        except Exception as error:  # whatever the user's function raises
            raise InputError(
                f"activation.path = {self.path!r} fails: {in_a_line(error)}; it takes "
                "and returns nodes of paribus.core.autodiff"
            ) from error

    def _function(self) -> Function:
        if not self.known:
            raise InputError(f"activation.path = {self.path!r}: its source was not read")
        try:
            names = sources.executed(self.source)
        except (Exception, SystemExit) as error:  # whatever the user's file raises
            raise InputError(f"activation: {self.file}: {in_a_line(error)}") from error
        function: Function | None = names.get(self.function_name)
        if not callable(function):
            raise InputError(f"activation: {self.file} has no function {self.function_name!r}")
        return function

    def _graph(self, z: Array) -> tuple[Node, Node]:
        start = variable(z.astype(np.float64), "z")
        end = self._function()(start)
        if not isinstance(end, Node) or end.value.shape != z.shape:
            raise InputError(f"activation.path = {self.path!r} must return a node shaped like z")
        return start, end

    def apply(self, fields: Fields, z: Array, out: Array, scratch: Array) -> None:
        """Write f(z) to ``out``."""
        np.copyto(out, self._graph(z)[1].value, casting="same_kind")

    def derivative(self, fields: Fields, z: Array, a: Array, out: Array, scratch: Array) -> None:
        """Write f′(z) to ``out``."""
        start, end = self._graph(z)
        slope = gradients(end, np.ones(z.shape)).get(start, np.zeros(z.shape))
        np.copyto(out, slope, casting="same_kind")


def carried(path: str, source: str, name: str, text: bytes | None) -> UserFunction:
    """Return a function that was pickled, its text kept under the text's own SHA-256."""
    if text is not None:
        sources.keep(text)
    return UserFunction(path, source, name)


def in_a_line(error: BaseException) -> str:
    """Write an error's type and message in one line."""
    return f"{type(error).__name__}: {' '.join(str(error).split())}"
