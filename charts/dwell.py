"""When and on what do people linger, and does it sell? The pictures of the Dwell page."""

from collections.abc import Collection

import numpy as np
import plotly.graph_objects as go
import polars as pl

from charts.blocks import (
    HOURS,
    Blocks,
    Measure,
    add_marks,
    block_heatmap,
    blocks_of,
    frame_hours,
    scale_of,
    shown_cells,
    written,
)
from charts.cells import coloured_cells, printed_cells, table_frame
from charts.marks import (
    Row,
    colour_at,
    even_ticks,
    fitted,
    padded,
    ranked_rows,
    readable_on,
    row_frame,
)
from charts.numbers import compact, count, interval, percent, seconds
from charts.theme import Theme, faded, figure, words

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_LONG_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_DAY_KINDS = ("Monday to Friday", "Weekend")
_QUADRANT_PX = 340
_DOT_PX = (6, 24)


def hour_of_week_heatmap(
    table: pl.DataFrame,
    theme: Theme,
    *,
    measure: Measure,
    frame: tuple[str, Collection[int]] | None = None,
    floor: int = 30,
    selectable: bool = False,
    alt: str | None = None,
) -> go.Figure:
    """When in the week do people linger on what?

    Args:
        table: One row a group and hour of week: ``group``, ``hour_of_week`` (0 = Monday 00:00), ``value``,
            ``known_views``; groups are drawn in the order they come.
        theme: Light or dark.
        measure: ``index`` (100 in the middle), ``minutes``, ``median`` (seconds) or ``linger`` (rate).
        frame: The finding: a group and its hours of the week, framed in ink.
        floor: A cell with fewer known views is blank.
        selectable: Whether dragging selects; a mark's ``customdata`` is ``[group, hour_of_week]``.
        alt: The finding as a sentence; else the picture is described.
    """
    blocks = blocks_of(table, pl.col("hour_of_week").cast(pl.Int32), DAYS, floor)
    fig = block_heatmap(blocks, theme, measure=measure, floor=floor, alt=alt or _peak_words(blocks, measure))
    add_marks(fig, blocks, measure, lambda group, at: [group, at])
    return _finish(fig, blocks, theme, frame, selectable=selectable)


def daypart_heatmap(
    table: pl.DataFrame,
    theme: Theme,
    *,
    measure: Measure,
    frame: tuple[str, Collection[int]] | None = None,
    floor: int = 30,
    selectable: bool = False,
    alt: str | None = None,
) -> go.Figure:
    """When in the day do people linger, on working days and at the weekend? For periods too short for 168 hours.

    Args:
        table: One row a group, kind of day and hour: ``group``, ``is_weekend``, ``hour`` (0-23), ``value``,
            ``known_views``.
        theme: Light or dark.
        measure: As in ``hour_of_week_heatmap``.
        frame: The finding: a group and hours, where 24 and more are the weekend's.
        floor: A cell with fewer known views is blank.
        selectable: Whether dragging selects; a mark's ``customdata`` is ``[group, is_weekend, hour]``.
        alt: The finding as a sentence; else the picture is described.
    """
    hour = pl.col("is_weekend").cast(pl.Int32) * HOURS + pl.col("hour").cast(pl.Int32)
    blocks = blocks_of(table, hour, _DAY_KINDS, floor)
    fig = block_heatmap(blocks, theme, measure=measure, floor=floor, alt=alt or _peak_words(blocks, measure))
    add_marks(fig, blocks, measure, lambda group, at: [group, at >= HOURS, at % HOURS])
    return _finish(fig, blocks, theme, frame, selectable=selectable)


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
        or f"{dots.height} products by median dwell and conversion; typical are {seconds(across)} and {percent(up)}.",
        height=_QUADRANT_PX,
        margin={"l": 34, "r": 12, "t": 34, "b": 48},
        hovermode="closest",
    )
    x_ticks = even_ticks(float(dwell.min() or 0.0), max(float(dwell.max() or 1.0), across))  # type: ignore[arg-type]
    fig.update_xaxes(range=padded(x_ticks), tickvals=x_ticks, title_text="Median dwell, seconds")
    fig.update_yaxes(range=padded(y_ticks), tickvals=y_ticks, showgrid=False)
    _draw_quadrants(fig, theme, across, up * 100)
    chosen = pl.col("product_id") == pl.lit(highlight, dtype=pl.String)
    biggest = float(dots.get_column("viewers").max() or 1)  # type: ignore[arg-type]
    fig.add_trace(_dots(dots.filter(~chosen.fill_null(value=False)), theme.calm, theme, biggest))
    for row in dots.filter(chosen).iter_rows(named=True):
        fig.add_trace(_dots(dots.filter(chosen), theme.finding, theme, biggest, interval_bar=True))
        _name_dot(fig, theme, row, left=row["median_dwell_s"] > (x_ticks[0] + x_ticks[-1]) / 2)
    return fig


