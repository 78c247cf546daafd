"""How does a week of cells travel in less than three bytes each? As bars of small whole numbers, a trace or two a row.

A heatmap cannot be clicked or boxed, so each cell used to travel three times: as a colour, as an invisible mark, and as
the words that the mark said. A bar is a cell that has a colour, speaks, and can be clicked; a blank cell is not sent.
The columns that most rows have in common are said once, in the template: a row that has them all sends their colours,
and in a trace of its own what it has besides.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from charts.theme import words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_HIGH: Final = 0.885
"""Of a row of 26 px: three stay free."""
_NEARLY_NOTHING: Final = 1e-9
"""Every bar of a row is equally high, and a step of 0 would be read as 1."""
_A_TRACE: Final = 110
_ITS_PLACES: Final = 32
"""Letters that a trace takes besides its colours, and its own columns besides themselves."""
_TRIED: Final = 12
"""The fullest rows, whose common columns are tried."""
_SIZES: Final = (("u1", np.uint8), ("u2", np.uint16), ("u4", np.uint32))


def shared_columns(values: NDArray[np.float64], columns: Sequence[str]) -> tuple[int, ...]:
    """Which columns the template should tell, so that all rows together take the fewest letters.

    Args:
        values: a row a group, as they are told; not a number where a cell is blank.
        columns: what hovering says of each; nothing of those that are no hour.
    """
    spoken = np.array([bool(text) for text in columns])
    known = ~np.isnan(values)
    most = np.where(known, np.rint(values), 0)
    best = spoken
    fewest = _letters(best, known, most)
    common = spoken.copy()
    for row in np.argsort(-known.sum(axis=1), kind="stable")[:_TRIED]:
        common = common & known[row]
        if not common.any():
            break
        if (letters := _letters(common, known, most)) < fewest:
            best, fewest = common, letters
    return tuple(np.flatnonzero(best).tolist())


def rows_of_traces(values: NDArray[np.float64], shared: Sequence[int]) -> list[int]:
    """The row of each trace, in the order in which they are sent."""
    return [index for index, row in enumerate(values) for _ in _parts(row, shared)]


def packed(
    ready: dict[str, Any],
    *,
    names: Sequence[str],
    columns: Sequence[str],
    shared: Sequence[int],
    said: str,
    factor: float = 1.0,
) -> dict[str, Any]:
    """A figure as it is sent, its first trace, a heatmap, replaced by one or two bar traces a row, in the order of rows.

    Args:
        ready: the figure as plain values; not changed.
        names: one a row of the heatmap.
        columns: what hovering says of each of its columns.
        shared: the columns that the template tells.
        said: how a value is told, ``{}`` in its place.
        factor: by which values grow before they are rounded to whole numbers, as they are told.
    """
    heat, *others = ready["data"]
    values = np.asarray(heat["z"], dtype=np.float64) if not isinstance(heat["z"], dict) else _opened(heat["z"])
    spoken = np.array([place for place, text in enumerate(columns) if text])
    rows = [
        _trace(values[index] * factor, index, name, part, is_shared=is_shared)
        for index, name in enumerate(names)
        for part, is_shared in _parts(values[index], shared)
    ]
    layout = ready["layout"]
    told = f"<b>%{{meta}}</b><br>%{{x}}: {said.format('%{marker.color}')}<extra></extra>"
    bars = {
        "x": list(shared),
        "orientation": "v",
        "y0": _HIGH,
        "dy": _NEARLY_NOTHING,
        "width": 1,
        "marker": {"coloraxis": "coloraxis"},
        "unselected": {"marker": {"opacity": 1}},
        "hovertemplate": told,
    }
    axis = {
        "colorscale": heat["colorscale"],
        "cmin": heat["zmin"] * factor,
        "cmax": heat["zmax"] * factor,
        "colorbar": {**heat["colorbar"], "tickvals": [tick * factor for tick in heat["colorbar"]["tickvals"]]},
    }
    across = {**layout["xaxis"], "tickvals": small(spoken), "ticktext": [text for text in columns if text]}
    template = {**layout["template"], "data": {**layout["template"].get("data", {}), "bar": [bars]}}
    more = {"coloraxis": axis, "xaxis": across, "template": template, "bargap": 0, "barcornerradius": 0}
    return {"data": [*rows, *others], "layout": {**layout, **more}}


def small(values: NDArray[np.int64]) -> dict[str, str]:
    """Whole numbers from 0 as the smallest array that Plotly reads."""
    most = int(values.max(initial=0))
    code, kind = next((code, kind) for code, kind in _SIZES if most <= np.iinfo(kind).max or kind is np.uint32)
    return {"dtype": code, "bdata": base64.b64encode(values.astype(kind).tobytes()).decode()}


def _parts(row: NDArray[np.float64], shared: Sequence[int]) -> list[tuple[NDArray[np.int64], bool]]:
    """The columns of each trace of a row, and whether they are the template's."""
    known = np.flatnonzero(~np.isnan(row))
    common = np.asarray(shared, dtype=np.int64)
    if not np.isin(common, known).all():
        return [(known, False)]
    rest = np.setdiff1d(known, common)
    return [(common, True), *([(rest, False)] if rest.size else [])]


def _letters(shared: NDArray[np.bool_], known: NDArray[np.bool_], most: NDArray[np.float64]) -> int:
    """How many letters all rows take when the template tells these columns."""
    has_all = (known | ~shared).all(axis=1, keepdims=True)
    told, rest = shared & has_all, known & ~(shared & has_all)
    places = np.where(rest.any(axis=1), _A_TRACE + _ITS_PLACES + _as_text(rest.sum(axis=1)) + _coloured(rest, most), 0)
    return int(4 * shared.sum() + places.sum() + np.where(has_all.ravel(), _A_TRACE + _coloured(told, most), 0).sum())


def _coloured(cells: NDArray[np.bool_], most: NDArray[np.float64]) -> NDArray[np.int64]:
    """Letters of each row's colours."""
    widest = np.where(cells, most, 0).max(axis=1, initial=0)
    return _as_text(
        cells.sum(axis=1) * np.where(widest > np.iinfo(np.uint16).max, 4, 1 + (widest > np.iinfo(np.uint8).max))
    )


def _as_text(taken: NDArray[np.int64]) -> NDArray[np.int64]:
    """Letters of so many bytes: four for three."""
    return (taken + 2) // 3 * 4


def _trace(
    values: NDArray[np.float64], index: int, name: str, part: NDArray[np.int64], *, is_shared: bool
) -> dict[str, Any]:
    places = {} if is_shared else {"x": small(part)}
    return {
        "type": "bar",
        "meta": words(name),
        **places,
        "base": round(index - _HIGH / 2, 4),
        "marker": {"color": small(np.rint(values[part]).astype(np.int64))},
    }


def _opened(spec: dict[str, Any]) -> NDArray[np.float64]:
    """An array that was already made ready to be sent."""
    flat = np.frombuffer(base64.b64decode(spec["bdata"]), dtype=np.dtype(spec["dtype"].replace("f", "<f")))
    shape = [int(side) for side in str(spec["shape"]).split(",")]
    return flat.reshape(shape).astype(np.float64)
