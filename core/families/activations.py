"""The family of activation functions; a new one is one class, named in the union below."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ..components import Array, Fields
from .activation_function import ActivationFunction
from .formulas import Expression, UserFunction
from .rectifiers import ELU, GELU, SELU, LeakyReLU, PReLU, ReLU, Softplus, Swish
from .squashing import HardLimit, HardSigmoid, HardTanh, Sigmoid, Softsign, Tanh

__all__ = [
    "ELU",
    "GELU",
    "SELU",
    "Activation",
    "Expression",
    "HardLimit",
    "HardSigmoid",
    "HardTanh",
    "Identity",
    "LeakyReLU",
    "PReLU",
    "ReLU",
    "Sigmoid",
    "Softplus",
    "Softsign",
    "Swish",
    "Tanh",
    "UserFunction",
]


@dataclass(frozen=True)
class Identity(ActivationFunction):
    """Identity: f(z) = z, f′ = 1; however deep, such a network is one affine map.

    Source: the notes on affine layers; Saxe, McClelland & Ganguli 2013 for its dynamics.
    """

    kind: ClassVar[str] = "identity"

    def apply(self, fields: Fields, z: Array, out: Array, scratch: Array) -> None:
        """Write z to ``out``."""
        if out is not z:
            np.copyto(out, z)

    def derivative(self, fields: Fields, z: Array, a: Array, out: Array, scratch: Array) -> None:
        """Write 1 to ``out``."""
        out.fill(1.0)


Activation = (
    Sigmoid
    | Tanh
    | Identity
    | HardLimit
    | ReLU
    | LeakyReLU
    | PReLU
    | ELU
    | SELU
    | Softplus
    | Softsign
    | Swish
    | GELU
    | HardSigmoid
    | HardTanh
    | Expression
    | UserFunction
)
