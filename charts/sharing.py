"""Who is bound to whom, how fast, and who tried to take over? The pictures of the Binding tab."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np
import plotly.graph_objects as go
import polars as pl

from charts.marks import Row, column_px, even_ticks, padded, ranked_rows, spread, track_rows
from charts.notes import caption
from charts.numbers import count, percent
from charts.theme import Theme, end_label, figure, finding_dot, words

if TYPE_CHECKING:
    import datetime as dt

_HEIGHT = 300
_TOP, _BOTTOM = 24, 34
_LINE_PX = 17
_MONTHS_ONLY = 300
TARGET_S: Final = 60
"""A customer should have an owner within a minute of the registration's arrival."""
_SCALE: Final = (
    (1, "1 s"),
    (10, "10 s"),
    (60, "60 s"),
    (600, "10 min"),
    (3_600, "1 h"),
    (36_000, "10 h"),
    (864_000, "10 d"),
)
_OUTCOMES: Final = (
    ("accepted", "accepted"),
    ("no_change", "own store, no change"),
    ("rejected_policy", "refused by policy"),
    ("rejected_protected", "refused: protected"),
)


def duration(seconds: float | None) -> str:
    """A waiting time in its most telling unit: ``17 s``, ``12 min``, ``3.4 h``, ``2.1 d``."""
    if seconds is None or not math.isfinite(seconds):
        return "—"
    for limit, size, unit in ((120, 1, "s"), (7_200, 60, "min"), (172_800, 3_600, "h")):
        if seconds < limit:
            value = seconds / size
            return f"{value:.0f} {unit}" if value >= 10 or size == 1 else f"{value:.1f} {unit}"  # noqa: PLR2004
    return f"{seconds / 86_400:.1f} d"


def binding_funnel(table: pl.DataFrame, theme: Theme, *, alt: str | None = None) -> go.Figure:
    """How many of the registered have an owner, and how sure is it?

    Args:
        table: One row a step in order: ``step`` (words), ``customers``, ``share`` (of the registered, 0-1), and ``sort``
            that is ``step`` or ``part`` (a part of the step above, drawn lighter).
        theme: Light or dark.
        alt: The finding as a sentence; else the picture is described.
    """
    rows = [
        Row(
            name=str(row["step"]),
            values=(row["share"],),
            texts=(f"{count(row['customers'])} · {percent(row['share'])}",),
            hover=f"<b>{words(row['step'])}</b><br>{count(row['customers'])} customers, {percent(row['share'])}",
            colour=theme.primary if row["sort"] == "step" else theme.calm,
            extras=(row["step"],),
        )
        for row in table.iter_rows(named=True)
    ]
    said = ", ".join(f"{row.name} {row.texts[0]}" for row in rows)
    return track_rows(theme, rows, alt=alt or f"Customers at each step: {said}.", colours=[theme.primary])


