"""How does a chart leave the page without a browser? Its very traces, drawn with the pen that draws the maps."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from charts.figure_marks import draw_trace
from charts.figure_scale import Axis, axis_of
from charts.figure_words import colour_of, shortened, width_of_lines, write
from charts.picture_pen import fitting, width_of
from charts.picture_vector import Vector

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from charts.figure_scale import Box
    from charts.picture_pen import Colour, Pen
    from charts.theme import Theme

PAGE: Final = 800.0
"""A chart's width in pixels of the screen where nothing else is wanted: a card of half a wide page."""
_EDGE: Final = 24.0
_TITLE, _SUBTITLE, _NOTE = 22.0, 15.0, 12.5
_MOST_LINES: Final = 2
"""A title takes so many lines at most."""
_PIECE: Final = re.compile(
    r" ?[\u2e80-\u9fff\uf900-\ufaff][\u3001-\u3011\uff01-\uff1f]*| ?[^ \u2e80-\u9fff\uf900-\ufaff]+"
)
"""What a line may be broken before: a word, or an East Asian sign with the marks that follow it."""


def figure_picture(
    fig: go.Figure,
    theme: Theme,
    *,
    width: int = 1600,
    title: str = "",
    subtitle: str = "",
    source: str = "",
    page: float = PAGE,
) -> Vector:
    """What did the chart show? Its finding above it, the same bars, lines and cells, and where they are from below.

    Args:
        fig: a chart of this room.
        theme: the one it was made for.
        width: pixels of the picture; its height follows.
        title: the finding.
        subtitle: measure, unit and period.
        source: whose data, which days, how many.
        page: width of the chart in pixels of the screen.

    Returns:
        A canvas: ``png()`` and ``svg()`` give the file.
    """
    scale = width / (page + 2 * _EDGE)
    heads = wrapped(title, _TITLE, page, bold=True)[:_MOST_LINES] if title else []
    top = _EDGE * 0.8 + len(heads) * _TITLE * 1.25 + (_SUBTITLE * 1.5 if subtitle else 0) + 12
    high = float(fig.layout.height or 320)
    foot = _NOTE * 2.2 if source else 0.0
    pen = Vector(width, round((top + high + foot + _EDGE * 0.6) * scale), theme.page)
    y = _EDGE * 0.8
    for line in heads:
        pen.text(_EDGE * scale, (y + _TITLE / 2) * scale, line, theme.ink, _TITLE * scale, bold=True)
        y += _TITLE * 1.25
    if subtitle:
        words = fitting(subtitle, _SUBTITLE, page)
        pen.text(_EDGE * scale, (y + _SUBTITLE * 0.6) * scale, words, theme.caption, _SUBTITLE * scale)
    draw_figure(fig, pen, (_EDGE, top, _EDGE + page, top + high), scale, theme)
    if source:
        words, at = fitting(source, _NOTE, page), top + high + _NOTE * 1.1
        pen.text(_EDGE * scale, at * scale, words, theme.caption, _NOTE * scale)
    return pen


def wrapped(words: str, size: float, room: float, *, bold: bool = False) -> list[str]:
    """Words in lines no wider than ``room``; the last of two ends with ``…`` where more would be needed."""
    lines: list[str] = []
    for piece in _PIECE.findall(" ".join(words.split())):
        longer = lines[-1] + piece if lines else piece
        if lines and width_of(longer, size, bold=bold) <= room:
            lines[-1] = longer
        else:
            lines.append(piece)
    if len(lines) > _MOST_LINES:
        lines = [lines[0], fitting("".join(lines[1:]).strip(), size, room, bold=bold)]
    return [line.strip() for line in lines]


def draw_figure(fig: go.Figure, pen: Pen, box: Box, scale: float, theme: Theme) -> None:
    """Draw a chart into a box of the canvas; the box is in pixels of the screen, ``scale`` picture pixels each."""
    _Chart(fig, pen, box, scale, theme).draw()


