"""How does a picture stay sharp at any size? The pen's strokes are remembered and written as SVG or drawn elsewhere."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any, Final, Literal

from charts.picture_pen import Pen
from charts.theme import FONT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from charts.picture_pen import Colour, Point

Kind = Literal["area", "line", "dot", "plate", "text", "paste"]
_UNWRITABLE: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""Signs that no XML may hold."""


@dataclass(frozen=True, slots=True)
class Stroke:
    """One thing drawn. Which fields count depends on its kind; lengths are pixels of the picture.

    Attributes:
        points: corners of an area, points of a line, the middle of a dot, two corners of a plate, the start of a text.
        fill: colour of what is filled, of a line and of a text.
        ring: colour around a dot.
        width: of a line or a ring.
        size: radius of a dot or of a plate's corners, height of letters.
        inner: what is pasted.
    """

    kind: Kind
    points: tuple[Point, ...]
    fill: Colour = "#000000"
    ring: Colour = "#000000"
    width: float = 0.0
    size: float = 0.0
    words: str = ""
    bold: bool = False
    turned: bool = False
    across: str = "left"
    inner: Vector | None = None


class Vector(Pen):
    """A pen that remembers its strokes in order instead of colouring pixels."""

    def __init__(self, width: int, height: int, ground: Colour) -> None:
        """Start with an even ground."""
        self.width, self.height, self.ground = width, height, ground
        self.strokes: list[Stroke] = []

    def png(self) -> bytes:
        """The same picture in pixels."""
        pen = Pen(self.width, self.height, self.ground)
        self.onto(pen)
        return pen.png()

    def onto(self, pen: Pen) -> None:
        """Draw every stroke again with another pen."""
        for one in self.strokes:
            if one.kind == "area":
                pen.area(one.points, one.fill)
            elif one.kind == "line":
                pen.line(one.points, one.fill, one.width)
            elif one.kind == "dot":
                pen.dot(*one.points[0], one.size, fill=one.fill, ring=one.ring, width=one.width)
            elif one.kind == "plate":
                pen.plate((*one.points[0], *one.points[1]), one.fill, one.size)
            elif one.kind == "text":
                pen.text(*one.points[0], one.words, one.fill, one.size, bold=one.bold, turned=one.turned,
                         across=one.across)  # fmt: skip
            elif one.inner is not None:
                part = Pen(one.inner.width, one.inner.height, one.inner.ground)
                one.inner.onto(part)
                pen.paste(part, round(one.points[0][0]), round(one.points[0][1]))

    def paste(self, other: Pen, x: int, y: int) -> None:
        """Lay another remembered canvas onto this one, cut at its own edges."""
        if isinstance(other, Vector):
            self.strokes.append(Stroke("paste", ((x, y),), inner=other))

    def area(self, points: Sequence[Point], fill: Colour) -> None:
        """A filled polygon; fewer than three corners are nothing."""
        if len(points) > 2:  # noqa: PLR2004  (a triangle is the smallest area)
            self.strokes.append(Stroke("area", tuple(points), fill))

    def line(self, points: Sequence[Point], colour: Colour, width: float) -> None:
        """A line through the points."""
        if len(points) > 1:
            self.strokes.append(Stroke("line", tuple(points), colour, width=width))

    def dot(self, x: float, y: float, radius: float, *, fill: Colour, ring: Colour, width: float) -> None:
        """A filled circle with a ring half inside and half outside of it."""
        self.strokes.append(Stroke("dot", ((x, y),), fill, ring, width, radius))

    def plate(self, box: tuple[float, float, float, float], fill: Colour, radius: float = 0) -> None:
        """A filled box (left, top, right, bottom) with round corners."""
        self.strokes.append(Stroke("plate", (box[:2], box[2:]), fill, size=radius))

    def text(
        self, x: float, y: float, words: str, colour: Colour, size: float, *, bold: bool = False, turned: bool = False,
        across: str = "left",
    ) -> None:  # fmt: skip
        """One line of words, placed as the pen places it."""
        flat = " ".join(words.split())
        if flat:
            look: dict[str, Any] = {"bold": bold, "turned": turned, "across": across}
            self.strokes.append(Stroke("text", ((x, y),), colour, size=size, words=flat, **look))

    def svg(self, *, title: str = "") -> str:
        """The picture as SVG that asks for nothing from elsewhere.

        Args:
            title: what it shows, for a screen reader.
        """
        said = f"<title>{_xml(title)}</title>" if title else ""
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" role="img" width="{self.width}" height="{self.height}" '
            f'viewBox="0 0 {self.width} {self.height}" font-family="{escape(FONT, quote=True)}">'
        )
        return f"{head}{said}{self._body()}</svg>"

    def _body(self) -> str:
        ground = f'<rect width="{self.width}" height="{self.height}"{_paint("fill", self.ground)}/>'
        return ground + "".join(_written(one) for one in self.strokes)


def _written(one: Stroke) -> str:  # noqa: PLR0911  (one a kind)
    x, y = one.points[0]
    if one.kind in {"area", "line"}:
        places = " ".join(f"{_n(px)},{_n(py)}" for px, py in one.points)
        if one.kind == "area":
            return f'<polygon points="{places}"{_paint("fill", one.fill)}/>'
        paint = _paint("stroke", one.fill)
        return (
            f'<polyline points="{places}" fill="none"{paint} stroke-width="{_n(one.width)}" stroke-linejoin="round"/>'
        )
    if one.kind == "dot":
        ring = f'{_paint("stroke", one.ring)} stroke-width="{_n(one.width)}"' if one.width else ""
        return f'<circle cx="{_n(x)}" cy="{_n(y)}" r="{_n(one.size)}"{_paint("fill", one.fill)}{ring}/>'
    if one.kind == "plate":
        right, low = one.points[1]
        size = f'width="{_n(max(0.0, right - x))}" height="{_n(max(0.0, low - y))}"'
        return f'<rect x="{_n(x)}" y="{_n(y)}" {size} rx="{_n(one.size)}"{_paint("fill", one.fill)}/>'
    if one.kind == "text":
        return _words(one, x, y)
    inner = one.inner
    if inner is None:
        return ""
    return (
        f'<svg x="{_n(x)}" y="{_n(y)}" width="{inner.width}" height="{inner.height}" overflow="hidden">'
        f"{inner._body()}</svg>"  # noqa: SLF001  (the same class)
    )


def _words(one: Stroke, x: float, y: float) -> str:
    weight = ' font-weight="600"' if one.bold else ""
    if one.turned:
        place = f'transform="translate({_n(x + one.size * 0.33)},{_n(y)}) rotate(-90)"'
    else:
        place = f'x="{_n(x)}" y="{_n(y + one.size * 0.33)}"'
    anchor = {"center": ' text-anchor="middle"', "right": ' text-anchor="end"'}.get(one.across, "")
    return (
        f'<text {place}{anchor} font-size="{_n(one.size)}"{weight}{_paint("fill", one.fill)}>{_xml(one.words)}</text>'
    )


def _paint(what: str, colour: Colour) -> str:
    if isinstance(colour, str):
        return f' {what}="{escape(colour, quote=True)}"'
    red, green, blue, *rest = colour
    seen = f' {what}-opacity="{rest[0] / 255:.3g}"' if rest and rest[0] < 255 else ""  # noqa: PLR2004  (opaque)
    return f' {what}="#{red:02x}{green:02x}{blue:02x}"{seen}'


def _xml(text: str) -> str:
    return escape(_UNWRITABLE.sub("", text), quote=False)


def _n(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
