"""A computation graph as a picture: inline SVG in the page's own colours.

The drawing follows Sugiyama, Tagawa & Toda 1981: every box stands in a column to the right of what
it reads, lines that span several columns pass between the boxes, the order inside the columns is
swept until few lines cross, and heights are the least-squares ones that keep boxes apart.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape
from itertools import pairwise

import numpy as np

from ...core.autodiff.graph import Array, Node
from ...studies.worked_examples.diagram import Box, Diagram, diagram
from ..language.messages import clauses, text
from ..language.numbers import power

LETTER, PADDING, GAP, BOX, LINE = 7.6, 22, 44, 30, 17
APART, APART_LINES = 94, 34
"""Vertical distance between the middles of two boxes, and of a line and its neighbour."""
SWEEPS = 12
SETTLINGS = 15  # odd, so that the last is from left to right
MOST_WRITTEN = 3
"""An array of up to so many numbers is written out, a larger one by its shape."""


@dataclass
class Place:
    """Where a box, or a line passing through a column, is drawn; ``box`` is None for a line."""

    box: Box | None
    column: int
    y: float = 0.0
    before: list[int] = field(default_factory=list)
    after: list[int] = field(default_factory=list)


def picture(output: Node, key: str) -> str:
    """Return the SVG of a scalar's graph: its named nodes, values above, gradients below.

    ``key`` makes the ids of its title and description unique on a page.
    """
    drawn = diagram(output)
    places, routes = placed(drawn)
    columns = arranged(places)
    widths = [max((width(places[p].box) for p in column), default=0) for column in columns]
    gaps = [float(GAP)] * len(columns)
    for link, route in zip(drawn.links, routes, strict=True):
        if link.slope is not None:
            before = places[route[-2]].column
            gaps[before] = max(gaps[before], GAP + 0.85 * LETTER * len(short(link.slope)))
    lefts = np.cumsum([12.0, *(w + gap for w, gap in zip(widths[:-1], gaps, strict=False))])
    top = min(place.y for place in places) - BOX / 2 - LINE - 12
    for place in places:
        place.y -= top
    height = max(place.y for place in places) + BOX / 2 + LINE + 12
    lines = [
        line(
            [(lefts[places[p].column], widths[places[p].column], places[p]) for p in route],
            link.slope,
        )
        for link, route in zip(drawn.links, routes, strict=True)
    ]
    boxes = [
        box_picture(place.box, lefts[place.column] + widths[place.column] / 2, place.y)
        for place in places
        if place.box is not None
    ]
    across = lefts[-1] + widths[-1] + 12
    title = text("Computation graph of {name}", name=drawn.boxes[-1].name)
    description = clauses(map(in_words, drawn.boxes))
    return (
        f'<svg class="graph" role="img" aria-labelledby="{key}-title {key}-description" '
        f'width="{across:.0f}" height="{height:.0f}" viewBox="0 0 {across:.0f} {height:.0f}">'
        f'<title id="{key}-title">{escape(title)}</title>'
        f'<desc id="{key}-description">{escape(description)}</desc>'
        f"{''.join(part for part, _ in lines)}{''.join(label for _, label in lines)}"
        f"{''.join(boxes)}</svg>"
    )


def placed(drawn: Diagram) -> tuple[list[Place], list[list[int]]]:
    """Give every box its column and every link its way: the places it passes, ends included.

    A result stands one column right of the last thing it reads, an input one column left of the
    first thing that reads it.
    """
    columns = [0] * len(drawn.boxes)
    inputs = {i for i, box in enumerate(drawn.boxes) if not box.formula}
    for link in sorted(drawn.links, key=lambda link: link.target):
        columns[link.target] = max(columns[link.target], columns[link.source] + 1)
    for i in inputs:
        columns[i] = min(columns[link.target] for link in drawn.links if link.source == i) - 1
    places = [Place(box, column) for box, column in zip(drawn.boxes, columns, strict=True)]
    routes = []
    for link in drawn.links:
        route = [link.source]
        for column in range(columns[link.source] + 1, columns[link.target]):
            places.append(Place(None, column))
            route.append(len(places) - 1)
        route.append(link.target)
        for a, b in pairwise(route):
            places[a].after.append(b)
            places[b].before.append(a)
        routes.append(route)
    return places, routes


def arranged(places: list[Place]) -> list[list[int]]:
    """Order each column so that few lines cross, set every height, and return the columns."""
    columns = ordered(places)
    for column in columns:
        settle(places, column, np.zeros(len(column)))
    for sweep in range(SETTLINGS):
        forward = sweep % 2 == 0
        for column in columns if forward else reversed(columns):
            wanted = [np.mean([places[j].y for j in nearest(places[i], forward)]) for i in column]
            settle(places, column, np.array(wanted))
    return columns


def nearest(place: Place, forward: bool) -> list[int]:
    """Return the places that one follows in a sweep: those it reads, or those that read it."""
    return (place.before or place.after) if forward else (place.after or place.before)


def ordered(places: list[Place]) -> list[list[int]]:
    """Return each column's places from top to bottom, ordered by sweeps over the columns.

    Each place goes to the mean rank of its neighbours in the column before; ties are kept in two
    sweeps and turned round in the next two.
    """
    count = 1 + max(place.column for place in places)
    columns = [[i for i, p in enumerate(places) if p.column == c] for c in range(count)]
    best, fewest = columns, crossings(places, columns)
    for sweep in range(SWEEPS):
        columns = [list(column) for column in columns]
        forward, turn = sweep % 2 == 0, 1 if sweep % 4 < 2 else -1
        for column in columns if forward else reversed(columns):
            rank = {i: r for each in columns for r, i in enumerate(each)}
            keys = {}
            for i in column:
                near = places[i].before if forward else places[i].after
                mean = float(np.mean([rank[j] for j in near])) if near else float(rank[i])
                keys[i] = (mean, turn * rank[i])
            column.sort(key=keys.__getitem__)
        crossed = crossings(places, columns)
        if crossed < fewest:
            best, fewest = columns, crossed
    swap_neighbours(places, best)
    return best


def swap_neighbours(places: list[Place], columns: list[list[int]]) -> None:
    """Swap neighbours in a column, in place, as long as that makes fewer lines cross."""
    fewest, better = crossings(places, columns), True
    while better:
        better = False
        for column in columns:
            for r in range(len(column) - 1):
                column[r], column[r + 1] = column[r + 1], column[r]
                crossed = crossings(places, columns)
                if crossed < fewest:
                    fewest, better = crossed, True
                else:
                    column[r], column[r + 1] = column[r + 1], column[r]


def crossings(places: list[Place], columns: list[list[int]]) -> int:
    """Count the pairs of lines that cross."""
    rank = {i: r for column in columns for r, i in enumerate(column)}
    count = 0
    for column in columns:
        ends = [(rank[i], rank[j]) for i in column for j in places[i].after]
        count += sum((a - c) * (b - d) < 0 for k, (a, b) in enumerate(ends) for c, d in ends[:k])
    return count


def settle(places: list[Place], column: list[int], wanted: Array) -> None:
    """Set the heights of a column as near to those wanted as its order and distances allow."""
    from scipy.optimize import isotonic_regression  # slow to load, and few reports draw a graph

    steps = [
        APART if places[a].box and places[b].box else (APART + APART_LINES) / 2
        for a, b in pairwise(column)
    ]
    offsets = np.concatenate([[0.0], np.cumsum(steps)])
    heights = offsets + isotonic_regression(wanted - offsets).x
    for i, y in zip(column, heights, strict=True):
        places[i].y = float(y)


def line(route: list[tuple[float, float, Place]], slope: float | None) -> tuple[str, str]:
    """Return a link's curve with its arrow, and the text of its local slope."""
    left, across, place = route[0]
    path = [f"M{left + across / 2:.1f} {place.y:.1f}H{left + across:.1f}"]
    x, y = left + across, place.y
    for left, across, place in route[1:]:
        middle = (x + left) / 2
        path.append(f"C{middle:.1f} {y:.1f} {middle:.1f} {place.y:.1f} {left:.1f} {place.y:.1f}")
        last = (middle, (y + place.y) / 2)
        x, y = left + across, place.y
        if place.box is None:
            path.append(f"H{x:.1f}")
    _, across, place = route[-1]
    left = route[-1][0]
    start = left + (across - box_width(place.box)) / 2
    path.append(f"H{start:.1f}")
    arrow = f"M{start:.1f} {y:.1f}l-7 -3.5v7z"
    label = ""
    if slope is not None:
        label = f'<text class="slope" x="{last[0]:.1f}" y="{last[1] + 4:.1f}">{short(slope)}</text>'
    return f'<path class="line" d="{"".join(path)}"/><path class="arrow" d="{arrow}"/>', label


