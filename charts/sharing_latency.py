"""How long does a registration wait for its owner? The days of a period against the minute that was promised."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np
import plotly.graph_objects as go
import polars as pl

from charts.kept import kept
from charts.marks import column_px, spread
from charts.numbers import count
from charts.theme import Theme, end_label, figure, finding_dot
from schema import days as dates
from schema.language import from_python, later, say

if TYPE_CHECKING:
    import datetime as dt

_HEIGHT = 300
_TOP, _BOTTOM = 24, 34
_LINE_PX = 17
_MONTHS_ONLY = 300
TARGET_S: Final = 60
"""A customer should have an owner within a minute of the registration's arrival."""
_SCALE: Final = (
    (1, later("{n} s"), 1),
    (10, later("{n} s"), 10),
    (60, later("{n} s"), 60),
    (600, later("{n} min"), 10),
    (3_600, later("{n} h"), 1),
    (36_000, later("{n} h"), 10),
    (864_000, later("{n} d"), 10),
)


def duration(seconds: float | None) -> str:
    """A waiting time in its most telling unit: ``17 s``, ``12 min``, ``3.4 h``, ``2.1 d``."""
    if seconds is None or not math.isfinite(seconds):
        return "—"
    for limit, size, said in ((120, 1, _SCALE[0][1]), (7_200, 60, _SCALE[3][1]), (172_800, 3_600, _SCALE[4][1])):
        if seconds < limit:
            value = seconds / size
            return say(said, n=f"{value:.0f}" if value >= 10 or size == 1 else from_python(f"{value:.1f}"))  # noqa: PLR2004
    return say("{n} d", n=from_python(f"{seconds / 86_400:.1f}"))


@kept
def latency_by_day(
    table: pl.DataFrame,
    theme: Theme,
    *,
    finding: tuple[dt.date, str] | None = None,
    phone: bool = False,
    height: int = _HEIGHT,
    alt: str | None = None,
) -> go.Figure:
    """How long does a registration wait for its owner, day by day, against the minute that was promised?

    The axis is logarithmic: a usual day takes seconds, a stopped reader hours.

    Args:
        table: One row a day in order: ``day``, ``bound``, ``p50_s``, ``p95_s`` (null on days without a new binding).
        theme: Light or dark.
        finding: The one day to mark, with its label.
        phone: Fewer days are named on a narrow screen.
        height: In pixels.
        alt: The finding as a sentence; else the picture is described.
    """
    days = table.get_column("day").to_list()
    middle, slow = (_logs(table, name) for name in ("p50_s", "p95_s"))
    known = np.concatenate([middle, slow])
    known = known[~np.isnan(known)]
    low, high = (float(known.min()), float(known.max())) if known.size else (0.0, 2.0)
    shown = [(math.log10(s), say(text, n=n)) for s, text, n in _SCALE if low - 1 <= math.log10(s) <= high + 1]
    fig = figure(
        theme,
        alt=alt or _latency_words(table),
        height=height,
        margin={"l": column_px([text for _, text in shown], size=13) + 14, "r": 60, "t": _TOP, "b": _BOTTOM},
        hovermode="closest",
    )
    fig.update_yaxes(
        tickvals=[at for at, _ in shown],
        ticktext=[text for _, text in shown],
        range=[low - 0.2, max(math.log10(TARGET_S) + 0.3, high + 0.25)],
    )
    fig.update_xaxes(**_day_ticks(days, most=3 if phone else 5), tickangle=0)
    fig.add_hline(y=math.log10(TARGET_S), line={"color": theme.finding, "width": 1.5, "dash": "dot"})
    hover = [
        say(
            "{day}<br><b>{n} bound</b><br>half within {half}<br>95 % within {most}",
            day=dates.weekday_day_year(row["day"]),
            n=count(row["bound"]),
            half=duration(row["p50_s"]),
            most=duration(row["p95_s"]),
        )
        for row in table.iter_rows(named=True)
    ]
    for values, colour, width in ((middle, theme.calm, 1.5), (slow, theme.primary, 2)):
        fig.add_trace(
            go.Scatter(
                x=days,
                y=values.astype(np.float32),
                mode="lines+markers" if len(days) < 15 else "lines",  # noqa: PLR2004  (few days need their dots)
                line={"color": colour, "width": width},
                hovertext=hover,
                hoverinfo="text",
                cliponaxis=False,
            )
        )
    _name_lines(fig, theme, days, [(slow, "95 %", theme.primary, True), (middle, say("half"), theme.axis, False)])
    if finding is not None and finding[0] in days:
        at = days.index(finding[0])
        if not np.isnan(slow[at]):
            is_late = at >= len(days) / 2
            finding_dot(fig, theme, x=days[at], y=float(slow[at]), label=finding[1], left=is_late)
    return fig


def _logs(table: pl.DataFrame, column: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Base-ten logarithms; under half a second counts as half a second, unknown stays unknown."""
    values = table.get_column(column).cast(pl.Float64)
    return values.clip(lower_bound=0.5).log(10.0).fill_null(float("nan")).to_numpy()


def _name_lines(
    fig: go.Figure,
    theme: Theme,
    days: list[dt.date],
    lines: list[tuple[np.ndarray[tuple[int], np.dtype[np.float64]], str, str, bool]],
) -> None:
    low, high = fig.layout.yaxis.range
    per_pixel = (high - low) / (fig.layout.height - _TOP - _BOTTOM)
    drawn = [(float(values[~np.isnan(values)][-1]), name, tint, bold) for values, name, tint, bold in lines
             if (~np.isnan(values)).any()]  # fmt: skip
    drawn.append((math.log10(TARGET_S), say("{n} s", n=TARGET_S), theme.finding_text, False))
    heights = [value / per_pixel for value, *_ in drawn]
    for (value, name, tint, bold), moved, height in zip(drawn, spread(heights, _LINE_PX), heights, strict=True):
        if days:
            end_label(fig, x=days[-1], y=value, text=name, colour=tint, bold=bold, shift=moved - height)


def _day_ticks(days: list[dt.date], *, most: int) -> dict[str, object]:
    """Four or five days named away from the edges, so that no label sticks out."""
    if not days:
        return {}
    step = max(1, len(days) // most)
    ticks = days[step // 2 :: step]
    long = (days[-1] - days[0]).days > _MONTHS_ONLY
    named = [dates.short_month(day) if long else dates.day(day) for day in ticks]
    whole = [day.isoformat() for day in (days[0], days[-1])]
    return {"tickvals": ticks, "ticktext": named, "range": whole if len(days) > 1 else None}


def _latency_words(table: pl.DataFrame) -> str:
    known = table.drop_nulls("p95_s")
    if known.is_empty():
        return say("No new binding in this period, so no waiting time is known.")
    late = known.filter(pl.col("p95_s") > TARGET_S)
    worst = known.sort("p95_s", descending=True).row(0, named=True)
    return say(
        "On {late} of {days} days, 5 % or more waited longer than 60 seconds; longest on {day}, {duration}.",
        late=late.height,
        days=known.height,
        day=worst["day"],
        duration=duration(worst["p95_s"]),
    )
