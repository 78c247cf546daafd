"""How is each thing on a map drawn? Small deck.gl layers: cells, stores, and what is picked among them."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any, Final

import h3.api.basic_int as h3
import polars as pl
import pydeck as pdk
from pydeck.bindings.json_tools import default_serialize

from charts.map_cells import resolution
from charts.theme import Theme, rgb
from schema.language import say

if TYPE_CHECKING:
    from charts.map_cells import Look

STROKE: Final = 1.2
_EARTH_M: Final = 40_075_016.686


class Deck(pdk.Deck):  # type: ignore[misc]  # pydeck has no types
    """A deck that writes itself without blanks: half the bytes of pydeck's indented text, and faster."""

    def to_json(self) -> str:
        """The deck as compact JSON; no text of its rows is an expression."""
        for one in self.layers:
            one.data = only_text(one.data)
        return json.dumps(self, sort_keys=True, default=default_serialize, ensure_ascii=False, separators=(",", ":"))


def only_text(value: Any) -> Any:
    """Rows whose texts deck.gl shows: what begins with ``@@`` it would compute or look up, and fail over."""
    if isinstance(value, str):
        return f"\u2060{value}" if value.startswith("@@") else value
    if isinstance(value, list):
        return [only_text(one) for one in value]
    if isinstance(value, dict):
        return {name: only_text(one) for name, one in value.items()}
    return value


def cell_layer(name: str, cells: pl.DataFrame, *, colour: str, line: str, stroke: float) -> pdk.Layer:
    """One class of cells in one colour: ``cell`` and what the tooltip says, ``text``."""
    rows = [{"h": f"{cell:x}", "t": text} for cell, text in cells.select("cell", "text").iter_rows()]
    return pdk.Layer(
        "H3HexagonLayer",
        id=name,
        data=rows,
        get_hexagon="h",
        pickable=True,
        extruded=False,
        stroked=True,
        high_precision=True,
        get_line_color=list(rgb(line)),
        line_width_units=pdk.types.String("pixels"),
        get_line_width=stroke,
        # A fill on the layer itself would be made translucent by Streamlit as soon as something is selected, and the
        # legend would no longer tell the truth; on the layer below it is left alone.
        _subLayerProps={"hexagon-cell-hifi": {"getFillColor": [*rgb(colour), 255]}},
    )


def outline_layer(cell: int, theme: Theme) -> pdk.Layer:
    """A frame of ink round the selected cell."""
    return pdk.Layer(
        "H3HexagonLayer",
        id="selected",
        data=[{"h": f"{cell:x}"}],
        get_hexagon="h",
        filled=False,
        extruded=False,  # deck.gl's default is true, and then there is no line
        stroked=True,
        high_precision=True,
        get_line_color=list(rgb(theme.ink)),
        line_width_units=pdk.types.String("pixels"),
        get_line_width=3.5,
    )


def mark_layer(name: str, cells: pl.Series, theme: Theme) -> pdk.Layer:
    """A small hexagon in the middle of each of these cells."""
    return pdk.Layer(
        "H3HexagonLayer",
        id=name,
        data=[{"h": f"{cell:x}"} for cell in cells.to_list()],
        get_hexagon="h",
        extruded=False,
        stroked=False,
        high_precision=True,
        coverage=0.32,
        _subLayerProps={"hexagon-cell-hifi": {"getFillColor": [*rgb(theme.page), 255]}},
    )


def store_layers(stores: pl.DataFrame, theme: Theme, *, radius: float) -> list[pdk.Layer]:
    """Stores as dots of their ``colour`` with a page-coloured ring; a wide warning ring where the datum is suspect."""
    layers: list[pdk.Layer] = []
    suspect = stores.filter("is_datum_suspect")
    if suspect.height:
        layers.append(
            _points("stores-suspect", _store_rows(suspect), radius=radius + 4.5, fill=theme.bad, ring=theme.page)
        )
    for number, (colour, group) in enumerate(_by_colour(stores)):
        rows = _store_rows(group)
        layers.append(_points(f"stores-{number}", rows, radius=radius, fill=colour, ring=theme.page, width=2.5))
    return layers


def stroke_of(cells: pl.Series, look: Look) -> float:
    """How wide is the line between cells? 1.2 px, less where the cells themselves are only a few pixels wide."""
    finest = resolution(cells)
    if finest is None:
        return STROKE
    across_m = 2 * math.sqrt(h3.average_hexagon_area(finest, unit="m^2") / (2 * math.sqrt(3)))
    return round(max(0.3, min(STROKE, across_m / metres_per_pixel(look) / 14)), 1)


def metres_per_pixel(look: Look) -> float:
    """How much ground a pixel covers in the middle of the view."""
    return _EARTH_M * math.cos(math.radians(look.lat)) / (512 * 2**look.zoom)


def _store_rows(stores: pl.DataFrame) -> list[dict[str, Any]]:
    shown = stores.select("store_id", "name", "lat", "lng", "is_datum_suspect").iter_rows(named=True)
    return [
        {
            "p": [row["lng"], row["lat"]],
            "id": row["store_id"],
            "t": f"{row['name']}\n{say('Position not confirmed')}" if row["is_datum_suspect"] else row["name"],
        }
        for row in shown
    ]


def _points(  # a layer of GeoJSON, because Streamlit makes a bare ScatterplotLayer translucent once a cell is selected
    name: str, rows: list[dict[str, Any]], *, radius: float, fill: str, ring: str, width: float = 2
) -> pdk.Layer:
    features = [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": row.pop("p")},
            "properties": row,
        }
        for row in rows
    ]
    return pdk.Layer(
        "GeoJsonLayer",
        id=name,
        data=features,
        pickable=True,
        stroked=True,
        point_type=pdk.types.String("circle"),
        point_radius_units=pdk.types.String("pixels"),
        get_point_radius=radius,
        line_width_units=pdk.types.String("pixels"),
        get_line_width=width,
        get_line_color=list(rgb(ring)),
        _subLayerProps={"points-circle": {"getFillColor": [*rgb(fill), 255]}},
    )


def _by_colour(stores: pl.DataFrame) -> list[tuple[str, pl.DataFrame]]:
    return [(colour, stores.filter(pl.col("colour") == colour)) for colour in sorted(set(stores["colour"]))]
