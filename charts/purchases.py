"""Do they come back, when, and which are worth how much? The pictures of the Purchases page."""

import numpy as np
import plotly.graph_objects as go
import polars as pl

from charts.cells import coloured_cells, printed_cells, table_frame
from charts.kept import kept
from charts.marks import Row, colour_at, column_px, even_ticks, padded, ranked_rows, readable_on
from charts.notes import caption, mark_day_line
from charts.numbers import compact, count, money_compact, number, percent
from charts.retention import cohort_triangle, survival_curve
from charts.theme import Theme, figure, finding_dot, words
from schema.language import say
from schema.wording import SEGMENT_LABELS

__all__ = [
    "cohort_triangle",
    "gaps_histogram",
    "lorenz_curve",
    "orders_histogram",
    "rfm_grid",
    "segment_bars",
    "survival_curve",
]

_HEIGHT = 300
_TOP, _BOTTOM = 30, 44
_MOST_ORDERS = 8
"""From here on customers are few: one last column, "8+", keeps the columns wide enough for their numbers."""
_WEEK = 7
_MOST_BARS = 60


@kept
def orders_histogram(
    table: pl.DataFrame, theme: Theme, *, highlight: int | None = None, alt: str | None = None
) -> go.Figure:
    """How many customers bought once, twice, more often?

    Args:
        table: One row a number of orders: ``orders`` (order-days), ``customers``; 8 and more are drawn as one.
        theme: Light or dark.
        highlight: The number of orders that is the finding.
        alt: The finding as a sentence; else the picture is described.
    """
    binned = (
        table.with_columns(pl.col("orders").clip(upper_bound=_MOST_ORDERS))
        .group_by("orders")
        .agg(pl.col("customers").sum())
    ).sort("orders")
    found = dict(binned.select("orders", "customers").iter_rows())
    steps = list(range(1, max(found) + 1))
    customers = np.array([found.get(step, 0) for step in steps], dtype=np.float64)
    shares = (customers / (customers.sum() or 1)).astype(np.float32)
    names = [f"{step}+" if step == _MOST_ORDERS else str(step) for step in steps]
    hover = [
        f"<b>{say('1 order') if name == '1' else say('{n} orders', n=name)}</b><br>"
        + say("{n} customers, {share}", n=count(n), share=percent(float(share)))
        for name, n, share in zip(names, customers, shares, strict=True)
    ]
    said = say("{part} of {n} customers bought once.", part=percent(float(shares[0])), n=count(customers.sum()))
    fig = figure(theme, alt=alt or said, height=260, margin={"l": 4, "r": 4, "t": 24, "b": _BOTTOM})
    fig.add_trace(
        go.Bar(
            x=np.array(steps, dtype=np.uint8),
            y=shares,
            marker={"color": [theme.finding if step == highlight else theme.primary for step in steps]},
            text=[percent(float(share)) for share in shares],
            textposition="outside",
            textangle=0,
            constraintext="none",
            cliponaxis=False,
            textfont={"color": theme.ink, "size": 12},
            hovertext=hover,
            hoverinfo="text",
            customdata=[[step] for step in steps],
        ),
    )
    fig.update_yaxes(visible=False, range=[0, float(shares.max()) or 1])
    fig.update_xaxes(
        tickvals=steps, ticktext=names, title_text=say("Orders per customer"), range=[0.4, max(steps) + 0.6]
    )
    fig.update_layout(bargap=0.25)
    return fig


