"""Which products hold attention, and which of them sell?"""

import numpy as np
import plotly.graph_objects as go
import polars as pl

from charts.kept import kept
from charts.marks import even_ticks, fitted, padded
from charts.numbers import count, interval, percent, seconds
from charts.theme import Theme, faded, figure, words
from schema.language import say

_QUADRANT_PX = 340
_DOT_PX = (6, 24)


@kept
def dwell_quadrant(
    table: pl.DataFrame,
    theme: Theme,
    *,
    x_median: float | None = None,
    y_median: float | None = None,
    highlight: str | None = None,
    alt: str | None = None,
) -> go.Figure:
    """Which products hold attention, and which of them sell?

    Args:
        table: One row a product: ``product_id``, ``name``, ``median_dwell_s`` (seconds), ``conversion_rate`` (0-1),
            ``low``, ``high`` (its 95 % interval), ``viewers``. Rows with an unknown number are left out.
        theme: Light or dark.
        x_median: The typical dwell in seconds: a line; the table's own median when not given.
        y_median: The typical conversion (0-1): a line; likewise.
        highlight: The ``product_id`` that is the finding.
        alt: The finding as a sentence; else the picture is described.
    """
    dots = table.drop_nulls(["median_dwell_s", "conversion_rate"]).sort("viewers", descending=True)
    dwell, rate = dots.get_column("median_dwell_s"), dots.get_column("conversion_rate")
    across = x_median if x_median is not None else _middle(dwell)
    up = y_median if y_median is not None else _middle(rate)
    y_ticks = even_ticks(0, max(float(rate.max() or 0.01), up) * 100)  # type: ignore[arg-type]
    fig = figure(
        theme,
        alt=alt
        or say(
            "{n} products by median dwell and conversion; typical are {dwell} and {conversion}.",
            n=dots.height,
            dwell=seconds(across),
            conversion=percent(up),
        ),
        height=_QUADRANT_PX,
        margin={"l": 34, "r": 12, "t": 34, "b": 48},
        hovermode="closest",
    )
    x_ticks = even_ticks(float(dwell.min() or 0.0), max(float(dwell.max() or 1.0), across))  # type: ignore[arg-type]
    fig.update_xaxes(range=padded(x_ticks), tickvals=x_ticks, title_text=say("Median dwell, seconds"))
    fig.update_yaxes(range=padded(y_ticks), tickvals=y_ticks, showgrid=False)
    _draw_quadrants(fig, theme, across, up * 100)
    chosen = pl.col("product_id") == pl.lit(highlight, dtype=pl.String)
    biggest = float(dots.get_column("viewers").max() or 1)  # type: ignore[arg-type]
    fig.add_trace(_dots(dots.filter(~chosen.fill_null(value=False)), theme.calm, theme, biggest))
    for row in dots.filter(chosen).iter_rows(named=True):
        fig.add_trace(_dots(dots.filter(chosen), theme.finding, theme, biggest, interval_bar=True))
        _name_dot(fig, theme, row, left=row["median_dwell_s"] > (x_ticks[0] + x_ticks[-1]) / 2)
    return fig


def _middle(values: pl.Series) -> float:
    return float(values.median() or 0.0)  # type: ignore[arg-type]


def _draw_quadrants(fig: go.Figure, theme: Theme, across: float, up: float) -> None:
    line = {"color": theme.calm, "width": 1}
    fig.add_shape(type="line", x0=across, x1=across, yref="paper", y0=0, y1=1, line=line, layer="below")
    fig.add_shape(type="line", y0=up, y1=up, xref="paper", x0=0, x1=1, line=line, layer="below")
    corners = ((say("Impulse"), 0, 1), (say("Stars"), 1, 1), (say("Ignored"), 0, 0), (say("Hesitation"), 1, 0))
    for name, right, top in corners:
        fig.add_annotation(
            xref="paper",
            yref="paper",
            x=right,
            y=top,
            xanchor="right" if right else "left",
            yanchor="top" if top else "bottom",
            xshift=-4 if right else 6,
            text=name,
            showarrow=False,
            font={"color": theme.axis, "size": 13},
        )
    fig.add_annotation(
        xref="paper",
        yref="paper",
        x=0,
        y=1,
        xanchor="left",
        yanchor="bottom",
        xshift=-26,
        yshift=8,
        text=say("Bought within 14 days, %"),
        showarrow=False,
        font={"color": theme.axis, "size": 13},
    )


def _dots(dots: pl.DataFrame, colour: str, theme: Theme, biggest: float, *, interval_bar: bool = False) -> go.Scatter:
    rate = dots.get_column("conversion_rate").cast(pl.Float64).to_numpy() * 100
    viewers = dots.get_column("viewers").cast(pl.Float64).to_numpy()
    hover = [
        say(
            "<b>{name}</b><br>{dwell} median dwell<br>{conversion} {interval} bought within 14 days<br>{viewers} viewers",
            name=words(row["name"]),
            dwell=seconds(row["median_dwell_s"]),
            conversion=percent(row["conversion_rate"]),
            interval=interval(row["low"], row["high"]),
            viewers=count(row["viewers"]),
        )
        for row in dots.iter_rows(named=True)
    ]
    bar = None
    if interval_bar:
        high = dots.get_column("high").cast(pl.Float64).fill_null(float("nan")).to_numpy() * 100
        low = dots.get_column("low").cast(pl.Float64).fill_null(float("nan")).to_numpy() * 100
        bar = {"array": high - rate, "arrayminus": rate - low, "color": colour, "thickness": 1.5, "width": 0}
    small, large = _DOT_PX
    return go.Scatter(
        x=dots.get_column("median_dwell_s").cast(pl.Float32).to_numpy(),
        y=rate.astype(np.float32),
        mode="markers",
        marker={
            "size": (small + (large - small) * np.sqrt(viewers / biggest)).astype(np.float32),
            "color": colour,
            "opacity": 1,
            "line": {"color": theme.page, "width": 1},
        },
        error_y=bar,
        customdata=[[product] for product in dots.get_column("product_id")],
        hovertext=hover,
        hoverinfo="text",
        cliponaxis=False,
    )


def _name_dot(fig: go.Figure, theme: Theme, row: dict[str, object], *, left: bool) -> None:
    rate = float(str(row["conversion_rate"]))
    dwell = float(str(row["median_dwell_s"]))
    low, high = row["low"], row["high"]
    between = interval(float(str(low)), float(str(high))) if low is not None and high is not None else ""
    fig.add_annotation(
        x=dwell,
        y=rate * 100,
        xanchor="right" if left else "left",
        xshift=-18 if left else 18,
        align="right" if left else "left",
        text=f"<b>{words(fitted(row['name'], 150))}</b><br>{seconds(dwell)} · {percent(rate)} {between}",
        showarrow=False,
        bgcolor=faded(theme.page, 0.6),
        font={"color": theme.finding_text, "size": 13},
    )
