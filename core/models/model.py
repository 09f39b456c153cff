"""A trained network as a value: from raw inputs to classes or numbers, without its training.

A model holds what its training left behind, the parts of the recipe that prediction needs, and
how raw inputs and outputs are scaled. It predicts with the engine's own forward pass, in the
engine's evaluation chunks: on the same rows, in the same order and on one BLAS thread, the outputs
have the bits that its scores were computed from.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ..components import Array, Component, Fields, cast, stack_fields
from ..engine.architecture import Architecture
from ..engine.evaluation import chunks
from ..engine.network import Network, NetworkFields
from ..errors import InputError
from ..families.links import LinkFunction, SoftmaxLink
from ..families.losses import Loss
from .scales import Inputs, Targets


@dataclass(frozen=True, eq=False)
class Model:
    """A trained network.

    Parameters
    ----------
    architecture
        Its layers, with the activation, the normaliser and the residual connections in full.
    loss
        What it was trained with; its output unit turns z into ŷ.
    parameters
        The row of the arena, float32 or float64 of shape (parameters,).
    statistics
        The running statistics of batch normalisation, empty where there is none.
    inputs, targets
        How raw inputs and outputs are scaled, and the names of the classes.
    about
        Where it comes from: a table that JSON can hold, kept with it and not otherwise used.

    Raises
    ------
    ValueError
        If the parts do not fit each other.
    """

    architecture: Architecture
    loss: Loss
    parameters: Array
    statistics: Array
    inputs: Inputs
    targets: Targets
    about: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        sizes = self.architecture.sizes
        fitting = (
            len(sizes) > 1 and all(type(size) is int and size > 0 for size in sizes),
            self.dtype in (np.float32, np.float64),
            self.parameters.shape == (self.architecture.parameters,),
            self.statistics.shape == (self.architecture.statistics,),
            self.statistics.dtype == self.dtype,
            self.inputs.mean.shape == self.inputs.scale.shape == sizes[:1],
            self.inputs.columns >= sizes[0],
            len(self.inputs.names) in (0, sizes[0]),
            self.targets.mean.shape == self.targets.scale.shape == sizes[-1:],
            len(self.targets.classes) in ((sizes[-1],) if self.loss.classifies else (0, sizes[-1])),
        )
        if not all(fitting):
            raise ValueError("the parts of the model do not fit each other")

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of the parameters, in which the network computes."""
        return self.parameters.dtype

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes, in the order of the outputs; none for a regression."""
        return self.targets.classes

    def outputs(self, x: Any) -> Array:
        """Return the output layer's pre-activations z, shape (rows, outputs).

        Parameters
        ----------
        x
            Raw inputs as the task has them, shape (rows, columns), or a data frame with the
            columns that the model names.

        Raises
        ------
        InputError
            If the columns are not those of the model, or a value is missing or not finite.
        """
        raw, architecture = self.inputs.checked(x), self.architecture
        fields = NetworkFields(
            *map(
                self._fields,
                (architecture.activation, architecture.normaliser, architecture.residual),
            )
        )
        parameters = architecture.views(self.parameters[None])
        running = architecture.running(self.statistics[None])
        z = np.empty((len(raw), architecture.sizes[-1]), self.dtype)
        made: dict[int, Network] = {}
        with np.errstate(all="ignore"):  # overflow is a result, as in training
            for part in chunks(len(raw)):
                read = self.inputs.scaled(raw[part], self.dtype)
                columns = len(read)
                if columns not in made:
                    made[columns] = Network(architecture, fields, parameters, columns)
                made[columns].forward(read[None].transpose(0, 2, 1), running=running)
                z[part] = made[columns].output[:, 0].T
        return z

    def _fields(self, part: Component | None) -> Fields:
        return {} if part is None else cast(stack_fields([part]), self.dtype, 2)

    def predict(self, x: Any) -> Array:
        """Return the likeliest class of each row by name, or its number in the targets' units.

        Classes have shape (rows,), the one of the largest output; numbers are float64 of shape
        (rows,), or (rows, outputs) where there are several. ``x`` and errors as for
        :meth:`outputs`.
        """
        z = self.outputs(x)
        if self.classes:
            return np.asarray(np.array(self.classes)[z.argmax(axis=1)])
        with np.errstate(all="ignore"):
            output = self._linked(z, self.loss.unit).astype(np.float64)
            output = output * self.targets.scale + self.targets.mean
        return output[:, 0] if output.shape[1] == 1 else output

    def predict_proba(self, x: Any) -> Array:
        """Return each class's probability, shape (rows, classes); rows sum to 1.

        They are the softmax of the link's logits: z of softmax outputs, log σ(z) of sigmoid ones,
        so that pⱼ = σ(zⱼ)/Σₖ σ(zₖ). ``x`` and errors as for :meth:`outputs`.

        Raises
        ------
        InputError
            Also if the model has no classes, or output units that give no probabilities.
        """
        with np.errstate(all="ignore"):
            logits = self.loss.unit.logits(self.outputs(x)) if self.classes else None
        if logits is None:
            why = f"loss {self.loss.kind!r} gives none" if self.classes else "it predicts numbers"
            raise InputError(f"the model has no probabilities: {why}; use predict or outputs")
        return self._linked(logits, SoftmaxLink())

    def _linked(self, z: Array, link: LinkFunction) -> Array:
        """Return link(z), by the arithmetic of the losses."""
        by_class = np.ascontiguousarray(z.T[:, None])
        with np.errstate(all="ignore"):
            link.apply(by_class, np.empty(by_class.shape[1:], z.dtype))
        return np.ascontiguousarray(by_class[:, 0].T)

    def save(self, path: str | Path) -> None:
        """Write the model to a file, whole or not at all: arrays and JSON, without pickle."""
        from .model_file import save_model

        save_model(self, path)

    def __repr__(self) -> str:
        sizes = "-".join(map(str, self.architecture.sizes))
        return f"<Model {sizes} {self.architecture.activation}, {self.loss}, {self.dtype}>"
