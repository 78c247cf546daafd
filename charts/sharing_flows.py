"""Where do bound customers spend, who is credited for it, and how much of it may come back?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import plotly.graph_objects as go

from charts.kept import kept
from charts.marks import Row, ranked_rows, track_rows
from charts.numbers import money, money_compact, percent
from charts.theme import Theme, figure, words
from schema.language import say

if TYPE_CHECKING:
    from collections.abc import Sequence

    import polars as pl

_SPENT_PX: Final = 57


@kept
def journey_bars(table: pl.DataFrame, theme: Theme, *, currency: str, alt: str | None = None) -> go.Figure:
    """Where do bound customers buy?

    Args:
        table: One row a place: ``place`` (words), ``net_minor``, ``share`` (0-1), ``credited_minor`` (shares earned).
        theme: Light or dark.
        currency: ISO 4217.
        alt: The finding as a sentence; else the picture is described.
    """
    rows = [
        Row(
            name=str(row["place"]),
            values=(row["share"],),
            texts=(percent(row["share"], 0),),
            hover=say(
                "<b>{place}</b><br>{net} net sales<br>{credited} credited to the owner",
                place=words(row["place"]),
                net=money_compact(row["net_minor"], currency),
                credited=money(row["credited_minor"], currency),
            ),
            extras=(row["place"],),
        )
        for row in table.iter_rows(named=True)
    ]
    said = ", ".join(f"{row.name} {row.texts[0]}" for row in rows)
    return track_rows(
        theme,
        rows,
        alt=alt or say("Net sales of bound customers by place: {shares}.", shares=said),
        colours=[theme.primary],
    )


@kept
def spending_bars(
    rows: Sequence[tuple[str, str, float, str]], theme: Theme, *, highlight: int | None = None, alt: str | None = None
) -> go.Figure:
    """Where do bound customers buy, and under which terms? A track a place, its name and terms above.

    Args:
        rows: (place, terms, share of 0-1, what hovering says), in order; the first is the owner's own.
        theme: Light or dark.
        highlight: Index of the row that is the finding.
        alt: The finding as a sentence; else the picture is described.
    """
    said = ", ".join(f"{place} {percent(share, 0)}" for place, _, share, _ in rows)
    height = _SPENT_PX * len(rows) + 6
    fig = figure(theme, alt=alt or say("Net sales of bound customers by place: {shares}.", shares=said), height=height,
                 margin={"l": 0, "r": 62, "t": 6, "b": 0}, barmode="overlay", hovermode="closest")  # fmt: skip
    fig.update_xaxes(visible=False, range=[0, 1])
    fig.update_yaxes(visible=False, range=[len(rows) - 0.3, -0.72])
    for index, (place, terms, share, hover) in enumerate(rows):
        colour = theme.primary if index == 0 else theme.finding if index == highlight else theme.calm
        for value, fill, said_there in ((1.0, theme.track, ""), (max(0.0, share), colour, hover)):
            fig.add_trace(
                go.Bar(
                    x=[value], y=[index], orientation="h", width=0.24,
                    marker={"color": fill, "line": {"width": 0}, "cornerradius": 2},
                    hovertext=[said_there], hoverinfo="text" if said_there else "skip",
                )
            )  # fmt: skip
        small = f'  <span style="color:{theme.caption};font-size:13px">{words(terms)}</span>' if terms else ""
        fig.add_annotation(x=0, xanchor="left", y=index, yshift=21, text=f"<b>{words(place)}</b>{small}",
                           showarrow=False, font={"size": 14, "color": theme.ink})  # fmt: skip
        fig.add_annotation(xref="paper", x=1, xanchor="right", xshift=60, y=index, text=f"<b>{percent(share, 0)}</b>",
                           showarrow=False, font={"size": 15, "color": theme.ink})  # fmt: skip
    return fig


@kept
def leakage_bars(table: pl.DataFrame, theme: Theme, *, alt: str | None = None) -> go.Figure:
    """Whose own customers spend elsewhere?

    Args:
        table: One row a store or agent, most first: ``name``, ``leakage`` (spend elsewhere ÷ all spend, 0-1) and
            ``credited_leakage`` (the part of all spend that is elsewhere and earned the owner a share).
        theme: Light or dark.
        alt: The finding as a sentence; else the picture is described.
    """
    rows = [
        Row(
            name=str(row["name"]),
            values=(row["leakage"],),
            texts=(percent(row["leakage"], 0),),
            hover=say(
                "<b>{name}</b><br>{leakage} of their spend is elsewhere<br>"
                "{credited} is elsewhere and credited to the owner",
                name=words(row["name"]),
                leakage=percent(row["leakage"]),
                credited=percent(row["credited_leakage"]),
            ),
            aside=""
            if not row["leakage"] or row["credited_leakage"] is None
            else say("{part} credited", part=percent(row["credited_leakage"] / row["leakage"], 0)),
            extras=(row["name"],),
        )
        for row in table.iter_rows(named=True)
    ]
    said = (
        say("{part} of the spend of {name}'s customers is elsewhere.", part=rows[0].texts[0], name=rows[0].name)
        if rows
        else say("Nobody.")
    )
    return ranked_rows(theme, rows, alt=alt or said, colours=[theme.primary])


@kept
def exposure_bars(table: pl.DataFrame, theme: Theme, *, currency: str, alt: str | None = None) -> go.Figure:
    """How much of what was accrued may have to be clawed back, by age of the order?

    Args:
        table: One row a band of age in order: ``age`` (words), ``accrued_minor``, ``refund_probability``,
            ``exposure_minor``.
        theme: Light or dark.
        currency: ISO 4217.
        alt: The finding as a sentence; else the picture is described.
    """
    rows = [
        Row(
            name=str(row["age"]),
            values=(row["exposure_minor"],),
            texts=(money_compact(row["exposure_minor"], currency),),
            hover=say(
                "<b>{age}</b><br>{accrued} accrued<br>{part} of it is usually refunded later",
                age=words(row["age"]),
                accrued=money_compact(row["accrued_minor"], currency),
                part=percent(row["refund_probability"]),
            ),
            aside=percent(row["refund_probability"]),
            extras=(row["age"],),
        )
        for row in table.iter_rows(named=True)
    ]
    whole = sum(float(row.values[0] or 0) for row in rows)
    said = say("{amount} may have to be clawed back, by age of the order.", amount=money_compact(whole, currency))
    return ranked_rows(theme, rows, alt=alt or said, colours=[theme.primary])