class _Chart:
    """One figure on its way to the pen: lengths are pixels of the screen until a stroke is made."""

    def __init__(self, fig: go.Figure, pen: Pen, box: Box, scale: float, theme: Theme) -> None:
        self.fig, self.pen, self.scale, self.theme = fig, pen, scale, theme
        margin = fig.layout.margin
        left, top, right, bottom = box
        self.box = box
        spare = self._names_above()
        self.plot: Box = (
            left + (margin.l or 0), top + (margin.t or 0) + spare, right - (margin.r or 0), bottom - (margin.b or 0)
        )  # fmt: skip
        self.axes: dict[str, Axis] = {}

    def _names_above(self) -> float:
        """A table's column names may need no more room than its margin: they are cut to their columns."""
        return 0.0

    def axis(self, ref: str | None, letter: str) -> Axis:
        """An axis by Plotly's name for it, such as ``x2``."""
        name = ref or letter
        if name not in self.axes:
            self.axes[name] = axis_of(self.fig, letter, name[1:], self.plot)
        return self.axes[name]

    def draw(self) -> None:
        """Gridlines, shapes below, marks, shapes above, ticks and words."""
        for letter in "xy":
            self._grid(letter)
        shapes = list(self.fig.layout.shapes or ())
        for shape in shapes:
            if shape.layer == "below":
                self._shape(shape)
        ends: dict[tuple[str, float], float] = {}
        for trace in self.fig.data:
            across, up = self.axis(trace.xaxis, "x"), self.axis(trace.yaxis, "y")
            draw_trace(self, trace, across, up, ends)
        for shape in shapes:
            if shape.layer != "below":
                self._shape(shape)
        for letter in "xy":
            self._ticks(letter)
        for note in self.fig.layout.annotations or ():
            self._note(note)

    def line(self, points: list[tuple[float, float]], colour: Colour, width: float, dash: str | None = None) -> None:
        """A line in pixels of the screen."""
        pieces = [points] if dash in {None, "solid"} else dashes(points, *((2.0, 3.0) if dash == "dot" else (7.0, 5.0)))
        for piece in pieces:
            self.pen.line([(x * self.scale, y * self.scale) for x, y in piece], colour, width * self.scale)

    def plate(self, box: Box, colour: Colour, radius: float = 0.0) -> None:
        """A filled box in pixels of the screen."""
        left, top, right, bottom = box
        left, right, top, bottom = min(left, right), max(left, right), min(top, bottom), max(top, bottom)
        k = self.scale
        self.pen.plate((left * k, top * k, right * k, bottom * k), colour, min(radius, (right - left) / 2) * k)

    def dot(self, x: float, y: float, radius: float, fill: Colour, ring: Colour, width: float) -> None:
        """A circle in pixels of the screen."""
        k = self.scale
        self.pen.dot(x * k, y * k, radius * k, fill=fill, ring=ring, width=width * k)

    def area(self, points: list[tuple[float, float]], colour: Colour) -> None:
        """A polygon in pixels of the screen."""
        self.pen.area([(x * self.scale, y * self.scale) for x, y in points], colour)

    def words(self, html: str, x: float, y: float, size: float, colour: Colour, across: str, down: str) -> None:
        """Words in pixels of the screen."""
        k = self.scale
        write(self.pen, html, x * k, y * k, size=size * k, colour=colour, across=across, down=down)

    def _grid(self, letter: str) -> None:
        axis = self.axis(None, letter)
        if not axis.style.get("showgrid") or axis.style.get("visible") is False:
            return
        left, top, right, bottom = self.plot
        for at, _ in axis.ticks():
            ends = [(at, top), (at, bottom)] if letter == "x" else [(left, at), (right, at)]
            if min(axis.start, axis.end) - 1 <= at <= max(axis.start, axis.end) + 1:
                self.line(ends, colour_of(axis.style.get("gridcolor"), self.theme.grid), 1.0)

    def _ticks(self, letter: str) -> None:
        refs = {letter, *(trace[f"{letter}axis"] or letter for trace in self.fig.data)}
        for ref in sorted(refs):
            axis = self.axis(ref, letter)
            style = axis.style
            if style.get("visible") is False or style.get("showticklabels") is False:
                continue
            font = style.get("tickfont") or {}
            size, colour = float(font.get("size") or 13), colour_of(font.get("color"), self.theme.axis)
            apart = float(style.get("ticklabelstandoff") or 8)
            (self._across if letter == "x" else self._upright)(axis, size, colour, apart)

    def _upright(self, axis: Axis, size: float, colour: Colour, apart: float) -> None:
        left = self.plot[0]
        for at, text in axis.ticks():
            if min(axis.start, axis.end) - 1 <= at <= max(axis.start, axis.end) + 1:
                self.words(text, left - apart, at, size, colour, "right", "middle")

    def _across(self, axis: Axis, size: float, colour: Colour, apart: float) -> None:
        _, top, _, bottom = self.plot
        above = axis.style.get("side") == "top"
        shown = [(at, text) for at, text in axis.ticks() if axis.start - 1 <= at <= axis.end + 1]
        room = min((b[0] - a[0] for a, b in pairwise(shown)), default=PAGE) - 6
        wide = max((width_of_lines(text, size) for _, text in shown), default=0.0)
        turned = axis.style.get("tickangle") == -90 or (wide > room and above and room < 46)  # noqa: PLR2004
        y = top - apart - 2 if above else bottom + apart
        for at, text in shown:
            if turned:
                short = shortened(text, size, (top - self.box[1] - 4) if above else 90)
                start = y if above else y + width_of(short, size)
                self.pen.text(at * self.scale, start * self.scale, short, colour, size * self.scale, turned=True)
                continue
            fits = (
                text if width_of_lines(text, size) <= max(room, 24) or "<br>" in text else shortened(text, size, room)
            )
            self.words(fits, at, y, size, colour, "center", "bottom" if above else "top")
        title = (axis.style.get("title") or {}).get("text")
        if title and not above:
            font = (axis.style.get("title") or {}).get("font") or {}
            middle = (axis.start + axis.end) / 2
            y += size * 1.3 + 4
            self.words(
                title,
                middle,
                y,
                float(font.get("size") or 13),
                colour_of(font.get("color"), self.theme.axis),
                "center",
                "top",
            )

    def place(self, value: Any, ref: str | None, letter: str) -> float:
        """A place of a shape or note: on an axis, or a part (0-1) of the plot."""
        if ref == "paper" or (ref or "").endswith("domain"):
            left, top, right, bottom = self.plot
            return left + (right - left) * float(value) if letter == "x" else bottom - (bottom - top) * float(value)
        return self.axis(ref, letter).at(value)

    def _shape(self, shape: Any) -> None:
        x0, x1 = (self.place(v, shape.xref, "x") for v in (shape.x0, shape.x1))
        y0, y1 = (self.place(v, shape.yref, "y") for v in (shape.y0, shape.y1))
        line, colour = shape.line, colour_of(shape.line.color, self.theme.ink)
        wide = 2.0 if line.width is None else float(line.width)
        if shape.type == "line":
            self.line([(x0, y0), (x1, y1)], colour, wide, line.dash)
            return
        if shape.fillcolor:
            self.plate((x0, y0, x1, y1), colour_of(shape.fillcolor))
        if wide and shape.line.color:
            self.line([(x0, y0), (x1, y0), (x1, y1), (x0, y1), (x0, y0)], colour, wide, line.dash)

    def _note(self, note: Any) -> None:
        if not note.text:
            return
        x = self.place(note.x, note.xref, "x") + float(note.xshift or 0)
        y = self.place(note.y, note.yref, "y") - float(note.yshift or 0)
        size = float(note.font.size or 14)
        colour = colour_of(note.font.color, self.theme.ink)
        across, down = note.xanchor or "auto", note.yanchor or "auto"
        across = _auto(note, "x") if across == "auto" else across
        down = _auto(note, "y") if down == "auto" else down
        if note.bgcolor:
            self._wash(note, x, y, size, across)
        self.words(note.text, x, y, size, colour, across, down)

    def _wash(self, note: Any, x: float, y: float, size: float, across: str) -> None:
        wide = width_of_lines(note.text, size)
        left = x - {"left": 0.0, "right": wide}.get(across, wide / 2)
        self.plate((left - 2, y - size * 0.7, left + wide + 2, y + size * 0.7), colour_of(note.bgcolor))


def _auto(note: Any, letter: str) -> str:
    """Where Plotly anchors words that say nothing: in thirds on the paper, else in the middle."""
    if note[f"{letter}ref"] != "paper":
        return "center" if letter == "x" else "middle"
    at = float(note[letter])
    low, high = ("left", "right") if letter == "x" else ("bottom", "top")
    middle = "center" if letter == "x" else "middle"
    return low if at < 1 / 3 else high if at > 2 / 3 else middle


def dashes(points: list[tuple[float, float]], on: float, off: float) -> list[list[tuple[float, float]]]:
    """A line cut into dashes of ``on`` pixels with gaps of ``off``."""
    pieces: list[list[tuple[float, float]]] = []
    for (x0, y0), (x1, y1) in pairwise(points):
        long = ((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5
        at = 0.0
        while at < long:
            end = min(long, at + on)
            pieces.append([(x0 + (x1 - x0) * t / long, y0 + (y1 - y0) * t / long) for t in (at, end)])
            at += on + off
    return pieces
