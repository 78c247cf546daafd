"""One product, or two side by side: when, how often, for how much and how far away is it bought?

Each table may carry a column ``series`` with at most two names; the first is drawn teal, the second ochre.
"""

from typing import Any

import numpy as np
import plotly.graph_objects as go
import polars as pl

from charts.days import day_hour, short_weekdays
from charts.kept import kept
from charts.marks import column_px, even_ticks, fitted, padded, row_frame, spread
from charts.numbers import count, interval, percent
from charts.shares import HEAD_PX, day_bands, name_series, price_names, series_colours, series_of, share_rows
from charts.theme import Theme, end_label, faded, figure, words
from schema.language import from_python, later, say

_HEIGHT = 280
_TOP, _BOTTOM = 14, 34
_LINE_PX = 17
_WEEK_HOURS = 168


@kept
def orders_vs_views_hours(table: pl.DataFrame, theme: Theme, *, alt: str | None = None) -> go.Figure:
    """Do people buy when they look?

    Args:
        table: One row an hour (and series): ``hour`` (0-23) or ``hour_of_week`` (0-167), ``orders``, ``views`` (null
            where unknown). Drawn as shares of their own sum, so that few orders and many views fit one axis.
        theme: Light or dark.
        alt: The finding as a sentence; else the picture is described.
    """
    column = "hour_of_week" if "hour_of_week" in table.columns else "hour"
    hours = _WEEK_HOURS if column == "hour_of_week" else 24
    series = series_of(table)
    lines: list[tuple[np.ndarray[Any, Any], str, str, bool]] = []
    for (name, part), colour in zip(series, series_colours(theme, len(series)), strict=False):
        looked = say("{product} views", product=fitted(name, 52)) if name else say("Views")
        # the quiet line first, so that the orders lie on top of it
        quiet = theme.calm if len(series) == 1 else faded(colour, 0.5)
        lines.append((_shares(part, column, "views", hours), looked, quiet, False))
        lines.append((_shares(part, column, "orders", hours), name or say("Orders"), colour, True))
    lines = [line for line in lines if not np.isnan(line[0]).all()]
    most = max((float(np.nanmax(values)) for values, *_ in lines), default=0.01)
    ticks = even_ticks(0, most * 100)
    names = [fitted(name, 96) for _, name, _, _ in lines]
    fig = figure(
        theme,
        alt=alt
        or (
            say("Share of orders and of views by hour of the week.")
            if hours == _WEEK_HOURS
            else say("Share of orders and of views by hour of the day.")
        ),
        height=_HEIGHT,
        margin={"l": 48, "r": column_px(names, cap=100) + 14, "t": _TOP, "b": _BOTTOM},
        hovermode="closest",
    )
    for values, name, colour, bold in lines:
        hover = [
            f"<b>{words(name)}</b><br>{_hour_words(hour, hours)}: {percent(float(v))}" for hour, v in enumerate(values)
        ]
        fig.add_trace(
            go.Scatter(
                x=np.arange(hours, dtype=np.uint8),
                y=(values * 100).astype(np.float32),
                mode="lines",
                line={"color": colour, "width": (3 if hours == 24 else 2) if bold else 2},  # noqa: PLR2004
                hovertext=hover,
                hoverinfo="text",
            ),
        )
    fig.update_yaxes(tickvals=ticks, ticktext=[f"{tick:g} %" for tick in ticks], range=padded(ticks))
    if hours == _WEEK_HOURS:
        fig.update_xaxes(tickvals=list(range(12, hours, 24)), ticktext=list(short_weekdays()), range=[0, hours - 1])
    else:
        fig.update_xaxes(
            tickvals=[0, 6, 12, 18, 23], ticktext=["0", "6", "12", "18", say("{hour} h", hour=23)], range=[0, 23]
        )
    _name_lines(fig, theme, lines, padded(ticks), hours - 1)
    return fig


