"""What a person is told when their input cannot be used."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class InputError(ValueError):
    """A mistake in what the user gave: one plain sentence for each mistake found.

    The command line prints :attr:`messages`, one line each, and exits with status 2.
    """

    def __init__(self, *messages: str) -> None:
        super().__init__("\n".join(messages))
        self.messages = messages


class ResourceError(RuntimeError):
    """A resource failed (disk, network, workers): one sentence, and what to do about it."""


MOST_LISTED = 60
"""So many names fit into one sentence."""


def unknown(what: str, given: object, allowed: Iterable[str]) -> str:
    """Return the sentence for a name that is not among those allowed, with the nearest one.

    More than :data:`MOST_LISTED` names are not listed.

    >>> unknown("activation", "tahn", ["relu", "sigmoid", "tanh"])
    "unknown activation 'tahn'; allowed: relu, sigmoid, tanh; did you mean 'tanh'?"
    """
    names = sorted(allowed)
    sentence = f"unknown {what} {given!r}"
    if len(names) <= MOST_LISTED:
        sentence += f"; allowed: {', '.join(names) or 'none'}"
    close = difflib.get_close_matches(str(given), names, n=1, cutoff=0.5)
    return f"{sentence}; did you mean {close[0]!r}?" if close else sentence
