"""Schedules: the numbers of finished steps at which something is measured."""

from __future__ import annotations

from collections.abc import Iterator


def scheduled(steps: str, steps_per_epoch: int, epochs: int) -> set[int]:
    """Return the steps of a schedule by its name.

    ``"log"`` is 0, 1, 2, 5, 10, 20, 50 … and the last step, ``"epochs"`` 0 and the end of every
    epoch, ``"initial"`` 0 and ``"none"`` no step.

    >>> sorted(scheduled("log", 10, 3)), sorted(scheduled("epochs", 10, 3))
    ([0, 1, 2, 5, 10, 20, 30], [0, 10, 20, 30])
    """
    last = steps_per_epoch * epochs
    if steps == "none":
        return set()
    if steps == "initial":
        return {0}
    if steps == "epochs":
        return set(range(0, last + 1, steps_per_epoch))
    return {0, last, *one_two_five(last)}


def one_two_five(last: int) -> Iterator[int]:
    """Yield 1, 2, 5, 10, 20, 50 … up to ``last``.

    >>> list(one_two_five(60))
    [1, 2, 5, 10, 20, 50]
    """
    decade = 1
    while decade <= last:
        yield from (m * decade for m in (1, 2, 5) if m * decade <= last)
        decade *= 10


def before_the_end(steps_per_epoch: int, epochs: int) -> set[int]:
    """Return the step 0 of a measure that is also taken at the end, none where 0 is the end."""
    return {0} if steps_per_epoch * epochs else set()
