"""Do they come back, when, and which are worth how much? The pictures of the Purchases page."""

import numpy as np
import plotly.graph_objects as go
import polars as pl

from charts.cells import coloured_cells, printed_cells, table_frame
from charts.marks import Row, colour_at, column_px, even_ticks, fitted, padded, ranked_rows, readable_on, spread
from charts.numbers import compact, count, money_compact, number, percent
from charts.theme import Theme, end_label, figure, finding_dot, words

_HEIGHT = 300
_TOP, _BOTTOM = 30, 44
_MOST_ORDERS = 8
"""From here on customers are few: one last column, "8+", keeps the columns wide enough for their numbers."""
_WEEK = 7
_MOST_BARS = 60
_LINE_PX = 17


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
        f"<b>{name} order{'' if name == '1' else 's'}</b><br>{count(n)} customers, {percent(float(share))}"
        for name, n, share in zip(names, customers, shares, strict=True)
    ]
    said = f"{percent(float(shares[0]))} of {count(customers.sum())} customers bought once."
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
    fig.update_xaxes(tickvals=steps, ticktext=names, title_text="Orders per customer", range=[0.4, max(steps) + 0.6])
    fig.update_layout(bargap=0.25)
    return fig


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
    said = f"{count(gaps.sum())} gaps between purchases, most often {starts[gaps.argmax()]} to "
    fig = figure(
        theme,
        alt=alt or f"{said}{starts[gaps.argmax()] + width - 1} days.",
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
                f"<b>{start}–{start + width - 1} days</b><br>{count(n)} gaps"
                for start, n in zip(starts, gaps, strict=True)
            ],
            hoverinfo="text",
        ),
    )
    fig.update_yaxes(tickvals=ticks, ticktext=labels, range=padded(ticks))
    fig.update_xaxes(title_text="Days between purchases", nticks=6, range=[0, most + width])
    if median_day is not None:
        _mark_day(fig, theme, median_day, f"median {number(median_day, 0)} days", left=median_day > most / 2)
    return fig


