"""How is a week drawn as a heatmap? Blocks of 24 hours with a gap, blank where too few people looked."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import numpy as np
import plotly.graph_objects as go
import polars as pl

from charts.days import day_hour
from charts.kept import sent_as
from charts.marks import column_px, fitted, text_px
from charts.numbers import count, percent, seconds
from charts.packing import packed, rows_of_traces, shared_columns
from charts.theme import Theme, colorscale, figure, words
from schema.language import later, say

Measure = Literal["index", "minutes", "median", "linger"]
Grid = np.ndarray[tuple[int, int], np.dtype[np.float32]]

HOURS = 24
_GAP = 2
_STRIDE = HOURS + _GAP
_ROW_PX = 26
_HALF = 0.25
_TOP, _NOTE, _BAR = 26, 28, 40
_HOURS_PX = 20
_TICK_HOURS = {6: 40.0, 12: 7.5, 18: 40.0}
"""Hour: columns it may take; 12 gives way first when a day is narrower than about 55 px."""
_LABEL_PX = 118
_BAR_PX = 244


_SAID: dict[Measure, str] = {
    "index": later("index {n}"),
    "minutes": later("{n} min"),
    "median": later("{n} s"),
    "linger": "{n} %",
}
"""A cell's value in a label, as a whole number: thirty views tell no more."""


@dataclass(frozen=True)
class Scale:
    """How a measure becomes a colour: its range, its words on the colour bar, its unit in a label."""

    colours: tuple[str, ...]
    low: float
    high: float
    ticks: tuple[float, ...]
    texts: tuple[str, ...]


def written(value: float, measure: Measure) -> str:
    """A cell's value in words: ``index 165``, ``83 s``, ``12 min``, ``41.2 %``."""
    if measure == "index":
        return say("index {n}", n=count(value))
    if measure == "median":
        return seconds(value)
    return say("{n} min", n=count(value)) if measure == "minutes" else percent(value)


def scale_of(measure: Measure, theme: Theme, values: Sequence[float]) -> Scale:
    """The scale of a measure; the index is centred on 100, the others run from 0 to nearly their largest value."""
    if measure == "index":
        return Scale(theme.diverging, 40, 160, (40, 70, 100, 130, 160), ("≤ 40", "70", "100", "130", "≥ 160"))
    # the 98th percentile, so that one odd cell does not bleach all others
    high = float(np.quantile(values, 0.98)) if len(values) else 1.0
    high = high or 1.0
    ticks = (0.0, high / 2, high)
    texts = ("0", written(high / 2, measure), f"≥ {written(high, measure)}")
    return Scale(theme.dwell, 0, high, ticks, texts)


@dataclass(frozen=True)
class Blocks:
    """The cells of one heatmap: a row a group, a column an hour, ``names`` one a block."""

    groups: list[str]
    names: tuple[str, ...]
    values: Grid
    known: Grid

    @property
    def columns(self) -> int:
        """Columns drawn, gaps between blocks counted."""
        return len(self.names) * _STRIDE - _GAP


def blocks_of(table: pl.DataFrame, hour: pl.Expr, names: Sequence[str], floor: int) -> Blocks:
    """Sort long rows into a grid; a cell below ``floor`` known views stays blank (NaN).

    Args:
        table: ``group``, ``value``, ``known_views`` and the columns ``hour`` reads.
        hour: Hours since the start of the first block.
        names: One a block.
        floor: Fewest known views.
    """
    groups = [str(group) for group in table.get_column("group").unique(maintain_order=True)]
    place = {group: index for index, group in enumerate(groups)}
    values = np.full((len(groups), len(names) * _STRIDE - _GAP), np.nan, dtype=np.float32)
    known = np.zeros_like(values)
    rows = table.select("group", hour.alias("hour"), "value", "known_views").iter_rows()
    for group, at, value, views in rows:
        cell = place[str(group)], column_of(at)
        known[cell] = views or 0
        if value is not None and (views or 0) >= floor:
            values[cell] = value
    return Blocks(groups, tuple(names), values, known)


