"""A chart of printed cells as a table: names, heads, words and colours as the screen shows them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from charts.figure_scale import listed
from charts.figure_words import plain_words
from charts.marks import colour_at

if TYPE_CHECKING:
    import plotly.graph_objects as go

_MOST_COLUMNS: Final = 20
_MOST_ROWS: Final = 16


@dataclass(frozen=True, slots=True)
class Heat:
    """Cells by row and column: their words, and the colours of cell and words."""

    names: tuple[str, ...]
    heads: tuple[str, ...]
    words: dict[tuple[int, int], str]
    fills: dict[tuple[int, int], tuple[str, str]]


def heat_of(figure: go.Figure) -> Heat | None:
    """The cells of a figure that prints its numbers in them; None for every other figure, or one too large for a table."""
    grids = [trace for trace in figure.data if trace.type == "heatmap"]
    printed = [trace for trace in figure.data if trace.type == "scatter" and "text" in (trace.mode or "")]
    if len(grids) != 1 or len(printed) != 1:
        return None
    names, heads = (_names(figure.layout[f"{letter}axis"]) for letter in "yx")
    if not names or not heads or len(heads) > _MOST_COLUMNS or len(names) > _MOST_ROWS:
        return None
    grid, trace = grids[0], printed[0]
    values = np.array(grid.z, dtype=np.float64)
    scale = tuple(str(colour) for _, colour in grid.colorscale)
    low, high = float(grid.zmin), float(grid.zmax)
    tints = trace.textfont.color
    words, fills = {}, {}
    for index, (column, row, text) in enumerate(zip(listed(trace.x), listed(trace.y), listed(trace.text), strict=True)):
        spot = int(row), int(column)
        words[spot] = plain_words(str(text))
        value = values[spot] if spot[0] < values.shape[0] and spot[1] < values.shape[1] else math.nan
        if not math.isnan(value):
            tint = tints if isinstance(tints, str) else str(tints[index])
            fills[spot] = colour_at(scale, (value - low) / ((high - low) or 1.0)), tint
    return Heat(tuple(names), tuple(heads), words, fills)


def _names(axis: object) -> list[str]:
    return [plain_words(str(text)) for text in listed(getattr(axis, "ticktext", None))]
