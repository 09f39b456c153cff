"""Time, as an argument, so that tests can set it."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """Seconds that never go back."""

    def seconds(self) -> float:
        """Return the time in seconds since some fixed moment."""


class SystemClock:
    """The machine's monotonic clock."""

    def seconds(self) -> float:
        """Return monotonic seconds."""
        return time.monotonic()
