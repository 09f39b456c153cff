"""Numbers as readers see them, with units, intervals and true minus signs."""

from __future__ import annotations

import math

from ...core.inference.rates import Rate
from ...studies.metrics import Metric
from .messages import counted, text

ROUNDING = 1e-12
"""A difference smaller than this is what rounding leaves of none."""
SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def number(value: float, digits: int = 3) -> str:
    """Write a number with so many significant digits and a true minus; whole numbers whole.

    >>> number(0.012345), number(-1234.5), number(60.0), number(3e-9), number(float("nan"))
    ('0.0123', '−1,230', '60', '3 × 10⁻⁹', '–')
    """
    if not math.isfinite(value):
        return "–" if math.isnan(value) else ("∞" if value > 0 else "−∞")
    if value == 0:
        return "0"
    exponent = math.floor(math.log10(abs(value)))
    if value == int(value) and exponent < 6:
        return f"{int(value):,}".replace("-", "−")
    if exponent < -3 or exponent >= 6:
        mantissa = value / 10.0**exponent
        short = f"{mantissa:.{digits - 1}f}".rstrip("0").rstrip(".")
        return f"{short} × {power(exponent)}".replace("-", "−", 1)
    rounded = round(value, digits - 1 - exponent)
    decimals = max(0, digits - 1 - exponent)
    return f"{rounded:,.{decimals}f}".replace("-", "−")


def power(exponent: int) -> str:
    """Write a power of ten.

    >>> power(-12)
    '10⁻¹²'
    """
    return "10" + str(exponent).translate(SUPERSCRIPTS)


def amount(metric: Metric, value: float) -> str:
    """Write a metric's value with its unit."""
    return f"{number(metric.factor * value)} {metric.unit}".rstrip()


def interval(metric: Metric, low: float, high: float) -> str:
    """Write an interval behind a value, in the value's unit; nothing where there is none."""
    if math.isnan(low):
        return ""
    return f"[{number(metric.factor * low)}, {number(metric.factor * high)}]"


def effect_words(metric: Metric, value: float) -> str:
    """Write a paired effect on its analysis scale: a ratio for a log metric, else a difference."""
    if metric.scale == "log":
        return f"×{number(exponential(value))}"
    value = 0.0 if abs(value) < ROUNDING else value
    sign = "" if value <= 0 or not math.isfinite(value) else "+"
    difference = f"{sign}{number(metric.factor * value)}"
    return points(difference) if metric.unit == "%" else difference


def rate_words(rate: Rate) -> str:
    """Write a share with its interval, in per cent.

    >>> from paribus.core.inference.rates import rate
    >>> rate_words(rate(19, 20))
    '95 % [75 %, 100 %]'
    """
    share, low, high = (f"{100 * value:.0f} %" for value in (rate.share, rate.low, rate.high))
    return f"{share} [{low}, {high}]"


def points(difference: str) -> str:
    """Write a difference of percentages.

    >>> points("+1"), points("−2.5")
    ('+1 point', '−2.5 points')
    """
    n = 1 if difference.strip("+−") == "1" else 2
    return counted("{difference} point", "{difference} points", n, difference=difference)


def effect_interval(metric: Metric, low: float, high: float) -> str:
    """Write the interval of a paired effect."""
    if math.isnan(low):
        return text("(no interval)")
    if metric.scale == "log":
        return f"[×{number(exponential(low))}, ×{number(exponential(high))}]"
    return interval(metric, low, high)


def exponential(amount: float) -> float:
    """Return e to the power of ``amount``, ∞ where it is too large for a float."""
    return math.exp(amount) if amount < 700 else math.inf
