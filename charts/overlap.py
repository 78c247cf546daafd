"""Who shares whose demand? Overlap as a matrix, as measures of one pair, and as a strip of all pairs."""

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go
import polars as pl

from charts.cells import coloured_cells, printed_cells, table_frame
from charts.kept import kept
from charts.marks import colour_at, even_ticks, fitted, padded, readable_on
from charts.numbers import percent
from charts.theme import Theme, figure, words
from schema.language import say

_PRINTED_UP_TO = 12
"""With more members the cells of a half-width card are narrower than their numbers."""
_BAR_ROW_PX = 50
_STRIP_PX = 140
_JITTER_STEP = 0.618
"""The golden ratio spreads neighbours evenly and, unlike chance, the same way each time."""


@kept
def overlap_heatmap(
    table: pl.DataFrame,
    theme: Theme,
    *,
    labels: Mapping[str, str] | None = None,
    highlight: tuple[str, str] | None = None,
    alt: str | None = None,
) -> go.Figure:
    """Which agents or stores draw from the same places?

    Args:
        table: One row a pair (either or both orders): ``a``, ``b``, ``overlap_index`` (0-1). Neighbours in the matrix
            are those who share most; each pair is drawn once, below the diagonal.
        theme: Light or dark.
        labels: Names of the ids.
        highlight: The pair that is the finding, framed in amber.
        alt: The finding as a sentence; else the picture is described.
    """
    shared = _pairs(table)
    order = _neighbours_together(shared)
    names = [str((labels or {}).get(member, member)) for member in order]
    size = len(order)
    high = max((value for value in shared.values()), default=0.0) or 1.0
    values = np.full((size, size), np.nan, dtype=np.float32)
    spots, texts, tints, hover, keys = [], [], [], [], []
    for row in range(1, size):
        for column in range(row):
            value = shared.get(frozenset((order[row], order[column])))
            if value is None:
                continue
            values[row, column] = value
            spots.append((row, column))
            texts.append(f"{100 * value:.0f} %" if size <= _PRINTED_UP_TO else "")
            tints.append(readable_on(colour_at(theme.sales, value / high), theme))
            index = say("overlap index {value}", value=percent(value))
            hover.append(f"<b>{words(names[row])} × {words(names[column])}</b><br>{index}")
            keys.append([order[row], order[column]])
    said = say(
        "Overlap index of {n} pairs; the highest is {value}.",
        n=len(shared),
        value=percent(high if shared else None),
    )
    fig = table_frame(theme, names, names, alt or said)
    if size > 1:
        # the diagonal and its mirror image are not drawn: the first row and the last column would be empty
        fig.update_yaxes(range=[size - 0.5, 0.5])
        fig.update_xaxes(range=[-0.5, size - 1.5], side="bottom")
        fig.update_layout(height=30 * (size - 1) + 52, margin={"t": 8, "b": 44})
    fig.add_trace(coloured_cells(values, theme.sales, 0.0, high))
    fig.add_trace(printed_cells(spots, texts, tints, hover, keys))
    if highlight is not None and set(highlight) <= set(order):
        row, column = sorted((order.index(highlight[0]), order.index(highlight[1])), reverse=True)
        edge = {"x0": column - 0.46, "x1": column + 0.46, "y0": row - 0.45, "y1": row + 0.45}
        fig.add_shape(type="rect", line={"color": theme.finding, "width": 3}, **edge)
    return fig


@kept
def pair_bars(table: pl.DataFrame, theme: Theme, *, highlight: str | None = None, alt: str | None = None) -> go.Figure:
    """How much do two share, by each measure?

    Args:
        table: One row a measure in order: ``label``, ``value`` (0-1, null when unknown).
        theme: Light or dark.
        highlight: The label that is the finding.
        alt: The finding as a sentence; else the measures are read out.
    """
    measures = list(table.select("label", "value").iter_rows())
    said = ", ".join(f"{label} {percent(value)}" for label, value in measures)
    fig = figure(
        theme,
        alt=alt or f"{said}.",
        height=_BAR_ROW_PX * len(measures) + 8,
        margin={"l": 2, "r": 70, "t": 4, "b": 4},
        barmode="overlay",
        hovermode="closest",
    )
    rows = np.arange(len(measures), dtype=np.float32)
    values = np.array([value or 0.0 for _, value in measures], dtype=np.float32)
    tints = [theme.finding if label == highlight else theme.primary for label, _ in measures]
    shown = [f"<b>{words(label)}</b><br>{percent(value)}" for label, value in measures]
    track = {"y": rows + np.float32(0.2), "orientation": "h", "width": 0.26}
    fig.add_trace(
        go.Bar(x=np.ones(len(measures), dtype=np.uint8), marker={"color": theme.track}, hoverinfo="skip", **track)
    )
    fig.add_trace(go.Bar(x=values, marker={"color": tints}, hovertext=shown, hoverinfo="text", **track))
    for index, (label, value) in enumerate(measures):
        name = words(fitted(label, 300))
        found = label == highlight
        fig.add_annotation(
            xref="paper",
            x=0,
            xanchor="left",
            y=index - 0.18,
            text=f"<b>{name}</b>" if found else name,
            showarrow=False,
        )
        fig.add_annotation(
            xref="paper",
            x=1,
            xshift=66,
            xanchor="right",
            y=index + 0.2,
            text=f"<b>{percent(value)}</b>",
            showarrow=False,
            font={"size": 17, "color": theme.finding_text if found else theme.ink},
        )
    fig.update_xaxes(visible=False, range=[0, 1])
    fig.update_yaxes(visible=False, range=[len(measures) - 0.5, -0.5])
    return fig