def column_of(hour: int) -> int:
    """Where an hour is drawn, the gaps before it counted."""
    return hour // HOURS * _STRIDE + hour % HOURS


def block_heatmap(blocks: Blocks, theme: Theme, *, measure: Measure, floor: int, alt: str) -> go.Figure:
    """Draw the cells with day names and hours above, a note about blanks and the colour bar below."""
    left = column_px([" ".join(group.split()) for group in blocks.groups], cap=_LABEL_PX) + 10
    body = _ROW_PX * len(blocks.groups) + _HOURS_PX
    margin = {"l": left, "r": 2, "t": _TOP, "b": _NOTE + _BAR}
    fig = figure(theme, alt=alt, height=_TOP + body + _NOTE + _BAR, margin=margin, hovermode="closest")
    scale = scale_of(measure, theme, blocks.values[~np.isnan(blocks.values)].tolist())
    fig.add_trace(
        go.Heatmap(
            z=blocks.values,
            x0=0,
            dx=1,
            y0=0,
            dy=1,
            zmin=scale.low,
            zmax=scale.high,
            colorscale=colorscale(scale.colours),
            ygap=3,
            hoverongaps=False,
            hoverinfo="skip",
            colorbar=_colorbar(scale, theme, body),
        ),
    )
    fig.update_xaxes(range=[-0.5, blocks.columns - 0.5], showticklabels=False)
    split = 1 - _HOURS_PX / body
    fig.update_layout(yaxis2={"domain": [split, 1], "range": [0, 1], "visible": False, "fixedrange": True})
    names = {
        "tickvals": np.arange(len(blocks.groups), dtype=np.float32),
        "ticktext": [words(fitted(group, left - 10)) for group in blocks.groups],
        "tickfont": {"color": theme.ink, "size": 14},
        "ticklabelstandoff": 6,
        "showgrid": False,
    }
    fig.update_layout(yaxis={"domain": [0, split], "range": [len(blocks.groups) - 0.5, -0.5], **names})
    _add_texts(fig, blocks, theme, floor)
    _add_hours(fig, blocks, theme)
    return fig


