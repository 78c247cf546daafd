"""How is each name on a map written? Stores, agents, places and the scale bar."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import h3.api.basic_int as h3
import polars as pl
import pydeck as pdk

from charts.basemap import places_in
from charts.map_cells import resolution
from charts.map_layers import metres_per_pixel
from charts.map_names import BESIDE
from charts.theme import FONT, Theme, rgb
from schema.language import from_python

if TYPE_CHECKING:
    from collections.abc import Sequence

    from charts.map_cells import Bounds, Look
    from charts.map_names import Pill, Plan, StoreName

NO_COLLISION: Final = {"@@type": "CollisionFilterExtension"}
FAINT: Final = 225
"""Alpha of the plate behind a small name that lies on cells."""
PROVINCE_ZOOM: Final = 6.5
"""From here on a province is larger than the view and its name tells nothing."""
LAKE_ZOOM: Final = 6.5
SMALLEST_CITY: Final = ((4.0, 4_000_000), (6.0, 1_000_000), (8.0, 400_000), (9.5, 150_000), (10.5, 50_000))
"""Below this zoom a city needs so many people to be named."""
ON_CELLS: Final = 6
"""Cities named on the cells themselves; more would cover the answer."""
_BAR_PIXELS: Final = 90
_BAR_STEPS: Final = (1, 2, 5)


def store_name_layers(names: Sequence[StoreName], theme: Theme) -> list[pdk.Layer]:
    """The names of stores beside their dots."""
    return [
        _text(
            f"store-names-{anchor}",
            [{"n": name.text, "p": [name.lng, name.lat]} for name in names if name.anchor == anchor],
            colour=theme.ink,
            size=12,
            plate=[*rgb(theme.page), FAINT],
            get_text_anchor=pdk.types.String(anchor),
            get_pixel_offset=[BESIDE + 4 if anchor == "start" else -BESIDE - 4, 0],
        )
        for anchor in sorted({name.anchor for name in names}, reverse=True)
    ]


def pill_layers(pills: Sequence[Pill], theme: Theme, *, size: int) -> list[pdk.Layer]:
    """Agents' or groups' names in their colours; the heavier one wins where two would collide."""
    groups = {colour: [pill for pill in pills if pill.colour == colour] for colour in sorted({p.colour for p in pills})}
    return [
        _text(
            f"pills-{number}",
            [{"n": p.text, "p": [round(p.lng, 5), round(p.lat, 5)], "w": round(p.weight)} for p in group],
            colour=colour,
            size=size,
            plate=[*rgb(theme.page), 255],
            background_padding=[9, 3, 9, 4],
            radius=7,
            font_weight=700,
            get_collision_priority="w",
            extensions=[NO_COLLISION],
        )
        for number, (colour, group) in enumerate(groups.items())
    ]


def place_layers(plan: Plan, bounds: Bounds, cells: pl.Series, theme: Theme) -> list[pdk.Layer]:
    """Cities in grey capitals with their local name, lakes and provinces; large cities on cells stand on a plate."""
    rows = _named_places(places_in(bounds), plan.look.zoom)
    on_cells = _is_on(rows, cells)
    city = pl.col("kind") == "city"
    # what lies under the cells is known by them; only the cities that everybody knows are named there
    kept = rows.with_columns(on=on_cells).filter(~pl.col("on") | (city & (city & pl.col("on")).cum_sum().le(ON_CELLS)))
    placed: dict[bool, list[dict[str, Any]]] = {False: [], True: []}
    for text, lat, lng, weight, on in kept.select("text", "lat", "lng", "weight", "on").iter_rows():
        if spot := plan.spot(text, lat, lng):
            point = [round(spot[1], 4), round(spot[0], 4)]
            placed[on].append({"n": text, "p": point, "w": weight})
    return [
        _text(
            "places-on-cells" if on else "places",
            names,
            colour=theme.axis,
            size=12 if on else 13,
            plate=[*rgb(theme.land), FAINT] if on else None,
            get_collision_priority="w",
            extensions=[NO_COLLISION],
        )
        for on, names in placed.items()
        if names
    ]


def scale_layers(look: Look, size: tuple[int, int], theme: Theme, *, inset: int = 14) -> list[pdk.Layer]:
    """A bar of a round length, lying on the ground in the lower left corner of the first view.

    Args:
        look: where the view looks.
        size: its pixels.
        theme: Light or dark.
        inset: pixels from its left edge; more where the view may turn out narrower than it was planned.
    """
    metres = metres_per_pixel(look)
    length = _round_length(_BAR_PIXELS * metres)
    x, y = -size[0] / 2 + inset, size[1] / 2 - 16
    lat, west = look.place(x, y)
    _, east = look.place(x + length / metres, y)
    text = from_python(f"{length / 1000:,g} km" if length >= 1000 else f"{length:g} m")  # noqa: PLR2004  (a kilometre)
    line = pdk.Layer(
        "GeoJsonLayer",
        id="scale",
        data={"type": "LineString", "coordinates": [[west, lat], [east, lat]]},
        get_line_color=list(rgb(theme.axis)),
        line_width_units=pdk.types.String("pixels"),
        get_line_width=2,
    )
    name = _text(
        "scale-name",
        [{"n": text, "p": [west, lat]}],
        colour=theme.axis,
        size=12,
        get_text_anchor=pdk.types.String("start"),
        get_pixel_offset=[0, -11],
    )
    return [line, name]


def _text(name: str, rows: list[dict[str, Any]], *, colour: str, size: int, **extra: Any) -> pdk.Layer:
    """Names in one colour; ``plate`` is the colour behind them, if any."""
    plate = extra.pop("plate", None)
    if plate:
        extra |= {"background": True, "get_background_color": plate, "background_border_radius": extra.pop("radius", 4)}
        extra.setdefault("background_padding", [5, 2, 5, 2])
    return pdk.Layer(
        "TextLayer",
        id=name,
        data=rows,
        get_position="p",
        get_text="n",
        get_size=size,
        character_set=pdk.types.String("auto"),
        font_family=pdk.types.String(FONT),
        # drawn large and scaled down, so that a sharp screen shows sharp letters
        font_settings={"fontSize": 96},
        _subLayerProps={"characters": {"getColor": [*rgb(colour), 255]}},
        **extra,
    )


def _named_places(found: pl.DataFrame, zoom: float) -> pl.DataFrame:
    """The places worth a name at this zoom, as ``text`` with a ``weight``; the largest first."""
    city = pl.col("kind") == "city"
    smallest = next((people for below, people in SMALLEST_CITY if zoom < below), 0)
    keep = city & (pl.col("population") >= smallest)
    keep |= (pl.col("kind") == "lake") & (zoom >= LAKE_ZOOM)
    keep |= (pl.col("kind") == "province") & (zoom < PROVINCE_ZOOM)
    shown = pl.when(city).then(pl.col("name").str.to_uppercase()).otherwise("name")
    return found.filter(keep).with_columns(
        text=pl.concat_str(shown, "local", separator="  ").str.strip_chars(),
        # deck.gl's priorities must stay within ±1000
        weight=(pl.col("population").clip(10).log10() * 100).round().cast(pl.Int64),
    )


def _is_on(places: pl.DataFrame, cells: pl.Series) -> pl.Series:
    """Which places lie on one of the cells?"""
    finest = resolution(cells)
    if finest is None:
        return pl.Series([False] * places.height, dtype=pl.Boolean)
    drawn = set(cells.to_list())
    spots = places.select("lat", "lng").iter_rows()
    return pl.Series([h3.latlng_to_cell(lat, lng, finest) in drawn for lat, lng in spots], dtype=pl.Boolean)


def _round_length(metres: float) -> float:
    power = 10.0 ** math.floor(math.log10(metres))
    return max(step * power for step in _BAR_STEPS if step * power <= metres * 1.0001)