def cross_heatmap(
    table: pl.DataFrame, theme: Theme, *, measure: Measure = "index", floor: int = 30, alt: str | None = None
) -> go.Figure:
    """On what do which customers linger: products or categories by segment, store, city or channel?

    Args:
        table: One row a cell: ``row``, ``column``, ``value``, ``known_views``; drawn in the order they come.
        theme: Light or dark.
        measure: As in ``hour_of_week_heatmap``; the value is printed in its cell.
        floor: A cell with fewer known views is blank.
        alt: The picture in a sentence.
    """
    names = [str(name) for name in table.get_column("row").unique(maintain_order=True)]
    heads = [str(name) for name in table.get_column("column").unique(maintain_order=True)]
    shown = table.filter((pl.col("known_views") >= floor) & pl.col("value").is_not_null())
    scale = scale_of(measure, theme, shown.get_column("value").cast(pl.Float64).to_list())
    values = np.full((len(names), len(heads)), np.nan, dtype=np.float32)
    texts, tints, hover, spots, keys = [], [], [], [], []
    for row in shown.iter_rows(named=True):
        spot = names.index(str(row["row"])), heads.index(str(row["column"]))
        values[spot] = row["value"]
        fill = colour_at(scale.colours, (row["value"] - scale.low) / (scale.high - scale.low))
        tints.append(readable_on(fill, theme))
        texts.append(_short(row["value"], measure))
        said = f"{written(row['value'], measure)} · {count(row['known_views'])} known views"
        hover.append(f"<b>{words(row['row'])}</b> · {words(row['column'])}<br>{said}")
        spots.append(spot)
        keys.append([row["row"], row["column"]])
    fig = table_frame(theme, names, heads, alt or f"{len(names)} rows by {len(heads)} columns, {measure} of dwell.")
    fig.add_trace(coloured_cells(values, scale.colours, scale.low, scale.high))
    fig.add_trace(printed_cells(spots, texts, tints, hover, keys))
    return fig


def coverage_bars(table: pl.DataFrame, theme: Theme, *, alt: str | None = None) -> go.Figure:
    """On what evidence does dwell rest, and how much is unknown?

    Args:
        table: One row a channel: ``channel``, ``views``, and of these ``measured``, ``pings``, ``gap``, ``unknown``.
        theme: Light or dark.
        alt: The finding as a sentence; else the picture is described.
    """
    kinds = (
        ("measured", "measured", theme.sales[7]),
        ("pings", "pings", theme.sales[4]),
        ("gap", "gap to next event", theme.sales[2]),
        ("unknown", "unknown", theme.calm),
    )
    names = [str(name) for name in table.get_column("channel")]
    fig = row_frame(theme, names, alt=alt or _coverage_words(table), right=66, top=34)
    fig.update_layout(barmode="stack")
    views = table.get_column("views").cast(pl.Float64).to_numpy()
    for column, said, colour in kinds:
        counts = table.get_column(column).fill_null(0).cast(pl.Float64).to_numpy()
        shares = np.divide(counts, views, out=np.zeros_like(counts), where=views > 0)
        hover = [
            f"<b>{words(name)}</b><br>{said}: {percent(float(share))}, {count(float(n))} of {count(float(all_))} views"
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
            hover=f"<b>{words(row['name'])}</b><br>{count(row['people'])} people lingered and did not buy<br>"
            f"interest {compact(row['interest_s'])} s, halved every 7 days",
            colour=theme.finding if row["product_id"] == highlight else None,
            extras=(row["product_id"],),
        )
        for row in table.iter_rows(named=True)
    ]
    said = f"{rows[0].texts[0]} people lingered on {rows[0].name} and did not buy, the most of {len(rows)} products."
    return ranked_rows(theme, rows, alt=alt or said, colours=[theme.calm if highlight else theme.primary])