@kept
def gaps_histogram(
    table: pl.DataFrame, theme: Theme, *, median_day: float | None = None, alt: str | None = None
) -> go.Figure:
    """How many days lie between one purchase and the next?

    Args:
        table: One row a gap: ``gap_days``, ``gaps`` (how often it occurred).
        theme: Light or dark.
        median_day: The typical gap, marked as the finding.
        alt: The finding as a sentence; else the picture is described.
    """
    most = int(table.get_column("gap_days").max() or 1)  # type: ignore[arg-type]
    # whole weeks: people buy on their weekday, so bins of other widths show ripples that mean nothing
    width = _WEEK * max(1, -(-most // (_WEEK * _MOST_BARS)))
    binned = (
        table.group_by((pl.col("gap_days") // width * width).alias("start")).agg(pl.col("gaps").sum()).sort("start")
    )
    starts, gaps = binned.get_column("start").to_numpy(), binned.get_column("gaps").to_numpy()
    ticks = even_ticks(0, float(gaps.max()), 4)
    labels = [compact(tick) for tick in ticks]
    often = int(starts[gaps.argmax()])
    said = say(
        "{n} gaps between purchases, most often {first} to {last} days.",
        n=count(gaps.sum()),
        first=str(often),
        last=str(often + width - 1),
    )
    fig = figure(
        theme,
        alt=alt or said,
        height=260,
        margin={"l": column_px(labels, size=13) + 14, "r": 16, "t": 26, "b": _BOTTOM},
        bargap=0.12,
    )
    fig.add_trace(
        go.Bar(
            x=(starts + width / 2).astype(np.float32),
            y=gaps.astype(np.float64),
            width=width * 0.88,
            marker={"color": theme.primary, "cornerradius": 2},
            hovertext=[
                say("<b>{first}–{last} days</b><br>{n} gaps", first=str(start), last=str(start + width - 1), n=count(n))
                for start, n in zip(starts, gaps, strict=True)
            ],
            hoverinfo="text",
        ),
    )
    fig.update_yaxes(tickvals=ticks, ticktext=labels, range=padded(ticks))
    fig.update_xaxes(title_text=say("Days between purchases"), nticks=6, range=[0, most + width])
    if median_day is not None:
        mark_day_line(
            fig,
            theme,
            median_day,
            say("median {days} days", days=number(median_day, 0)),
            left=median_day > most / 2,
        )
    return fig


@kept
def rfm_grid(
    table: pl.DataFrame,
    theme: Theme,
    *,
    currency: str,
    highlight: tuple[int, int] | None = None,
    alt: str | None = None,
) -> go.Figure:
    """How many customers are recent, frequent, both or neither?

    Args:
        table: One row a pair of scores (more rows are added up): ``r``, ``f`` (1-5), ``customers``, ``net_minor``.
        theme: Light or dark.
        currency: ISO 4217 code of ``net_minor``.
        highlight: The (r, f) of the finding, framed in amber.
        alt: The finding as a sentence; else the picture is described.
    """
    cells = table.drop_nulls(["r", "f"]).group_by("r", "f").agg(pl.col("customers").sum(), pl.col("net_minor").sum())
    cells = cells.sort("f", "r", descending=[True, False])
    most = float(cells.get_column("customers").max() or 1)  # type: ignore[arg-type]
    values = np.full((5, 5), np.nan, dtype=np.float32)
    spots, texts, tints, hover, keys = [], [], [], [], []
    for r, f, customers, net in cells.iter_rows():
        spot = 5 - f, r - 1
        values[spot] = np.sqrt(customers)
        spots.append(spot)
        texts.append(count(customers))
        tints.append(readable_on(colour_at(theme.sales, float(np.sqrt(customers / most))), theme))
        hover.append(
            say(
                "<b>Recency {r} · frequency {f}</b><br>{n} customers<br>net {net}",
                r=r,
                f=f,
                n=count(customers),
                net=money_compact(net, currency),
            )
        )
        keys.append([r, f])
    said = say("{n} customers by recency and frequency score.", n=count(float(cells.get_column("customers").sum())))
    fig = table_frame(
        theme,
        [say("F 5 often"), "F 4", "F 3", "F 2", say("F 1 once")],
        ["R 1", "R 2", "R 3", "R 4", "R 5"],
        alt or said,
    )
    fig.update_layout(height=5 * 40 + 66, margin={"t": 58})
    caption(fig, theme, say("Recency: R 1 long ago, R 5 just now"), above=32)
    # root of the count: one-time buyers are so many that all other cells would look empty
    fig.add_trace(coloured_cells(values, theme.sales, 0.0, float(np.sqrt(most))))
    fig.add_trace(printed_cells(spots, texts, tints, hover, keys))
    if highlight is not None:
        row, column = 5 - highlight[1], highlight[0] - 1
        edge = {"x0": column - 0.48, "x1": column + 0.48, "y0": row - 0.46, "y1": row + 0.46}
        fig.add_shape(type="rect", line={"color": theme.finding, "width": 3}, **edge)
    return fig


@kept
def segment_bars(
    table: pl.DataFrame, theme: Theme, *, currency: str, highlight: str | None = None, alt: str | None = None
) -> go.Figure:
    """How many customers does each segment have, and what do they bring?

    Args:
        table: One row a segment in order: ``segment``, ``customers``, ``net_minor``.
        theme: Light or dark.
        currency: ISO 4217 code of ``net_minor``.
        highlight: The segment that is the finding.
        alt: The finding as a sentence; else the picture is described.
    """
    rows = [
        Row(
            name=_segment(row["segment"]),
            values=(row["customers"],),
            texts=(count(row["customers"]),),
            hover=say(
                "<b>{segment}</b><br>{n} customers<br>net {net}",
                segment=words(_segment(row["segment"])),
                n=count(row["customers"]),
                net=money_compact(row["net_minor"], currency),
            ),
            aside=money_compact(row["net_minor"], currency),
            colour=theme.finding if row["segment"] == highlight else None,
            extras=(row["segment"],),
        )
        for row in table.iter_rows(named=True)
    ]
    said = say(
        "Customers and net sales of {n} segments; {name} has {value}.",
        n=len(rows),
        name=rows[0].name,
        value=rows[0].texts[0],
    )
    return ranked_rows(theme, rows, alt=alt or said, colours=[theme.primary])


@kept
def lorenz_curve(
    table: pl.DataFrame,
    theme: Theme,
    *,
    gini: float | None = None,
    top_share: tuple[float, float] | None = None,
    alt: str | None = None,
) -> go.Figure:
    """How much of the sales do the best customers bring?

    Args:
        table: Points in order: ``customers_share``, ``net_share`` (cumulative, 0-1), smallest or best customers first.
        theme: Light or dark.
        gini: 0 is equal, 1 is all from one customer; printed.
        top_share: The finding: the top share of customers and their share of net sales, such as (0.2, 0.5).
        alt: The finding as a sentence; else the picture is described.
    """
    people = table.get_column("customers_share").cast(pl.Float64).to_numpy()
    net = table.get_column("net_share").cast(pl.Float64).to_numpy()
    best_first = bool(np.mean(net - people) > 0)
    said = (
        say("Gini {gini}", gini=number(gini, 2))
        if gini is not None
        else say("Cumulative share of net sales by share of customers")
    )
    fig = figure(
        theme, alt=alt or f"{said}.", height=_HEIGHT, margin={"l": 52, "r": 26, "t": _TOP, "b": _BOTTOM}, hovermode="x"
    )
    fig.add_trace(
        go.Scatter(
            x=np.array([0, 100], dtype=np.uint8),
            y=np.array([0, 100], dtype=np.uint8),
            mode="lines",
            line={"color": theme.calm, "width": 2},
            hoverinfo="skip",
        ),
    )
    people_said = say("{share} % of customers", share="%{x:.1f}")
    sales_said = say("{share} % of net sales", share="%{y:.1f}")
    fig.add_trace(
        go.Scatter(
            x=(np.concatenate([[0.0], people]) * 100).astype(np.float32),
            y=(np.concatenate([[0.0], net]) * 100).astype(np.float32),
            mode="lines",
            line={"color": theme.primary, "width": 3},
            hovertemplate=f"{people_said}<br>{sales_said}<extra></extra>",
            cliponaxis=False,
        ),
    )
    ticks = [0, 25, 50, 75, 100]
    low = min(0.0, float(net.min()) * 100)
    axis = {"tickvals": ticks, "ticktext": [f"{tick} %" for tick in ticks]}
    fig.update_xaxes(
        **axis,
        range=[0, 100],
        title_text=say("Customers, best first") if best_first else say("Customers, smallest first"),
    )
    fig.update_yaxes(**axis, range=[low - 0.5, 100.5])
    caption(
        fig,
        theme,
        say("Share of net sales") if gini is None else say("Share of net sales · Gini {gini}", gini=number(gini, 2)),
        above=8,
        shift=-44,
    )
    if top_share is not None:
        at = top_share if best_first else (1 - top_share[0], 1 - top_share[1])
        label = say("top {buyers} bring {money}", buyers=percent(top_share[0], 0), money=percent(top_share[1]))
        finding_dot(fig, theme, x=at[0] * 100, y=at[1] * 100, label=label, left=not best_first)
    return fig


def _segment(code: object) -> str:
    """A segment as people call it."""
    return say(SEGMENT_LABELS.get(str(code), str(code).replace("_", " ").capitalize()))
