"""Augmentations: random changes of training images that leave their class alone.

The geometric members compose, in the order mirror, rotation, zoom, translation, crop, into one
affine map per image, so that an image is interpolated once: bilinearly, with 0 outside. Noise
comes last. Images are augmented as the task gives them, and a scaling of inputs, as
standardisation, comes after: what is 0 outside is the background. Each visit of an example draws
anew from the uniforms u of its position in the epoch, which all arms share: a member that is set
twice as strong goes twice as far in the same direction, and adding one member leaves the draws of
the others alone.

``index`` names a member's stream and never changes; geometric members act in its order.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ..components import Array, Component, Fields, number
from ..streams import Purpose


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
class AugmentationFunction(Component):
    """What every augmentation says of itself."""

    purpose: ClassVar[Purpose | None] = Purpose.AUGMENTATION
    index: ClassVar[int]


@dataclass(frozen=True)
class GeometricFunction(AugmentationFunction, ABC):
    """An augmentation that is an affine map, from so many ``draws`` for each example."""

    draws: ClassVar[int] = 1

    @staticmethod
    @abstractmethod
    def inverse(fields: Fields, u: Array, shape: tuple[int, int]) -> Array:
        """Map the coordinates (y, x, 1) of an output pixel to where it comes from.

        Both are counted in pixels from the image's centre, y downwards: float64 of shape
        (T, B, 3, 3) for u of shape (T, B, draws).
        """


@dataclass(frozen=True)
class Mirror(GeometricFunction):
    """Left-right reflection: x ↦ −x with the given probability, x counted from the centre.

    A mirrored 2 or 7 is no digit, and letters turn into others: use it where left and right mean
    the same, as in photographs and clothes, not with digits. Source: Krizhevsky, Sutskever &
    Hinton 2012, §4.1.
    """

    kind: ClassVar[str] = "mirror"
    index: ClassVar[int] = 1
    probability: float = number(0.5, at_least=0.0, at_most=1.0)

    @staticmethod
    def inverse(fields: Fields, u: Array, shape: tuple[int, int]) -> Array:
        """Return x ↦ −x where u < probability."""
        return affine(u, xx=np.where(u[..., 0] < fields["probability"], -1.0, 1.0))


@dataclass(frozen=True)
class Rotation(GeometricFunction):
    """Rotation about the centre: angle ~ U(−degrees, degrees), counter-clockwise if positive.

    Source: Simard, Steinkraus & Platt 2003.
    """

    kind: ClassVar[str] = "rotation"
    index: ClassVar[int] = 2
    degrees: float = number(10.0, at_least=0.0, at_most=180.0)

    @staticmethod
    def inverse(fields: Fields, u: Array, shape: tuple[int, int]) -> Array:
        """Return the rotation by the opposite angle."""
        angle = np.deg2rad(fields["degrees"]) * (2.0 * u[..., 0] - 1.0)
        cosine, sine = np.cos(angle), np.sin(angle)
        return affine(u, yy=cosine, yx=sine, xy=-sine, xx=cosine)


@dataclass(frozen=True)
class Zoom(GeometricFunction):
    """Zoom about the centre: log scale ~ U(−log factor, log factor), one scale for both axes.

    Enlarging by 1.25 is as likely as shrinking by 1.25; a factor of 1 changes nothing.
    Source: LeCun et al. 1998, Gradient-based learning, on distorted digits.
    """

    kind: ClassVar[str] = "zoom"
    index: ClassVar[int] = 3
    factor: float = number(1.1, at_least=1.0, at_most=4.0)

    @staticmethod
    def inverse(fields: Fields, u: Array, shape: tuple[int, int]) -> Array:
        """Return the division by the scale."""
        scale = np.exp(-np.log(fields["factor"]) * (2.0 * u[..., 0] - 1.0))
        return affine(u, yy=scale, xx=scale)


@dataclass(frozen=True)
class Translation(GeometricFunction):
    """Translation: (y, x) ↦ (y + u·height, x + v·width), u and v ~ U(−shift, shift) independent.

    A shift of 0.1 moves an image of 28 × 28 pixels by up to 2.8 pixels each way. Shifts by parts
    of a pixel interpolate, which softens the image a little. Source: Simard, Steinkraus & Platt
    2003.
    """

    kind: ClassVar[str] = "translation"
    index: ClassVar[int] = 4
    draws: ClassVar[int] = 2
    shift: float = number(0.1, at_least=0.0, at_most=1.0)

    @staticmethod
    def inverse(fields: Fields, u: Array, shape: tuple[int, int]) -> Array:
        """Return the opposite shift."""
        y, x = (-side * fields["shift"] * (2.0 * u[..., i] - 1.0) for i, side in enumerate(shape))
        return affine(u, y=y, x=x)


@dataclass(frozen=True)
class Crop(GeometricFunction):
    """Random resized crop: a window of share s ~ U(side, 1) of the image, enlarged to the whole.

    The window keeps the image's proportions, s is the share of each of its sides, and it lies
    anywhere inside with equal chance. A side of 1 changes nothing.
    Cropping a padded image instead is translation. Source: Szegedy et al. 2015, without their
    change of proportions.
    """

    kind: ClassVar[str] = "crop"
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
class PixelNoise(AugmentationFunction):
    """Gaussian noise on every pixel: x + std·n, n ~ N(0, 1) and independent.

    std is in the units of the pixels as the task gives them, before any standardisation. Nothing
    is clipped: the noise has mean 0 and values may leave the range of the pixels. For a linear
    model with squared error it acts as a ridge penalty on average. Source: Bishop 1995, Training
    with noise is equivalent to Tikhonov regularization.
    """

    kind: ClassVar[str] = "pixel-noise"
    index: ClassVar[int] = 6
    std: float = number(0.1, at_least=0.0)


Augmentation = Translation | Rotation | Zoom | Mirror | Crop | PixelNoise
