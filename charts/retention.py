"""Do first-time buyers come back, and when?"""

import numpy as np
import plotly.graph_objects as go
import polars as pl

from charts.cells import coloured_cells, printed_cells, table_frame
from charts.kept import kept
from charts.marks import colour_at, column_px, even_ticks, fitted, padded, readable_on, spread
from charts.notes import caption, mark_day_line
from charts.numbers import number, percent
from charts.theme import Theme, end_label, figure, finding_dot, words
from schema.days import short_month
from schema.language import say

_HEIGHT = 300
_TOP, _BOTTOM = 30, 44
_LINE_PX = 17


@kept
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
        alt=alt
        or say(
            "By day {day}, {share} have ordered again.",
            day=number(last, 0),
            share=percent(float(first_rise[-1])),
        ),
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
                    said + say("{share} ordered again by day {day}", share=percent(float(share)), day=f"{day:.0f}")
                    for day, share in zip(days, risen, strict=True)
                ],
                hoverinfo="text",
            ),
        )
    fig.update_yaxes(tickvals=ticks, ticktext=[f"{tick:g} %" for tick in ticks], range=padded(ticks))
    fig.update_xaxes(title_text=say("Days since the first order"), nticks=6, range=[0, last])
    if several:
        _name_curves(fig, [float(risen[-1]) * 100 for _, risen in curves], names, colours, last)
    if median_day is not None:
        mark_day_line(
            fig,
            theme,
            median_day,
            say("half by day {day}", day=number(median_day, 0)),
            left=median_day > last / 2,
            quiet=True,
        )
    if mark_day is not None:
        share = float(first_rise[first_day <= mark_day][-1])
        said = say("{share} by day {day}", share=percent(share), day=number(mark_day, 0))
        finding_dot(fig, theme, x=mark_day, y=share * 100, label=said, left=mark_day > last / 2, above=True)
    return fig


@kept
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
    names = [cohort if isinstance(cohort, str) else short_month(cohort) for cohort in cohorts]
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
        hover.append(
            say(
                "<b>{cohort}</b>, month {month}<br>{share} bought",
                cohort=words(names[spot[0]]),
                month=row["month"],
                share=percent(row["retention"]),
            )
        )
        keys.append([names[spot[0]], row["month"]])
    said = say(
        "Share of {n} monthly cohorts that bought again, in percent, by months since the first order.",
        n=len(cohorts),
    )
    fig = table_frame(theme, names, [str(month) for month in months], alt or said)
    fig.update_layout(height=24 * len(cohorts) + 64, margin={"t": 56, "b": 8})
    fig.update_xaxes(tickfont={"color": theme.axis, "size": 12})
    fig.add_trace(coloured_cells(values, theme.sales, 0.0, high).update(xgap=2, ygap=2))
    fig.add_trace(printed_cells(spots, texts, tints, hover, keys).update(textfont={"size": 11}))
    caption(fig, theme, say("% who bought, by month since the first order"), above=30)
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
