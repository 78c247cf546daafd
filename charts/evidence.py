"""On what evidence does dwell rest, and what was lingered on without an order?"""

import numpy as np
import plotly.graph_objects as go
import polars as pl

from charts.kept import kept
from charts.marks import Row, ranked_rows, row_frame
from charts.numbers import compact, count, percent
from charts.theme import Theme, words
from schema.language import say


@kept
def coverage_bars(table: pl.DataFrame, theme: Theme, *, alt: str | None = None) -> go.Figure:
    """On what evidence does dwell rest, and how much is unknown?

    Args:
        table: One row a channel: ``channel``, ``views``, and of these ``measured``, ``pings``, ``gap``, ``unknown``.
        theme: Light or dark.
        alt: The finding as a sentence; else the picture is described.
    """
    kinds = (
        ("measured", say("measured"), theme.sales[7]),
        ("pings", say("pings"), theme.sales[4]),
        ("gap", say("gap to next event"), theme.sales[2]),
        ("unknown", say("unknown"), theme.calm),
    )
    names = [str(name) for name in table.get_column("channel")]
    fig = row_frame(theme, names, alt=alt or _coverage_words(table), right=66, top=54)
    fig.update_layout(barmode="stack")
    views = table.get_column("views").cast(pl.Float64).to_numpy()
    for column, said, colour in kinds:
        counts = table.get_column(column).fill_null(0).cast(pl.Float64).to_numpy()
        shares = np.divide(counts, views, out=np.zeros_like(counts), where=views > 0)
        hover = [
            say(
                "<b>{name}</b><br>{kind}: {share}, {n} of {all} views",
                name=words(name),
                kind=said,
                share=percent(float(share)),
                n=count(float(n)),
                all=count(float(all_)),
            )
            for name, share, n, all_ in zip(names, shares, counts, views, strict=True)
        ]
        fig.add_trace(
            go.Bar(
                y=np.arange(len(names), dtype=np.float32),
                x=shares.astype(np.float32),
                orientation="h",
                width=0.6,
                marker={"color": colour, "cornerradius": 0},
                hovertext=hover,
                hoverinfo="text",
            ),
        )
    for index, (all_, unknown) in enumerate(zip(views, table.get_column("unknown").fill_null(0), strict=True)):
        known = percent((all_ - unknown) / all_ if all_ else None)
        fig.add_annotation(
            xref="paper", x=1, xshift=62, xanchor="right", y=index, text=f"<b>{known}</b>", showarrow=False
        )
    _name_kinds(fig, theme, [(said, colour) for _, said, colour in kinds])
    return fig


@kept
def lingered_bars(
    table: pl.DataFrame, theme: Theme, *, highlight: str | None = None, alt: str | None = None
) -> go.Figure:
    """What did most people linger on and not buy?

    Args:
        table: One row a product, most people first: ``product_id``, ``name``, ``people``, ``interest_s``.
        theme: Light or dark.
        highlight: The ``product_id`` that is the finding.
        alt: The finding as a sentence; else the picture is described.
    """
    rows = [
        Row(
            name=str(row["name"]),
            values=(row["people"],),
            texts=(count(row["people"]),),
            hover=say(
                "<b>{name}</b><br>{people} people lingered and did not buy<br>"
                "interest {seconds} s, halved every 7 days",
                name=words(row["name"]),
                people=count(row["people"]),
                seconds=compact(row["interest_s"]),
            ),
            colour=theme.finding if row["product_id"] == highlight else None,
            extras=(row["product_id"],),
        )
        for row in table.iter_rows(named=True)
    ]
    said = say(
        "{people} people lingered on {product} and did not buy, the most of {n} products.",
        people=rows[0].texts[0],
        product=rows[0].name,
        n=len(rows),
    )
    return ranked_rows(theme, rows, alt=alt or said, colours=[theme.calm if highlight else theme.primary])


def _name_kinds(fig: go.Figure, theme: Theme, kinds: list[tuple[str, str]]) -> None:
    said = "   ".join(f'<span style="color:{colour}">■</span> {name}' for name, colour in kinds)
    fig.add_annotation(
        xref="paper",
        yref="paper",
        x=0,
        y=1,
        xanchor="left",
        yanchor="bottom",
        xshift=-fig.layout.margin.l,
        yshift=28,
        text=said,
        showarrow=False,
        font={"color": theme.caption, "size": 13},
    )
    fig.add_annotation(
        xref="paper",
        yref="paper",
        x=1,
        y=1,
        xanchor="right",
        yanchor="bottom",
        xshift=62,
        yshift=8,
        text=say("known"),
        showarrow=False,
        font={"color": theme.caption, "size": 13},
    )


def _coverage_words(table: pl.DataFrame) -> str:
    views = float(table.get_column("views").sum())
    unknown = float(table.get_column("unknown").sum())
    share = percent((views - unknown) / views if views else None)
    return say(
        "Dwell is known for {share} of {views} views; one bar a channel shows on what evidence.",
        share=share,
        views=count(views),
    )
