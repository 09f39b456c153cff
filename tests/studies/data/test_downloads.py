from __future__ import annotations

import gzip
import hashlib
import http.client
import os
import stat
import struct
import urllib.request
from pathlib import Path

import numpy as np
import pytest
from paribus.core.errors import InputError, ResourceError
from paribus.core.families.task_function import Collection
from paribus.studies.data import downloads
from paribus.studies.data.downloads import available, content
from paribus.studies.data.idx import images, parse_idx
from paribus.studies.data.images import Mnist


def idx(array: np.ndarray) -> bytes:
    header = bytes((0, 0, 8, array.ndim)) + struct.pack(f">{array.ndim}I", *array.shape)
    return gzip.compress(header + array.astype(np.uint8).tobytes(), mtime=0)


def test_idx_round_trip():
    array = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    assert np.array_equal(parse_idx(idx(array), 3, "file"), array)


WHOLE = idx(np.zeros((3, 2, 2)))


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (WHOLE[:-9], "not a whole gzip"),
        (b"plain text", "not a whole gzip"),
        (gzip.compress(b"\0\0\x09\x03" + bytes(12)), "not an IDX file"),
        (gzip.compress(b"\0"), "not an IDX file"),
        (gzip.compress(gzip.decompress(WHOLE)[:-1]), "its header says 28"),
        (gzip.compress(gzip.decompress(WHOLE) + b"x"), "its header says 28"),
        (gzip.compress(b"\0\0\x08\x03" + b"\xff" * 12), "its header says"),
        (gzip.compress(bytes(100 * 2**20)), "not an IDX file"),
    ],
    ids=["cut", "text", "magic", "short", "less", "more", "claims", "bomb"],
)
def test_damaged_idx_files_are_refused(data, told):
    with pytest.raises(InputError, match=told):
        parse_idx(data, 3, "file")


@pytest.fixture
def tiny(tmp_path, monkeypatch) -> Collection:
    files = {
        "train-images-idx3-ubyte.gz": idx(np.arange(5 * 4).reshape(5, 2, 2)),
        "train-labels-idx1-ubyte.gz": idx(np.array([0, 1, 2, 3, 4])),
        "t10k-images-idx3-ubyte.gz": idx(np.ones((2, 2, 2))),
        "t10k-labels-idx1-ubyte.gz": idx(np.array([5, 6])),
    }
    (tmp_path / "tiny").mkdir()
    for name, data in files.items():
        (tmp_path / "tiny" / name).write_bytes(data)
    monkeypatch.setenv("PARIBUS_DATA", str(tmp_path))
    sums = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    return Collection("Tiny", "tiny", (), sums)


def test_images_are_joined_with_the_test_set_last(tiny):
    x, labels, test = images(tiny)
    assert x.shape == (7, 4)
    assert labels.tolist() == [0, 1, 2, 3, 4, 5, 6]
    assert test == 5


def test_a_damaged_file_is_named_and_refused(tiny, tmp_path):
    path = tmp_path / "tiny" / "t10k-labels-idx1-ubyte.gz"
    path.write_bytes(path.read_bytes() + b"x")
    with pytest.raises(InputError, match=r"t10k-labels.* is damaged"):
        images(tiny)


def test_a_missing_file_offline_says_what_to_do(tiny, tmp_path, monkeypatch):
    monkeypatch.setenv("PARIBUS_OFFLINE", "1")
    monkeypatch.setattr(downloads, "cache_folder", lambda: tmp_path / "cache")
    (tmp_path / "tiny" / "t10k-labels-idx1-ubyte.gz").unlink()
    assert not available(tiny)
    with pytest.raises(ResourceError, match="set PARIBUS_DATA"):
        images(tiny)


