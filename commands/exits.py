"""What a command's exit status tells."""

from __future__ import annotations

SOME_FAILED, WRONG_INPUT, INTERRUPTED = 1, 2, 130
