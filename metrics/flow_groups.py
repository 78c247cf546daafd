"""From whose neighbourhood to whose till do orders flow: between stores, agents or cities, also by travel time?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from metrics.flows import store_trips
from metrics.huff_choices import open_epochs
from metrics.rules import require, without_staff
from metrics.travel import metres_between_rows, reach
from schema.errors import UsageError
from schema.tables import OFFLINE_CHANNELS

if TYPE_CHECKING:
    from metrics.travel import Floats

_COLUMN: Final = {"store": "store_id", "agent": "agent_id", "city": "city"}


def flow_groups(trips: pl.DataFrame, places: pl.DataFrame, by: str = "store") -> pl.DataFrame:
    """From which group's neighbourhood to which group do orders flow?

    Args:
        trips: as ``metrics.flows.store_trips`` or ``travel_trips`` find them.
        places: ``Places``; a store that is not among them has no group (null).
        by: ``store``, ``agent`` or ``city``.

    Returns:
        One row per pair with an order, most orders first: ``nearest, actual, customers`` (distinct), ``net_minor``,
        ``orders``, ``share`` (of all orders whose nearest store is the group's) and ``median_detour_m``.

    Raises:
        ContractError: a required column is missing.
        UsageError: ``by`` is none of these.
    """
    if by not in _COLUMN:
        message = f"by={by!r} is none of store, agent, city."
        raise UsageError(message)
    require(places, "places", "store_id", _COLUMN[by])
    group = places.select(pl.col("store_id").alias("_store"), pl.col(_COLUMN[by]).alias("_group"))
    named = trips
    for store, name in (("nearest_store_id", "nearest"), ("store_id", "actual")):
        named = named.join(group.rename({"_store": store, "_group": name}), on=store, how="left", maintain_order="left")
    return (
        named.group_by("nearest", "actual")
        .agg(
            pl.col("customer_key").n_unique().cast(pl.Int64).alias("customers"),
            pl.col("net_minor").sum(),
            pl.len().cast(pl.Int64).alias("orders"),
            (pl.col("detour_m").median().round(3) + 0.0).alias("median_detour_m"),
        )
        .with_columns(share=pl.col("orders") / pl.col("orders").sum().over("nearest"))
        .select("nearest", "actual", "customers", "net_minor", "orders", "share", "median_detour_m")
        .sort("orders", "nearest", "actual", descending=[True, False, False], nulls_last=True)
    )


def travel_trips(
    orders: pl.DataFrame, people: pl.DataFrame, places: pl.DataFrame, travel: pl.DataFrame
) -> tuple[pl.DataFrame, float]:
    """Which store was nearest by road when somebody bought at one?

    Args:
        orders: ``OrderFacts``; those of staff, of other channels and without a selling store are left out.
        people: ``People``; homes known only by city are left out.
        places: ``Places``.
        travel: ``Travel``; empty is the straight line.

    Returns:
        The columns of ``metrics.flows.store_trips``, and the share of home and store pairs whose way the matrix gave.

    Raises:
        ContractError: a required column is missing.
    """
    if travel.is_empty():
        return store_trips(orders, people, places), 0.0
    require(orders, "orders", "order_key", "customer_key", "local_on", "channel", "store_id", "net_minor")
    rows = without_staff(orders).filter(pl.col("channel").is_in(list(OFFLINE_CHANNELS)))
    rows = rows.select("order_key", "customer_key", "local_on", "net_minor", "store_id").drop_nulls()
    homes = people.filter(pl.col("home_src").ne_missing("city")).drop_nulls(["home_lat", "home_lng"])
    homes = homes.join(rows, on="customer_key", how="semi").select(
        "customer_key", lat="home_lat", lng="home_lng", cell="home_cell"
    )
    ways = reach(homes, places, travel)
    stores = ways.stores.select("store_id").with_row_index("store")
    rows = rows.join(homes.select("customer_key").with_row_index("home"), on="customer_key", maintain_order="left")
    rows = rows.join(stores, on="store_id", how="left", maintain_order="left")
    edges, open_on = open_epochs(ways.stores)
    epoch = np.searchsorted(edges, rows["local_on"].to_physical().to_numpy(), side="right")
    chosen = ways.take(rows["home"].to_numpy().astype(np.int64))
    if not chosen.metres.size:
        return store_trips(orders, people, places), 0.0
    metres = np.where(np.take_along_axis(open_on[epoch], chosen.index, axis=1), chosen.metres, np.inf)
    best, line = metres.argmin(axis=1), np.arange(len(metres))
    is_own = chosen.index == rows["store"].cast(pl.Int64).fill_null(-1).to_numpy()[:, None]
    actual = np.where(
        is_own.any(axis=1), np.where(is_own, chosen.metres, 0.0).sum(axis=1), _straight(rows, homes, places)
    )
    found = rows.with_columns(
        nearest_store_id=ways.stores["store_id"].gather(pl.Series(chosen.index[line, best])),
        nearest_m=pl.Series(metres[line, best]),
        actual_m=pl.Series(actual, nan_to_null=True),
    ).filter(pl.col("nearest_m").is_finite())
    trips = found.with_columns(detour_m=pl.col("actual_m") - pl.col("nearest_m"))
    return trips.drop("home", "store", "local_on"), ways.travelled


def _straight(rows: pl.DataFrame, homes: pl.DataFrame, places: pl.DataFrame) -> Floats:
    """Straight-line metres from home to the selling store, for stores that are none of the nearest ones."""
    at = homes.select("lat", "lng")[rows["home"]]
    to = rows.select("store_id").join(
        places.select("store_id", "lat", "lng"), on="store_id", how="left", maintain_order="left"
    )
    return metres_between_rows(
        *(frame[name].cast(pl.Float64).to_numpy() for frame in (at, to) for name in ("lat", "lng"))
    )