def survival_curve(
    table: pl.DataFrame,
    theme: Theme,
    *,
    median_day: float | None = None,
    mark_day: float | None = None,
    alt: str | None = None,
) -> go.Figure:
    """How many first-time buyers have ordered again by which day (Kaplan-Meier)?

    Drawn as 1 − ``survival``: people read "70 % came back by day 45" at once, "30 % have not yet" at second sight.

    Args:
        table: One row a step: ``day``, ``survival`` (share that has not ordered again), and ``group`` for several curves.
        theme: Light or dark.
        median_day: When half have come back: a quiet line.
        mark_day: The day of the finding, marked on the first curve.
        alt: The finding as a sentence; else the picture is described.
    """
    several = "group" in table.columns
    parts = table.partition_by("group", maintain_order=True) if several else [table]
    names = [str(part.item(0, "group")) for part in parts] if several else [""]
    colours = [theme.primary] if len(parts) == 1 else [*theme.categorical, *[theme.calm] * len(parts)]
    last = float(table.get_column("day").max() or 1)  # type: ignore[arg-type]
    curves = [_steps(part, last) for part in parts]
    ticks = even_ticks(0, max(float(risen.max()) for _, risen in curves) * 100 or 1)
    first_day, first_rise = curves[0]
    fig = figure(
        theme,
        alt=alt or f"By day {number(last, 0)}, {percent(float(first_rise[-1]))} have ordered again.",
        height=_HEIGHT,
        margin={"l": 48, "r": min(110, column_px(names, cap=96) + 16), "t": _TOP, "b": _BOTTOM},
        hovermode="closest",
    )
    for (days, risen), name, colour in zip(curves, names, colours, strict=False):
        said = f"<b>{words(name)}</b><br>" if name else ""
        fig.add_trace(
            go.Scatter(
                x=days.astype(np.float32),
                y=(risen * 100).astype(np.float32),
                mode="lines",
                line={"shape": "hv", "color": colour, "width": 3},
                hovertext=[
                    f"{said}{percent(float(share))} ordered again by day {day:.0f}"
                    for day, share in zip(days, risen, strict=True)
                ],
                hoverinfo="text",
            ),
        )
    fig.update_yaxes(tickvals=ticks, ticktext=[f"{tick:g} %" for tick in ticks], range=padded(ticks))
    fig.update_xaxes(title_text="Days since the first order", nticks=6, range=[0, last])
    if several:
        _name_curves(fig, [float(risen[-1]) * 100 for _, risen in curves], names, colours, last)
    if median_day is not None:
        _mark_day(
            fig, theme, median_day, f"half by day {number(median_day, 0)}", left=median_day > last / 2, quiet=True
        )
    if mark_day is not None:
        share = float(first_rise[first_day <= mark_day][-1])
        said = f"{percent(share)} by day {number(mark_day, 0)}"
        finding_dot(fig, theme, x=mark_day, y=share * 100, label=said, left=mark_day > last / 2, above=True)
    return fig


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
            f"<b>Recency {r} · frequency {f}</b><br>{count(customers)} customers<br>net {money_compact(net, currency)}"
        )
        keys.append([r, f])
    said = f"{count(float(cells.get_column('customers').sum()))} customers by recency and frequency score."
    fig = table_frame(
        theme, ["F 5 often", "F 4", "F 3", "F 2", "F 1 once"], ["R 1", "R 2", "R 3", "R 4", "R 5"], alt or said
    )
    fig.update_layout(height=5 * 40 + 44, margin={"t": 36})
    # root of the count: one-time buyers are so many that all other cells would look empty
    fig.add_trace(coloured_cells(values, theme.sales, 0.0, float(np.sqrt(most))))
    fig.add_trace(printed_cells(spots, texts, tints, hover, keys))
    if highlight is not None:
        row, column = 5 - highlight[1], highlight[0] - 1
        edge = {"x0": column - 0.48, "x1": column + 0.48, "y0": row - 0.46, "y1": row + 0.46}
        fig.add_shape(type="rect", line={"color": theme.finding, "width": 3}, **edge)
    return fig


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
            name=str(row["segment"]).replace("_", " ").capitalize(),
            values=(row["customers"],),
            texts=(count(row["customers"]),),
            hover=f"<b>{words(row['segment'])}</b><br>{count(row['customers'])} customers<br>"
            f"net {money_compact(row['net_minor'], currency)}",
            aside=money_compact(row["net_minor"], currency),
            colour=theme.finding if row["segment"] == highlight else None,
            extras=(row["segment"],),
        )
        for row in table.iter_rows(named=True)
    ]
    said = f"Customers and net sales of {len(rows)} segments; {rows[0].name} has {rows[0].texts[0]}."
    return ranked_rows(theme, rows, alt=alt or said, colours=[theme.primary])


