"""Which shapes do charts share? Rows with a name, a bar and a number; printed heatmap cells; even ticks; fitted names."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import plotly.graph_objects as go

from charts.theme import BLACK, WHITE, Theme, figure, rgb, words

_LABEL_CAP = 140
"""Pixels a row's name may take: on a phone of 390 px the bar still has half of the width."""
_READABLE = 4.5
"""WCAG AA for small text."""
_WIDE_FROM = 0x2E80
"""From here on a character is as wide as high (Chinese, Japanese, Korean)."""


def text_px(text: str, size: float = 14) -> float:
    """About how wide a text is drawn, in pixels; measured on Source Sans, wide characters square."""
    return sum(size if ord(letter) >= _WIDE_FROM else 0.53 * size for letter in text)


def fitted(text: object, px: float, size: float = 14) -> str:
    """A name cut to a width with ``…``; plain text, not yet escaped."""
    whole = " ".join(str(text).split())
    if text_px(whole, size) <= px:
        return whole
    kept = whole
    while kept and text_px(kept + "…", size) > px:
        kept = kept[:-1]
    return kept.rstrip() + "…"


def column_px(texts: Sequence[str], *, cap: float = _LABEL_CAP, size: float = 14) -> int:
    """Width of a column of texts in pixels, no wider than ``cap``."""
    return math.ceil(min(cap, max((text_px(text, size) for text in texts), default=0.0)))


def even_ticks(low: float, high: float, most: int = 5) -> list[float]:
    """At most ``most`` round ticks whose first and last enclose the range."""
    high = high if high > low else low + (abs(low) or 1.0)
    span = high - low
    power = 10 ** math.floor(math.log10(span / most))
    for factor in (1, 2, 2.5, 5, 10, 20, 25, 50):
        step = factor * power
        first, last = math.floor(low / step), math.ceil(high / step)
        if last - first + 1 <= most:
            break
    return [index * step for index in range(first, max(last, first + 1) + 1)]


def padded(ticks: Sequence[float]) -> list[float]:
    """An axis range a hair wider than its ticks: Plotly leaves out a gridline that lies on the very edge."""
    hair = (ticks[-1] - ticks[0]) / 200
    return [ticks[0] - hair, ticks[-1] + hair]


def spread(wanted: Sequence[float], gap: float) -> list[float]:
    """Heights of labels at least ``gap`` apart, each as near as may be to where it wants to stand.

    Labels that touch are pooled and moved as one (isotonic regression), so that a far one stays where it is.
    """
    order = sorted(range(len(wanted)), key=lambda index: wanted[index])
    pools: list[tuple[float, int]] = []
    for rank, index in enumerate(order):
        mean, size = wanted[index] - rank * gap, 1
        while pools and pools[-1][0] > mean:
            earlier, count = pools.pop()
            mean, size = (earlier * count + mean * size) / (count + size), count + size
        pools.append((mean, size))
    bases = [mean for mean, size in pools for _ in range(size)]
    placed = [0.0] * len(wanted)
    for rank, index in enumerate(order):
        placed[index] = bases[rank] + rank * gap
    return placed


def luminance(colour: str) -> float:
    """WCAG relative luminance of ``#rrggbb``, 0-1."""
    parts = [part / 255 for part in rgb(colour)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]  # noqa: PLR2004
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def colour_at(scale: tuple[str, ...], place: float) -> str:
    """The colour of a scale at 0-1, mixed as the browser mixes it."""
    at = min(1.0, max(0.0, place)) * (len(scale) - 1)
    index = min(int(at), len(scale) - 2)
    low, high = rgb(scale[index]), rgb(scale[index + 1])
    mixed = [round(a + (b - a) * (at - index)) for a, b in zip(low, high, strict=True)]
    return "#{:02x}{:02x}{:02x}".format(*mixed)


def contrast(one: str, other: str) -> float:
    """WCAG contrast of two colours, 1 to 21."""
    bright, dim = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


def readable_on(colour: str, theme: Theme) -> str:
    """Ink or page colour, whichever stands out more on ``colour``; pure black or white where neither reaches 4.5 : 1."""
    best = max((theme.ink, theme.page), key=lambda text: contrast(text, colour))
    if contrast(best, colour) >= _READABLE:
        return best
    return max((BLACK, WHITE), key=lambda text: contrast(text, colour))


@dataclass(frozen=True)
class Row:
    """One line of a row chart: a name, one bar per series, the number that is printed, and what hovering says."""

    name: str
    values: tuple[float | None, ...]
    texts: tuple[str, ...]
    hover: str
    aside: str = ""
    aside_colour: str | None = None
    colour: str | None = None
    extras: tuple[object, ...] = field(default=())