@kept
def buyers_by_purchases_bars(
    table: pl.DataFrame, theme: Theme, *, highlight: str | None = None, alt: str | None = None
) -> go.Figure:
    """How often does the same customer buy it?

    Args:
        table: One row a number of purchases (and series) in order: ``purchases`` (number or text such as ``5+``),
            ``buyers``. Drawn as shares of all buyers of the series.
        theme: Light or dark.
        highlight: The row that is the finding.
        alt: The finding as a sentence; else the picture is described.
    """

    def name(value: object) -> str:
        return say("once") if str(value) == "1" else say("{n} times", n=str(value))

    return share_rows(
        table, theme, ("purchases", "buyers", later("buyers")), highlight=highlight, alt=alt, name_of=name
    )


@kept
def price_bands_chart(
    table: pl.DataFrame, theme: Theme, *, currency: str = "", highlight: str | None = None, alt: str | None = None
) -> go.Figure:
    """At which prices is it really bought?

    Args:
        table: One row a price band (and series) in order: ``band`` (text) or ``price_minor`` and ``band_minor`` (start
            and width), and ``units``. Drawn as shares of all units.
        theme: Light or dark.
        currency: ISO 4217 code of ``price_minor``.
        highlight: The band that is the finding.
        alt: The finding as a sentence; else the picture is described.
    """
    named = price_names(table, currency) if "price_minor" in table.columns else table
    return share_rows(named, theme, ("band", "units", later("units")), highlight=highlight, alt=alt)


@kept
def view_to_order_bars(
    table: pl.DataFrame, theme: Theme, *, highlight: str | None = None, alt: str | None = None
) -> go.Figure:
    """How many days pass from the first look to the order?

    Args:
        table: One row a band of days (and series) in order: ``band`` (text) or single ``days``, and ``customers``.
            Drawn as shares.
        theme: Light or dark.
        highlight: The band that is the finding.
        alt: The finding as a sentence; else the picture is described.
    """
    banded = day_bands(table) if "days" in table.columns else table
    return share_rows(banded, theme, ("band", "customers", later("customers")), highlight=highlight, alt=alt)


@kept
def distance_bars(
    table: pl.DataFrame, theme: Theme, *, highlight: str | None = None, alt: str | None = None
) -> go.Figure:
    """How far from the nearest store do its buyers live?

    Args:
        table: One row a band of distance (and series) in order: ``band`` (text), ``customers``. Drawn as shares.
        theme: Light or dark.
        highlight: The band that is the finding.
        alt: The finding as a sentence; else the picture is described.
    """

    def name(band: object) -> str:
        return from_python(str(band))

    noun = later("located buyers")
    return share_rows(table, theme, ("band", "customers", noun), highlight=highlight, alt=alt, name_of=name)


@kept
def size_curve(table: pl.DataFrame, theme: Theme, *, highlight: str | None = None, alt: str | None = None) -> go.Figure:
    """Which sizes sell, and which are missing?

    Args:
        table: One row a size (and series) in order: ``size``, ``units``, and ``missing`` (yes or no) or ``stock_out``
            (share of days without stock, 0-1, null when unknown), which is written at the edge.
        theme: Light or dark.
        highlight: The size that is the finding.
        alt: The finding as a sentence; else the picture is described.
    """
    return share_rows(table, theme, ("size", "units", later("units")), highlight=highlight, alt=alt)


