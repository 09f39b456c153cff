"""Where a claim stands to what was measured."""

from __future__ import annotations

import math
from enum import StrEnum

from scipy import special


class Standing(StrEnum):
    """Whether measurements bear a claim out; each value equals its text."""

    INSIDE = "inside"
    """The claim lies where the measurements allow it, and they could have excluded it."""
    OUTSIDE = "outside"
    """The measurements exclude the claim at the stated level."""
    OPEN = "open"
    """Too few values, or too wide an interval, to say."""


def enough(n: int, alpha: float) -> bool:
    """Whether a t-prediction interval of ``n`` values is at most twice as wide as one of many.

    t₍ₙ₋₁₎·√(1 + 1/n) ≤ 2·z, both at 1 − α/2.

    >>> enough(3, 0.05), enough(4, 0.05), enough(5, 0.05 / 9), enough(6, 0.05 / 9)
    (False, True, False, True)
    """
    if n < 2:
        return False
    t = float(special.stdtrit(n - 1, 1 - alpha / 2))
    return t * math.sqrt(1 + 1 / n) <= 2 * float(special.ndtri(1 - alpha / 2))


def standing_of_value(value: float, low: float, high: float) -> Standing:
    """Return where a value stands to an interval; an interval without an end excludes nothing.

    >>> standing_of_value(2.0, 0.0, 1.0).value, standing_of_value(2.0, 0.0, math.inf).value
    ('outside', 'open')
    """
    if not math.isfinite(value):
        return Standing.OPEN
    if value < low or value > high:
        return Standing.OUTSIDE
    return Standing.INSIDE if math.isfinite(low) and math.isfinite(high) else Standing.OPEN


def standing_in_band(low: float, high: float, lower: float, upper: float) -> Standing:
    """Return where the interval from ``low`` to ``high`` stands to a band: two one-sided tests.

    An interval that lies in the band bears it out, one beyond it excludes it, one that straddles an
    end says neither. Source: Schuirmann 1987.

    >>> standing_in_band(1.0, 2.0, 0.5, 2.5).value, standing_in_band(1.0, 3.0, 0.5, 2.5).value
    ('inside', 'open')
    """
    if lower <= low and high <= upper:
        return Standing.INSIDE
    return Standing.OUTSIDE if high < lower or low > upper else Standing.OPEN
