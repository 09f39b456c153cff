"""A run that the commands made, for those that read one."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_line import SMALL, Done, process


@pytest.fixture(scope="session")
def finished(tmp_path_factory) -> tuple[Path, Done]:
    """The folder in which the small study was run, and what that printed."""
    folder = tmp_path_factory.mktemp("commands")
    done = process(folder, ["-m", "paribus", "run", *SMALL])
    assert done.returncode == 0, done.stderr
    return folder, done
