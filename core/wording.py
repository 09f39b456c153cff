"""How numbers of things are written."""

from __future__ import annotations


def counted(count: int, thing: str) -> str:
    """Write a number with the noun it counts, in the plural where it is not 1.

    >>> counted(1, "job"), counted(0, "job"), counted(2500, "trial")
    ('1 job', '0 jobs', '2,500 trials')
    """
    return f"{count:,} {thing}" if count == 1 else f"{count:,} {thing}s"
