"""Do customers go to the store nearest to them, and who loses to whom?

Only orders at physical stores of customers with a known home count, each against the store that was nearest *and open*
on its day. This leakage is about where people shop; what bound customers spend elsewhere is another number. Distances
are straight-line (great-circle), from the home.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from metrics.nearest import nearest_open_by_epoch
from metrics.rules import require, share, without_staff
from metrics.tiers import located
from schema.errors import UsageError
from schema.geodesy import haversine_m
from schema.tables import OFFLINE_CHANNELS

TRIP: Final = ("order_key", "customer_key", "local_on", "net_minor", "store_id", "channel", "is_staff", "currency")
"""What a trip is made of, of ``OrderFacts``."""

_PLACE_OF: Final = {
    "city": "city",
    "store": "store_id",
    "store_id": "store_id",
    "agent": "agent_id",
    "agent_id": "agent_id",
}


def store_trips(orders: pl.DataFrame, people: pl.DataFrame, places: pl.DataFrame) -> pl.DataFrame:
    """Which store was nearest when somebody bought at one, and how far out of their way did they go?

    Args:
        orders: ``OrderFacts``; orders of staff, of other channels and without a selling store are left out.
        people: ``People``; homes known only by city are left out.
        places: ``Places``.

    Returns:
        One row per located order at a physical store while any store was open, in the order of ``orders``:
        ``order_key, customer_key, net_minor, store_id, nearest_store_id, nearest_m``, ``actual_m`` (home to the
        selling store; null when that has no position) and ``detour_m`` (``actual_m`` − ``nearest_m``).

    Raises:
        ContractError: a required column is missing.
    """
    require(orders, "orders", "order_key", "customer_key", "local_on", "channel", "store_id", "net_minor")
    rows = at_stores(orders)
    return trips_of(rows, *spells(people, places, rows["customer_key"], rows["local_on"]), places)


def at_stores(orders: pl.DataFrame) -> pl.DataFrame:
    """Orders at physical stores by somebody known, staff left out; what ``trips_of`` reads of them."""
    rows = without_staff(orders).filter(pl.col("channel").is_in(list(OFFLINE_CHANNELS)))
    return rows.select("order_key", "customer_key", "local_on", "net_minor", "store_id").drop_nulls()


def spells(
    people: pl.DataFrame, places: pl.DataFrame, customers: pl.Series, days: pl.Series
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Which open store was nearest to some customers, from when to when, and where do they live?

    Args:
        people: ``People``; homes known only by city are left out.
        places: ``Places``.
        customers: keys, each as often as it likes.
        days: local days; what is told holds from the earliest to the latest of them.

    Returns:
        ``customer_key, from_on, to_on, nearest_store_id, nearest_m`` and ``customer_key, home_lat, home_lng``.

    Raises:
        ContractError: a required column is missing.
    """
    require(people, "people", "home_src")
    wanted = customers.unique().to_frame("customer_key")
    buyers = people.filter(pl.col("home_src").ne_missing("city")).join(wanted, on="customer_key", how="semi")
    homes = buyers.select("customer_key", "home_lat", "home_lng")
    near = nearest_open_by_epoch(homes, _during(places, days)).rename(
        {"store_id": "nearest_store_id", "distance_m": "nearest_m"}
    )
    return near, homes


def trips_of(rows: pl.DataFrame, near: pl.DataFrame, homes: pl.DataFrame, places: pl.DataFrame) -> pl.DataFrame:
    """``store_trips`` of what ``at_stores`` leaves, given ``spells`` of their customers and days."""
    then = pl.col("from_on").is_null() | (pl.col("from_on") <= pl.col("local_on"))
    still = pl.col("to_on").is_null() | (pl.col("local_on") < pl.col("to_on"))
    metres = haversine_m(pl.col("home_lat"), pl.col("home_lng"), pl.col("lat"), pl.col("lng"))
    return (
        rows.join(near, on="customer_key", how="inner", maintain_order="left")
        .filter(then & still)
        .join(homes, on="customer_key", how="left", maintain_order="left")
        .join(places.select("store_id", "lat", "lng"), on="store_id", how="left", maintain_order="left")
        .with_columns(actual_m=metres)
        .with_columns(detour_m=pl.col("actual_m") - pl.col("nearest_m"))
        .select(
            *("order_key", "customer_key", "net_minor", "store_id"),
            *("nearest_store_id", "nearest_m", "actual_m", "detour_m"),
        )
    )


def nearest_vs_actual(
    orders: pl.DataFrame, people: pl.DataFrame, places: pl.DataFrame, resolution: int
) -> pl.DataFrame:
    """Where do people not go to the nearest store?

    Args:
        orders: as in ``store_trips``.
        people: ``People``.
        places: ``Places``.
        resolution: of the cells.

    Returns:
        One row per home cell, most orders first: ``cell``, ``actual_store_id`` and ``nearest_store_id`` (the store
        with most of the cell's orders; the smaller id among equals), ``orders`` and ``leakage`` (orders not at the
        nearest then-open store ÷ orders).

    Raises:
        ContractError: a required column is missing.
    """
    trips = store_trips(orders, people, places).join(located(people, resolution), on="customer_key", how="inner")
    return (
        trips.group_by("cell")
        .agg(
            pl.col("store_id").mode().min().alias("actual_store_id"),
            pl.col("nearest_store_id").mode().min(),
            pl.len().cast(pl.Int64).alias("orders"),
            _is_away().mean().alias("leakage"),
        )
        .sort("orders", "cell", descending=[True, False])
    )


