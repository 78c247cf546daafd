"""Which ground was promised to whom, and who stands on somebody else's?

A *radius* is drawn around the territory's store, a *set of cells* holds what lies in one of them, each at its own
resolution. A *district* has no drawn border: a place belongs to the district (or city) of its nearest open store.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl
import polars_h3

from metrics.cells import FINEST, cell_centre, cell_of, cell_resolution, parent
from metrics.nearest import nearest_store
from metrics.rules import require
from metrics.travel import metres_between_rows

if TYPE_CHECKING:
    import datetime as dt

RESOLUTION: Final = 8
"""Resolution at which territories are drawn."""

_WIDEST_M: Final = 60_000.0
_STEP_M: Final = 780.0
"""Two neighbouring cells of resolution 8 are at least so far apart; a ring of a disk reaches at least so much farther."""

KINDS: Final = ("radius_m", "h3_set", "district")


def in_force(territories: pl.DataFrame, on: dt.date, protects: str = "") -> pl.DataFrame:
    """Which territories hold on a day?

    Args:
        territories: ``Territories``.
        on: the local day.
        protects: only those that protect this; empty is any.

    Returns:
        Their rows, by id.

    Raises:
        ContractError: a required column is missing.
    """
    require(territories, "territories", "territory_id", "protects", "valid_from", "valid_to")
    begun = pl.col("valid_from").is_null() | (pl.col("valid_from") <= on)
    lasts = pl.col("valid_to").is_null() | (pl.col("valid_to") > on)
    rows = territories.filter(begun & lasts)
    if protects:
        rows = rows.filter(pl.col("protects").fill_null("").str.split(" ").list.contains(protects))
    return rows.sort("territory_id")


def inside(points: pl.DataFrame, territories: pl.DataFrame, places: pl.DataFrame) -> pl.DataFrame:
    """In which territories does each place lie?

    Args:
        points: any table with ``lat, lng`` (WGS-84).
        territories: ``Territories``, those that hold.
        places: ``Places`` that are open; their districts and cities name the districts.

    Returns:
        One row per place and territory that holds it: ``row`` (of the place) and ``territory_id``, in that order.
        A radius without a store or a number holds nothing.

    Raises:
        ContractError: a required column is missing.
    """
    require(points, "points", "lat", "lng")
    parts = [pl.DataFrame(schema={"row": pl.Int64, "territory_id": pl.String})]
    if points.height and territories.height:
        named = _with_names(points, places)
        for area in territories.iter_rows(named=True):
            rows = np.flatnonzero(_holds(area, named, places))
            parts.append(
                pl.DataFrame({"row": pl.Series(rows, dtype=pl.Int64)}).with_columns(
                    territory_id=pl.lit(area["territory_id"], pl.String)
                )
            )
    return pl.concat(parts).sort("row", "territory_id")


def territory_cells(territories: pl.DataFrame, places: pl.DataFrame, homes: pl.DataFrame) -> pl.DataFrame:
    """Which cells does each territory cover?

    Args:
        territories: ``Territories``, those that hold.
        places: ``Places`` that are open.
        homes: ``lat, lng`` of customers: where a district has customers or stores is all that is known of its extent.

    Returns:
        One row per territory and cell of resolution 8, by both: ``cell, territory_id, agent_id, store_id, kind,
        protects``. A radius is drawn out to 60 km; cells of finer sets count whole.

    Raises:
        ContractError: a required column is missing.
    """
    known = pl.concat([homes.select("lat", "lng"), places.select("lat", "lng")]).drop_nulls()
    seen = known.with_columns(cell=cell_of(known, "lat", "lng", RESOLUTION)).unique("cell", keep="first")
    districts = territories.filter(pl.col("kind") == "district")
    held = inside(seen, districts, places)
    cells = [
        pl.DataFrame(schema={"territory_id": pl.String, "cell": pl.Int64}),
        held.select("territory_id", seen["cell"].gather(held["row"]).alias("cell")),
    ]
    for area in territories.iter_rows(named=True):
        drawn = _drawn(area, places)
        cells.append(drawn.select(pl.lit(area["territory_id"], pl.String).alias("territory_id"), "cell"))
    columns = ("territory_id", "agent_id", "store_id", "kind", "protects")
    return (
        pl.concat(cells)
        .unique()
        .join(territories.select(columns), on="territory_id", how="inner")
        .select("cell", *columns)
        .sort("territory_id", "cell")
    )


def _with_names(points: pl.DataFrame, places: pl.DataFrame) -> pl.DataFrame:
    """Each place with the district and city of its nearest store, in lower case."""
    require(places, "places", "store_id", "lat", "lng", "district", "city")
    names = places.select(
        nearest_store_id="store_id",
        _district=pl.col("district").str.strip_chars().str.to_lowercase(),
        _city=pl.col("city").str.strip_chars().str.to_lowercase(),
    )
    near = nearest_store(points.select("lat", "lng"), places)
    return near.join(names, on="nearest_store_id", how="left", maintain_order="left")


def _holds(area: dict[str, Any], points: pl.DataFrame, places: pl.DataFrame) -> np.ndarray[Any, np.dtype[np.bool_]]:
    nobody = np.zeros(points.height, dtype=np.bool_)
    if area["kind"] == "radius_m":
        centre, metres = _centre(area, places), _metres(area["value"])
        if centre is None or metres is None:
            return nobody
        lat, lng = (points[name].cast(pl.Float64).to_numpy() for name in ("lat", "lng"))
        away = metres_between_rows(lat, lng, np.full(len(lat), centre[0]), np.full(len(lng), centre[1]))
        return away <= metres
    if area["kind"] == "h3_set":
        cells = _cells(area["value"])
        for level in cells.select(cell_resolution(pl.col("cell")).unique()).to_series().to_list():
            some = cells.filter(cell_resolution(pl.col("cell")) == level)["cell"]
            nobody |= cell_of(points, "lat", "lng", level).is_in(some.implode()).fill_null(value=False).to_numpy()
        return nobody
    name = str(area["value"]).strip().lower()
    named = points.select(((pl.col("_district") == name) | (pl.col("_city") == name)).fill_null(value=False))
    return named.to_series().to_numpy()


def _drawn(area: dict[str, Any], places: pl.DataFrame) -> pl.DataFrame:
    """Cells of resolution 8 of a radius or a set of cells."""
    nothing = pl.DataFrame(schema={"cell": pl.Int64})
    if area["kind"] == "h3_set":
        cells = _cells(area["value"])
        fine = cells.filter(cell_resolution(pl.col("cell")) >= RESOLUTION)
        coarse = cells.filter(cell_resolution(pl.col("cell")) < RESOLUTION)
        coarse = coarse.filter(cell_resolution(pl.col("cell")) >= RESOLUTION - 4)
        children = coarse.select(polars_h3.cell_to_children("cell", RESOLUTION).alias("cell")).explode("cell")
        return pl.concat(
            [fine.select(parent(pl.col("cell"), RESOLUTION)), children.select(pl.col("cell").cast(pl.Int64))]
        ).unique()
    centre, metres = _centre(area, places), _metres(area["value"])
    if area["kind"] != "radius_m" or centre is None or metres is None:
        return nothing
    metres = min(metres, _WIDEST_M)
    at = pl.DataFrame({"lat": [centre[0]], "lng": [centre[1]]})
    middle = at.with_columns(cell=cell_of(at, "lat", "lng", RESOLUTION)).select("cell")
    rings = int(metres / _STEP_M) + 1
    disk = middle.select(polars_h3.grid_disk("cell", rings).alias("cell")).explode("cell")
    around = cell_centre(disk.select(pl.col("cell").cast(pl.Int64)))
    size = around.height
    away = metres_between_rows(
        around["lat"].to_numpy(), around["lng"].to_numpy(), np.full(size, centre[0]), np.full(size, centre[1])
    )
    near = around.filter(pl.Series(away <= metres)).select("cell")
    return pl.concat([near, middle]).unique()


def _centre(area: dict[str, Any], places: pl.DataFrame) -> tuple[float, float] | None:
    at = places.filter(pl.col("store_id") == (area["store_id"] or "")).drop_nulls(["lat", "lng"])
    return (float(at["lat"][0]), float(at["lng"][0])) if at.height else None


def _metres(value: str) -> float | None:
    try:
        found = float(value)
    except ValueError:
        return None
    return found if np.isfinite(found) and found >= 0 else None


def _cells(value: str) -> pl.DataFrame:
    """Cells written in hexadecimal; words that are none are left out."""
    found = []
    for word in str(value).split():
        try:
            cell = int(word, 16)
        except ValueError:
            continue
        if 0 < cell < 1 << 63:
            found.append(cell)
    cells = pl.DataFrame({"cell": found}, schema={"cell": pl.Int64})
    usable = cells.select(pl.col("cell"), polars_h3.is_valid_cell("cell").alias("ok"))
    return usable.filter("ok").select("cell").filter(cell_resolution(pl.col("cell")) <= FINEST)
