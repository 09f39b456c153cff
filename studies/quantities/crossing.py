"""Where a curve passes a value, over epochs or over an axis."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

from .quantity_function import QuantityFunction, Select, needs_curve, of_trials


@dataclass(frozen=True)
class Crossing(QuantityFunction):
    """Where the curve first passes ``value``, over epochs or over the numbers of an ``axis``.

    Between two points the curve is a straight line; a replicate whose curve stays on one side has
    no crossing.
    """

    kind: ClassVar[str] = "crossing"
    value: float | None = None
    axis: str = ""
    axis_levels: tuple[float, ...] = ()

    def values(self, select: Select) -> Any:
        """Return the place of the first crossing by replicate."""
        assert self.value is not None
        level = self.value
        if not self.axis:
            curves = self.curve(select(())).groupby("replicate")
            return curves[["epoch", "value"]].apply(lambda rows: _first(rows.to_numpy(), level))
        columns = {
            x: of_trials(self.measure, self.layer, select(((self.axis, x),)))
            for x in sorted(self.axis_levels)
        }
        joined: Any = None
        for x, column in columns.items():
            frame = column.rename(x).to_frame()
            joined = frame if joined is None else joined.join(frame, how="inner")
        return joined.dropna().apply(lambda row: _first(row.items(), level), axis=1)

    def mistakes(self, epochs: int) -> list[str]:
        """Ask for the value, and for a curve or two numbers on the axis."""
        wrong = super().mistakes(epochs)
        if self.value is None:
            wrong.append("quantity = 'crossing' needs value")
        if not self.axis:
            return wrong + needs_curve(self.measure, self.kind)
        if len(self.axis_levels) < 2:
            wrong.append(f"axis = {self.axis!r} needs two levels that are numbers")
        return wrong


def _first(points: Iterable[tuple[float, float]], level: float) -> float:
    """Return where straight lines through points first pass a level, NaN where they never do.

    >>> _first([(0.0, 1.0), (1.0, 3.0), (2.0, 0.0)], 2.0)
    0.5
    """
    before: tuple[float, float] | None = None
    for x, y in points:
        if y == level:
            return float(x)
        if before is not None and (before[1] < level) != (y < level):
            x0, y0 = before
            return float(x0 + (x - x0) * (level - y0) / (y - y0))
        before = (x, y)
    return float("nan")
