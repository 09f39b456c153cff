"""Columns of draws behind synthetic tasks, each from a stream of its own.

So fewer examples are a prefix, fewer features are the first ones, and more noise scales the same
draws.
"""

from __future__ import annotations

from math import prod

import numpy as np

from ...core.components import Array
from ...core.errors import InputError
from ...core.streams import Purpose, stream

MOST_EXAMPLES, MOST_FEATURES, MOST_NUMBERS = 1_000_000, 10_000, 100_000_000
LOUDEST = 1e6
"""The largest standard deviation of noise: far beyond use, far from overflow."""


def normals(seed: int, replicate: int, count: int, *column: int) -> Array:
    """Draw a column of standard normals from the replicate's data stream."""
    return stream(Purpose.DATA, seed, replicate, *column).standard_normal(count)


def uniforms(seed: int, replicate: int, count: int, *column: int) -> Array:
    """Draw a column of uniform numbers on [0, 1) from the replicate's data stream."""
    return stream(Purpose.DATA, seed, replicate, *column).random(count)


def normal_inputs(seed: int, replicate: int, examples: int, features: int) -> Array:
    """Draw standard normal inputs (examples, features), feature i from column i + 1."""
    x = np.empty((examples, features))
    for feature in range(features):
        x[:, feature] = normals(seed, replicate, examples, feature + 1)
    return x


def refuse_large(kind: str, limit: int, **counts: int) -> None:
    """Refuse sizes whose product would fill the memory or take too long."""
    if (product := prod(counts.values())) > limit:
        sizes = " × ".join(f"{count:,} {name}" for name, count in counts.items())
        raise InputError(f"{kind}: {sizes} = {product:,} is more than the {limit:,} allowed")
