"""Who leaves whose neighbourhood for whose till, and what do size and distance weigh in that?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go
import polars as pl

from charts.cells import coloured_cells, printed_cells, table_frame
from charts.kept import kept
from charts.marks import Row, colour_at, column_px, even_ticks, fitted, padded, ranked_rows, readable_on
from charts.numbers import count, number, percent
from charts.theme import Theme, figure, words
from schema.language import from_python, say

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

NOBODY = ""
"""The key of what has no id: head office's own stores, or for an agent another's store."""
_SHOWN_FROM = 0.005
"""Half a percent rounds to 1 %: less is coloured but not printed."""
_ROW_PX = 27
_HEAD_PX = 30


def busiest(table: pl.DataFrame, most: int) -> list[str]:
    """The members of the largest flows from one to another; where nobody leaves, those with most orders.

    Args:
        table: One row a pair: ``nearest``, ``actual``, ``orders``; null is ``NOBODY``.
        most: How many.
    """
    known = table.with_columns(pl.col("nearest", "actual").fill_null(NOBODY))
    away = pl.col("nearest") != pl.col("actual")
    ranked = known.sort(away, "orders", "nearest", "actual", descending=[True, True, False, False])
    ids = dict.fromkeys(side for pair in ranked.select("nearest", "actual").iter_rows() for side in pair)
    return list(ids)[:most]


@kept
def flow_heatmap(
    table: pl.DataFrame,
    order: Sequence[str],
    theme: Theme,
    *,
    labels: Mapping[str, str] | None = None,
    highlight: tuple[str, str] | None = None,
    phone: bool = False,
    alt: str | None = None,
) -> go.Figure:
    """Of those who live nearest to one, how many buy at the other?

    Args:
        table: One row a pair: ``nearest``, ``actual``, ``orders``, ``share`` (0-1, of all orders with that nearest one).
        order: Which members, in order; rows are the nearest ones, columns where was bought.
        theme: Light or dark.
        labels: Names of the ids; ``NOBODY`` is what has none.
        highlight: The pair (nearest, actual) that is the finding, framed in amber.
        phone: Narrow: names get less room.
        alt: The finding as a sentence; else the picture is described.
    """
    place = {member: index for index, member in enumerate(order)}
    names = [str((labels or {}).get(member, member)) for member in order]
    known = table.with_columns(pl.col("nearest", "actual").fill_null(NOBODY))
    shown = known.filter(pl.col("nearest").is_in(order), pl.col("actual").is_in(order))
    away = shown.filter(pl.col("nearest") != pl.col("actual"))["share"].max()
    high = float(away) if isinstance(away, float) and away > 0 else 1.0
    values = np.full((len(order), len(order)), np.nan, dtype=np.float32)
    own = values.copy()
    spots, texts, tints, hover, keys = [], [], [], [], []
    for start, end, orders, share in shown.select("nearest", "actual", "orders", "share").iter_rows():
        row, column = place[start], place[end]
        (own if start == end else values)[row, column] = share
        spots.append((row, column))
        keys.append([start, end])
        texts.append(f"{100 * share:.0f}" if share >= _SHOWN_FROM else "")
        tints.append(readable_on(theme.track if start == end else colour_at(theme.sales, share / high), theme))
        many = say("{share} · {n} orders", share=percent(share), n=count(orders))
        way = say("buy there") if start == end else f"→ {words(names[column])}"
        hover.append(f"<b>{words(names[row])}</b> {way}<br>{many}")
    said = say(
        "Where orders from {n} neighbourhoods are made; at most {share} go to one other.",
        n=len(order),
        share=percent(high),
    )
    fig = table_frame(theme, names, names, alt or said, left=104 if phone else 150)
    fig.add_trace(coloured_cells(own, (theme.track, theme.track), 0.0, 1.0))
    fig.add_trace(coloured_cells(values, theme.sales, 0.0, high))
    fig.add_trace(printed_cells(spots, texts, tints, hover, keys))
    _head_room(fig, names, phone=phone)
    if highlight is not None and set(highlight) <= set(order):
        row, column = place[highlight[0]], place[highlight[1]]
        edge = {"x0": column - 0.46, "x1": column + 0.46, "y0": row - 0.45, "y1": row + 0.45}
        fig.add_shape(type="rect", line={"color": theme.finding, "width": 3}, **edge)
    return fig


def _head_room(fig: go.Figure, names: Sequence[str], *, phone: bool) -> None:
    """Names above the columns stand upright where there are many, with room for the longest."""
    upright = phone or len(names) > 4  # noqa: PLR2004  (four names of 96 px fit side by side)
    shown = [fitted(name, 130 if phone else 160, 13) for name in names]
    room = column_px(shown, cap=170, size=13) + 12 if upright else _HEAD_PX
    fig.update_xaxes(ticktext=[words(name) for name in shown], tickangle=-90 if upright else 0, automargin=False)
    fig.update_layout(height=room + (30 if phone else 37) * len(names) + 8, margin={"t": room})


@kept
def inflow_bars(
    table: pl.DataFrame, theme: Theme, *, highlight: str | None = None, alt: str | None = None
) -> go.Figure:
    """Which stores draw people past a nearer one, and how far out of their way?

    Args:
        table: One row a store, most drawn orders first: ``group``, ``name``, ``drawn`` (orders), ``inflow`` (0-1),
            ``median_inflow_detour_m``.
        theme: Light or dark.
        highlight: The ``group`` that is the finding.
        alt: The finding as a sentence; else the picture is described.
    """
    rows = [
        Row(
            name=str(row["name"]),
            values=(row["drawn"],),
            texts=(f"{count(row['drawn'])} · {percent(row['inflow'], 0)}",),
            hover=say(
                "<b>{name}</b><br>{drawn} of {received} orders come from a home that is nearer to another store<br>"
                "median detour {detour}",
                name=words(row["name"]),
                drawn=count(row["drawn"]),
                received=count(row["received"]),
                detour=_km(row["median_inflow_detour_m"]),
            ),
            aside=_km(row["median_inflow_detour_m"]),
            colour=theme.finding if row["group"] == highlight else None,
            extras=(row["group"],),
        )
        for row in table.iter_rows(named=True)
    ]
    said = "; ".join(
        say("{store} {part} of its orders, detour {detour}", store=row.name, part=row.texts[0], detour=row.aside)
        for row in rows[:3]
    )
    return ranked_rows(
        theme, rows, alt=alt or say("Orders drawn past a nearer store: {stores}.", stores=said), colours=[theme.primary]
    )


@kept
def huff_intervals(table: pl.DataFrame, theme: Theme, *, phone: bool = False, alt: str | None = None) -> go.Figure:
    """How much do floor area (α) and distance (β) weigh, by city, and how sure is that?

    Args:
        table: One row a city (null: all): ``city``, ``alpha``, ``alpha_low``, ``alpha_high`` and the same of ``beta``.
        theme: Light or dark.
        phone: Narrow: the names get less room.
        alt: The finding as a sentence; else the picture is described.
    """
    names = [str(city or say("All cities")) for city in table["city"]]
    left = column_px(names, cap=86 if phone else 130) + 14
    said = "; ".join(f"{name} α {number(a, 2)}, β {number(b, 2)}"
                     for name, a, b in zip(names, table["alpha"], table["beta"], strict=True))  # fmt: skip
    fig = figure(
        theme,
        alt=alt or say("Weights of size and distance: {weights}.", weights=said),
        height=_ROW_PX * len(names) + 62,
        margin={"l": left, "r": 12, "t": 8, "b": 54},
        hovermode="closest",
    )
    gap = 0.06 if phone else 0.03
    panels = (
        ("alpha", say("α, exponent of floor area"), say("α, weight"), [0, 0.5 - gap]),
        ("beta", say("β, exponent of distance"), say("β, weight"), [0.5 + gap, 1]),
    )
    for index, (what, title, short, domain) in enumerate(panels, start=1):
        axis = f"xaxis{'' if index == 1 else index}"
        fig.add_trace(_whiskers(table, names, what, theme).update(xaxis="x" if index == 1 else f"x{index}"))
        high = [value for value in table[f"{what}_high"] if value is not None]
        low = [value for value in table[f"{what}_low"] if value is not None]
        ticks = even_ticks(
            min([*low, *table[what].drop_nulls()], default=0), max([*high, *table[what].drop_nulls()], default=1), 4
        )
        fig.update_layout(
            {
                axis: {
                    "domain": domain,
                    "anchor": "y",
                    "tickvals": ticks,
                    "ticktext": [f"{tick:g}" for tick in ticks],
                    "range": padded(ticks),
                    "showgrid": True,
                    "gridcolor": theme.grid,
                    "title": {"text": short if phone else title},
                    "fixedrange": True,
                }
            }
        )
    _rows_axis(fig, names, theme, left)
    return fig


@kept
def loss_dumbbells(table: pl.DataFrame, theme: Theme, *, phone: bool = False, alt: str | None = None) -> go.Figure:
    """Does size and distance foretell the store better than "everybody goes to the nearest"?

    Args:
        table: One row a city (null: all): ``city``, ``log_loss``, ``baseline_log_loss``.
        theme: Light or dark.
        phone: Narrow: the names get less room.
        alt: The finding as a sentence; else the picture is described.
    """
    names = [str(city or say("All cities")) for city in table["city"]]
    left = column_px(names, cap=86 if phone else 130) + 14
    model, nearest = ([float("nan") if v is None else v for v in table[c]] for c in ("log_loss", "baseline_log_loss"))
    known = [value for value in (*model, *nearest) if value == value]  # noqa: PLR0124  (not NaN)
    ticks = even_ticks(0, max(known, default=1.0))
    fig = figure(
        theme,
        alt=alt or say("Loss of the model against the nearest store in {n} rows.", n=len(names)),
        height=_ROW_PX * len(names) + 84,
        margin={"l": left, "r": 16, "t": 28, "b": 54},
        hovermode="closest",
    )
    rows = list(range(len(names)))
    for row, (low, high) in enumerate(zip(model, nearest, strict=True)):
        fig.add_shape(
            type="line", x0=low, x1=high, y0=row, y1=row, line={"color": theme.calm, "width": 2}, layer="below"
        )
    for what, values, colour in (
        (say("model"), model, theme.primary),
        (say("nearest store"), nearest, theme.axis),
    ):
        hover = [
            f"<b>{words(name)}</b><br>{what}: {number(value, 3)}" for name, value in zip(names, values, strict=True)
        ]
        fig.add_trace(
            go.Scatter(
                x=values,
                y=rows,
                mode="markers",
                marker={"size": 11, "color": colour},
                hovertext=hover,
                hoverinfo="text",
                cliponaxis=False,
            )
        )
        if rows and known:
            fig.add_annotation(x=values[0], y=0, text=f"<b>{what}</b>", showarrow=False, yshift=19, font={"color": colour, "size": 13},
                               )  # fmt: skip
    fig.update_xaxes(
        tickvals=ticks, ticktext=[f"{t:g}" for t in ticks], range=padded(ticks), showgrid=True, gridcolor=theme.grid,
        title_text=say("Loss") if phone else say("Loss a held-out order, nats (less is better)"),
    )  # fmt: skip
    _rows_axis(fig, names, theme, left)
    return fig


def _whiskers(table: pl.DataFrame, names: Sequence[str], what: str, theme: Theme) -> go.Scatter:
    low, mid, high = (table[column] for column in (f"{what}_low", what, f"{what}_high"))
    sign = "α" if what == "alpha" else "β"
    return go.Scatter(
        x=mid.to_list(),
        y=list(range(len(names))),
        mode="markers",
        marker={"size": 10, "color": theme.primary},
        error_x={
            "type": "data",
            "symmetric": False,
            "array": [0 if v is None else v for v in (high - mid)],
            "arrayminus": [0 if v is None else v for v in (mid - low)],
            "color": theme.primary,
            "thickness": 2,
            "width": 0,
        },
        hovertext=[
            say(
                "<b>{name}</b><br>{sign} = {value}, 95 % between {low} and {high}",
                name=words(name),
                sign=sign,
                value=number(b, 2),
                low=number(a, 2),
                high=number(c, 2),
            )
            for name, a, b, c in zip(names, low, mid, high, strict=True)
        ],
        hoverinfo="text",
        cliponaxis=False,
    )


def _rows_axis(fig: go.Figure, names: Sequence[str], theme: Theme, left: int) -> None:
    fig.update_yaxes(
        tickvals=list(range(len(names))),
        ticktext=[words(fitted(name, left - 12)) for name in names],
        range=[len(names) - 0.5, -0.6],
        showgrid=False,
        tickfont={"color": theme.ink, "size": 14},
        ticklabelstandoff=6,
    )


def _km(metres: float | None) -> str:
    return "—" if metres is None else from_python(f"{metres / 1000:.1f} km")
