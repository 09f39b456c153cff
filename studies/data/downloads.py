"""The published image data sets: where they are found, fetched from, and how they are checked."""

from __future__ import annotations

import gzip
import hashlib
import io
import math
import os
import struct
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ...core.components import Array
from ...core.errors import InputError, ResourceError

TIMEOUT = 30.0
"""Seconds to wait for a mirror."""
MOST_BYTES = 64 * 2**20
"""No file of these data sets is larger, compressed or not; more is refused unread."""


@dataclass(frozen=True)
class Collection:
    """Four IDX files with the mirrors that serve them and the SHA-256 that each must have."""

    name: str
    folder: str
    mirrors: tuple[str, ...]
    checksums: dict[str, str]


MNIST = Collection(
    "MNIST",
    "mnist",
    (
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
    ),
    {
        "train-images-idx3-ubyte.gz": "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
        "train-labels-idx1-ubyte.gz": "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
        "t10k-images-idx3-ubyte.gz": "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
        "t10k-labels-idx1-ubyte.gz": "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
    },
)
FASHION_MNIST = Collection(
    "Fashion-MNIST",
    "fashion-mnist",
    (
        "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
    ),
    {
        "train-images-idx3-ubyte.gz": "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
        "train-labels-idx1-ubyte.gz": "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
        "t10k-images-idx3-ubyte.gz": "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
        "t10k-labels-idx1-ubyte.gz": "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
    },
)
COLLECTIONS = {c.folder: c for c in (MNIST, FASHION_MNIST)}


def cache_folder() -> Path:
    """Return the folder that fetched files are kept in."""
    import platformdirs

    return Path(platformdirs.user_cache_dir("paribus")) / "data"


def candidates(collection: Collection, file: str) -> list[Path]:
    """Return the places where a file may already be, ``PARIBUS_DATA`` first."""
    own = os.environ.get("PARIBUS_DATA")
    folders = [Path(own) / collection.folder, Path(own)] if own else []
    return [folder / file for folder in (*folders, cache_folder() / collection.folder)]


def available(collection: Collection) -> bool:
    """Tell whether all files are on this machine; their checksums are checked when they are read."""
    return all(
        any(path.is_file() for path in candidates(collection, file))
        for file in collection.checksums
    )


def content(collection: Collection, file: str) -> bytes:
    """Return a file's bytes, from this machine or a mirror, with the checksum verified.

    Raises
    ------
    InputError
        If a file on this machine is damaged.
    ResourceError
        If the file is not on this machine and no mirror gives it.
    """
    for path in candidates(collection, file):
        if path.is_file():
            data = path.read_bytes()
            if hashlib.sha256(data).hexdigest() != collection.checksums[file]:
                raise InputError(
                    f"{path} is damaged: its SHA-256 is not that of the published "
                    f"{collection.name} file; delete it and run `paribus data fetch "
                    f"{collection.folder}`"
                )
            return data
    return fetch(collection, file)


def fetch(collection: Collection, file: str) -> bytes:
    """Fetch a file from its mirrors in turn, verify it and keep it in the cache folder."""
    from urllib.request import urlopen

    tried = []
    if os.environ.get("PARIBUS_OFFLINE"):
        tried.append("PARIBUS_OFFLINE is set")
    for mirror in () if tried else collection.mirrors:
        try:
            with urlopen(mirror + file, timeout=TIMEOUT) as reply:
                data: bytes = reply.read(MOST_BYTES + 1)
        except OSError as error:
            tried.append(f"{mirror}: {error}")
            continue
        if hashlib.sha256(data).hexdigest() != collection.checksums[file]:
            tried.append(f"{mirror}: wrong checksum")
            continue
        keep(cache_folder() / collection.folder / file, data)
        return data
    raise ResourceError(
        f"{collection.name} is not on this machine and could not be fetched "
        f"({'; '.join(tried)}). Put its four files into a folder `{collection.folder}` and set "
        f"PARIBUS_DATA to the folder above it, or use task=digits, which needs no download"
    )


def keep(path: Path, data: bytes) -> None:
    """Write a file whole or not at all."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix="_", delete=False) as part:
            part.write(data)
        Path(part.name).replace(path)
    except OSError as error:
        raise ResourceError(f"cannot keep {path.name} in {path.parent}: {error}") from error


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