def row_frame(theme: Theme, names: Sequence[str], *, alt: str, right: int, row_px: int = 31, top: int = 4) -> go.Figure:
    """An empty chart of named rows, first row on top; the bars' axis is 0 to 1 and not shown."""
    left = column_px([" ".join(name.split()) for name in names]) + 12
    fig = figure(
        theme,
        alt=alt,
        height=top + 8 + max(row_px * len(names), 36),
        margin={"l": left, "r": right, "t": top, "b": 8},
    )
    fig.update_layout(barmode="overlay", hovermode="closest")
    fig.update_xaxes(visible=False, range=[0, 1])
    fig.update_yaxes(
        tickvals=np.arange(len(names), dtype=np.float32),
        ticktext=[words(fitted(name, left - 12)) for name in names],
        range=[len(names) - 0.5, -0.5],
        showgrid=False,
        tickfont={"color": theme.ink, "size": 14},
        ticklabelstandoff=6,
    )
    return fig


def aside(fig: go.Figure, row: float, text: str, colour: str, *, px: float, bold: bool = True) -> None:
    """Print a number at the chart's right edge, ``px`` right of the bars' end."""
    fig.add_annotation(
        xref="paper",
        x=1,
        xshift=px,
        xanchor="right",
        y=row,
        text=f"<b>{text}</b>" if bold else text,
        showarrow=False,
        font={"color": colour, "size": 13},
    )


def track_rows(theme: Theme, rows: Sequence[Row], *, alt: str, colours: Sequence[str]) -> go.Figure:
    """Bars on a full-width track, the number bold at the right: for shares of one whole.

    Args:
        theme: Light or dark.
        rows: Values are shares of 0-1.
        alt: What the picture shows.
        colours: One a series; a row's own colour wins.
    """
    right = column_px([text for row in rows for text in row.texts]) + 18
    series = len(colours)
    fig = row_frame(theme, [row.name for row in rows], alt=alt, right=right, row_px=31 if series == 1 else 46)
    thick = 0.62 / series
    for index, colour in enumerate(colours):
        places = _places(len(rows), index, series)
        fig.add_trace(_bars(places, np.ones(len(rows), dtype=np.uint8), thick, theme.track))
        values = np.array([row.values[index] or 0.0 for row in rows], dtype=np.float32)
        fills = [row.colour or colour for row in rows]
        bar = _bars(places, values, thick, fills, [row.hover for row in rows])
        fig.add_trace(bar.update(customdata=[list(row.extras) for row in rows]))
        for place, row in zip(places, rows, strict=True):
            tint = row.aside_colour or (theme.ink if series == 1 else colour)
            aside(fig, float(place), row.texts[index], tint, px=right - 6)
    return fig


def ranked_rows(theme: Theme, rows: Sequence[Row], *, alt: str, colours: Sequence[str]) -> go.Figure:
    """Bars from zero with the number at the bar's end and, if given, a second one at the right edge.

    Args:
        theme: Light or dark.
        rows: Values of any size, not negative; ``aside`` is the second number.
        alt: What the picture shows.
        colours: One a series; a row's own colour wins.
    """
    beside = column_px([row.aside for row in rows])
    right = column_px([text for row in rows for text in row.texts], size=13) + 10 + (beside + 10 if beside else 0)
    series = len(colours)
    fig = row_frame(theme, [row.name for row in rows], alt=alt, right=right, row_px=31 if series == 1 else 46)
    most = max((value or 0.0 for row in rows for value in row.values), default=0.0)
    for index, colour in enumerate(colours):
        # a loss has no length: its bar would cover the name, and its number says it
        values = np.array([max(0.0, row.values[index] or 0.0) for row in rows], dtype=np.float64)
        fills = [row.colour or colour for row in rows]
        places = _places(len(rows), index, series)
        bar = _bars(places, values, 0.68 / series, fills, [row.hover for row in rows])
        bar.update(
            text=[row.texts[index] for row in rows],
            textposition="outside",
            textangle=0,
            constraintext="none",
            cliponaxis=False,
            textfont={"size": 13, "color": theme.ink if series == 1 else colour},
            customdata=[list(row.extras) for row in rows],
        )
        fig.add_trace(bar)
    fig.update_xaxes(range=[0, most if most > 0 else 1])
    for index, row in enumerate(rows):
        if row.aside:
            aside(fig, index, row.aside, row.aside_colour or theme.caption, px=right - 4)
    return fig


def _places(rows: int, index: int, series: int) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    shift = 0.0 if series == 1 else (index - (series - 1) / 2) * 0.36
    return np.arange(rows, dtype=np.float32) + np.float32(shift)


def _bars(places: object, values: object, width: float, colour: object, hover: Sequence[str] = ()) -> go.Bar:
    return go.Bar(
        y=places,
        x=values,
        orientation="h",
        width=width,
        marker={"color": colour, "line": {"width": 0}},
        hovertext=list(hover) or None,
        hoverinfo="text" if hover else "skip",
    )
