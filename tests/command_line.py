"""The command line, called as a person or a script calls it."""

from __future__ import annotations

import contextlib
import io
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple
from unittest import mock

from paribus.__main__ import main

SETTINGS = ["replicates=2", "depth=[2]", "epochs=1", 'initialiser=["he"]']
SMALL = ["vanishing-gradient", *(word for s in SETTINGS for word in ("--set", s)), "--workers", "0"]
"""A study of six trials and how to train it in this process."""


class Done(NamedTuple):
    """What a command left behind."""

    returncode: int
    stdout: str
    stderr: str

    def refused(self, message: str) -> None:
        """Assert that it was the user's mistake, told in one line."""
        assert self.returncode == 2, self
        assert message in self.stderr
        assert len(self.stderr.splitlines()) == 1
        assert self.stdout == ""


def paribus(folder: Path, *words: str, **environment: str) -> Done:
    """Call a command from a folder, in this process."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="") for _ in range(2))
    code = 0
    interrupted = signal.getsignal(signal.SIGINT)
    with (
        contextlib.chdir(folder),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        mock.patch.object(sys, "argv", ["paribus", *words]),
        mock.patch.dict(os.environ, environment),
    ):
        try:
            main()
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 0
        finally:
            signal.signal(signal.SIGINT, interrupted)
    return Done(code, *(_written(stream) for stream in (out, err)))


def _written(stream: io.TextIOWrapper) -> str:
    stream.seek(0)
    return stream.read()


def process(folder: Path, words: Sequence[str], **environment: str) -> Done:
    """Call Python with these words from a folder, in a process of its own."""
    done = subprocess.run(
        [sys.executable, *words],
        cwd=folder,
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        timeout=100,
        check=False,
    )
    return Done(done.returncode, done.stdout, done.stderr)