def leakage(orders: pl.DataFrame, people: pl.DataFrame, places: pl.DataFrame, *, by: str = "city") -> pl.DataFrame:
    """Which city, store or agent loses orders to a store farther away, and which gains them?

    Args:
        orders: as in ``store_trips``.
        people: ``People``.
        places: ``Places``.
        by: ``city``, ``store`` or ``agent``. Away always means another *store*, also within one city.

    Returns:
        One row per group, most orders first: ``group`` (null for stores without one), ``orders`` (whose nearest store
        is here), ``away`` (of these, not made there), ``leakage`` (away ÷ orders), ``inflow`` (orders made here
        whose nearest store is another ÷ ``received``), ``median_detour_m`` (of those away), ``received`` (orders made
        here) and ``median_inflow_detour_m`` (of those that flowed in). Ratios without a divisor are null.

    Raises:
        ContractError: a required column is missing.
        UsageError: ``by`` is none of these.
    """
    column = place_of(by)
    require(places, "places", column)
    trips = store_trips(orders, people, places)
    lost = _seen_from(trips, places, "nearest_store_id", column, ("orders", "away", "leakage", "median_detour_m"))
    won = _seen_from(trips, places, "store_id", column, ("received", "came", "inflow", "median_inflow_detour_m"))
    return (
        lost.join(won, on="group", how="full", coalesce=True, nulls_equal=True)
        .with_columns(pl.col("orders", "away", "received").fill_null(0))
        .select(
            *("group", "orders", "away", "leakage", "inflow", "median_detour_m"),
            *("received", "median_inflow_detour_m"),
        )
        .sort("orders", "group", descending=[True, False], nulls_last=True)
    )


def place_of(by: str) -> str:
    """The column of ``Places`` that tells groups apart.

    Raises:
        UsageError: ``by`` is none of them.
    """
    if by not in _PLACE_OF:
        message = f"by={by!r} is none of city, store, agent."
        raise UsageError(message)
    return _PLACE_OF[by]


def flow_matrix(orders: pl.DataFrame, people: pl.DataFrame, places: pl.DataFrame) -> pl.DataFrame:
    """From which nearest store to which actual one do orders flow?

    Args:
        orders: as in ``store_trips``; one currency.
        people: ``People``.
        places: ``Places``.

    Returns:
        One row per pair of stores with an order, most orders first: ``nearest_store_id, store_id, orders, customers``
        (distinct), ``net_minor``.

    Raises:
        ContractError: a required column is missing.
    """
    return (
        store_trips(orders, people, places)
        .group_by("nearest_store_id", "store_id")
        .agg(
            pl.len().cast(pl.Int64).alias("orders"),
            pl.col("customer_key").n_unique().cast(pl.Int64).alias("customers"),
            pl.col("net_minor").sum(),
        )
        .sort("orders", "nearest_store_id", "store_id", descending=[True, False, False])
    )


def _is_away() -> pl.Expr:
    return pl.col("store_id") != pl.col("nearest_store_id")


def _during(places: pl.DataFrame, days: pl.Series) -> pl.DataFrame:
    """The stores as far as these days can tell: an earlier opening or later closing would cut time for nothing."""
    require(places, "places", "store_id", "lat", "lng", "opened_on", "closed_on")
    opened, closed = pl.col("opened_on"), pl.col("closed_on")
    first, last = pl.lit(days.min(), pl.Date), pl.lit(days.max(), pl.Date)
    never = (opened > last) | (closed <= first) | (opened >= closed)
    return places.filter(~never.fill_null(value=False)).with_columns(
        opened_on=pl.when(opened > first).then(opened), closed_on=pl.when(closed <= last).then(closed)
    )


def _seen_from(
    trips: pl.DataFrame, places: pl.DataFrame, store: str, column: str, names: tuple[str, str, str, str]
) -> pl.DataFrame:
    """Orders, those between two stores, their share and median detour, by the group of one of the two stores."""
    orders, away, ratio, detour = names
    groups = places.select(pl.col("store_id").alias("at"), pl.col(column).alias("group"))
    between = _is_away()
    return (
        trips.join(groups, left_on=store, right_on="at", how="left")
        .group_by("group")
        .agg(
            pl.len().cast(pl.Int64).alias(orders),
            between.sum().cast(pl.Int64).alias(away),
            pl.col("detour_m").filter(between).median().alias(detour),
        )
        .with_columns(share(pl.col(away), pl.col(orders)).alias(ratio))
    )
