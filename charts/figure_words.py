"""How are a chart's small bits of HTML written without a browser? Lines, bold words, coloured words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape
from typing import TYPE_CHECKING, Any, Final

from charts.picture_pen import fitting, width_of

if TYPE_CHECKING:
    from charts.picture_pen import Colour, Pen

_TAG: Final = re.compile(r"<(/?)(br|b|span|i|sup|sub)\b([^>]*)>")
_COLOUR: Final = re.compile(r"color:\s*(#[0-9a-fA-F]{6}|rgba?\([^)]*\))")
_NUMBERS: Final = re.compile(r"[\d.]+")
_BLANK: Final = 0.25
"""How wide a blank is, in heights of a letter."""
LINE: Final = 1.3
"""From one line of words to the next, in heights of a letter."""


@dataclass(frozen=True, slots=True)
class Run:
    """Words of one look."""

    words: str
    bold: bool
    colour: Colour | None


def colour_of(text: Any, default: Colour = "#000000") -> Colour:
    """A colour as Plotly writes it (``#rrggbb``, ``rgba(…)``) as the pen takes it."""
    if not isinstance(text, str):
        return default
    if text.startswith("rgb"):
        parts = [float(one) for one in _NUMBERS.findall(text)]
        red, green, blue = (round(one) for one in parts[:3])
        return (red, green, blue, round(255 * (parts[3] if len(parts) > 3 else 1.0)))  # noqa: PLR2004  (opacity)
    return text


def lines_of(html: str) -> list[list[Run]]:
    """A chart's text as lines of runs; unknown tags are words, as Plotly shows them."""
    lines: list[list[Run]] = [[]]
    bold, at = 0, 0
    stack: list[Colour | None] = [None]
    for tag in _TAG.finditer(html):
        _add(lines[-1], html[at : tag.start()], bold=bold > 0, colour=stack[-1])
        at = tag.end()
        closes, name, rest = tag.groups()
        if name == "br":
            lines.append([])
        elif name == "b":
            bold += -1 if closes else 1
        elif name == "span" and closes:
            stack = stack[:-1] or [None]
        elif name == "span":
            found = _COLOUR.search(rest)
            stack.append(colour_of(found.group(1)) if found else stack[-1])
    _add(lines[-1], html[at:], bold=bold > 0, colour=stack[-1])
    return lines


def plain_words(html: str) -> str:
    """The words alone, lines parted by a blank."""
    return " ".join("".join(run.words for run in line) for line in lines_of(html)).strip()


def _add(line: list[Run], html: str, *, bold: bool, colour: Colour | None) -> None:
    words = unescape(html).replace("\u2060", "")
    if words:
        line.append(Run(words, bold, colour))


def width_of_lines(html: str, size: float) -> float:
    """Pixels of the widest line."""
    return max((_wide(line, size) for line in lines_of(html)), default=0.0)


def write(
    pen: Pen,
    html: str,
    x: float,
    y: float,
    *,
    size: float,
    colour: Colour,
    across: str = "center",
    down: str = "middle",
) -> None:
    """Write lines of words anchored at a point.

    Args:
        pen: the canvas.
        html: the text as the chart has it.
        x: pixels of the canvas.
        y: pixels of the canvas.
        size: height of letters.
        colour: of words that name none.
        across: which part of the words is at x: ``left``, ``center`` or ``right``.
        down: which part is at y: ``top``, ``middle`` or ``bottom``.
    """
    lines = lines_of(html)
    step = size * LINE
    top = y - {"top": 0.0, "bottom": step * len(lines)}.get(down, step * len(lines) / 2)
    for index, line in enumerate(lines):
        middle = top + step * (index + 0.5)
        if len(line) == 1:  # anchored as a whole, so that it stays in place in another font too
            pen.text(x, middle, line[0].words, line[0].colour or colour, size, bold=line[0].bold, across=across)
            continue
        at = x - {"left": 0.0, "right": _wide(line, size)}.get(across, _wide(line, size) / 2)
        for run in line:
            lead = _blank(run.words, run.words.lstrip(), size)
            pen.text(at + lead, middle, run.words, run.colour or colour, size, bold=run.bold)
            at += _run_width(run, size)


def _blank(words: str, stripped: str, size: float) -> float:
    """The pen writes no blanks at the ends of words, so they are kept as room."""
    return (len(words) - len(stripped)) * size * _BLANK


def _run_width(run: Run, size: float) -> float:
    ends = len(run.words) - len(run.words.strip())
    return width_of(run.words, size, bold=run.bold) + ends * size * _BLANK


def _wide(line: list[Run], size: float) -> float:
    return sum(_run_width(run, size) for run in line)


def shortened(html: str, size: float, room: float) -> str:
    """Plain words cut to a width; ``…`` where something is left off."""
    return fitting(plain_words(html), size, room)
