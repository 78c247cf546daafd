"""How are bars, lines, dots and coloured cells of a chart drawn with a pen?"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final, Protocol

import numpy as np

from charts.figure_scale import as_number, listed
from charts.figure_words import colour_of, width_of_lines
from charts.marks import colour_at

if TYPE_CHECKING:
    from charts.figure_scale import Axis, Box
    from charts.picture_pen import Colour
    from charts.theme import Theme

Spots = list[tuple[float, float]]
_CLEAR: Final = 8
"""An opacity below 8 of 255 is seen by nobody."""


class Chart(Protocol):
    """What a mark needs of the chart it stands in."""

    theme: Theme
    fig: Any

    def line(self, points: Spots, colour: Colour, width: float, dash: str | None = None) -> None: ...  # noqa: D102
    def plate(self, box: Box, colour: Colour, radius: float = 0.0) -> None: ...  # noqa: D102
    def dot(self, x: float, y: float, radius: float, fill: Colour, ring: Colour, width: float) -> None: ...  # noqa: D102
    def area(self, points: Spots, colour: Colour) -> None: ...  # noqa: D102
    def words(self, html: str, x: float, y: float, size: float, colour: Colour, across: str, down: str) -> None: ...  # noqa: D102


def draw_trace(chart: Chart, trace: Any, across: Axis, up: Axis, ends: dict[tuple[str, float], float]) -> None:
    """Draw one trace; ``ends`` remembers where stacked bars have come to."""
    if trace.type == "bar":
        _bars(chart, trace, across, up, ends)
    elif trace.type == "heatmap":
        _cells(chart, trace, across, up)
    elif trace.type == "scatter":
        _scatter(chart, trace, across, up)


def each(value: Any, index: int, default: Any = None) -> Any:
    """A setting that is one for all marks or one for each."""
    if isinstance(value, (list, tuple, np.ndarray)):
        return value[index] if index < len(value) else default
    return default if value is None else value


def _is_clear(colour: Colour) -> bool:
    return isinstance(colour, tuple) and len(colour) > 3 and colour[3] < _CLEAR  # noqa: PLR2004  (opacity)


def _bars(chart: Chart, trace: Any, across: Axis, up: Axis, ends: dict[tuple[str, float], float]) -> None:
    lies = trace.orientation == "h"
    places, lengths = (listed(trace.y), listed(trace.x)) if lies else (listed(trace.x), listed(trace.y))
    along, side = (across, up) if lies else (up, across)
    gap = chart.fig.layout.bargap
    spare = 1 - (0.3 if gap is None else float(gap))
    step = _step([side.number(place) for place in places])
    stacked = chart.fig.layout.barmode in {"stack", "relative"}
    for index, (place, length) in enumerate(zip(places, lengths, strict=False)):
        value, at = as_number(length), side.number(place)
        if not (math.isfinite(value) and math.isfinite(at)):
            continue
        wide = as_number(each(trace.width, index, spare * step))
        base = as_number(each(trace.base, index, 0.0))
        if stacked:
            base = ends.get((trace.xaxis or "x", at), 0.0)
            ends[trace.xaxis or "x", at] = base + value
        start, end = along.at(base), along.at(base + value)
        low, high = (side.start + (edge - side.low) / ((side.high - side.low) or 1) * (side.end - side.start)
                     for edge in (at - wide / 2, at + wide / 2))  # fmt: skip
        colour = colour_of(each(trace.marker.color, index), chart.theme.primary)
        box = (start, low, end, high) if lies else (low, start, high, end)
        if not _is_clear(colour) and abs(end - start) > 0.01:  # noqa: PLR2004  (a bar of no length is none)
            chart.plate(box, colour, 2.0)
        _bar_text(chart, trace, index, box, lies=lies)
        _whisker(chart, trace.error_x, index, value, (low + high) / 2, across, lies=True)


def _step(places: list[float]) -> float:
    known = sorted({place for place in places if math.isfinite(place)})
    return min((b - a for a, b in pairwise(known)), default=1.0)


def _bar_text(chart: Chart, trace: Any, index: int, box: Box, *, lies: bool) -> None:
    text = each(trace.text, index)
    if not text:
        return
    font = trace.textfont
    size = float(each(font.size, index, 13))
    left, top, right, bottom = box
    inside = each(trace.textposition, index, "auto") in {"inside", "auto"}
    colour = colour_of(each(font.color, index), chart.theme.page if inside and trace.textposition else chart.theme.ink)
    if inside:
        if width_of_lines(text, size) <= abs(right - left) or not lies:
            chart.words(text, (left + right) / 2, (top + bottom) / 2, size, colour, "center", "middle")
        return
    backwards = right < left
    if lies:
        chart.words(
            text,
            right + (-4 if backwards else 4),
            (top + bottom) / 2,
            size,
            colour,
            "right" if backwards else "left",
            "middle",
        )
    else:
        below = bottom > top
        chart.words(
            text,
            (left + right) / 2,
            bottom + (2 if below else -2),
            size,
            colour,
            "center",
            "top" if below else "bottom",
        )


def _whisker(chart: Chart, error: Any, index: int, value: float, other: float, axis: Axis, *, lies: bool) -> None:
    if error is None or error.array is None:
        return
    more = as_number(each(error.array, index))
    less = as_number(each(error.arrayminus if error.arrayminus is not None else error.array, index))
    if math.isnan(more) or math.isnan(less):
        return
    low, high = axis.at(value - less), axis.at(value + more)
    points = [(low, other), (high, other)] if lies else [(other, low), (other, high)]
    chart.line(points, colour_of(error.color, chart.theme.ink), float(error.thickness or 2))


def _cells(chart: Chart, trace: Any, across: Axis, up: Axis) -> None:
    grid = np.array(trace.z, dtype=np.float64)
    if grid.ndim != 2 or not grid.size:  # noqa: PLR2004  (rows and columns)
        return
    columns, rows = (
        _middles(trace.x, trace.x0, trace.dx, grid.shape[1], across),
        _middles(trace.y, trace.y0, trace.dy, grid.shape[0], up),
    )
    wide, high = _half(columns, across) - (trace.xgap or 0) / 2, _half(rows, up) - (trace.ygap or 0) / 2
    scale = tuple(str(colour) for _, colour in trace.colorscale)
    known = grid[~np.isnan(grid)]
    low = float(trace.zmin if trace.zmin is not None else known.min() if known.size else 0.0)
    top = float(trace.zmax if trace.zmax is not None else known.max() if known.size else 1.0)
    for row, y in enumerate(rows):
        for column, x in enumerate(columns):
            value = grid[row, column]
            if not math.isnan(value):
                colour = colour_at(scale, (value - low) / ((top - low) or 1.0))
                chart.plate((x - wide, y - high, x + wide, y + high), colour)
    if trace.showscale is not False:
        _colour_bar(chart, trace, scale, low, top, across, up)


def _middles(values: Any, first: Any, step: Any, count: int, axis: Axis) -> list[float]:
    if values is not None:
        return [axis.at(value) for value in values]
    start, by = as_number(first or 0), as_number(1 if step is None else step)
    return [axis.at(start + index * by) for index in range(count)]


def _half(middles: list[float], axis: Axis) -> float:
    if len(middles) > 1:
        return abs(middles[1] - middles[0]) / 2
    return abs(axis.at(0.5) - axis.at(-0.5)) / 2


def _colour_bar(
    chart: Chart, trace: Any, scale: tuple[str, ...], low: float, high: float, across: Axis, up: Axis
) -> None:
    """The scale in words below the cells, at their right end."""
    bar = trace.colorbar
    wide, thick = float(bar.len or 240), float(bar.thickness or 8)
    right = max(across.start, across.end) - float(bar.xpad or 10)
    top = max(up.start, up.end) + 30
    steps = 60
    for index in range(steps):
        x = right - wide + wide * index / steps
        chart.plate((x, top, x + wide / steps + 0.5, top + thick), colour_at(scale, index / (steps - 1)))
    size = float(bar.tickfont.size or 12)
    for value, text in zip(listed(bar.tickvals), listed(bar.ticktext), strict=False):
        x = right - wide + wide * (as_number(value) - low) / ((high - low) or 1.0)
        chart.words(
            str(text), x, top + thick + 3, size, colour_of(bar.tickfont.color, chart.theme.axis), "center", "top"
        )


def _scatter(chart: Chart, trace: Any, across: Axis, up: Axis) -> None:
    spots = [(across.at(x), up.at(y)) for x, y in zip(listed(trace.x), listed(trace.y), strict=False)]
    mode = trace.mode or "lines"
    if trace.fill in {"toself", "tonexty", "tozeroy"}:
        _filled(chart, trace, spots, up)
    if "lines" in mode and (trace.line.width is None or trace.line.width > 0):
        _lines(chart, trace, spots)
    for index, (x, y) in enumerate(spots):
        if not (math.isfinite(x) and math.isfinite(y)):
            continue
        value_x, value_y = across.number(listed(trace.x)[index]), up.number(listed(trace.y)[index])
        _whisker(chart, trace.error_x, index, value_x, y, across, lies=True)
        _whisker(chart, trace.error_y, index, value_y, x, up, lies=False)
        if "markers" in mode:
            _marker(chart, trace.marker, index, x, y)
        if "text" in mode:
            _scatter_text(chart, trace, index, x, y)


def _filled(chart: Chart, trace: Any, spots: Spots, up: Axis) -> None:
    colour = colour_of(trace.fillcolor, chart.theme.grid)
    piece: Spots = []
    for spot in [*spots, (math.nan, math.nan)]:
        if math.isfinite(spot[0]) and math.isfinite(spot[1]):
            piece.append(spot)
            continue
        if piece and trace.fill == "tozeroy":
            zero = up.at(0)
            piece = [(piece[0][0], zero), *piece, (piece[-1][0], zero)]
        chart.area(piece, colour)
        piece = []


def _lines(chart: Chart, trace: Any, spots: Spots) -> None:
    colour = colour_of(trace.line.color, chart.theme.primary)
    wide = float(trace.line.width or 2)
    piece: Spots = []
    for spot in [*spots, (math.nan, math.nan)]:
        if math.isfinite(spot[0]) and math.isfinite(spot[1]):
            if piece and trace.line.shape == "hv":
                piece.append((spot[0], piece[-1][1]))
            piece.append(spot)
            continue
        chart.line(piece, colour, wide, trace.line.dash)
        piece = []


def _marker(chart: Chart, marker: Any, index: int, x: float, y: float) -> None:
    seen = float(each(marker.opacity, index, 1.0))
    colour = colour_of(each(marker.color, index), chart.theme.primary)
    if seen * 255 < _CLEAR or _is_clear(colour):
        return
    radius = float(each(marker.size, index, 6)) / 2
    if marker.sizemode == "area" and marker.sizeref:
        radius = math.sqrt(float(each(marker.size, index, 6)) / float(marker.sizeref)) / 2
    wide = float(each(marker.line.width, index, 0) or 0)
    ring = colour_of(each(marker.line.color, index), colour)
    if seen < 1 and isinstance(colour, str) and colour.startswith("#"):
        colour = (*(int(colour[i : i + 2], 16) for i in (1, 3, 5)), round(255 * seen))
        ring = ring if wide else colour
    symbol = str(each(marker.symbol, index, "circle"))
    if symbol.startswith("square"):
        chart.plate((x - radius, y - radius, x + radius, y + radius), colour)
    elif symbol.startswith("diamond"):
        chart.area([(x, y - radius * 1.2), (x + radius * 1.2, y), (x, y + radius * 1.2), (x - radius * 1.2, y)], colour)
    elif symbol.startswith("triangle"):
        chart.area([(x, y - radius), (x + radius, y + radius), (x - radius, y + radius)], colour)
    elif symbol.startswith("line") or symbol.endswith("-open"):
        _open_marker(chart, symbol, x, y, radius, colour, max(wide, 2.0))
    else:
        chart.dot(x, y, radius, colour, ring, wide)


def _open_marker(chart: Chart, symbol: str, x: float, y: float, radius: float, colour: Colour, wide: float) -> None:
    if symbol.startswith("line-ns"):
        chart.line([(x, y - radius), (x, y + radius)], colour, wide)
    elif symbol.startswith("line-ew"):
        chart.line([(x - radius, y), (x + radius, y)], colour, wide)
    else:
        chart.dot(x, y, radius, chart.theme.page, colour, wide)


def _scatter_text(chart: Chart, trace: Any, index: int, x: float, y: float) -> None:
    text = each(trace.text, index)
    if not text:
        return
    where = str(each(trace.textposition, index, "middle center"))
    size = float(each(trace.textfont.size, index, 13))
    colour = colour_of(each(trace.textfont.color, index), chart.theme.ink)
    apart = float(each(trace.marker.size, index, 6)) / 2 + 3
    down = {"top": "bottom", "bottom": "top"}.get(where.split(maxsplit=1)[0], "middle")
    across = {"left": "right", "right": "left"}.get(where.rsplit(maxsplit=1)[-1], "center")
    x += {"right": -apart, "left": apart}.get(across, 0.0)
    y += {"bottom": -apart, "top": apart}.get(down, 0.0)
    chart.words(str(text), x, y, size, colour, across, down)
