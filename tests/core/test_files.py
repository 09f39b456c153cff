"""Files are written whole or not at all, on a real file system."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from paribus.core.files import create_whole, write_whole

BEFORE, AFTER = b"before", b"after" * 1000
CRASH = "pathlib.Path.replace = lambda *_: os._exit(9)"
FULL = "resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))"


def written_after(hindrance: str, path: Path) -> subprocess.CompletedProcess[str]:
    """Write to a path in a process of its own that is hindered."""
    code = (
        "import os, pathlib, resource; from paribus.core.files import write_whole; "
        f"{hindrance}; write_whole(pathlib.Path({str(path)!r}), {AFTER!r})"
    )
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)


def visible(folder: Path) -> list[str]:
    """The names that readers of tables and stores see."""
    return [p.name for p in folder.iterdir() if not p.name.startswith(("_", "."))]


@pytest.mark.parametrize("former", [[], ["file"]])
def test_a_crash_before_the_end_leaves_what_was_there(tmp_path, former):
    for name in former:
        write_whole(tmp_path / name, BEFORE)
    assert written_after(CRASH, tmp_path / "file").returncode == 9
    assert visible(tmp_path) == former
    assert all((tmp_path / name).read_bytes() == BEFORE for name in former)
    write_whole(tmp_path / "file", AFTER)
    assert (tmp_path / "file").read_bytes() == AFTER


def test_a_full_disk_raises_and_leaves_nothing(tmp_path):
    write_whole(tmp_path / "file", BEFORE)
    done = written_after(FULL, tmp_path / "file")
    assert "OSError: [Errno 27]" in done.stderr
    assert [p.name for p in tmp_path.iterdir()] == ["file"]
    assert (tmp_path / "file").read_bytes() == BEFORE


def test_content_is_on_the_disk_before_its_name_and_the_name_before_the_end(tmp_path, monkeypatch):
    events: list[str] = []
    sync, replace = os.fsync, Path.replace

    def noted_sync(handle: int) -> None:
        events.append("folder" if stat.S_ISDIR(os.fstat(handle).st_mode) else "file")
        sync(handle)

    def noted_replace(self: Path, target: Path) -> Path:
        events.append("name")
        return replace(self, target)

    monkeypatch.setattr(os, "fsync", noted_sync)
    monkeypatch.setattr(Path, "replace", noted_replace)
    write_whole(tmp_path / "file", AFTER)
    assert events == ["file", "name", "folder"]


def test_files_can_be_read_by_others(tmp_path):
    write_whole(tmp_path / "file", AFTER)
    assert create_whole(tmp_path / "new", AFTER)
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o644}


def test_a_file_is_created_once(tmp_path):
    assert create_whole(tmp_path / "file", BEFORE)
    assert not create_whole(tmp_path / "file", AFTER)
    assert (tmp_path / "file").read_bytes() == BEFORE
    assert [p.name for p in tmp_path.iterdir()] == ["file"]
