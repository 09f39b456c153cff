"""What an answer is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Answer:
    """The headline, what qualifies it, and key figures: what, and the number."""

    sentence: str
    qualification: str
    figures: tuple[tuple[str, str], ...]
