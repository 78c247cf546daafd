"""How is a small table drawn as coloured cells with their numbers printed?"""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from charts.marks import column_px, fitted
from charts.theme import Theme, colorscale, figure, words

_CELL_PX = 30
_HEAD_PX = 40


def table_frame(theme: Theme, names: Sequence[str], heads: Sequence[str], alt: str, *, left: int = 118) -> go.Figure:
    """An empty heatmap of named rows and columns, first row on top, column names above."""
    left = column_px(names, cap=left) + 10
    fig = figure(
        theme,
        alt=alt,
        height=40 + _CELL_PX * len(names) + 8,
        margin={"l": left, "r": 2, "t": 40, "b": 8},
        hovermode="closest",
    )
    fig.update_xaxes(
        side="top",
        range=[-0.5, len(heads) - 0.5],
        tickvals=np.arange(len(heads), dtype=np.float32),
        ticktext=[words(fitted(head, 96, 13)) for head in heads],
        tickfont={"color": theme.ink, "size": 13},
        autotickangles=[0, -90],
        automargin=True,
        ticklabelstandoff=2,
    )
    fig.update_yaxes(
        range=[len(names) - 0.5, -0.5],
        showgrid=False,
        tickvals=np.arange(len(names), dtype=np.float32),
        ticktext=[words(fitted(name, left - 10)) for name in names],
        tickfont={"color": theme.ink, "size": 14},
        ticklabelstandoff=6,
    )
    return fig


def coloured_cells(values: object, scale: tuple[str, ...], low: float, high: float) -> go.Heatmap:
    """The cells themselves: NaN stays blank, and nothing is said when hovered (the printed numbers speak)."""
    return go.Heatmap(
        z=values,
        zmin=low,
        zmax=high,
        colorscale=colorscale(scale),
        showscale=False,
        xgap=3,
        ygap=3,
        hoverongaps=False,
        hoverinfo="skip",
    )


def printed_cells(
    spots: Sequence[tuple[int, int]],
    texts: Sequence[str],
    tints: Sequence[str],
    hover: Sequence[str],
    keys: Sequence[Sequence[object]],
) -> go.Scatter:
    """The numbers inside the cells, each in the colour that is readable there; they speak and can be selected."""
    invisible = {"marker": {"opacity": 0}}
    return go.Scatter(
        x=np.array([column for _, column in spots], dtype=np.uint16),
        y=np.array([row for row, _ in spots], dtype=np.uint16),
        mode="markers+text",
        marker={"symbol": "square", "size": 22, "opacity": 0},
        selected=invisible,
        unselected=invisible,
        text=texts,
        textfont={"color": tints, "size": 12},
        customdata=[list(key) for key in keys],
        hovertext=hover,
        hoverinfo="text",
        cliponaxis=False,
    )