def box_picture(box: Box, x: float, y: float) -> str:
    """Return a box with its operation inside, its value above and its gradient below."""
    across = box_width(box)
    kind = "result" if box.formula else ("given" if box.gradient is None else "leaf")
    radius = 4 if box.formula else BOX / 2
    below = ""
    if box.gradient is not None:
        at = y + BOX / 2 + LINE - 2
        below = f'<text class="gradient" x="{x:.1f}" y="{at:.1f}">{gradient_text(box)}</text>'
    return (
        f"<g><title>{escape(in_words(box))}</title>"
        f'<rect class="{kind}" x="{x - across / 2:.1f}" y="{y - BOX / 2:.1f}" '
        f'width="{across:.1f}" height="{BOX}" rx="{radius:g}"/>'
        f'<text class="operation" x="{x:.1f}" y="{y + 5:.1f}">{escape(box.formula or box.name)}'
        f'</text><text class="value" x="{x:.1f}" y="{y - BOX / 2 - 6:.1f}">'
        f"{escape(value_text(box))}</text>{below}</g>"
    )


def value_text(box: Box) -> str:
    """Return what stands above a box."""
    sign = ":" if shape_only(box.value) else " ="
    return f"{box.name}{sign} {short(box.value)}" if box.formula else short(box.value)


