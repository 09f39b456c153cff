"""Time, as an argument, so that tests can set it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol


class Clock(Protocol):
    """Seconds that never go back."""

    def seconds(self) -> float:
        """Return the time in seconds since some fixed moment."""


Stop = Callable[[], bool]
"""Whether work in hand is to be stopped where it can be gone on from."""


def never() -> bool:
    """Stop nothing."""
    return False


class SystemClock:
    """The machine's monotonic clock."""

    def seconds(self) -> float:
        """Return monotonic seconds."""
        return time.monotonic()
