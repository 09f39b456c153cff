"""Images seen through affine maps."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..components import Array

CHUNK = 32_768
"""Pixels interpolated at a time: few calls, and temporary arrays that stay in cache."""


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
            source = images[rows[part]].reshape(-1, height, width)
            self._interpolate(source, linear[part], offset[part], out[part].reshape(source.shape))

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
