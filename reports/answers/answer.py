"""What an answer is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Answer:
    """The headline, what qualifies it, key figures with their names, and how it was judged."""

    sentence: str
    qualification: str
    figures: tuple[tuple[str, str], ...]
    judged: str = ""
