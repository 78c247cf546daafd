"""What do a picture's colours mean? The map's legend in rows, as on the page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from charts.map_legend import FEW, LegendGroup
from charts.picture_pen import fitting, width_of

if TYPE_CHECKING:
    from charts.picture_pen import Pen
    from charts.theme import Theme

_ROW: Final = 30.0
_TALL_ROW: Final = 40.0
"""Height of a row in pixels of the page; the tall one holds a strip with its limits below it."""
_TEXT, _SMALL = 14.0, 12.0
_SWATCH: Final = (22.0, 13.0)
_NARROWEST: Final = 38.0
_GAP, _APART = 8.0, 26.0


@dataclass(frozen=True)
class Placed:
    """A group of the legend and where it begins: its row, and pixels of the page from the left."""

    group: LegendGroup
    row: int
    x: float


def arranged(legend: tuple[LegendGroup, ...], width: float) -> list[Placed]:
    """Which row does each group stand in? As many side by side as ``width`` pixels of the page hold."""
    out: list[Placed] = []
    row, x = 0, 0.0
    for group in legend:
        if not group.swatches:
            continue
        wide = _width(group)
        if x and x + wide > width:
            row, x = row + 1, 0.0
        out.append(Placed(group, row, x))
        x += wide + _APART
    return out


def heights(placed: list[Placed]) -> list[float]:
    """How high is each row, in pixels of the page?"""
    rows = placed[-1].row + 1 if placed else 0
    tall = {one.row for one in placed if len(one.group.swatches) > FEW}
    return [_TALL_ROW if row in tall else _ROW for row in range(rows)]


def draw_legend(pen: Pen, placed: list[Placed], theme: Theme, *, left: float, top: float, scale: float) -> None:
    """Draw the arranged groups; ``scale`` is the picture's pixels for one of the page."""
    high = heights(placed)
    for one in placed:
        x, y = left + one.x * scale, top + (sum(high[: one.row]) + high[one.row] / 2) * scale
        if len(one.group.swatches) > FEW:
            x = _words(pen, one.group, theme, x, y, scale) + _GAP * scale
            _strip(pen, one.group, theme, x, y, scale)
        else:
            x = _few(pen, one.group, theme, x, y, scale) + _GAP * scale
            _words(pen, one.group, theme, x, y, scale)


def _words(pen: Pen, group: LegendGroup, theme: Theme, x: float, y: float, scale: float) -> float:
    size = _TEXT * scale
    pen.text(x, y, group.label, theme.ink, size)
    x += width_of(group.label, size)
    if group.detail:
        pen.text(x, y, _detail(group), theme.caption, size)
        x += width_of(_detail(group), size)
    return x


def _strip(pen: Pen, group: LegendGroup, theme: Theme, x: float, y: float, scale: float) -> None:
    """Classes joined, each with its lower limit below."""
    high = _SWATCH[1] * scale
    for swatch, wide in zip(group.swatches, _widths(group), strict=True):
        pen.plate((x, y - high, x + wide * scale, y), swatch.colour)
        label, size = swatch.below, _SMALL * scale
        text = fitting(label, size, wide * scale)
        pen.text(x + (wide * scale - width_of(text, size)) / 2, y + 9 * scale, text, theme.caption, size)
        x += wide * scale


def _few(pen: Pen, group: LegendGroup, theme: Theme, x: float, y: float, scale: float) -> float:
    """One to three swatches, or the sign of a dot, ring or mark."""
    wide, high = _SWATCH[0] * scale, _SWATCH[1] * scale
    for swatch in group.swatches:
        if group.shape in {"dot", "ring"}:
            ring = swatch.colour if group.shape == "ring" else theme.page
            radius, width = (6.0, 3.0) if group.shape == "ring" else (6.0, 1.0)
            fill = theme.ink if group.shape == "ring" else swatch.colour
            pen.dot(x + 7 * scale, y, radius * scale, fill=fill, ring=ring, width=width * scale)
            x += 14 * scale
            continue
        pen.plate((x, y - high / 2, x + wide, y + high / 2), swatch.colour)
        if group.shape == "mark":
            pen.dot(x + wide / 2, y, 3 * scale, fill=theme.page, ring=theme.page, width=0)
        x += wide
    return x


def _width(group: LegendGroup) -> float:
    words = width_of(group.label, _TEXT) + (width_of(_detail(group), _TEXT) if group.detail else 0.0)
    if len(group.swatches) > FEW:
        return words + _GAP + sum(_widths(group))
    sign = 14.0 if group.shape in {"dot", "ring"} else _SWATCH[0]
    return sign * len(group.swatches) + _GAP + words


def _widths(group: LegendGroup) -> list[float]:
    return [max(_NARROWEST, width_of(swatch.below, _SMALL) + 10) for swatch in group.swatches]


def _detail(group: LegendGroup) -> str:
    return f", {group.detail}"
