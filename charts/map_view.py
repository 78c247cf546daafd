"""How do cells, stores, names and the basemap become one view? The part that every map shares."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypedDict

import h3.api.basic_int as h3
import polars as pl
import pydeck as pdk

from charts import map_layers as layer
from charts import map_words as written
from charts.basemap import CREDIT
from charts.map_cells import LOW, PHONE, WIDE, Bounds, Look, bounds_of, checked_cells, checked_places, fit, resolution
from charts.map_legend import LegendGroup, Swatch
from charts.map_names import Pill, Plan
from charts.theme import FONT, Theme
from schema.language import from_python, plural, say

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MOST_STORE_NAMES: Final = 80
_WORLD: Final = Look(25.0, 20.0, 1.0)
_AROUND: Final = 0.15
"""Degrees of ground shown around stores where there is no cell."""
_SURROUNDINGS: Final = 0.6
"""How much further than the first view places are named, for those who zoom out or move on."""
_INSET: Final = 70
"""A card of a narrow window is so much narrower, on each side, than the view is fitted to."""


class Ground(TypedDict, total=False):
    """What every map shares: theme and style below the cells, stores and names above them.

    ``stores`` has ``store_id, name, lat, lng, agent_id, is_datum_suspect``, one row per store (``agent_name`` if
    known); stores without a position are left out. ``theme`` and ``style_url`` are needed, the rest may be absent.
    """

    theme: Theme
    style_url: str
    stores: pl.DataFrame | None
    pills: Sequence[Pill]
    phone: bool
    is_low: bool
    selected: int | None


@dataclass(frozen=True)
class MapView:
    """A map ready to be shown; ``note`` says the size of a cell, what was merged, and the basemap's credit."""

    deck: pdk.Deck
    legend: tuple[LegendGroup, ...]
    alt: str
    bounds: Bounds | None
    note: str


@dataclass(frozen=True)
class Painted:
    """Cells in their classes.

    ``cells`` has one row per ``cell`` with its class ``kind`` (an index of ``colours``), the tooltip's ``text`` and a
    ``weight`` (how much it counts when the view is fitted). ``lines`` names classes with a stroke of their own;
    ``marked`` are cells with a small mark; ``shades`` maps a store id or agent id to the colour of its dot.
    """

    cells: pl.DataFrame
    colours: tuple[str, ...]
    legend: tuple[LegendGroup, ...]
    says: str
    was: int
    lines: dict[int, str] = field(default_factory=dict)
    marked: pl.Series | None = None
    shades: dict[str, str] | None = None
    pills: tuple[Pill, ...] = ()


def view(painted: Painted, ground: Ground) -> MapView:
    """Put one map together.

    Raises:
        ContractError: a store lies off the earth, the stores lack a column, or the selected cell is none.
    """
    theme = ground["theme"]
    stores = _stores(ground.get("stores"), painted.shades, theme)
    bounds = bounds_of(painted.cells["cell"], painted.cells["weight"]) or _around(stores)
    size = PHONE if ground.get("phone") else LOW if ground.get("is_low") else WIDE
    look = fit(bounds, *size) if bounds else _WORLD
    layers = _cell_layers(painted, look, theme)
    if (selected := ground.get("selected")) is not None:
        checked_cells(pl.DataFrame({"cell": [selected]}), ("cell",), name="Selected cell")
        layers.append(layer.outline_layer(selected, theme))
    layers += _name_layers(painted, ground, stores, look, bounds)
    layers += written.scale_layers(look, size, theme, inset=14 if size == PHONE else _INSET) if bounds else []
    legend = (*painted.legend, *_store_legend(stores, theme))
    return MapView(
        _deck(layers, look, theme, ground["style_url"]), legend, _alt(painted, stores), bounds, _note(painted)
    )


def picked_cell(objects: Mapping[str, Sequence[Mapping[str, object]]]) -> int | None:
    """Which cell was clicked?

    Args:
        objects: ``event.selection["objects"]`` of ``st.pydeck_chart(…, on_select="rerun")``: rows by layer id.

    Returns:
        The cell, or None when nothing, or something else than a cell, is selected.
    """
    for name, rows in objects.items():
        if name.startswith("cells-") and rows and isinstance(cell := rows[0].get("h"), str):
            return int(cell, 16)
    return None


def _deck(layers: list[pdk.Layer], look: Look, theme: Theme, style_url: str) -> pdk.Deck:
    box = {
        "backgroundColor": theme.panel,
        "color": theme.ink,
        "border": f"1px solid {theme.border}",
        "borderRadius": "6px",
        "padding": "6px 9px",
        "fontSize": "13px",
        "fontFamily": FONT,
        "whiteSpace": "pre-line",
    }
    return layer.Deck(
        layers=layers,
        # flat and north up: a turned map cannot be compared with the one beside it
        views=[pdk.View(type="MapView", controller={"dragRotate": False, "touchRotate": False, "keyboard": True})],
        initial_view_state=pdk.ViewState(
            latitude=look.lat, longitude=look.lng, zoom=look.zoom, max_zoom=14, min_zoom=1
        ),
        map_style=style_url,
        tooltip={"text": "{t}", "style": box},
    )


