"""The augmentations of a stack at work on its mini-batches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..components import Array, Fields, cast, stack_fields
from ..families.augmentations import Augmentation, GeometricFunction, PixelNoise
from ..streams import Purpose, StreamKey, seed_sequence, stream
from .warp import Warp


class Augmenter:
    """Augments the mini-batches of a stack; the result for a trial does not depend on its stack.

    Parameters
    ----------
    augmentations
        Each trial's members, of the same kinds in the same order, at most one of each.
    keys
        What keys each trial's draws.
    shape
        Height and width of the images in pixels.
    examples
        The number of training examples, that is of positions in an epoch.
    dtype
        The recipe's dtype.
    scale
        Mean and sd of the inputs as the network reads them, (T, H·W) each: what is augmented then
        becomes (v − mean)/sd. None where inputs are left as they are.
    """

    def __init__(
        self,
        augmentations: Sequence[tuple[Augmentation, ...]],
        keys: Sequence[StreamKey],
        shape: tuple[int, int],
        examples: int,
        dtype: np.dtype[Any],
        scale: tuple[Array, Array] | None = None,
    ) -> None:
        self._shape, self._examples, self._dtype = shape, examples, dtype
        self._keys = list(keys)
        self._geometric: list[tuple[GeometricFunction, Fields]] = []
        self._std: Array | None = None
        for position, member in enumerate(augmentations[0]):
            fields = stack_fields([members[position] for members in augmentations])
            if isinstance(member, GeometricFunction):
                self._geometric.append((member, cast(fields, np.dtype(np.float64), 1)))
            else:
                self._std = fields["std"].astype(dtype)
        self._geometric.sort(key=lambda pair: pair[0].index)
        self._scale = scale
        scales = [None] * len(self._keys) if scale is None else map(bytes, np.hstack(scale))
        settings = list(zip(self._keys, augmentations, scales, strict=True))
        distinct = list(dict.fromkeys(settings))
        self._distinct = np.array([settings.index(setting) for setting in distinct])
        self._which = np.array([distinct.index(setting) for setting in settings])
        self._warp = Warp(shape, dtype)
        self._epoch = -1
        self._draws: dict[tuple[int, int, int], Array] = {}
        self._buffers: dict[tuple[int, ...], Array] = {}

    def __call__(self, images: Array, rows: Array, epoch: int, start: int) -> Array:
        """Return a mini-batch of each trial, augmented, then scaled.

        Trials that agree in keys, settings, scale and rows are computed once. A mini-batch depends
        on its epoch and position alone, so that it can be asked for in any order and again.

        Parameters
        ----------
        images
            All examples before their scaling, (examples, H·W), in the recipe's dtype.
        rows
            The row numbers of the mini-batch, (T or 1, B).
        epoch, start
            The epoch, and the position of the mini-batch's first example in it, both from 0.

        Returns
        -------
        array (T or 1, B, H·W); the next call overwrites it
        """
        if epoch != self._epoch:
            self._epoch = epoch
            self._draws.clear()
        chosen, which = self._distinct, self._which
        if len(rows) > 1:
            if not np.array_equal(rows[chosen][which], rows):
                chosen = which = np.arange(len(rows))
            rows = rows[chosen]
        rows = np.broadcast_to(rows, (len(chosen), rows.shape[1]))
        out = self._buffer((*rows.shape, images.shape[1]), 0)
        if self._geometric:
            maps = self._maps(chosen, slice(start, start + rows.shape[1]))
            flat = out.reshape(-1, out.shape[2])
            self._warp(images, rows.reshape(-1), maps.reshape(-1, 3, 3), flat)
        else:
            np.take(images, rows, axis=0, out=out, mode="clip")
        if self._std is not None:
            self._add_noise(out, self._std, chosen, start)
        if self._scale is not None:
            mean, sd = (part[chosen][:, None] for part in self._scale)
            np.subtract(out, mean, out)
            np.divide(out, sd, out)
        if len(chosen) in (1, len(which)):
            return out
        spread = self._buffer((len(which), *out.shape[1:]), 1)
        np.take(out, which, axis=0, out=spread, mode="clip")
        return spread

    def _buffer(self, shape: tuple[int, ...], role: int) -> Array:
        key = (role, *shape)
        if key not in self._buffers:
            self._buffers[key] = np.empty(shape, self._dtype)
        return self._buffers[key]

    def _maps(self, chosen: Array, positions: slice) -> Array:
        """Compose the maps of the trials at the positions ``chosen``, (trials, B, 3, 3)."""
        whole: Array | None = None
        for member, fields in self._geometric:
            u = np.stack([self._uniforms(member, self._keys[i])[positions] for i in chosen])
            chosen_fields = {name: values[chosen] for name, values in fields.items()}
            inverse = member.inverse(chosen_fields, u, self._shape)
            whole = inverse if whole is None else whole @ inverse
        return np.asarray(whole)

    def _uniforms(self, member: GeometricFunction, key: StreamKey) -> Array:
        """Return the uniforms of a whole epoch, (examples, draws), drawn once."""
        place = (member.index, *key)
        if place not in self._draws:
            source = stream(Purpose.AUGMENTATION, *key, self._epoch, member.index)
            self._draws[place] = source.random((self._examples, member.draws))
        return self._draws[place]

    def _add_noise(self, out: Array, std: Array, chosen: Array, start: int) -> None:
        """Add the noise; a counter leads straight to the mini-batch's own block of normals."""
        normals: dict[StreamKey, Array] = {}
        for position, trial in enumerate(chosen):
            key = self._keys[trial]
            if key not in normals:
                place = (PixelNoise.index, *key)
                if place not in self._draws:
                    seeds = seed_sequence(Purpose.AUGMENTATION, *key, self._epoch, PixelNoise.index)
                    self._draws[place] = seeds.generate_state(2, np.uint64)
                bits = np.random.Philox(key=self._draws[place], counter=[0, 0, start, 0])
                drawn = np.random.Generator(bits).standard_normal(out.shape[1:])
                normals[key] = drawn.astype(self._dtype)
            out[position] += normals[key] * std[trial]
