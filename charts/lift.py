"""Did it work? One line a campaign: the difference of its two shares with its interval, around zero."""

import plotly.graph_objects as go
import polars as pl

from charts.kept import kept
from charts.marks import aside, column_px, row_frame
from charts.numbers import count, percent, points
from charts.theme import Theme, words
from schema.language import later, say

VERDICTS = {
    "proven": later("proven"),
    "not proven": later("not proven"),
    "harmful": later("harmful"),
    "running": later("still running"),
    "no holdout": later("no holdout"),
}
"""What a verdict is called."""
MOST_CAMPAIGNS = 12
_LINE_PX = 46
_MARK_PX = 12
_HAIR = 0.04
"""Of the axis, on both sides of what is drawn."""
_HALF_LINE = 0.19
"""Of a row: the number stands above its verdict."""


@kept
def lift_intervals(table: pl.DataFrame, theme: Theme, *, alt: str | None = None) -> go.Figure:
    """Which campaigns lie wholly above zero?

    Args:
        table: One row a campaign: ``campaign, treated, converted, holdout, holdout_converted, lift, low, high, verdict``;
            a lift of None is not drawn. The first twelve are.
        theme: Light or dark.
        alt: The finding as a sentence; else the picture is described.
    """
    rows = table.head(MOST_CAMPAIGNS).to_dicts()
    said = [say(VERDICTS[row["verdict"]]) for row in rows]
    texts = [f"{points(row['lift'])} · {word}" for row, word in zip(rows, said, strict=True)]
    right = column_px([points(row["lift"]) for row in rows] + said, cap=110, size=13) + 18
    told = alt or "; ".join(f"{row['campaign']}: {text}" for row, text in zip(rows, texts, strict=True))
    fig = row_frame(theme, [row["campaign"] for row in rows], alt=told, right=right, row_px=_LINE_PX, top=8)
    edges = [0.0, *(row[name] for row in rows for name in ("low", "high") if row[name] is not None)]
    hair = (max(edges) - min(edges) or 0.01) * _HAIR
    fig.update_xaxes(range=[min(edges) - hair, max(edges) + hair])
    fig.add_shape(type="line", x0=0, x1=0, y0=-0.5, y1=len(rows) - 0.5, line={"color": theme.axis, "width": 1})
    for place, row in enumerate(rows):
        colour = {"proven": theme.finding, "harmful": theme.bad}.get(row["verdict"], theme.calm)
        if row["lift"] is not None:
            _interval(fig, row, place, colour, theme)
        tint = theme.finding_text if row["verdict"] == "proven" else theme.ink
        aside(fig, place - _HALF_LINE, points(row["lift"]), tint, px=right - 6)
        aside(fig, place + _HALF_LINE, words(said[place]), tint, px=right - 6, bold=False)
    return fig


def _interval(fig: go.Figure, row: dict[str, object], place: int, colour: str, theme: Theme) -> None:
    hover = say(
        "<b>{campaign}</b><br>written to: {converted} of {treated} bought ({rate})<br>held out: {others} of {holdout} "
        "({without})<br>difference {lift}, 95 %: {low} to {high}",
        campaign=words(str(row["campaign"])),
        converted=count(_float(row, "converted")),
        treated=count(_float(row, "treated")),
        rate=percent(_share(row, "converted", "treated")),
        others=count(_float(row, "holdout_converted")),
        holdout=count(_float(row, "holdout")),
        without=percent(_share(row, "holdout_converted", "holdout")),
        lift=points(_float(row, "lift")),
        low=points(_float(row, "low")),
        high=points(_float(row, "high")),
    )
    fig.add_trace(
        go.Scatter(
            x=[row["low"], row["high"]],
            y=[place, place],
            mode="lines",
            line={"color": colour, "width": 4},
            hoverinfo="skip",
            showlegend=False,
        )
    )
    fig.add_trace(
        go.Scatter(
            x=[row["lift"]],
            y=[place],
            mode="markers",
            marker={"color": colour, "size": _MARK_PX, "line": {"color": theme.page, "width": 2}},
            hovertext=[hover],
            hoverinfo="text",
            showlegend=False,
        )
    )


def _float(row: dict[str, object], name: str) -> float:
    return float(str(row[name]))


def _share(row: dict[str, object], part: str, whole: str) -> float | None:
    return _float(row, part) / _float(row, whole) if row[whole] else None
