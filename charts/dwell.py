"""When and on what do people linger, and does it sell? The pictures of the Dwell page."""

from collections.abc import Collection

import numpy as np
import plotly.graph_objects as go
import polars as pl

from charts.blocks import (
    HOURS,
    Blocks,
    Measure,
    block_heatmap,
    blocks_of,
    frame_hours,
    pack_cells,
    scale_of,
    shown_cells,
    written,
)
from charts.cells import coloured_cells, printed_cells, table_frame
from charts.days import short_weekdays
from charts.evidence import coverage_bars, lingered_bars
from charts.kept import kept
from charts.marks import (
    colour_at,
    readable_on,
)
from charts.numbers import count
from charts.quadrant import dwell_quadrant
from charts.theme import Theme, words
from schema.language import later, say

__all__ = [
    "coverage_bars",
    "cross_heatmap",
    "daypart_heatmap",
    "dwell_quadrant",
    "hour_of_week_heatmap",
    "lingered_bars",
]


@kept
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
        selectable: Whether dragging selects: ``ui.selection`` reads which cells.
        alt: The finding as a sentence; else the picture is described.
    """
    blocks = blocks_of(table, pl.col("hour_of_week").cast(pl.Int32), short_weekdays(), floor)
    fig = block_heatmap(blocks, theme, measure=measure, floor=floor, alt=alt or _peak_words(blocks, measure))
    pack_cells(fig, blocks, measure)
    return _finish(fig, blocks, theme, frame, selectable=selectable)


@kept
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
        selectable: Whether dragging selects: ``ui.selection`` reads which cells.
        alt: The finding as a sentence; else the picture is described.
    """
    hour = pl.col("is_weekend").cast(pl.Int32) * HOURS + pl.col("hour").cast(pl.Int32)
    blocks = blocks_of(table, hour, (say("Monday to Friday"), say("Weekend")), floor)
    fig = block_heatmap(blocks, theme, measure=measure, floor=floor, alt=alt or _peak_words(blocks, measure))
    pack_cells(fig, blocks, measure)
    return _finish(fig, blocks, theme, frame, selectable=selectable)


@kept
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
        said = say(
            "{value} · {n} known views",
            value=written(row["value"], measure),
            n=count(row["known_views"]),
        )
        hover.append(f"<b>{words(row['row'])}</b> · {words(row['column'])}<br>{said}")
        spots.append(spot)
        keys.append([row["row"], row["column"]])
    fig = table_frame(
        theme,
        names,
        heads,
        alt
        or say(
            "{rows} rows by {columns} columns, {measure} of dwell.",
            rows=len(names),
            columns=len(heads),
            measure=say(_MEASURED[measure]),
        ),
    )
    fig.add_trace(coloured_cells(values, scale.colours, scale.low, scale.high))
    fig.add_trace(printed_cells(spots, texts, tints, hover, keys))
    return fig


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
        return say("Too few known views in every hour: nothing is drawn.")
    row, _ = np.unravel_index(int(np.nanargmax(blocks.values)), blocks.values.shape)
    hours = [hour for at, hour in shown_cells(blocks) if at == row]
    hour = max(hours, key=lambda at: float(blocks.values[row, at // HOURS * (HOURS + 2) + at % HOURS]))
    top = written(float(np.nanmax(blocks.values)), measure)
    when = blocks.names[hour // HOURS]
    return say(
        "Dwell by hour: highest for {group}, {day} at {hour} h, {value}.",
        group=blocks.groups[row],
        day=when,
        hour=hour % HOURS,
        value=top,
    )


def _short(value: float, measure: Measure) -> str:
    """A printed cell is narrow: the unit stands in the subtitle, the full words in the hover label."""
    if measure == "linger":
        return f"{100 * value:.0f} %"
    return count(value)


_MEASURED: dict[Measure, str] = {
    "index": later("index"),
    "minutes": later("minutes"),
    "median": later("median"),
    "linger": later("linger"),
}
