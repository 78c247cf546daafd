"""Cost against size as a picture: ``python -m benchmarks.plot FILE.svg RESULTS.json…`` or ``--plot`` of a run.

Both axes are logarithmic: a level line costs the same whatever the number of events, one that rises with the dotted
line grows as they do.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final
from xml.sax.saxutils import escape

from benchmarks.measure import Line
from charts.marks import spread
from charts.theme import LIGHT

if TYPE_CHECKING:
    from collections.abc import Sequence

    Curve = tuple[str, tuple[tuple[int, float], ...]]

_WIDE, _HIGH = 900, 480
_LEFT, _RIGHT, _TOP, _BOTTOM = 86, 214, 66, 52
_LABEL_PX: Final = 17
_PREFIX: Final = "ask_"
_SCAN: Final = "scan_heatmap"
_NAMES: Final = {
    "views": "views of a product",
    "frequency": "how often people buy",
    "rfm": "rfm",
    _SCAN: "heatmap by a scan",
}
_SIDES: Final = 1.25
"""Room beside the smallest and the largest size, as a factor."""
_SECOND_MS: Final = 1000


def write_plot(file: Path, lines: Sequence[Line]) -> None:
    """Draw every question that was measured at several sizes.

    Args:
        file: where the SVG goes; replaced when there.
        lines: of one run or of several; only ``by_size`` of questions is drawn.

    Raises:
        OSError: the file cannot be written.
    """
    file.write_text(plot(lines), encoding="utf-8")


def plot(lines: Sequence[Line]) -> str:
    """The picture as SVG text; without any sizes it says so."""
    curves = _curves(lines)
    if not curves:
        return _svg([_text(_LEFT, _TOP + 30, "No question was measured at several sizes.", colour=LIGHT.caption)])
    sizes = sorted({events for _, points in curves for events, _ in points})
    costs = [ms for _, points in curves for _, ms in points]
    low, high = math.floor(math.log10(min(costs))), math.ceil(math.log10(max(costs)))
    axes = _Axes(sizes[0] / _SIDES, sizes[-1] * _SIDES, 10.0**low, 10.0 ** max(high, low + 1))
    return _svg([*_grid(axes, sizes, low, max(high, low + 1)), *_proportional(axes), *_lines(axes, curves)])


class _Axes:
    """Where a number of events and a cost lie on the picture."""

    def __init__(self, first: float, last: float, least: float, most: float) -> None:
        self.first, self.last, self.least, self.most = first, last, least, most

    def x(self, events: float) -> float:
        """Pixels from the left."""
        share = math.log(events / self.first) / math.log(self.last / self.first)
        return _LEFT + share * (_WIDE - _LEFT - _RIGHT)

    def y(self, ms: float) -> float:
        """Pixels from the top."""
        share = math.log(ms / self.least) / math.log(self.most / self.least)
        return _HIGH - _BOTTOM - share * (_HIGH - _TOP - _BOTTOM)


def _curves(lines: Sequence[Line]) -> list[Curve]:
    """A curve a question, points of several runs together; a cost too small to measure counts as a hundredth of a ms."""
    found: dict[str, dict[int, float]] = {}
    for line in lines:
        if line.by_size and (line.id.startswith(_PREFIX) or line.id == _SCAN):
            points = found.setdefault(line.id.removeprefix(_PREFIX), {})
            points.update({events: max(ms, 0.01) for events, ms in line.by_size})
    return [(name, tuple(sorted(points.items()))) for name, points in found.items()]


def _grid(axes: _Axes, sizes: Sequence[int], low: int, high: int) -> list[str]:
    right = _WIDE - _RIGHT
    parts = [
        _text(_LEFT - 70, 26, "What a question costs as the events grow", size=18, weight=600),
        _text(
            _LEFT - 70,
            47,
            "processor time, three months, no answer kept; dotted: in step with the events",
            colour=LIGHT.caption,
        ),
    ]
    for power in range(low, high + 1):
        y = axes.y(10.0**power)
        parts.append(f'<line x1="{_LEFT}" x2="{right}" y1="{y:.1f}" y2="{y:.1f}" stroke="{LIGHT.grid}"/>')
        parts.append(_text(_LEFT - 10, y + 4, _cost(10.0**power), anchor="end", colour=LIGHT.axis))
    below = _HIGH - _BOTTOM + 24
    return [*parts, *(_text(axes.x(n), below, f"{_count(n)} events", "middle", LIGHT.axis) for n in sizes)]


def _proportional(axes: _Axes) -> list[str]:
    """What would grow exactly as the events do, from the lower left."""
    start, end = axes.first * _SIDES, axes.last / _SIDES
    least = axes.least * 1.6
    most = min(least * end / start, axes.most)
    points = (axes.x(start), axes.y(least)), (axes.x(start * most / least), axes.y(most))
    (x1, y1), (x2, y2) = points
    style = f'stroke="{LIGHT.calm}" stroke-width="1.5" stroke-dasharray="2 5"'
    return [f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" {style}/>']


def _lines(axes: _Axes, curves: Sequence[Curve]) -> list[str]:
    """The curves, each named at its end in its colour; names are moved apart where they would touch."""
    ends = spread([axes.y(points[-1][1]) for _, points in curves], _LABEL_PX)
    tints = iter([*LIGHT.categorical, *[LIGHT.ink] * len(curves)])
    parts = []
    for (name, points), height in zip(curves, ends, strict=True):
        tint = LIGHT.calm if name == _SCAN else next(tints)
        spots = [(axes.x(events), axes.y(ms)) for events, ms in points]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in spots)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{tint}" stroke-width="2.5"/>')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{tint}"/>' for x, y in spots]
        words = f"{_NAMES.get(name, name)} · {_cost(points[-1][1])}"
        parts.append(_text(spots[-1][0] + 14, height + 4, words, colour=LIGHT.caption if name == _SCAN else tint))
    return parts


def _text(
    x: float, y: float, words: str, anchor: str = "start", colour: str = LIGHT.ink, *, size: int = 13, weight: int = 400
) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}" font-size="{size}" '
        f'font-weight="{weight}">{escape(words)}</text>'
    )


def _svg(parts: Sequence[str]) -> str:
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDE} {_HIGH}" width="{_WIDE}" height="{_HIGH}" '
        'font-family="&apos;Source Sans 3&apos;, system-ui, sans-serif" role="img" '
        'aria-label="What a question costs as the events grow">'
    )
    ground = f'<rect width="{_WIDE}" height="{_HIGH}" fill="{LIGHT.page}"/>'
    return "\n".join([head, ground, *parts, "</svg>"]) + "\n"


def _count(events: int) -> str:
    for power, letter in ((6, "M"), (3, "k")):
        if events >= 10**power:
            return f"{events / 10**power:g}{letter}"
    return str(events)


def _cost(ms: float) -> str:
    return f"{ms / _SECOND_MS:,.3g} s" if ms >= _SECOND_MS else f"{ms:.3g} ms"


def main(arguments: Sequence[str] | None = None) -> int:
    """Draw the results of one run or several: sizes that any of them measured are joined."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("results", type=Path, nargs="+")
    given = parser.parse_args(arguments)
    told = [line for file in given.results for line in json.loads(file.read_text(encoding="utf-8"))]
    write_plot(given.file, [Line.from_dict(line) for line in told])
    return 0


if __name__ == "__main__":
    sys.exit(main())
