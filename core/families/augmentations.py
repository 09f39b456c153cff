"""Augmentations: random changes of training images that leave their class alone.

The geometric members compose, in the order mirror, rotation, zoom, translation, crop, into one
affine map per image, so that an image is interpolated once: bilinearly, with 0 outside. Noise
comes last. Each visit of an example draws anew from the uniforms u of its position in the epoch,
which all arms share: a member that is set twice as strong goes twice as far in the same direction,
and adding one member leaves the draws of the others alone.

A geometric member's ``inverse(fields, u, shape)`` maps the coordinates (y, x, 1) of an output
pixel to where it comes from, both counted in pixels from the image's centre, y downwards: float64
of shape (T, B, 3, 3) for u of shape (T, B, draws). ``index`` names the member's stream and never
changes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, get_args

import numpy as np

from ..components import Array, Component, Fields, cast, number, stack_fields
from ..streams import Purpose, seed_sequence, stream

CHUNK = 32_768
"""Pixels interpolated at a time: few calls, and temporary arrays that stay in cache."""


def affine(
    u: Array,
    yy: Array | float = 1.0,
    yx: Array | float = 0.0,
    xy: Array | float = 0.0,
    xx: Array | float = 1.0,
    y: Array | float = 0.0,
    x: Array | float = 0.0,
) -> Array:
    """Return (y, x) ↦ (yy·y + yx·x + y₀, xy·y + xx·x + x₀) for each of the examples in u."""
    maps = np.zeros((*u.shape[:2], 3, 3))
    maps[..., 0, 0], maps[..., 0, 1], maps[..., 0, 2] = yy, yx, y
    maps[..., 1, 0], maps[..., 1, 1], maps[..., 1, 2] = xy, xx, x
    maps[..., 2, 2] = 1.0
    return maps


@dataclass(frozen=True)
class Mirror(Component):
    """Left-right reflection: x ↦ −x with the given probability, x counted from the centre.

    A mirrored 2 or 7 is no digit, and letters turn into others: use it where left and right mean
    the same, as in photographs and clothes, not with digits. Source: Krizhevsky, Sutskever &
    Hinton 2012, §4.1.
    """

    kind: ClassVar[str] = "mirror"
    purpose: ClassVar[Purpose | None] = Purpose.AUGMENTATION
    index: ClassVar[int] = 1
    draws: ClassVar[int] = 1
    probability: float = number(0.5, at_least=0.0, at_most=1.0)

    @staticmethod
    def inverse(fields: Fields, u: Array, _: tuple[int, int]) -> Array:
        """Return x ↦ −x where u < probability."""
        return affine(u, xx=np.where(u[..., 0] < fields["probability"], -1.0, 1.0))


@dataclass(frozen=True)
class Rotation(Component):
    """Rotation about the centre: angle ~ U(−degrees, degrees), counter-clockwise if positive.

    Source: Simard, Steinkraus & Platt 2003.
    """

    kind: ClassVar[str] = "rotation"
    purpose: ClassVar[Purpose | None] = Purpose.AUGMENTATION
    index: ClassVar[int] = 2
    draws: ClassVar[int] = 1
    degrees: float = number(10.0, at_least=0.0, at_most=180.0)

    @staticmethod
    def inverse(fields: Fields, u: Array, _: tuple[int, int]) -> Array:
        """Return the rotation by the opposite angle."""
        angle = np.deg2rad(fields["degrees"]) * (2.0 * u[..., 0] - 1.0)
        cosine, sine = np.cos(angle), np.sin(angle)
        return affine(u, yy=cosine, yx=sine, xy=-sine, xx=cosine)


@dataclass(frozen=True)
class Zoom(Component):
    """Zoom about the centre: log scale ~ U(−log factor, log factor), one scale for both axes.

    Enlarging by 1.25 is as likely as shrinking by 1.25; a factor of 1 changes nothing.
    Source: LeCun et al. 1998, Gradient-based learning, on distorted digits.
    """

    kind: ClassVar[str] = "zoom"
    purpose: ClassVar[Purpose | None] = Purpose.AUGMENTATION
    index: ClassVar[int] = 3
    draws: ClassVar[int] = 1
    factor: float = number(1.1, at_least=1.0, at_most=4.0)

    @staticmethod
    def inverse(fields: Fields, u: Array, _: tuple[int, int]) -> Array:
        """Return the division by the scale."""
        scale = np.exp(-np.log(fields["factor"]) * (2.0 * u[..., 0] - 1.0))
        return affine(u, yy=scale, xx=scale)


@dataclass(frozen=True)
class Translation(Component):
    """Translation: (y, x) ↦ (y + u·height, x + v·width), u and v ~ U(−shift, shift) independent.

    A shift of 0.1 moves an image of 28 × 28 pixels by up to 2.8 pixels each way. Shifts by parts
    of a pixel interpolate, which softens the image a little. Source: Simard, Steinkraus & Platt
    2003.
    """

    kind: ClassVar[str] = "translation"
    purpose: ClassVar[Purpose | None] = Purpose.AUGMENTATION
    index: ClassVar[int] = 4
    draws: ClassVar[int] = 2
    shift: float = number(0.1, at_least=0.0, at_most=1.0)

    @staticmethod
    def inverse(fields: Fields, u: Array, shape: tuple[int, int]) -> Array:
        """Return the opposite shift."""
        y, x = (-side * fields["shift"] * (2.0 * u[..., i] - 1.0) for i, side in enumerate(shape))
        return affine(u, y=y, x=x)


@dataclass(frozen=True)
class Crop(Component):
    """Random resized crop: a window of share s ~ U(side, 1) of the image, enlarged to the whole.

    The window keeps the image's proportions, s is the share of each of its sides, and it lies
    anywhere inside with equal chance. A side of 1 changes nothing.
    Cropping a padded image instead is translation. Source: Szegedy et al. 2015, without their
    change of proportions.
    """

    kind: ClassVar[str] = "crop"
    purpose: ClassVar[Purpose | None] = Purpose.AUGMENTATION
    index: ClassVar[int] = 5
    draws: ClassVar[int] = 3
    side: float = number(0.8, above=0.0, at_most=1.0)

    @staticmethod
    def inverse(fields: Fields, u: Array, shape: tuple[int, int]) -> Array:
        """Return the map of the whole image onto the window."""
        cut = (1.0 - fields["side"]) * u[..., 0]
        y, x = (0.5 * side * cut * (2.0 * u[..., 1 + i] - 1.0) for i, side in enumerate(shape))
        return affine(u, yy=1.0 - cut, xx=1.0 - cut, y=y, x=x)


@dataclass(frozen=True)
class PixelNoise(Component):
    """Gaussian noise on every pixel: x + std·n, n ~ N(0, 1) and independent.

    std is in the units of the inputs after their scaling. Nothing is clipped: the noise has mean
    0 and values may leave the range of the pixels. For a linear model with squared error it acts
    as a ridge penalty on average. Source: Bishop 1995, Training with noise is equivalent to
    Tikhonov regularization.
    """

    kind: ClassVar[str] = "pixel-noise"
    purpose: ClassVar[Purpose | None] = Purpose.AUGMENTATION
    index: ClassVar[int] = 6
    std: float = number(0.1, at_least=0.0)


class Warp:
    """Bilinear interpolation of images along affine maps, with 0 outside; buffers are kept."""

    def __init__(self, shape: tuple[int, int], dtype: np.dtype[Any]) -> None:
        height, width = shape
        self._shape, self._dtype = shape, dtype
        self._chunk = max(1, CHUNK // (height * width))
        # a margin of one pixel of 0 above and left, of two below and right: every pixel that
        # interpolation can ask for, once coordinates are limited to the margin
        self._padded = np.zeros((self._chunk, height + 3, width + 3), dtype)
        full = (self._chunk, height, width)
        self._y, self._x, self._whole = (np.empty(full, dtype) for _ in range(3))
        self._corners = [np.empty(full, dtype) for _ in range(4)]
        self._row, self._column = (np.empty(full, np.int32) for _ in range(2))
        self._index = np.empty(full, np.intp)
        first = np.arange(self._chunk, dtype=np.intp) * self._padded[0].size
        self._first = first[:, None, None]

    def __call__(self, images: Array, rows: Array, maps: Array, out: Array) -> None:
        """Write image rows[k] seen through maps[k] to out[k].

        Parameters
        ----------
        images
            All images, (examples, H·W).
        rows
            Row numbers, (N,).
        maps
            From output to input, relative to the centre, float64 (N, 3, 3).
        out
            (N, H·W).
        """
        height, width = self._shape
        centre = np.array([(height - 1) / 2, (width - 1) / 2])
        linear = maps[:, :2, :2]
        offset = centre + maps[:, :2, 2] - (linear * centre).sum(axis=2)
        linear, offset = linear.astype(self._dtype), offset.astype(self._dtype)
        for start in range(0, len(rows), self._chunk):
            part = slice(start, start + self._chunk)
            found = images[rows[part]].reshape(-1, height, width)
            self._interpolate(found, linear[part], offset[part], out[part].reshape(found.shape))

    def _coordinates(
        self, linear: Array, offset: Array, coordinate: Array, whole: Array, size: int
    ) -> None:
        """Split the input coordinates along one axis, from the margin, into whole and fraction."""
        height, width = self._shape
        y, x = np.arange(height, dtype=self._dtype), np.arange(width, dtype=self._dtype)
        along_y = linear[:, :1] * y + (offset[:, None] + self._dtype.type(1.0))
        np.add(along_y[:, :, None], (linear[:, 1:] * x)[:, None, :], coordinate)
        np.clip(coordinate, 0.0, size + 1.0, out=coordinate)
        floor = self._whole[: len(coordinate)]
        np.floor(coordinate, floor)
        np.subtract(coordinate, floor, coordinate)
        whole[...] = floor

    def _interpolate(self, images: Array, linear: Array, offset: Array, out: Array) -> None:
        count, height, width = images.shape
        stride = width + 3
        padded = self._padded[:count]
        padded[:, 1 : height + 1, 1 : width + 1] = images
        y, x, row, column = (a[:count] for a in (self._y, self._x, self._row, self._column))
        self._coordinates(linear[:, 0], offset[:, 0], y, row, height)
        self._coordinates(linear[:, 1], offset[:, 1], x, column, width)
        np.multiply(row, stride, row)
        np.add(row, column, row)
        index = self._index[:count]
        np.add(row, self._first[:count], index)
        flat = padded.reshape(-1)
        top, right, low, far = (corner[:count] for corner in self._corners)
        for step, corner in ((0, top), (1, right), (stride, low), (stride + 1, far)):
            np.take(flat[step:], index, out=corner, mode="clip")
        for one, other, share in ((top, right, x), (low, far, x), (top, low, y)):
            np.subtract(other, one, other)  # one + share·(other − one): exact at share 0
            np.multiply(other, share, other)
            np.add(one, other, one)
        out[...] = top


class Augmenter:
    """Augments the mini-batches of a stack; the result for a trial does not depend on its stack.

    Parameters
    ----------
    augmentations
        Each trial's members, of the same kinds, at most one of each.
    luck
        Each trial's seed and replicate.
    shape
        Height and width of the images in pixels.
    examples
        The number of training examples, that is of positions in an epoch.
    dtype
        The recipe's dtype.
    """

    def __init__(
        self,
        augmentations: Sequence[tuple[Augmentation, ...]],
        luck: Sequence[tuple[int, int]],
        shape: tuple[int, int],
        examples: int,
        dtype: np.dtype[Any],
    ) -> None:
        self._shape, self._examples, self._dtype = shape, examples, dtype
        self._luck = list(luck)
        by_kind = [{member.kind: member for member in each} for each in augmentations]
        self._geometric: list[tuple[type[Geometric], Fields]] = [
            (cls, cast(stack_fields([own[cls.kind] for own in by_kind]), np.dtype(np.float64), 1))
            for cls in get_args(Geometric)
            if cls.kind in by_kind[0]
        ]
        self._std: Array | None = None
        if PixelNoise.kind in by_kind[0]:
            noise = stack_fields([own[PixelNoise.kind] for own in by_kind])
            self._std = noise["std"].astype(dtype)
        keys = list(zip(self._luck, augmentations, strict=True))
        kept = list(dict.fromkeys(keys))
        self._distinct = np.array([keys.index(key) for key in kept])
        self._which = np.array([kept.index(key) for key in keys])
        self._warp = Warp(shape, dtype)
        self._epoch = -1
        self._draws: dict[tuple[int, int, int], Array] = {}
        self._buffers: dict[tuple[int, ...], Array] = {}

    def __call__(self, images: Array, rows: Array, epoch: int, start: int) -> Array:
        """Return a mini-batch of each trial, augmented.

        Trials that agree in luck, settings and rows are computed once. A mini-batch depends on
        its epoch and position alone, so that it can be asked for in any order and again.

        Parameters
        ----------
        images
            All examples, (examples, H·W), in the recipe's dtype.
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
        for cls, fields in self._geometric:
            u = np.stack([self._uniforms(cls, self._luck[i])[positions] for i in chosen])
            own = {name: values[chosen] for name, values in fields.items()}
            inverse = cls.inverse(own, u, self._shape)
            whole = inverse if whole is None else whole @ inverse
        return np.asarray(whole)

    def _uniforms(self, cls: type[Geometric], luck: tuple[int, int]) -> Array:
        """Return the uniforms of a whole epoch, (examples, draws), drawn once."""
        key = (cls.index, *luck)
        if key not in self._draws:
            source = stream(Purpose.AUGMENTATION, *luck, self._epoch, cls.index)
            self._draws[key] = source.random((self._examples, cls.draws))
        return self._draws[key]

    def _add_noise(self, out: Array, std: Array, chosen: Array, start: int) -> None:
        """Add the noise; a counter leads straight to the mini-batch's own block of normals."""
        normals: dict[tuple[int, int], Array] = {}
        for position, trial in enumerate(chosen):
            luck = self._luck[trial]
            if luck not in normals:
                key = (PixelNoise.index, *luck)
                if key not in self._draws:
                    seeds = seed_sequence(
                        Purpose.AUGMENTATION, *luck, self._epoch, PixelNoise.index
                    )
                    self._draws[key] = seeds.generate_state(2, np.uint64)
                bits = np.random.Philox(key=self._draws[key], counter=[0, 0, start, 0])
                drawn = np.random.Generator(bits).standard_normal(out.shape[1:])
                normals[luck] = drawn.astype(self._dtype)
            out[position] += normals[luck] * std[trial]


Geometric = Mirror | Rotation | Zoom | Translation | Crop
Augmentation = Translation | Rotation | Zoom | Mirror | Crop | PixelNoise