def _finish(
    fig: go.Figure, blocks: Blocks, theme: Theme, frame: tuple[str, Collection[int]] | None, *, selectable: bool
) -> go.Figure:
    if frame is not None and frame[0] in blocks.groups:
        frame_hours(fig, blocks.groups.index(frame[0]), sorted(frame[1]), theme)
    if selectable:
        fig.update_layout(dragmode="select", newselection={"line": {"color": theme.ink, "width": 1.5}})
    return fig


def _peak_words(blocks: Blocks, measure: Measure) -> str:
    if np.isnan(blocks.values).all():
        return "Too few known views in every hour: nothing is drawn."
    row, _ = np.unravel_index(int(np.nanargmax(blocks.values)), blocks.values.shape)
    hours = [hour for at, hour in shown_cells(blocks) if at == row]
    hour = max(hours, key=lambda at: float(blocks.values[row, at // HOURS * (HOURS + 2) + at % HOURS]))
    top = written(float(np.nanmax(blocks.values)), measure)
    when = blocks.names[hour // HOURS]
    return f"Dwell by hour: highest for {blocks.groups[row]}, {when} at {hour % HOURS} h, {top}."


def _middle(values: pl.Series) -> float:
    return float(values.median() or 0.0)  # type: ignore[arg-type]


def _draw_quadrants(fig: go.Figure, theme: Theme, across: float, up: float) -> None:
    line = {"color": theme.calm, "width": 1}
    fig.add_shape(type="line", x0=across, x1=across, yref="paper", y0=0, y1=1, line=line, layer="below")
    fig.add_shape(type="line", y0=up, y1=up, xref="paper", x0=0, x1=1, line=line, layer="below")
    corners = (("Impulse", 0, 1), ("Stars", 1, 1), ("Ignored", 0, 0), ("Hesitation", 1, 0))
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
        text="Bought within 14 days, %",
        showarrow=False,
        font={"color": theme.axis, "size": 13},
    )


def _dots(dots: pl.DataFrame, colour: str, theme: Theme, biggest: float, *, interval_bar: bool = False) -> go.Scatter:
    rate = dots.get_column("conversion_rate").cast(pl.Float64).to_numpy() * 100
    viewers = dots.get_column("viewers").cast(pl.Float64).to_numpy()
    hover = [
        f"<b>{words(row['name'])}</b><br>{seconds(row['median_dwell_s'])} median dwell<br>"
        f"{percent(row['conversion_rate'])} {interval(row['low'], row['high'])} bought within 14 days<br>"
        f"{count(row['viewers'])} viewers"
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


def _short(value: float, measure: Measure) -> str:
    """A printed cell is narrow: the unit stands in the subtitle, the full words in the hover label."""
    if measure == "linger":
        return f"{100 * value:.0f} %"
    return count(value)


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
        yshift=8,
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
        text="known",
        showarrow=False,
        font={"color": theme.caption, "size": 13},
    )


def _coverage_words(table: pl.DataFrame) -> str:
    views = float(table.get_column("views").sum())
    unknown = float(table.get_column("unknown").sum())
    share = percent((views - unknown) / views if views else None)
    return f"Dwell is known for {share} of {count(views)} views; one bar a channel shows on what evidence."
