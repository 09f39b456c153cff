"""Which axis of a design is drawn as colour, which as columns, and which is held fixed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from ...studies.designs.design_function import Level
from ..page.words import axis_words, level_words
from ..statistics.frames import Results
from .figure import MOST_KINDS, panel_width

if TYPE_CHECKING:
    import altair as alt

MOST_COLUMNS = 5


@dataclass(frozen=True)
class Layout:
    """Colour and columns of a report's charts, the same for all of them.

    Every axis that is neither is held at the baseline's level, or at ``free`` axes' every level.
    """

    colour: str | None
    column: str | None
    colours: list[str]
    columns: list[str]
    fixed: dict[str, Level]

    def apply(
        self, results: Results, frame: pd.DataFrame, free: tuple[str, ...] = ()
    ) -> pd.DataFrame:
        """Keep the rows at the fixed levels and name colour and column ``kind`` and ``panel``."""
        for path, level in self.fixed.items():
            if path not in free:
                frame = frame[frame[f"axis:{path}"] == level.label]
        frame = frame.copy()
        for name, axis in (("kind", self.colour), ("panel", self.column)):
            words = {x.label: level_words(x) for x in results.levels(axis)} if axis else {}
            frame[name] = frame[f"axis:{axis}"].map(words) if axis else "all"
        return frame

    def fixed_words(self, free: tuple[str, ...] = ()) -> str:
        """Say what is held fixed, for a caption."""
        words = [level_words(level) for path, level in self.fixed.items() if path not in free]
        return f" Held fixed: {', '.join(words)}." if words else ""

    def panels(self, layered: alt.LayerChart) -> alt.TopLevelMixin:
        """Return the chart as one panel for each column, or as wide as the page without columns."""
        import altair as alt

        if self.column is None:
            return layered.properties(width="container")
        column = alt.Column("panel:N", title=self.column_title, sort=self.columns)
        return layered.properties(width=panel_width(len(self.columns))).facet(column=column)

    @property
    def colour_title(self) -> str:
        """The colour's title."""
        return axis_words(self.colour) if self.colour else ""

    @property
    def column_title(self) -> str:
        """The columns' title."""
        return axis_words(self.column) if self.column else ""


def layout_of(results: Results) -> Layout:
    """Choose colour and columns: the first axes that fit, depth last, as it has its own chart."""
    axes = sorted(results.axes, key=lambda path: path == "depth")
    colour = next((p for p in axes if len(results.levels(p)) <= MOST_KINDS), None)
    column = next(
        (p for p in axes if p not in (colour, "depth") and len(results.levels(p)) <= MOST_COLUMNS),
        None,
    )
    base = results.arm(results.baseline)
    return Layout(
        colour,
        column,
        [level_words(x) for x in results.levels(colour)] if colour else ["all"],
        [level_words(x) for x in results.levels(column)] if column else ["all"],
        {path: base.level(path) for path in results.axes if path not in (colour, column)},
    )
