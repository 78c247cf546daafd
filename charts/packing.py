"""How does a week of cells travel in some three bytes each? As bars of small whole numbers, one trace a row.

A heatmap cannot be clicked or boxed, so each cell used to travel three times: as a colour, as an invisible mark, and as
the words that the mark said. A bar is a cell that has a colour, speaks, and can be clicked; a blank cell is not sent.
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
_SIZES: Final = (("u1", np.uint8), ("u2", np.uint16), ("u4", np.uint32))


def packed(
    ready: dict[str, Any], *, names: Sequence[str], columns: Sequence[str], said: str, factor: float = 1.0
) -> dict[str, Any]:
    """A figure as it is sent, its first trace, a heatmap, replaced by one bar trace a row, in the order of rows.

    Args:
        ready: the figure as plain values; not changed.
        names: one a row of the heatmap.
        columns: what hovering says of each of its columns.
        said: how a value is told, ``{}`` in its place.
        factor: by which values grow before they are rounded to whole numbers, as they are told.
    """
    heat, *others = ready["data"]
    values = np.asarray(heat["z"], dtype=np.float64) if not isinstance(heat["z"], dict) else _opened(heat["z"])
    spoken = np.array([place for place, text in enumerate(columns) if text])
    rows = [_row(values[index] * factor, index, name, spoken) for index, name in enumerate(names)]
    layout = ready["layout"]
    told = f"<b>%{{meta}}</b><br>%{{x}}: {said.format('%{marker.color}')}<extra></extra>"
    bars = {
        "x": spoken.tolist(),
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


def _row(values: NDArray[np.float64], index: int, name: str, spoken: NDArray[np.int64]) -> dict[str, Any]:
    known = np.flatnonzero(~np.isnan(values))
    places = {} if np.array_equal(known, spoken) else {"x": small(known)}  # a row without a blank takes the template's
    return {
        "type": "bar",
        "meta": words(name),
        **places,
        "base": round(index - _HIGH / 2, 4),
        "marker": {"color": small(np.rint(values[known]).astype(np.int64))},
    }


def _opened(spec: dict[str, Any]) -> NDArray[np.float64]:
    """An array that was already made ready to be sent."""
    flat = np.frombuffer(base64.b64decode(spec["bdata"]), dtype=np.dtype(spec["dtype"].replace("f", "<f")))
    shape = [int(side) for side in str(spec["shape"]).split(",")]
    return flat.reshape(shape).astype(np.float64)
