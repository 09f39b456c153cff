"""One hidden layer of a stack of networks: its arrays, and what it reads of the parameters."""

from __future__ import annotations

from dataclasses import dataclass

from ..components import Array, Fields
from ..families.normalisers import Kept


@dataclass
class HiddenLayer:
    """The arrays of one hidden layer, and the views of the parameters and gradient it works with.

    z is the pre-activation, ``entering`` what the activation reads (z normalised, where it is),
    ``activation`` its value, ``leaving`` that normalised, where it is, and ``output`` what the
    next layer reads, after dropout and the residual connection; (T, units, B) each. Neighbours in
    this chain are the same array where nothing lies between them, or where the first is not
    needed again. After the backward pass ``delta`` is ∂C/∂z and ``entering_delta``, for probes,
    that of what the activation reads: batch normalisation makes the mean of the former vanish.
    Views are made once: making them anew would cost a tenth of a small step.
    """

    index: int
    z: Array
    entering: Array
    activation: Array
    leaving: Array
    output: Array
    spare: tuple[Array, Array]
    fields: Fields
    kept: Kept | None = None
    gain: Array | None = None
    shift: Array | None = None
    below: Array | None = None
    delta: Array | None = None
    carried: Array | None = None
    carried_above: Array | None = None
    entering_delta: Array | None = None
