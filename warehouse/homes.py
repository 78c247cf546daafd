"""Where do customers live? Delivery address, else registration fix, else where they are at night, else their city.

Fixes taken at a store, or within 150 m of one, never count: customers who register by scanning in the shop would
otherwise live in the shop, and every trade area would collapse.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from metrics.cells import cell_of
from metrics.nearest import nearest_store
from warehouse.cities import city_points

NEAR_STORE_M: Final = 150.0
CITY_PRECISION_M: Final = 5_000.0
CITY_RESOLUTION: Final = 5
HOME_RESOLUTION: Final = 9
REGISTRATION_MINUTES: Final = 24 * 60
"""A fix this close to registration shows where somebody registered."""

NIGHT_FROM: Final = 22
NIGHT_TO: Final = 6
DEFAULT_PRECISION_M: Final = {"address": 100.0, "registration": 300.0, "night": 200.0, "given": 200.0}

_HOME = {
    "customer_key": pl.Int64,
    "home_lat": pl.Float64,
    "home_lng": pl.Float64,
    "home_src": pl.String,
    "home_precision_m": pl.Float64,
}


def homes(customers: pl.DataFrame, fixes: pl.DataFrame, places: pl.DataFrame, zone: str) -> pl.DataFrame:
    """Where does each customer live?

    Args:
        customers: ``customer_key, home_lat, home_lng, home_src, home_precision_m, city, registered_at``.
        fixes: stored location fixes.
        places: ``store_id, lat, lng`` of the stores.
        zone: the business zone; night is 22:00 to 06:00 there.

    Returns:
        One row per customer with a home: ``customer_key, home_lat, home_lng, home_src, home_precision_m,
        home_cell`` (resolution 9, or 5 when only the city is known).
    """
    usable = _away_from_stores(fixes, places)
    ways = [
        _given(customers, only_address=True),
        _from_fixes(usable.filter(pl.col("src") == "address"), "address"),
        _given(customers, only_address=False),
        _registration(usable, customers),
        _night(usable, zone),
    ]
    ranked = pl.concat([_in_shape(way) for way in ways])
    best = ranked.unique("customer_key", keep="first", maintain_order=True)
    homeless = customers.join(best, on="customer_key", how="anti", maintain_order="left")
    best = pl.concat([best, _in_shape(_cities(homeless))])
    fine, coarse = (cell_of(best, "home_lat", "home_lng", r) for r in (HOME_RESOLUTION, CITY_RESOLUTION))
    return best.with_columns(home_cell=fine.zip_with(best["home_src"] != "city", coarse)).sort("customer_key")


def _in_shape(way: pl.DataFrame) -> pl.DataFrame:
    return way.select([pl.col(c).cast(t) for c, t in _HOME.items()])


def _given(customers: pl.DataFrame, *, only_address: bool) -> pl.DataFrame:
    src = pl.col("home_src").fill_null("given")
    rows = customers.drop_nulls(["home_lat", "home_lng"]).with_columns(home_src=src)
    rows = rows.filter((pl.col("home_src") == "address") == only_address)
    return rows.with_columns(pl.col("home_precision_m").fill_null(DEFAULT_PRECISION_M["given"]))


def _away_from_stores(fixes: pl.DataFrame, places: pl.DataFrame) -> pl.DataFrame:
    rows = fixes.drop_nulls(["lat", "lng"]).filter(
        (pl.col("src").fill_null("gps") != "store_scan")
        & (pl.col("src").fill_null("gps") != "ip")
        & pl.col("context_store_id").is_null()
    )
    near = nearest_store(rows, places)
    return near.filter(pl.col("nearest_m").is_null() | (pl.col("nearest_m") > NEAR_STORE_M))


def _from_fixes(fixes: pl.DataFrame, src: str) -> pl.DataFrame:
    """The newest of these fixes, one a customer."""
    newest = fixes.sort("fixed_at", "fix_id", descending=True).unique("customer_key", keep="first", maintain_order=True)
    return newest.select(
        "customer_key",
        home_lat="lat",
        home_lng="lng",
        home_src=pl.lit(src),
        home_precision_m=pl.col("accuracy_m").fill_null(DEFAULT_PRECISION_M[src]),
    )


def _registration(fixes: pl.DataFrame, customers: pl.DataFrame) -> pl.DataFrame:
    registered = customers.select("customer_key", "registered_at").drop_nulls()
    apart = (pl.col("fixed_at") - pl.col("registered_at")).dt.total_minutes().abs()
    rows = fixes.join(registered, on="customer_key").with_columns(_apart=apart)
    rows = rows.filter(pl.col("_apart") <= REGISTRATION_MINUTES).sort("_apart", "fix_id")
    return _from_fixes(rows.unique("customer_key", keep="first", maintain_order=True), "registration")


def _night(fixes: pl.DataFrame, zone: str) -> pl.DataFrame:
    """The centre of the fixes in the cell where somebody most often is at night; ties go to the smaller cell."""
    hour = pl.col("fixed_at").dt.convert_time_zone(zone or "UTC").dt.hour()
    rows = fixes.filter((hour >= NIGHT_FROM) | (hour < NIGHT_TO))
    rows = rows.with_columns(cell=cell_of(rows, "lat", "lng", HOME_RESOLUTION))
    modal = (
        rows.group_by("customer_key", "cell")
        .agg(pl.len().alias("fixes"), home_lat=pl.col("lat").mean(), home_lng=pl.col("lng").mean())
        .sort("customer_key", "fixes", "cell", descending=[False, True, False])
        .unique("customer_key", keep="first", maintain_order=True)
    )
    return modal.with_columns(home_src=pl.lit("night"), home_precision_m=pl.lit(DEFAULT_PRECISION_M["night"]))


def _cities(customers: pl.DataFrame) -> pl.DataFrame:
    named = customers.select("customer_key", "city").drop_nulls()
    points = city_points(named["city"].unique().sort())
    return named.join(points, on="city").select(
        "customer_key",
        home_lat="lat",
        home_lng="lng",
        home_src=pl.lit("city"),
        home_precision_m=pl.lit(CITY_PRECISION_M),
    )