def latency_by_day(
    table: pl.DataFrame,
    theme: Theme,
    *,
    finding: tuple[dt.date, str] | None = None,
    phone: bool = False,
    alt: str | None = None,
) -> go.Figure:
    """How long does a registration wait for its owner, day by day, against the minute that was promised?

    The axis is logarithmic: a usual day takes seconds, a stopped reader hours.

    Args:
        table: One row a day in order: ``day``, ``bound``, ``p50_s``, ``p95_s`` (null on days without a new binding).
        theme: Light or dark.
        finding: The one day to mark, with its label.
        phone: Fewer days are named on a narrow screen.
        alt: The finding as a sentence; else the picture is described.
    """
    days = table.get_column("day").to_list()
    middle, slow = (_logs(table, name) for name in ("p50_s", "p95_s"))
    known = np.concatenate([middle, slow])
    known = known[~np.isnan(known)]
    low, high = (float(known.min()), float(known.max())) if known.size else (0.0, 2.0)
    shown = [(math.log10(s), text) for s, text in _SCALE if low - 1 <= math.log10(s) <= high + 1]
    fig = figure(
        theme,
        alt=alt or _latency_words(table),
        height=_HEIGHT,
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
        f"{row['day']:%a} {row['day'].day} {row['day']:%b %Y}<br><b>{count(row['bound'])} bound</b>"
        f"<br>half within {duration(row['p50_s'])}<br>95 % within {duration(row['p95_s'])}"
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
    _name_lines(fig, theme, days, [(slow, "95 %", theme.primary, True), (middle, "half", theme.axis, False)])
    if finding is not None and finding[0] in days:
        at = days.index(finding[0])
        if not np.isnan(slow[at]):
            is_late = at >= len(days) / 2
            finding_dot(fig, theme, x=days[at], y=float(slow[at]), label=finding[1], left=is_late)
    return fig


def method_bars(table: pl.DataFrame, theme: Theme, *, alt: str | None = None) -> go.Figure:
    """By what were customers bound?

    Args:
        table: One row a method, most first: ``method`` (words), ``customers``.
        theme: Light or dark.
        alt: The finding as a sentence; else the picture is described.
    """
    whole = float(table.get_column("customers").sum())
    rows = [
        Row(
            name=str(row["method"]),
            values=(row["customers"],),
            texts=(count(row["customers"]),),
            hover=f"<b>{words(row['method'])}</b><br>{count(row['customers'])} bindings",
            aside=percent(row["customers"] / whole if whole else None),
            extras=(row["method"],),
        )
        for row in table.iter_rows(named=True)
    ]
    said = ", ".join(f"{row.name} {row.texts[0]}" for row in rows)
    return ranked_rows(theme, rows, alt=alt or f"Bindings by method: {said}.", colours=[theme.primary])


def attempts_by_month(table: pl.DataFrame, theme: Theme, *, alt: str | None = None) -> go.Figure:
    """How many tried to claim somebody's customer, and what became of it?

    Args:
        table: One row a month and outcome: ``month`` (2026-10), ``outcome`` (schema.sharing.OUTCOMES), ``attempts``.
        theme: Light or dark.
        alt: The finding as a sentence; else the picture is described.
    """
    months = sorted(set(table.get_column("month")))
    sums = dict(table.group_by("month").agg(pl.col("attempts").sum()).iter_rows())
    ticks = even_ticks(0, max(sums.values(), default=1) or 1)
    totals = dict(table.group_by("outcome").agg(pl.col("attempts").sum()).iter_rows())
    said = ", ".join(f"{count(totals.get(key, 0))} {name}" for key, name in _OUTCOMES if totals.get(key))
    labels = [count(tick) for tick in ticks]
    fig = figure(
        theme,
        alt=alt or f"Attempts to claim a customer in {len(months)} months: {said}.",
        height=_HEIGHT - 20,
        margin={"l": column_px(labels, size=13) + 14, "r": 8, "t": 48, "b": _BOTTOM},
        barmode="stack",
        hovermode="closest",
    )
    fig.update_yaxes(tickvals=ticks, ticktext=labels, range=padded(ticks))
    fig.update_xaxes(type="category", tickvals=_some(months), ticktext=[month_words(m) for m in _some(months)])
    fills = dict(
        zip((key for key, _ in _OUTCOMES), (theme.primary, theme.sales[2], theme.calm, theme.axis), strict=True)
    )
    for key, name in _OUTCOMES:
        if not totals.get(key):
            continue
        of_month = dict(
            table.filter(pl.col("outcome") == key).group_by("month").agg(pl.col("attempts").sum()).iter_rows()
        )
        fig.add_trace(
            go.Bar(
                x=months,
                y=[of_month.get(month, 0) for month in months],
                marker={"color": fills[key], "line": {"width": 0}, "cornerradius": 0},
                hovertext=[f"{month_words(m)}<br><b>{count(of_month.get(m, 0))} {name}</b>" for m in months],
                hoverinfo="text",
            )
        )
    named = [f'<span style="color:{fills[key]}">■</span> {name}' for key, name in _OUTCOMES if totals.get(key)]
    for line, start in enumerate(range(0, len(named), 2)):
        lines = (len(named) + 1) // 2
        caption(fig, theme, "   ".join(named[start : start + 2]), above=6 + 18 * (lines - 1 - line), shift=-20)
    return fig


def expiring_bars(table: pl.DataFrame, theme: Theme, *, alt: str | None = None) -> go.Figure:
    """Whose bindings run out within 30 days?

    Args:
        table: One row a store, most first: ``name``, ``customers``.
        theme: Light or dark.
        alt: The finding as a sentence; else the picture is described.
    """
    rows = [
        Row(
            name=str(row["name"]),
            values=(row["customers"],),
            texts=(count(row["customers"]),),
            hover=f"<b>{words(row['name'])}</b><br>{count(row['customers'])} customers within 30 days",
            extras=(row["name"],),
        )
        for row in table.iter_rows(named=True)
    ]
    said = f"{rows[0].name} has the most bindings that run out, {rows[0].texts[0]}." if rows else "None runs out."
    return ranked_rows(theme, rows, alt=alt or said, colours=[theme.primary])


def month_words(month: str) -> str:
    """``2026-10`` → ``Oct 26``; anything else as it is."""
    names = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    year, _, number = month.partition("-")
    if number.isdecimal() and 1 <= int(number) <= len(names):
        return f"{names[int(number) - 1]} {year[2:]}"
    return words(month)


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
    per_pixel = (high - low) / (_HEIGHT - _TOP - _BOTTOM)
    drawn = [(float(values[~np.isnan(values)][-1]), name, tint, bold) for values, name, tint, bold in lines
             if (~np.isnan(values)).any()]  # fmt: skip
    drawn.append((math.log10(TARGET_S), "60 s", theme.finding_text, False))
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
    named = [f"{day:%b %Y}" if long else f"{day.day} {day:%b}" for day in ticks]
    whole = [day.isoformat() for day in (days[0], days[-1])]
    return {"tickvals": ticks, "ticktext": named, "range": whole if len(days) > 1 else None}


def _latency_words(table: pl.DataFrame) -> str:
    known = table.drop_nulls("p95_s")
    if known.is_empty():
        return "No new binding in this period, so no waiting time is known."
    late = known.filter(pl.col("p95_s") > TARGET_S)
    worst = known.sort("p95_s", descending=True).row(0, named=True)
    return (
        f"On {late.height} of {known.height} days, 5 % or more waited longer than 60 seconds; longest on {worst['day']}, "
        f"{duration(worst['p95_s'])}."
    )


def _some(months: list[str]) -> list[str]:
    step = max(1, -(-len(months) // 5))
    return months[step // 2 :: step] or months
