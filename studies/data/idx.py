"""The IDX format of the published image collections, checked while it is parsed."""

from __future__ import annotations

import gzip
import io
import math
import struct

import numpy as np

from ...core.components import Array
from ...core.errors import InputError
from ...core.families.task_function import Collection
from .downloads import MOST_BYTES, content


def parse_idx(data: bytes, dimensions: int, where: str) -> Array:
    """Parse a gzipped IDX file of unsigned bytes.

    Raises
    ------
    InputError
        If the file is not gzip, has another magic number, or is shorter or longer than its header.
    """
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as file:
            plain = file.read(MOST_BYTES + 1)
    except (OSError, EOFError) as error:
        raise InputError(f"{where} is not a whole gzip file: {error}") from error
    header = 4 + 4 * dimensions
    if len(plain) < header or plain[:4] != bytes((0, 0, 8, dimensions)):
        raise InputError(f"{where} is not an IDX file of bytes with {dimensions} dimensions")
    shape = struct.unpack(f">{dimensions}I", plain[4:header])
    expected = header + math.prod(shape)
    if len(plain) != expected:
        raise InputError(f"{where} holds {len(plain)} bytes where its header says {expected}")
    return np.frombuffer(plain, np.uint8, offset=header).reshape(shape)


def images(collection: Collection) -> tuple[Array, Array, int]:
    """Return all images (70000, 784), their labels, and where the official test set begins."""
    arrays = {}
    for file in collection.checksums:
        dimensions = 3 if "images" in file else 1
        arrays[file.split("-idx")[0]] = parse_idx(content(collection, file), dimensions, file)
    x = np.concatenate([arrays["train-images"], arrays["t10k-images"]])
    labels = np.concatenate([arrays["train-labels"], arrays["t10k-labels"]])
    return x.reshape(len(x), -1), labels, len(arrays["train-images"])