def pack_cells(fig: go.Figure, blocks: Blocks, measure: Measure) -> None:
    """Let the cells travel as bars, which speak when hovered and can be clicked.

    Args:
        fig: The heatmap, of a function under ``kept``.
        blocks: Its cells.
        measure: What a value is.
    """
    columns = [""] * blocks.columns
    for hour in range(len(blocks.names) * HOURS):
        columns[column_of(hour)] = day_hour(blocks.names[hour // HOURS], hour % HOURS)
    factor = 100.0 if measure == "linger" else 1.0
    values = blocks.values.astype(np.float64) * factor
    shared = shared_columns(values, columns)
    fig.__dict__["_cells"] = tuple(blocks.groups), len(blocks.names), rows_of_traces(values, shared)
    said = say(_SAID[measure], n="{}")
    sent_as(fig, partial(packed, names=blocks.groups, columns=columns, shared=shared, said=said, factor=factor))


def cells_of(fig: go.Figure) -> tuple[tuple[str, ...], int]:
    """The groups of a packed heatmap in the order of its rows, and how many blocks of 24 hours it has."""
    groups, blocks, _ = fig.__dict__["_cells"]
    return groups, blocks


def row_at(fig: go.Figure, curve: int) -> int | None:
    """In which row of a packed heatmap the bars of a trace lie; None for a trace that is not there."""
    rows: list[int] = fig.__dict__["_cells"][2]
    return rows[curve] if 0 <= curve < len(rows) else None


def cells_in(across: Sequence[float], down: Sequence[float], rows: int, blocks: int) -> list[tuple[int, int]]:
    """Row and hour of every cell that a dragged box holds: those whose middle half it touches, or the one it lies in.

    Args:
        across: From and to, on the axis of columns.
        down: From and to, on the axis of rows.
        rows: How many there are.
        blocks: How many blocks of 24 hours.
    """
    held = [hour for hour in range(blocks * HOURS) if _touches(across, column_of(hour))]
    return [(row, hour) for row in range(rows) if _touches(down, row) for hour in held]


def hour_at(column: float, blocks: int) -> int | None:
    """The hour that is drawn in a column; None for a gap and outside."""
    block, hour = divmod(round(column), _STRIDE)
    return block * HOURS + hour if 0 <= block < blocks and hour < HOURS else None


def _touches(span: Sequence[float], middle: int) -> bool:
    low, high = min(span), max(span)
    return (low <= middle + _HALF and high >= middle - _HALF) or middle == round((low + high) / 2)


def shown_cells(blocks: Blocks) -> Iterator[tuple[int, int]]:
    """Row and hour of each cell that is not blank, row by row."""
    for row in range(len(blocks.groups)):
        for hour in range(len(blocks.names) * HOURS):
            if not np.isnan(blocks.values[row, column_of(hour)]):
                yield row, hour


def frame_hours(fig: go.Figure, row: int, hours: Sequence[int], theme: Theme) -> None:
    """Frame each run of neighbouring hours in a row in ink: amber would drown in the scale."""
    ordered = sorted(hours)
    start = 0
    frames = []
    for index, hour in enumerate(ordered):
        ends = index + 1 == len(ordered) or ordered[index + 1] != hour + 1 or (hour + 1) % HOURS == 0
        if ends:
            sides = {
                "x0": column_of(ordered[start]) - 0.5,
                "x1": column_of(hour) + 0.5,
                "y0": row - 0.5,
                "y1": row + 0.5,
            }
            frames.append({"type": "rect", "line": {"color": theme.ink, "width": 2}, **sides})
            start = index + 1
    fig.update_layout(shapes=frames)


def _add_texts(fig: go.Figure, blocks: Blocks, theme: Theme, floor: int) -> None:
    """The day names above and the note about blanks below; set at once, one by one Plotly copies them all each time."""
    days = [
        {
            "x": index * _STRIDE + (HOURS - 1) / 2,
            "yref": "paper",
            "y": 1,
            "yshift": 13,
            "text": f"<b>{name}</b>",
            "showarrow": False,
            "font": {"color": theme.ink, "size": 14},
        }
        for index, name in enumerate(blocks.names)
    ]
    note = {
        "xref": "paper",
        "x": 0,
        "xanchor": "left",
        "yref": "paper",
        "y": 0,
        "yshift": -20,
        "text": say("Blank: fewer than {n} known views", n=floor),
        "showarrow": False,
        "font": {"color": theme.axis, "size": 12},
    }
    fig.update_layout(annotations=[*days, note])


def _add_hours(fig: go.Figure, blocks: Blocks, theme: Theme) -> None:
    """Hour numbers as texts inside invisible bars: Plotly hides those that do not fit, so a phone drops the 12s."""
    fig.update_layout(barmode="overlay", uniformtext={"minsize": 10, "mode": "hide"})
    hours = list(_TICK_HOURS) * len(blocks.names)
    places = np.array([index // len(_TICK_HOURS) * _STRIDE + hour for index, hour in enumerate(hours)], dtype=np.uint8)
    fig.add_trace(
        go.Bar(
            x=places,
            y=np.ones(len(hours), dtype=np.uint8),
            width=np.array([_TICK_HOURS[hour] for hour in hours], dtype=np.float32),
            yaxis="y2",
            marker={"color": "rgba(0,0,0,0)"},
            text=[str(hour) for hour in hours],
            textposition="inside",
            insidetextanchor="middle",
            textangle=0,
            textfont={"color": theme.axis, "size": 11},
            hoverinfo="skip",
        ),
    )


def _colorbar(scale: Scale, theme: Theme, body: int) -> dict[str, Any]:
    return {
        "orientation": "h",
        "lenmode": "pixels",
        "len": _BAR_PX,
        "thickness": 8,
        "x": 1,
        "xanchor": "right",
        "xpad": 8 + text_px(scale.texts[-1], 12) / 2,
        "y": -_NOTE / body,
        "yanchor": "top",
        "ypad": 4,
        "outlinewidth": 0,
        "ticks": "",
        "tickvals": list(scale.ticks),
        "ticktext": list(scale.texts),
        "tickfont": {"color": theme.axis, "size": 12},
    }
