"""Marts of what things are: stores, products, stock-outs and people."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from metrics.cells import cell_of
from metrics.datum import datum_suspects
from metrics.nearest import nearest_store
from warehouse.owners import Owners, owner_now

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable

STORE_RESOLUTION = 9


def places_mart(stores: pl.DataFrame, agents: pl.DataFrame, evidence: pl.DataFrame) -> pl.DataFrame:
    """Which stores are there, and whose are they?

    Args:
        stores: stored stores.
        agents: stored agents.
        evidence: ``store_id, lat, lng`` of fixes scanned in stores, a second opinion on where a store is (W05).
    """
    names = agents.select("agent_id", agent_name=pl.col("name"))
    rows = stores.join(names, on="agent_id", how="left").with_columns(
        name=pl.coalesce("name", "store_id"), agent_name=pl.coalesce("agent_name", "agent_id")
    )
    rows = rows.with_columns(
        cell=cell_of(rows, "lat", "lng", STORE_RESOLUTION),
        is_datum_suspect=pl.col("store_id").is_in(suspects(stores, evidence).implode()),
    )
    return rows.sort("store_id")


def till_positions(fixes: pl.DataFrame) -> pl.DataFrame:
    """Where people stood when they scanned a store's code: ``store_id, lat, lng``, one row a scan."""
    scanned = fixes.filter(pl.col("src") == "store_scan").drop_nulls(["context_store_id", "lat", "lng"])
    return scanned.select("lat", "lng", store_id="context_store_id")


def suspects(stores: pl.DataFrame, evidence: pl.DataFrame) -> pl.Series:
    """The ids of stores whose position looks like GCJ-02 labelled WGS-84 (W05)."""
    return datum_suspects(stores.select("store_id", "lat", "lng"), evidence).filter("matches_gcj")["store_id"]


def goods_mart(products: pl.DataFrame, seen: Iterable[pl.Series]) -> pl.DataFrame:
    """Which products are there? Those that a table describes and those only seen in orders and events (W06)."""
    described = products.with_columns(is_described=~pl.col("is_derived"))
    ids = pl.concat([column.drop_nulls().unique().rename("product_id") for column in seen]).unique().to_frame()
    rows = pl.concat([described, ids.join(described, on="product_id", how="anti")], how="diagonal")
    return rows.with_columns(
        name=pl.coalesce("name", "product_id"), is_described=pl.col("is_described").fill_null(value=False)
    ).sort("product_id")


def travel_mart(travel: pl.DataFrame) -> pl.DataFrame:
    """How far is it by road? Cells as the numbers that H3 calls them by."""
    cells = pl.col("cell").str.to_integer(base=16, dtype=pl.Int64)
    return travel.with_columns(cells).sort("cell", "store_id")


def people_mart(
    customers: pl.DataFrame,
    keys: pl.Series,
    homes: pl.DataFrame,
    places: pl.DataFrame,
    now: tuple[dt.date, str, Owners],
) -> pl.DataFrame:
    """Who are the customers, where do they live and whose are they now?

    Args:
        customers: stored customers; test customers left out.
        keys: every customer seen in orders, refunds and events, repeats and nulls allowed.
        homes: what ``homes`` found.
        places: ``Places``.
        now: the first day that is not complete, the business zone, and the owners.
    """
    as_of, zone, owners = now
    described = customers.with_columns(is_described=~pl.col("is_derived")).drop(
        "home_lat", "home_lng", "home_src", "home_precision_m"
    )
    seen = keys.drop_nulls().unique().rename("customer_key").to_frame()
    rows = pl.concat([described, seen.join(described, on="customer_key", how="anti")], how="diagonal")
    rows = rows.join(homes, on="customer_key", how="left")
    rows = rows.join(owner_now(owners, pl.lit(as_of)), on="customer_key", how="left")
    is_open = (pl.col("opened_on").is_null() | (pl.col("opened_on") <= as_of)) & (
        pl.col("closed_on").is_null() | (pl.col("closed_on") > as_of)
    )
    near = nearest_store(rows.select("customer_key", lat="home_lat", lng="home_lng"), places.filter(is_open)).select(
        "customer_key", "nearest_store_id", "nearest_m"
    )
    about = places.select(nearest_store_id="store_id", _city="city")
    rows = rows.join(near, on="customer_key", how="left").join(about, on="nearest_store_id", how="left")
    return rows.with_columns(
        registered_on=pl.col("registered_at").dt.convert_time_zone(zone or "UTC").dt.date(),
        city=pl.coalesce("city", "_city", "owner_city"),
        is_described=pl.col("is_described").fill_null(value=False),
        is_staff=pl.col("is_staff").fill_null(value=False),
    ).sort("customer_key")