def gradient_text(box: Box) -> str:
    """Return what stands below a box."""
    return "" if box.gradient is None else f"∂ {short(box.gradient)}"


def in_words(box: Box) -> str:
    """Describe a box for those who do not see it."""
    formula = f" = {box.formula}" if box.formula else ""
    equation = f"{box.name}{formula} = {short(box.value)}"
    if box.gradient is None:
        return equation
    gradient = short(box.gradient)
    return text("{equation}, gradient {gradient}", equation=equation, gradient=gradient)


def box_width(box: Box | None) -> float:
    """Return the width of a box's frame."""
    return 0.0 if box is None else max(46.0, PADDING + LETTER * len(box.formula or box.name))


def width(box: Box | None) -> float:
    """Return the width that a box takes with the texts around it."""
    if box is None:
        return 0.0
    return max(box_width(box), LETTER * 0.95 * max(len(value_text(box)), len(gradient_text(box))))


def short(value: Array | float) -> str:
    """Write a number to four digits, a short vector in full, anything larger by its shape.

    >>> short(0.25), short(-4068869.785), short(np.ones((2, 3)))
    ('0.25', '−4.069 × 10⁶', '2 × 3')
    """
    array = np.asarray(value)
    if array.size == 1:
        digits, _, exponent = f"{array.item() + 0.0:.4g}".partition("e")
        return (f"{digits} × {power(int(exponent))}" if exponent else digits).replace("-", "−")
    if shape_only(array):
        return " × ".join(map(str, array.shape))
    return f"[{' '.join(f'{x + 0.0:.3g}' for x in array)}]".replace("-", "−")


def shape_only(value: Array) -> bool:
    """Tell whether an array is too large to be written out."""
    return value.size > 1 and (value.ndim > 1 or value.size > MOST_WRITTEN)
