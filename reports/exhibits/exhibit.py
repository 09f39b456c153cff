"""What an exhibit is."""

from __future__ import annotations

from dataclasses import dataclass

from ..answers.answer import Answer
from ..charts.figure import Figure


@dataclass(frozen=True)
class Exhibit:
    """Pictures that need no training, with the answer that they give.

    ``worked`` names the worked examples that are shown below the figures.
    """

    answer: Answer
    figures: tuple[Figure, ...] = ()
    worked: tuple[str, ...] = ()