@kept
def return_rate_bars(
    table: pl.DataFrame, theme: Theme, *, highlight: str | None = None, alt: str | None = None
) -> go.Figure:
    """Where does it come back: by channel or by size?

    Args:
        table: One row a group (and series) in order: ``group``, ``rate`` (0-1), ``low``, ``high`` (its 95 % interval),
            ``n`` (what the rate is of).
        theme: Light or dark.
        highlight: The group that is the finding.
        alt: The finding as a sentence; else the picture is described.
    """
    series = series_of(table)
    groups = [str(group) for group in table.get_column("group").unique(maintain_order=True)]
    several = len(series) > 1
    head = HEAD_PX if several else 4
    fig = row_frame(theme, groups, alt=alt or _return_words(table), right=66, row_px=46 if several else 31, top=head)
    most = max(float(table.get_column("high").max() or 0), float(table.get_column("rate").max() or 0)) or 1.0  # type: ignore[arg-type]
    fig.update_xaxes(range=[0, most * 1.02])
    for index, ((_, part), colour) in enumerate(zip(series, series_colours(theme, len(series)), strict=False)):
        places = [groups.index(str(group)) + (index - 0.5) * 0.36 * several for group in part.get_column("group")]
        rate = part.get_column("rate").to_list()
        found = [str(group) == highlight for group in part.get_column("group")]
        for place, value, is_found in zip(places, rate, found, strict=True):
            tint = theme.finding_text if is_found else colour if several else theme.ink
            fig.add_annotation(
                xref="paper",
                x=1,
                xshift=62,
                xanchor="right",
                y=place,
                text=f"<b>{percent(value)}</b>",
                showarrow=False,
                font={"color": tint, "size": 13},
            )
        fills = [theme.finding if is_found else colour for is_found in found]
        fig.add_trace(_rate_bars(part, places, fills, width=0.3 if several else 0.5, whisker=theme.axis))
    name_series(fig, theme, [name for name, _ in series])
    return fig


def _rate_bars(shown: pl.DataFrame, places: list[float], tints: list[str], *, width: float, whisker: str) -> go.Bar:
    rate = shown.get_column("rate").cast(pl.Float64).fill_null(float("nan")).to_numpy()
    low = shown.get_column("low").cast(pl.Float64).fill_null(float("nan")).to_numpy()
    high = shown.get_column("high").cast(pl.Float64).fill_null(float("nan")).to_numpy()
    return go.Bar(
        y=np.array(places, dtype=np.float32),
        x=rate.astype(np.float32),
        orientation="h",
        width=width,
        marker={"color": tints},
        error_x={
            "array": (high - rate).astype(np.float32),
            "arrayminus": (rate - low).astype(np.float32),
            "color": whisker,
            "thickness": 1.5,
            "width": 0,
        },
        hovertext=[
            say(
                "<b>{group}</b><br>{rate} {interval} came back<br>of {n}",
                group=words(row["group"]),
                rate=percent(row["rate"]),
                interval=interval(row["low"], row["high"]),
                n=count(row["n"]),
            )
            for row in shown.iter_rows(named=True)
        ],
        hoverinfo="text",
        customdata=[[group] for group in shown.get_column("group")],
    )


def _shares(part: pl.DataFrame, column: str, counted: str, hours: int) -> np.ndarray[Any, Any]:
    values = np.zeros(hours, dtype=np.float64)
    if counted not in part.columns or part.get_column(counted).null_count() == part.height:
        return np.full(hours, np.nan)
    for hour, n in part.select(column, counted).iter_rows():
        values[hour] += n or 0
    return values / (values.sum() or 1.0)


def _hour_words(hour: int, hours: int) -> str:
    if hours == _WEEK_HOURS:
        return day_hour(short_weekdays()[hour // 24], hour % 24)
    return say("{first}–{last} h", first=hour, last=hour + 1)


def _name_lines(
    fig: go.Figure,
    theme: Theme,
    lines: list[tuple[np.ndarray[Any, Any], str, str, bool]],
    span: list[float],
    last: int,
) -> None:
    per_pixel = (span[1] - span[0]) / (_HEIGHT - _TOP - _BOTTOM)
    heights = [float(values[-1]) * 100 for values, *_ in lines]
    wanted = [height / per_pixel for height in heights]
    for (_, name, colour, bold), height, at, moved in zip(
        lines, heights, wanted, spread(wanted, _LINE_PX), strict=True
    ):
        tint = colour if bold else theme.axis
        end_label(fig, x=last, y=height, text=fitted(name, 96), colour=tint, bold=bold, shift=moved - at)


def _return_words(table: pl.DataFrame) -> str:
    worst = table.drop_nulls("rate").sort("rate", descending=True)
    if worst.is_empty():
        return say("No return rate is known.")
    top = worst.row(0, named=True)
    return say(
        "Return rates of {n} groups; highest is {group} with {rate}.",
        n=table.height,
        group=top["group"],
        rate=percent(top["rate"]),
    )