def test_a_mirror_with_other_bytes_is_not_believed(tmp_path, monkeypatch):
    """The second mirror is asked; what is kept has the right checksum."""
    (tmp_path / "bad").mkdir()
    (tmp_path / "good").mkdir()
    (tmp_path / "bad" / "file.gz").write_bytes(b"evil")
    (tmp_path / "good" / "file.gz").write_bytes(b"right")
    mirrors = tuple(f"{(tmp_path / name).as_uri()}/" for name in ("none", "bad", "good"))
    sums = {"file.gz": hashlib.sha256(b"right").hexdigest()}
    monkeypatch.setattr(downloads, "cache_folder", lambda: tmp_path / "cache")
    monkeypatch.delenv("PARIBUS_DATA", raising=False)
    monkeypatch.delenv("PARIBUS_OFFLINE", raising=False)
    assert content(Collection("Some", "some", mirrors, sums), "file.gz") == b"right"
    kept = tmp_path / "cache" / "some" / "file.gz"
    assert kept.read_bytes() == b"right"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o644  # others who share the cache may read it
    assert list(kept.parent.iterdir()) == [kept]
    with pytest.raises(ResourceError, match="wrong checksum"):
        content(Collection("Other", "other", mirrors[:2], sums), "file.gz")


@pytest.mark.skipif(
    not (Path(os.environ.get("PARIBUS_DATA", "/nowhere")) / "mnist").is_dir(),
    reason="the real MNIST is not on this machine",
)
def test_the_real_mnist():
    data = Mnist().dataset(0, 0)
    assert data.raw.shape == (70_000, 784)
    assert data.official_test == 60_000
    assert data.y[:5].argmax(axis=1).tolist() == [5, 0, 4, 1, 9]
    assert data.y[60_000:60_005].argmax(axis=1).tolist() == [7, 2, 1, 0, 4]
    assert available(Mnist.collection)
    assert data.inputs("float32").max() == 1.0


def test_a_mirror_that_never_ends_is_left(tmp_path, monkeypatch):
    """No more is read than the largest published file holds."""
    monkeypatch.setattr(downloads, "MOST_BYTES", 1000)
    monkeypatch.setattr(downloads, "cache_folder", lambda: tmp_path / "cache")
    monkeypatch.delenv("PARIBUS_DATA", raising=False)
    monkeypatch.delenv("PARIBUS_OFFLINE", raising=False)
    with Path("/dev/zero").open("rb") as endless:
        monkeypatch.setattr(urllib.request, "urlopen", lambda *_, **__: endless)
        with pytest.raises(ResourceError, match="some: wrong checksum"):
            content(Collection("Some", "some", ("some",), {".gz": "0" * 64}), ".gz")
    assert not (tmp_path / "cache").exists()


def test_a_mirror_that_speaks_no_http_is_left(tmp_path, monkeypatch):
    def answers(*_: object, **__: object) -> None:
        raise http.client.BadStatusLine("hello")

    monkeypatch.setattr(urllib.request, "urlopen", answers)
    monkeypatch.setattr(downloads, "cache_folder", lambda: tmp_path / "cache")
    monkeypatch.delenv("PARIBUS_DATA", raising=False)
    monkeypatch.delenv("PARIBUS_OFFLINE", raising=False)
    with pytest.raises(ResourceError, match="some: hello"):
        content(Collection("Some", "some", ("some",), {".gz": "0" * 64}), ".gz")


def test_a_cache_that_cannot_be_written_is_named(tmp_path, monkeypatch):
    (tmp_path / "file.gz").write_bytes(b"right")
    (tmp_path / "cache").write_text("a file where the folder should be")
    monkeypatch.setattr(downloads, "cache_folder", lambda: tmp_path / "cache")
    monkeypatch.delenv("PARIBUS_DATA", raising=False)
    monkeypatch.delenv("PARIBUS_OFFLINE", raising=False)
    sums = {"file.gz": hashlib.sha256(b"right").hexdigest()}
    with pytest.raises(ResourceError, match=r"cannot keep file\.gz in .*cache/some"):
        content(Collection("Some", "some", (f"{tmp_path.as_uri()}/",), sums), "file.gz")