def _cell_layers(painted: Painted, look: Look, theme: Theme) -> list[pdk.Layer]:
    out, stroke = [], layer.stroke_of(painted.cells["cell"], look)
    for kind, colour in enumerate(painted.colours):
        cells = painted.cells.filter(pl.col("kind") == kind)
        if cells.height:
            line = painted.lines.get(kind, theme.land)
            out.append(layer.cell_layer(f"cells-{kind}", cells, colour=colour, line=line, stroke=stroke))
    if painted.marked is not None and len(painted.marked):
        out.append(layer.mark_layer("marks", painted.marked, theme))
    return out


def _name_layers(
    painted: Painted, ground: Ground, stores: pl.DataFrame | None, look: Look, bounds: Bounds | None
) -> list[pdk.Layer]:
    theme, phone = ground["theme"], bool(ground.get("phone"))
    plan = Plan(look, (PHONE if phone else WIDE)[0])
    if stores is not None:
        plan.dots(stores)
    pills = plan.pills([*painted.pills, *ground.get("pills", ())])
    # on a phone the agents' names leave no room for those of their stores
    is_room = stores is not None and stores.height <= MOST_STORE_NAMES and not (phone and pills)
    names = plan.store_names(stores) if stores is not None and is_room else []
    out = [] if bounds is None else written.place_layers(plan, _wider(bounds), painted.cells["cell"], theme)
    out += written.store_name_layers(names, theme)
    if stores is not None:
        out += layer.store_layers(stores, theme, radius=5.5 if phone else 7)
    return out + written.pill_layers(pills, theme, size=15 if phone else 18)


def _stores(stores: pl.DataFrame | None, shades: dict[str, str] | None, theme: Theme) -> pl.DataFrame | None:
    if stores is None:
        return None
    placed = checked_places(stores, name="Stores")
    if placed.is_empty():
        return None
    keys = pl.coalesce(
        pl.col(column).replace_strict(shades or {}, default=None, return_dtype=pl.String)
        for column in ("store_id", "agent_id")
    )
    other = theme.ink if shades is None else theme.axis
    return placed.with_columns(
        pl.col("name").fill_null(pl.col("store_id")),
        pl.col("is_datum_suspect").fill_null(value=False),
        colour=keys.fill_null(other),
    )


def _around(stores: pl.DataFrame | None) -> Bounds | None:
    if stores is None:
        return None
    south, north, west, east = stores.select(
        south=pl.col("lat").min(), north=pl.col("lat").max(), west=pl.col("lng").min(), east=pl.col("lng").max()
    ).row(0)
    return Bounds(south - _AROUND, west - _AROUND, north + _AROUND, east + _AROUND)


def _wider(bounds: Bounds) -> Bounds:
    down, across = (bounds.north - bounds.south) * _SURROUNDINGS, (bounds.east - bounds.west) * _SURROUNDINGS
    return Bounds(bounds.south - down, bounds.west - across, bounds.north + down, bounds.east + across)


def _store_legend(stores: pl.DataFrame | None, theme: Theme) -> tuple[LegendGroup, ...]:
    if stores is None:
        return ()
    groups = [LegendGroup(say("Store"), (Swatch(theme.ink, say("Stores"), stores.height),), shape="dot")]
    suspect = int(stores["is_datum_suspect"].sum())
    if suspect:
        swatch = Swatch(theme.bad, say("Stores whose position is not confirmed"), suspect)
        groups.append(LegendGroup(say("Position not confirmed"), (swatch,), shape="ring"))
    return tuple(groups)


def _alt(painted: Painted, stores: pl.DataFrame | None) -> str:
    count = painted.cells.height
    cells = plural("{n} cell", "{n} cells", count)
    shops = 0 if stores is None else stores.height
    return say(
        "{map}; {cells}, {stores}.", map=painted.says, cells=cells, stores=plural("{n} store", "{n} stores", shops)
    )


def _note(painted: Painted) -> str:
    finest = resolution(painted.cells["cell"])
    if finest is None:
        return CREDIT
    area = h3.average_hexagon_area(finest, unit="km^2")
    written_area = from_python(f"{area:.0f}" if area >= 2 else f"{area:.1g}")  # noqa: PLR2004
    told = {"cells": painted.cells.height, "resolution": f"r{finest}", "area": written_area, "credit": CREDIT}
    if painted.was > painted.cells.height:
        return say(
            "{cells} cells (merged from {was}), H3 {resolution}, about {area} km² each · {credit}",
            was=painted.was,
            **told,
        )
    return say("{cells} cells, H3 {resolution}, about {area} km² each · {credit}", **told)
