"""A picture's strokes as shapes of a slide: each can be moved, recoloured and retyped there."""

from __future__ import annotations

import re
import unicodedata
from html import escape
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from charts.picture_pen import width_of
from charts.picture_vector import Stroke, Vector
from schema.language import language

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from charts.picture_pen import Colour

EMU: Final = 7620
"""Of a slide 1600 pixels wide: 13⅓ inches of 914,400 each."""
_NS: Final = (
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main"'
)
_POINTS: Final = 0.6
"""A pixel of the slide in points: 960 points are 1600 pixels."""
_MANY: Final = 300
"""More cells than this are put together by colour: thousands of shapes would make a slide crawl."""
_FINE: Final = 6
"""Steps of red, green or blue that no eye tells apart."""
_BLANKS: Final = re.compile(r"[ \t\r\n\x0b\x0c\x85\u2028\u2029]+")
"""Not the blanks within a number, which keep it in one line."""
UNWRITABLE: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""Signs that a slide cannot hold at all."""


def clean(text: object) -> str:
    """A text without the signs that would make a file unreadable."""
    return _BLANKS.sub(" ", UNWRITABLE.sub("", str(text))).strip()


def letters(text: str) -> int:
    """How long a text is in Latin letters; an East Asian sign is as wide as two."""
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)


def in_language(run: Any) -> None:
    """Tell the program which language the words are in, so that it does not underline them as misspelt; English is its own."""
    if language() != "en":
        run._r.get_or_add_rPr().set("lang", language())  # noqa: SLF001  (python-pptx knows Microsoft's numbers alone)


def group_xml(picture: Vector, name: str, box: tuple[float, float, float, float], ids: Iterator[int]) -> str:
    """A whole picture as one group of shapes.

    Args:
        picture: what was drawn.
        name: of the group, for whoever works on the slide and for a screen reader.
        box: left, top, width and height on the slide, in its pixels.
        ids: numbers no shape of the slide has yet.
    """
    left, top, wide, high = (round(part * EMU) for part in box)
    inner = "".join(_shapes(picture, 0.0, 0.0, box[2] / picture.width, ids))
    size = f'<a:chExt cx="{round(picture.width * EMU)}" cy="{round(picture.height * EMU)}"/>'
    place = f'<a:off x="{left}" y="{top}"/><a:ext cx="{wide}" cy="{high}"/><a:chOff x="0" y="0"/>{size}'
    said = escape(clean(name), quote=True)
    return (
        f'<p:grpSp {_NS}><p:nvGrpSpPr><p:cNvPr id="{next(ids)}" name="{said[:200]}" descr="{said}"/><p:cNvGrpSpPr/><p:nvPr/>'
        f"</p:nvGrpSpPr><p:grpSpPr><a:xfrm>{place}</a:xfrm></p:grpSpPr>{inner}</p:grpSp>"
    )


def count_shapes(picture: Vector) -> int:
    """How many shapes a picture would be."""
    return sum(count_shapes(one.inner) if one.inner is not None else 1 for one in picture.strokes)


def _shapes(picture: Vector, dx: float, dy: float, shrink: float, ids: Iterator[int]) -> Iterator[str]:
    for is_plate, run in groupby(picture.strokes, key=lambda one: one.kind == "plate"):
        strokes = list(run)
        if is_plate and len(strokes) > _MANY:
            yield from _together(strokes, dx, dy, ids)
            continue
        for one in strokes:
            if one.inner is not None:
                yield _plate(Stroke("plate", ((0, 0), (one.inner.width, one.inner.height)), one.inner.ground),
                             dx + one.points[0][0], dy + one.points[0][1], ids)  # fmt: skip
                yield from _shapes(one.inner, dx + one.points[0][0], dy + one.points[0][1], shrink, ids)
            else:
                yield _KINDS[one.kind](one, dx, dy, ids) if one.kind != "text" else _words(one, dx, dy, shrink, ids)


def _together(plates: list[Stroke], dx: float, dy: float, ids: Iterator[int]) -> Iterator[str]:
    """Many cells as one shape a colour."""
    by_colour: dict[tuple[int, ...], list[Stroke]] = {}
    for one in plates:
        red, green, blue, seen = _rgba(one.fill)
        key = tuple(min(255, round(part / _FINE) * _FINE) for part in (red, green, blue))
        by_colour.setdefault((*key, seen), []).append(one)
    for colour, cells in by_colour.items():
        rings = [[(x0, y0), (x1, y0), (x1, y1), (x0, y1)] for (x0, y0), (x1, y1) in (cell.points for cell in cells)]
        yield _polygon(rings, colour, dx, dy, ids, "Cells")


def _area(one: Stroke, dx: float, dy: float, ids: Iterator[int]) -> str:
    return _polygon([list(one.points)], one.fill, dx, dy, ids, "Area")


def _polygon(
    rings: list[list[tuple[float, float]]], fill: Colour, dx: float, dy: float, ids: Iterator[int], name: str
) -> str:
    left, top = min(x for ring in rings for x, _ in ring), min(y for ring in rings for _, y in ring)
    wide = max(x for ring in rings for x, _ in ring) - left
    high = max(y for ring in rings for _, y in ring) - top
    path = "".join(_path(ring, left, top, closed=True) for ring in rings)
    return _sp(
        ids,
        name,
        (left + dx, top + dy, wide, high),
        _custom(path, wide, high),
        _solid(fill),
        "<a:ln><a:noFill/></a:ln>",
    )


def _line(one: Stroke, dx: float, dy: float, ids: Iterator[int]) -> str:
    left, top = min(x for x, _ in one.points), min(y for _, y in one.points)
    wide, high = max(x for x, _ in one.points) - left, max(y for _, y in one.points) - top
    path = _path(list(one.points), left, top, closed=False)
    pen = f'<a:ln w="{max(1, round(one.width * EMU))}"><a:solidFill>{_colour(one.fill)}</a:solidFill><a:round/></a:ln>'
    shape = _custom(path, wide, high, ' fill="none"')
    return _sp(ids, "Line", (left + dx, top + dy, wide, high), shape, "<a:noFill/>", pen)


def _dot(one: Stroke, dx: float, dy: float, ids: Iterator[int]) -> str:
    (x, y), radius = one.points[0], one.size
    ring = "<a:ln><a:noFill/></a:ln>"
    if one.width:
        ring = f'<a:ln w="{round(one.width * EMU)}"><a:solidFill>{_colour(one.ring)}</a:solidFill></a:ln>'
    box = (x - radius + dx, y - radius + dy, 2 * radius, 2 * radius)
    return _sp(ids, "Dot", box, _preset("ellipse"), _solid(one.fill), ring)


def _plate(one: Stroke, dx: float, dy: float, ids: Iterator[int]) -> str:
    (x0, y0), (x1, y1) = one.points
    wide, high = max(0.0, x1 - x0), max(0.0, y1 - y0)
    least = min(wide, high)
    if one.size and least:
        shape = f'<a:prstGeom prst="roundRect"><a:avLst><a:gd name="adj" fmla="val {min(50000, round(one.size / least * 100000))}"/></a:avLst></a:prstGeom>'
    else:
        shape = _preset("rect")
    return _sp(ids, "Bar", (x0 + dx, y0 + dy, wide, high), shape, _solid(one.fill), "<a:ln><a:noFill/></a:ln>")


def _words(one: Stroke, dx: float, dy: float, shrink: float, ids: Iterator[int]) -> str:
    x, y = one.points[0]
    wide, high = width_of(one.words, one.size, bold=one.bold) * 1.12 + 4, one.size * 1.5
    turn, align = "", {"center": "ctr", "right": "r"}.get(one.across, "l")
    if one.turned:
        x, y, turn = x - wide / 2, y - wide / 2, ' rot="16200000"'
    else:
        x -= {"ctr": wide / 2, "r": wide}.get(align, 0.0)
    points = max(100, round(one.size * shrink * _POINTS * 100))
    look = f'lang="{language()}" sz="{points}" b="{int(one.bold)}"'
    body = (
        '<p:txBody><a:bodyPr wrap="none" lIns="0" tIns="0" rIns="0" bIns="0" anchor="ctr"><a:noAutofit/></a:bodyPr><a:lstStyle/>'
        f'<a:p><a:pPr algn="{align}"/><a:r><a:rPr {look}><a:solidFill>{_colour(one.fill)}</a:solidFill></a:rPr>'
        f"<a:t>{escape(clean(one.words), quote=False)}</a:t></a:r></a:p></p:txBody>"
    )
    left, top, w, h = (round(part * EMU) for part in (x + dx, y - high / 2 + dy, wide, high))
    return (
        f'<p:sp><p:nvSpPr><p:cNvPr id="{next(ids)}" name="Words"/><p:cNvSpPr txBox="1"/><p:nvPr/></p:nvSpPr><p:spPr>'
        f'<a:xfrm{turn}><a:off x="{left}" y="{top}"/><a:ext cx="{w}" cy="{h}"/></a:xfrm>{_preset("rect")}<a:noFill/></p:spPr>'
        f"{body}</p:sp>"
    )


_KINDS: Final[dict[str, Callable[[Stroke, float, float, Iterator[int]], str]]] = {
    "area": _area, "line": _line, "dot": _dot, "plate": _plate,
}  # fmt: skip


def _sp(ids: Iterator[int], name: str, box: tuple[float, float, float, float], shape: str, fill: str, line: str) -> str:
    left, top, wide, high = (round(part * EMU) for part in box)
    return (
        f'<p:sp><p:nvSpPr><p:cNvPr id="{next(ids)}" name="{name}"/><p:cNvSpPr/><p:nvPr/></p:nvSpPr><p:spPr>'
        f'<a:xfrm><a:off x="{left}" y="{top}"/><a:ext cx="{max(1, wide)}" cy="{max(1, high)}"/></a:xfrm>{shape}{fill}{line}'
        "</p:spPr></p:sp>"
    )


def _path(ring: list[tuple[float, float]], left: float, top: float, *, closed: bool) -> str:
    spots = [f'<a:pt x="{round((x - left) * EMU)}" y="{round((y - top) * EMU)}"/>' for x, y in ring]
    lines = "".join(f"<a:lnTo>{spot}</a:lnTo>" for spot in spots[1:])
    return f"<a:moveTo>{spots[0]}</a:moveTo>{lines}{'<a:close/>' if closed else ''}"


def _custom(path: str, wide: float, high: float, fill: str = "") -> str:
    w, h = max(1, round(wide * EMU)), max(1, round(high * EMU))
    return (
        '<a:custGeom><a:avLst/><a:gdLst/><a:ahLst/><a:cxnLst/><a:rect l="0" t="0" r="r" b="b"/>'
        f'<a:pathLst><a:path w="{w}" h="{h}"{fill}>{path}</a:path></a:pathLst></a:custGeom>'
    )


def _preset(name: str) -> str:
    return f'<a:prstGeom prst="{name}"><a:avLst/></a:prstGeom>'


def _solid(colour: Colour) -> str:
    return f"<a:solidFill>{_colour(colour)}</a:solidFill>"


def _colour(colour: Colour) -> str:
    red, green, blue, seen = _rgba(colour)
    alpha = "" if seen >= 255 else f'<a:alpha val="{round(seen / 255 * 100000)}"/>'  # noqa: PLR2004  (opaque)
    return f'<a:srgbClr val="{red:02X}{green:02X}{blue:02X}">{alpha}</a:srgbClr>'


def _rgba(colour: Colour) -> tuple[int, int, int, int]:
    if isinstance(colour, str):
        return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16), 255
    red, green, blue, *rest = colour
    return red, green, blue, rest[0] if rest else 255
