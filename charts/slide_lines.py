"""Whose hour is it? One amber line against grey ones, for a slide that reads from the back of a room."""

import plotly.graph_objects as go
import polars as pl

from charts.kept import kept
from charts.marks import even_ticks
from charts.theme import Theme, figure, words
from schema.language import say

_HEIGHT = 300
_FINDING_PX, _OTHER_PX = 4.2, 1.6
_NUMBER_PX = 38
_RIGHT_PX = 118
_USUAL = 100
_FIRST_HOUR = 6
"""Before six hardly anybody looks: the index of few views jumps about."""


@kept
def index_lines(
    table: pl.DataFrame,
    theme: Theme,
    *,
    highlight: str,
    hours: tuple[int, int],
    number: str,
    alt: str | None = None,
) -> go.Figure:
    """In which hours does one category hold far more attention than it should?

    Args:
        table: One row a group and hour of the day: ``group``, ``hour`` (0-23), ``index`` (100 is usual; null: no line).
        theme: Light or dark.
        highlight: The group that is the finding.
        hours: Its first and last hour, both included; washed.
        number: The finding's number, printed large over its hours.
        alt: The finding as a sentence; else the picture is described.
    """
    rows = table.drop_nulls("index").filter(pl.col("hour") >= _FIRST_HOUR).sort("group", "hour")
    others = sorted(set(rows["group"].to_list()) - {highlight})
    values = rows["index"].to_list() or [_USUAL]
    ticks = even_ticks(min(values), max(*values, _USUAL + 1))
    top = ticks[-1] + (ticks[-1] - ticks[0]) * 0.14
    fig = figure(
        theme,
        alt=alt
        or say(
            "Dwell index of {group} by hour of the day, {number} from {first} to {until} h.",
            group=highlight,
            number=number,
            first=hours[0],
            until=hours[1] + 1,
        ),
        height=_HEIGHT,
        margin={"l": 40, "r": _RIGHT_PX, "t": 8, "b": 30},
        hovermode=False,
    )
    fig.update_yaxes(range=[ticks[0], top], tickvals=ticks)
    shown = [6, 9, 12, 15, 18, 21]
    fig.update_xaxes(range=[_FIRST_HOUR, 23.3], tickvals=shown, ticktext=[say("{hour} h", hour=hour) for hour in shown])
    wash = {"fillcolor": theme.finding_wash, "line": {"width": 0}, "layer": "below"}
    fig.add_shape(type="rect", x0=hours[0], x1=min(hours[1] + 0.3, 23.3), yref="paper", y0=0, y1=1, **wash)
    fig.add_hline(y=_USUAL, line={"color": theme.axis, "width": 1, "dash": "dot"})
    for name in (*others, highlight):
        part = rows.filter(pl.col("group") == name)
        is_it = name == highlight
        line = {"color": theme.finding if is_it else theme.calm, "width": _FINDING_PX if is_it else _OTHER_PX}
        fig.add_trace(go.Scatter(x=part["hour"], y=part["index"], mode="lines", line=line, hoverinfo="skip"))
    _name(fig, theme, rows, highlight, len(others))
    fig.add_annotation(
        x=(hours[0] + min(hours[1] + 0.3, 23.3)) / 2, yref="paper", y=1, yanchor="top", text=f"<b>{words(number)}</b>",
        showarrow=False, font={"size": _NUMBER_PX, "color": theme.finding_text},
    )  # fmt: skip
    return fig


def _name(fig: go.Figure, theme: Theme, rows: pl.DataFrame, highlight: str, others: int) -> None:
    """The lines' names at their ends, apart from each other."""
    ends = rows.group_by("group", maintain_order=True).agg(pl.col("index").last())
    mine = ends.filter(pl.col("group") == highlight)["index"]
    rest = ends.filter(pl.col("group") != highlight)["index"]
    side = {"x": 23, "xanchor": "left", "xshift": 9, "showarrow": False}
    if mine.len():
        font = {"color": theme.finding_text, "size": 13}
        fig.add_annotation(y=mine[0], text=f"<b>{words(highlight)}</b>", font=font, **side)
    if rest.len():
        said = say("{n} others", n=others) if others > 1 else say("the other")
        level = float(rest.median() or _USUAL)  # type: ignore[arg-type]
        fig.add_annotation(y=level, text=said, font={"color": theme.axis, "size": 12}, **side)