@kept
def overlap_strip(
    pairs: pl.DataFrame, theme: Theme, *, highlight: str | None = None, alt: str | None = None
) -> go.Figure:
    """Is one pair's overlap unusual among all pairs?

    Args:
        pairs: One row a pair: ``label``, ``overlap_index`` (0-1).
        theme: Light or dark.
        highlight: The label that is the finding.
        alt: The finding as a sentence; else the picture is described.
    """
    known = pairs.drop_nulls("overlap_index").sort("overlap_index", "label")
    shares = known.get_column("overlap_index").cast(pl.Float64).to_numpy() * 100
    names = [str(label) for label in known.get_column("label")]
    most = float(shares.max()) if shares.size else 0.0
    ticks = even_ticks(0, max(most, 1.0))
    heights = (np.arange(len(names)) * _JITTER_STEP) % 1 - 0.5
    heights[[index for index, name in enumerate(names) if name == highlight]] = 0
    fig = figure(
        theme,
        alt=alt or say("Overlap index of {n} pairs, from 0 to {value}.", n=len(names), value=percent(most / 100)),
        height=_STRIP_PX,
        margin={"l": 10, "r": 24, "t": 26, "b": 34},
        hovermode="closest",
    )
    fig.add_trace(
        go.Scatter(
            x=shares.astype(np.float32),
            y=heights.astype(np.float32),
            mode="markers",
            marker={
                "color": [theme.finding if name == highlight else theme.calm for name in names],
                "size": [14 if name == highlight else 9 for name in names],
                "line": {"width": 0},
                "opacity": [1.0 if name == highlight else 0.75 for name in names],
            },
            hovertext=[
                f"<b>{words(name)}</b><br>{percent(share / 100)}" for name, share in zip(names, shares, strict=True)
            ],
            hoverinfo="text",
            customdata=[[name] for name in names],
            cliponaxis=False,
        ),
    )
    texts = [f"{tick:g}" for tick in ticks[:-1]] + [f"{ticks[-1]:g} %"]
    fig.update_xaxes(tickvals=ticks, ticktext=texts, range=padded(ticks))
    fig.update_yaxes(visible=False, range=[-1, 1])
    if highlight in names:
        share = float(shares[names.index(str(highlight))])
        right = share > (ticks[0] + ticks[-1]) / 2
        fig.add_annotation(
            x=share,
            y=0,
            xanchor="right" if right else "left",
            xshift=10 if right else -10,
            yshift=22,
            text=f"<b>{words(fitted(highlight, 260))}</b>",
            showarrow=False,
            font={"color": theme.finding_text, "size": 14},
        )
    return fig


def _pairs(table: pl.DataFrame) -> dict[frozenset[str], float]:
    rows = table.drop_nulls("overlap_index").select("a", "b", "overlap_index").iter_rows()
    return {frozenset((a, b)): value for a, b, value in rows if a != b}


def _neighbours_together(shared: dict[frozenset[str], float]) -> list[str]:
    """A chain in which each member stands beside the one it shares most with: start at the strongest pair, grow the end."""
    members = sorted({member for pair in shared for member in pair})
    if not members:
        return []
    strongest = max(shared, key=lambda pair: (shared[pair], sorted(pair)))
    chain = sorted(strongest)
    while left := [member for member in members if member not in chain]:
        last = chain[-1]
        chain.append(max(left, key=lambda member: (shared.get(frozenset((member, last)), 0.0), member)))
    return chain
