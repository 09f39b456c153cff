"""Pixels: an array of colours as a PNG in a data URI, so that a dense grid is one mark."""

from __future__ import annotations

import base64
import struct
import zlib

import numpy as np

from ...core.components import Array

COLOUR_TYPE = {3: 2, 4: 6}
"""The PNG colour types of RGB and RGBA by their numbers of channels."""


def png_uri(pixels: Array) -> str:
    """Return an array (h, w, 3) of RGB or (h, w, 4) of RGBA, 0 to 1, as a ``data:`` URI of a PNG.

    Row 0 is at the top. Values outside [0, 1] are cut off. Source: the PNG specification, ISO/IEC
    15948.
    """
    height, width, channels = pixels.shape
    octets = np.rint(255.0 * np.clip(pixels, 0.0, 1.0)).astype(np.uint8).reshape(height, -1)
    unfiltered = np.concatenate([np.zeros((height, 1), np.uint8), octets], axis=1)
    header = struct.pack(">IIBBBBB", width, height, 8, COLOUR_TYPE[channels], 0, 0, 0)
    chunks = (b"IHDR", header), (b"IDAT", zlib.compress(unfiltered.tobytes(), 9)), (b"IEND", b"")
    png = b"\x89PNG\r\n\x1a\n" + b"".join(chunk(name, content) for name, content in chunks)
    return f"data:image/png;base64,{base64.b64encode(png).decode()}"


def chunk(name: bytes, content: bytes) -> bytes:
    """Return a chunk of a PNG: length, name, content, checksum."""
    body = name + content
    return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))


def rgb(colour: str) -> Array:
    """Return a colour such as ``"#0072B2"`` as three numbers from 0 to 1.

    >>> rgb("#ff0033").tolist()
    [1.0, 0.0, 0.2]
    """
    return np.array([int(colour[i : i + 2], 16) / 255.0 for i in (1, 3, 5)])


def diverging(values: Array, most: float) -> Array:
    """Return the colours (h, w, 3) of values (h, w): blue at −most, white at 0, orange at most."""
    share = np.clip(values / most, -1.0, 1.0)[:, :, None] if most else values[:, :, None] * 0.0
    ends = np.where(share < 0.0, rgb("#0072B2"), rgb("#D55E00"))
    return np.asarray(1.0 + np.abs(share) * (ends - 1.0))


def grey(values: Array, most: float) -> Array:
    """Return the colours (h, w, 3) of values (h, w) from white at 0 to black at ``most``."""
    share = np.clip(values / most, 0.0, 1.0) if most else values * 0.0
    return np.repeat(1.0 - share[:, :, None], 3, axis=2)
