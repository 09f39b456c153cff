"""What Ctrl-C does to a run: the first ends it in order, the second at once."""

from __future__ import annotations

import contextlib
import os
import signal

EXIT_CODE = 130
"""What a shell expects of a process that Ctrl-C ended."""


def watch() -> None:
    """From now on end the run in order at the first Ctrl-C."""
    signal.signal(signal.SIGINT, interrupt)


def interrupt(*_: object) -> None:
    """End the run in order; from then on the next Ctrl-C ends it at once."""
    signal.signal(signal.SIGINT, abort)
    raise KeyboardInterrupt


def abort(*_: object) -> None:
    """Kill the workers and leave; every file that is in place is whole."""
    import psutil

    for child in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            child.kill()
    os.write(2, b"ended at once; what is finished is kept\n")
    os._exit(EXIT_CODE)