def cohort_triangle(table: pl.DataFrame, theme: Theme, *, alt: str | None = None) -> go.Figure:
    """Of those who first bought in a month, how many bought again later?

    Args:
        table: One row a cohort and month since: ``cohort`` (date or text), ``month`` (0 is the first), ``retention``
            (0-1, null while immature: blank). Month 0 is always 100 % and is not drawn.
        theme: Light or dark.
        alt: The finding as a sentence; else the picture is described.
    """
    later = table.filter(pl.col("month") > 0)
    months = list(range(1, int(later.get_column("month").max() or 1) + 1))  # type: ignore[arg-type]
    cohorts = table.get_column("cohort").unique(maintain_order=True).to_list()
    names = [cohort if isinstance(cohort, str) else f"{cohort:%b %Y}" for cohort in cohorts]
    shown = later.drop_nulls("retention")
    high = float(shown.get_column("retention").quantile(0.95) or 0.0) or 1.0
    values = np.full((len(cohorts), len(months)), np.nan, dtype=np.float32)
    spots, texts, tints, hover, keys = [], [], [], [], []
    for row in shown.iter_rows(named=True):
        spot = cohorts.index(row["cohort"]), row["month"] - 1
        values[spot] = row["retention"]
        spots.append(spot)
        # whole percents: twelve columns must fit a phone, and the hover label has the decimal
        texts.append(f"{100 * row['retention']:.0f}")
        tints.append(readable_on(colour_at(theme.sales, row["retention"] / high), theme))
        hover.append(f"<b>{words(names[spot[0]])}</b>, month {row['month']}<br>{percent(row['retention'])} bought")
        keys.append([names[spot[0]], row["month"]])
    said = f"Share of {len(cohorts)} monthly cohorts that bought again, in percent, by months since the first order."
    fig = table_frame(theme, names, [str(month) for month in months], alt or said)
    fig.update_layout(height=24 * len(cohorts) + 64, margin={"t": 56, "b": 8})
    fig.update_xaxes(tickfont={"color": theme.axis, "size": 12})
    fig.add_trace(coloured_cells(values, theme.sales, 0.0, high).update(xgap=2, ygap=2))
    fig.add_trace(printed_cells(spots, texts, tints, hover, keys).update(textfont={"size": 11}))
    _caption(fig, theme, "% who bought, by month since the first order", above=30)
    return fig


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
    said = f"Gini {number(gini, 2)}" if gini is not None else "Cumulative share of net sales by share of customers"
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
    fig.add_trace(
        go.Scatter(
            x=(np.concatenate([[0.0], people]) * 100).astype(np.float32),
            y=(np.concatenate([[0.0], net]) * 100).astype(np.float32),
            mode="lines",
            line={"color": theme.primary, "width": 3},
            hovertemplate="%{x:.1f} % of customers<br>%{y:.1f} % of net sales<extra></extra>",
            cliponaxis=False,
        ),
    )
    ticks = [0, 25, 50, 75, 100]
    low = min(0.0, float(net.min()) * 100)
    axis = {"tickvals": ticks, "ticktext": [f"{tick} %" for tick in ticks]}
    order = "best first" if best_first else "smallest first"
    fig.update_xaxes(**axis, range=[0, 100], title_text=f"Customers, {order}")
    fig.update_yaxes(**axis, range=[low - 0.5, 100.5])
    _caption(
        fig, theme, f"Share of net sales{'' if gini is None else f' · Gini {number(gini, 2)}'}", above=8, shift=-44
    )
    if top_share is not None:
        at = top_share if best_first else (1 - top_share[0], 1 - top_share[1])
        label = f"top {percent(top_share[0], 0)} bring {percent(top_share[1])}"
        finding_dot(fig, theme, x=at[0] * 100, y=at[1] * 100, label=label, left=not best_first)
    return fig


def _steps(
    part: pl.DataFrame, last: float
) -> tuple[np.ndarray[tuple[int], np.dtype[np.float64]], np.ndarray[tuple[int], np.dtype[np.float64]]]:
    ordered = part.sort("day")
    days = ordered.get_column("day").cast(pl.Float64).to_numpy()
    risen = 1 - ordered.get_column("survival").cast(pl.Float64).to_numpy()
    if days[0] > 0:
        days, risen = np.concatenate([[0.0], days]), np.concatenate([[0.0], risen])
    if days[-1] < last and "group" not in part.columns:
        days, risen = np.append(days, last), np.append(risen, risen[-1])
    return days, risen


def _name_curves(fig: go.Figure, heights: list[float], names: list[str], colours: list[str], last: float) -> None:
    low, high = fig.layout.yaxis.range
    per_pixel = (high - low) / (_HEIGHT - _TOP - _BOTTOM)
    wanted = [height / per_pixel for height in heights]
    for name, colour, height, at, moved in zip(names, colours, heights, wanted, spread(wanted, _LINE_PX), strict=False):
        end_label(fig, x=last, y=height, text=fitted(name, 92), colour=colour, shift=moved - at)


def _mark_day(fig: go.Figure, theme: Theme, day: float, label: str, *, left: bool, quiet: bool = False) -> None:
    line = {"color": theme.calm if quiet else theme.finding, "width": 1.5, "dash": "dot" if quiet else "solid"}
    fig.add_shape(type="line", x0=day, x1=day, yref="paper", y0=0, y1=1, line=line)
    fig.add_annotation(
        x=day,
        yref="paper",
        y=1,
        yanchor="bottom",
        xanchor="right" if left else "left",
        xshift=4 if left else -4,
        text=label if quiet else f"<b>{label}</b>",
        showarrow=False,
        font={"color": theme.axis if quiet else theme.finding_text, "size": 13},
    )


def _caption(fig: go.Figure, theme: Theme, text: str, *, above: float, shift: float = 0) -> None:
    fig.add_annotation(
        xref="paper",
        yref="paper",
        x=0,
        y=1,
        xanchor="left",
        yanchor="bottom",
        xshift=shift,
        yshift=above,
        text=text,
        showarrow=False,
        font={"color": theme.axis, "size": 13},
    )
