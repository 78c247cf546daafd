"""What changed, who leads, and where do people leave? The three pictures of the Overview."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
import plotly.graph_objects as go
import polars as pl

from charts.kept import kept
from charts.marks import Row, column_px, even_ticks, padded, ranked_rows, spread, track_rows
from charts.numbers import UNKNOWN, count, major, percent, show, signed_percent
from charts.theme import END_LABEL_MARGIN, Theme, end_label, figure, finding_dot, words
from schema import days as dates
from schema.language import say

_HEIGHT = 300
_TOP, _BOTTOM = 18, 34
_LINE_PX = 17
"""Two names at the end of two lines keep this distance."""
_DAYS_WITH_MONTHS_ONLY = 300
_DAYS_IN_WEEKS = 120
_FAT_LINE_DAYS = 200
"""With more days a thick line becomes a blot."""


@kept
def trend_chart(
    daily: pl.DataFrame, theme: Theme, *, unit: str, finding: tuple[date, str] | None = None, alt: str | None = None
) -> go.Figure:
    """How did a number run day by day, beside the period before?

    Args:
        daily: One row a day in order: ``local_on``, ``value``, ``previous`` (null where unknown).
        theme: Light or dark.
        unit: As in ``charts.numbers.show``: a currency (minor units), ``rate``, ``s``, ``count``, a word.
        finding: The one day to mark, with its label.
        alt: The finding as a sentence; else the picture is described.
    """
    days = daily.get_column("local_on").to_list()
    now = _numbers(daily, "value")
    before = _numbers(daily, "previous") if "previous" in daily.columns else np.full(len(days), np.nan)
    ticks = _line_ticks(np.concatenate([now, before]), unit)
    labels = [show(tick, unit) for tick in ticks]
    ends = (say("This period"), say("Before"))
    fig = figure(
        theme,
        alt=alt or _trend_words(days, now, unit),
        height=_HEIGHT,
        margin={
            "l": column_px(labels, size=13) + 14,
            "r": max(END_LABEL_MARGIN, column_px(ends) + 4),
            "t": _TOP,
            "b": _BOTTOM,
        },
        hovermode="x",
    )
    fig.update_yaxes(tickvals=ticks, ticktext=labels, range=padded(ticks))
    fig.update_xaxes(**_day_ticks(days), range=_day_range(days))
    few = len(days) <= _FAT_LINE_DAYS
    if not np.isnan(before).all():
        fig.add_trace(_line(days, before, theme.calm, 2 if few else 1, single=len(days) == 1))
    main = _line(days, now, theme.primary, 3 if few else 1.5, single=len(days) == 1)
    main.update(hovertext=_day_words(days, now, before, unit), hoverinfo="text")
    fig.add_trace(main)
    _name_ends(fig, theme, days, [(now, ends[0], theme.primary, True), (before, ends[1], theme.axis, False)])
    if finding is not None and finding[0] in days:
        at = days.index(finding[0])
        if not np.isnan(now[at]):
            finding_dot(fig, theme, x=days[at], y=float(now[at]), label=finding[1], left=at >= len(days) / 2)
    return fig


@kept
def ranking_bars(
    rows: pl.DataFrame, theme: Theme, *, unit: str, highlight: Sequence[str] = (), alt: str | None = None
) -> go.Figure:
    """Which cities, agents or stores lead, and who moved?

    Args:
        rows: One row a group, best first: ``group``, ``value``, ``change`` (relative, null when unknown).
        theme: Light or dark.
        unit: Unit of ``value``, as in ``charts.numbers.show``.
        highlight: Groups in the colour of "ours"; without any all are, else the others step back.
        alt: The finding as a sentence; else the picture is described.
    """
    drawn = [
        Row(
            name=str(row["group"]),
            values=(row["value"],),
            texts=(show(row["value"], unit),),
            hover=f"<b>{words(row['group'])}</b><br>{show(row['value'], unit)}{_change_words(row['change'])}",
            aside="" if row["change"] is None else f"{signed_percent(row['change'])}",
            aside_colour=_change_colour(row["change"], theme),
            colour=theme.primary if not highlight or row["group"] in highlight else theme.calm,
            extras=(row["group"],),
        )
        for row in rows.iter_rows(named=True)
    ]
    first = drawn[0]
    return ranked_rows(
        theme,
        drawn,
        alt=alt or say("{name} leads {n} with {value}.", name=first.name, n=len(drawn), value=first.texts[0]),
        colours=[theme.primary],
    )


@kept
def funnel_bars(rows: pl.DataFrame, theme: Theme, *, highlight: str | None = None, alt: str | None = None) -> go.Figure:
    """At which step do most people leave?

    Args:
        rows: One row a step in order: ``step``, ``visitors``, ``share`` (of all visitors, 0-1).
        theme: Light or dark.
        highlight: The step that is the finding.
        alt: The finding as a sentence; else the picture is described.
    """
    drawn = [
        Row(
            name=str(row["step"]),
            values=(row["share"],),
            texts=(percent(row["share"]),),
            hover=say(
                "<b>{step}</b><br>{n} visitors, {share}",
                step=words(row["step"]),
                n=count(row["visitors"]),
                share=percent(row["share"]),
            ),
            colour=theme.finding if row["step"] == highlight else None,
            aside_colour=theme.finding_text if row["step"] == highlight else None,
            extras=(row["step"],),
        )
        for row in rows.iter_rows(named=True)
    ]
    said = ", ".join(f"{row.name} {row.texts[0]}" for row in drawn)
    return track_rows(
        theme, drawn, alt=alt or say("Share of visitors at each step: {steps}.", steps=said), colours=[theme.primary]
    )


def _numbers(table: pl.DataFrame, column: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return table.get_column(column).cast(pl.Float64).fill_null(float("nan")).to_numpy()


def _line_ticks(values: np.ndarray[tuple[int], np.dtype[np.float64]], unit: str) -> list[float]:
    known = values[~np.isnan(values)]
    if known.size == 0:
        return [0.0, 1.0]
    low, high = float(known.min()), float(known.max())
    # a line needs no zero, but one that starts near it should show it
    low = 0.0 if 0 <= low < 0.4 * high else low
    scale = 1 / major(1, unit) if len(unit) == len("CNY") and unit.isupper() else 1.0
    return [tick * scale for tick in even_ticks(low / scale, high / scale)]


def _line(days: list[date], values: Any, colour: str, width: float, *, single: bool) -> go.Scatter:
    return go.Scatter(
        x=days,
        y=values,
        mode="markers" if single else "lines",
        line={"color": colour, "width": width, "shape": "linear"},
        marker={"color": colour, "size": 9},
        hoverinfo="skip",
        connectgaps=False,
        cliponaxis=False,
    )


def _day_words(days: list[date], now: Any, before: Any, unit: str) -> list[str]:
    said = []
    for day, value, earlier in zip(days, now, before, strict=True):
        then = "" if np.isnan(earlier) else f"<br>{say('before {value}', value=show(float(earlier), unit))}"
        said.append(f"{dates.weekday_day_year(day)}<br><b>{show(float(value), unit)}</b>{then}")
    return said


def _name_ends(fig: go.Figure, theme: Theme, days: list[date], lines: list[tuple[Any, str, str, bool]]) -> None:
    del theme
    low, high = fig.layout.yaxis.range
    per_pixel = (high - low) / (_HEIGHT - _TOP - _BOTTOM)
    drawn = []
    for values, name, colour, bold in lines:
        known = np.flatnonzero(~np.isnan(values))
        if known.size:
            drawn.append((int(known[-1]), float(values[known[-1]]), name, colour, bold))
    heights = [value / per_pixel for _, value, *_ in drawn]
    for (last, value, name, colour, bold), moved, height in zip(drawn, spread(heights, _LINE_PX), heights, strict=True):
        end_label(fig, x=days[last], y=value, text=name, colour=colour, bold=bold, shift=moved - height)


def _day_range(days: list[date]) -> list[str] | None:
    return None if len(days) == 1 else [days[0].isoformat(), days[-1].isoformat()]


def _day_ticks(days: list[date]) -> dict[str, Any]:
    span = (days[-1] - days[0]).days
    if span > _DAYS_WITH_MONTHS_ONLY:
        step, written = max(1, len(days) // 4), dates.short_month
    elif span > _DAYS_IN_WEEKS:
        step, written = max(1, len(days) // 4), dates.day
    else:
        step, written = max(1, -(-len(days) // 35)) * 7, dates.day
    # half a step from the edges, so that no label sticks out
    ticks = days[step // 2 :: step] or days
    return {"tickvals": ticks, "ticktext": [written(day) for day in ticks]}


def _change_colour(change: float | None, theme: Theme) -> str:
    if not change:
        return theme.caption
    return theme.good if change > 0 else theme.bad


def _change_words(change: float | None) -> str:
    return "" if change is None else f"<br>{say('{change} on the period before', change=signed_percent(change))}"


def _trend_words(days: list[date], now: Any, unit: str) -> str:
    if np.isnan(now).all():
        return say("No value known from {first} to {last}.", first=days[0], last=days[-1])
    low, high = float(np.nanmin(now)), float(np.nanmax(now))
    peak = days[int(np.nanargmax(now))]
    known = UNKNOWN if np.isnan(now[-1]) else show(float(now[-1]), unit)
    return say(
        "Daily from {first} to {last}: {low} to {high}, highest on {peak}, last {value}.",
        first=days[0],
        last=days[-1],
        low=show(low, unit),
        high=show(high, unit),
        peak=peak,
        value=known,
    )
