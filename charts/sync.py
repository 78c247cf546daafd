"""What arrives in time, and on which channels do we know whom we sell to?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import plotly.graph_objects as go

from charts.kept import kept
from charts.marks import Row, column_px, track_rows
from charts.numbers import count, percent
from charts.sharing_latency import duration
from charts.theme import Theme, figure, words
from schema.days import axis, weekday_day_year
from schema.language import say
from schema.wording import channel_label

if TYPE_CHECKING:
    import datetime as dt

    import polars as pl

_ROW_PX: Final = 30


@kept
def latency_strip(table: pl.DataFrame, theme: Theme, *, alt: str | None = None) -> go.Figure:
    """Did what happened arrive in time, day by day and channel by channel?

    Args:
        table: One row a day and channel: ``day, channel, events, p95_s, promised_s, is_late``.
        theme: Light or dark.
        alt: The finding as a sentence; else the picture is described.
    """
    channels = table["channel"].unique().sort().to_list()
    days: list[dt.date] = table["day"].unique().sort().to_list()
    cells = {(row["channel"], row["day"]): row for row in table.iter_rows(named=True)}
    late = int(table["is_late"].fill_null(value=False).sum())
    fig = figure(
        theme,
        alt=alt
        or say(
            "{late} of {n} days of a channel arrived later than promised.",
            late=count(late),
            n=count(table.height),
        ),
        height=56 + _ROW_PX * len(channels),
        margin={"l": column_px([channel_label(name) for name in channels], size=13) + 14, "r": 8, "t": 6, "b": 40},
    )
    values, hovers = [], []
    for name in channels:
        found = [cells.get((name, day)) for day in days]
        values.append([None if row is None or row["p95_s"] is None else float(row["is_late"]) for row in found])
        hovers.append([_said(name, row) for row in found])
    fig.add_trace(
        go.Heatmap(
            x=days, y=[words(channel_label(name)) for name in channels], z=values, zmin=0, zmax=1,
            colorscale=[(0.0, theme.sales[2]), (1.0, theme.finding)], showscale=False, xgap=1, ygap=3,
            hovertext=hovers, hoverinfo="text",
        )
    )  # fmt: skip
    fig.update_yaxes(autorange="reversed", showgrid=False, nticks=2 * len(channels))
    fig.update_xaxes(nticks=6, tickangle=0, tickformat=axis("day"))
    return fig


def _said(name: str, row: dict[str, Any] | None) -> str:
    if row is None:
        return say("<b>{name}</b><br>nothing happened", name=words(channel_label(name)))
    return say(
        "<b>{name}</b>, {day}<br>95 % within {most}, half within {half}<br>promised {promised}; {n} events",
        name=words(channel_label(name)),
        day=weekday_day_year(row["day"]),
        most=duration(row["p95_s"]),
        half=duration(row["p50_s"]),
        promised=duration(row["promised_s"]),
        n=count(row["events"]),
    )


@kept
def match_rows(table: pl.DataFrame, theme: Theme, *, alt: str | None = None) -> go.Figure:
    """On which channels is the customer known, and known on both sides?

    Args:
        table: One row a channel: ``channel, orders, identified_rate, unified_share``.
        theme: Light or dark.
        alt: The finding as a sentence; else the picture is described.
    """
    rows = [
        Row(
            name=channel_label(row["channel"]),
            values=(float(row["unified_share"] or 0.0),),
            texts=(percent(row["unified_share"]),),
            hover=(
                say(
                    "<b>{channel}</b><br>{n} orders<br>{identified} identified<br>{both} known on both sides",
                    channel=words(channel_label(row["channel"])),
                    n=count(row["orders"]),
                    identified=percent(row["identified_rate"]),
                    both=percent(row["unified_share"]),
                )
            ),
        )
        for row in table.iter_rows(named=True)
    ]
    said = ", ".join(f"{row.name} {row.texts[0]}" for row in rows)
    return track_rows(
        theme,
        rows,
        alt=alt or say("Orders whose customer is known on both sides: {channels}.", channels=said),
        colours=[theme.primary],
    )
