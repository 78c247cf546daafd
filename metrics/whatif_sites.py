"""What a change of stores is measured on: people by cell, primary-tier customers and what was credited so far."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from metrics.cells import parent
from metrics.rules import require
from metrics.tiers import store_customers, trade_area
from metrics.whatif_scene import Change, scene_of
from schema.tables import OFFLINE_CHANNELS

if TYPE_CHECKING:
    import datetime as dt


def people_by_cell(people: pl.DataFrame, orders: pl.DataFrame, registered_since: dt.date) -> pl.DataFrame:
    """Where do located customers, new registrants and money at physical stores live?

    Args:
        people: ``People``; staff and homes known only by city are left out.
        orders: ``OrderFacts`` of twelve months in one currency.
        registered_since: first local day of the registrations counted.

    Returns:
        One row per home cell (resolution 9): ``cell, lat, lng`` (mean home), ``customers, registrants, net_minor``.

    Raises:
        ContractError: a required column is missing.
    """
    require(people, "people", "customer_key", "home_cell", "home_lat", "home_lng", "home_src", "registered_on")
    require(orders, "orders", "customer_key", "channel", "store_id", "net_minor")
    sold = orders.filter(pl.col("channel").is_in(list(OFFLINE_CHANNELS)), pl.col("store_id").is_not_null())
    spent = sold.drop_nulls("customer_key").group_by("customer_key").agg(pl.col("net_minor").sum())
    homes = people.filter(~pl.col("is_staff"), pl.col("home_src").ne_missing("city")).drop_nulls(
        ["home_cell", "home_lat", "home_lng"]
    )
    return (
        homes.join(spent, on="customer_key", how="left")
        .group_by(pl.col("home_cell").alias("cell"))
        .agg(
            pl.col("home_lat").mean().alias("lat"),
            pl.col("home_lng").mean().alias("lng"),
            pl.len().cast(pl.Int64).alias("customers"),
            (pl.col("registered_on") >= registered_since).sum().cast(pl.Int64).alias("registrants"),
            pl.col("net_minor").sum(),
        )
        .sort("cell")
    )


def becomes_nearest(
    change: Change, points: pl.DataFrame, places: pl.DataFrame, *, travel: pl.DataFrame | None = None
) -> pl.DataFrame:
    """From which cells would the new site be the nearest store?

    Args:
        change: a store that opens or moves; a closing one is nearest to nobody.
        points: ``cell`` (resolution 9), ``lat``, ``lng``.
        places: ``Places`` that are open.
        travel: ``Travel``.

    Returns:
        The cells of the neighbourhood with ``is_nearest`` (the site is at least a millimetre nearer than every other
        store).

    Raises:
        UsageError: as in ``what_if``.
    """
    scene = scene_of(change, points, places, travel)
    others = np.where(scene.is_after, scene.after_m, np.inf)
    site = others[:, scene.changed].copy()
    others[:, scene.changed] = np.inf
    wins = site < others.min(axis=1, initial=np.inf) - 0.001
    return scene.points.select("cell").with_columns(is_nearest=pl.Series(wins, dtype=pl.Boolean))


def primary_customers(orders: pl.DataFrame, people: pl.DataFrame, places: pl.DataFrame) -> pl.DataFrame:
    """Where do the customers of each store's primary tier live?

    Args:
        orders: ``OrderFacts`` of the period.
        people: ``People``.
        places: ``Places``.

    Returns:
        One row per store and home cell (resolution 9) inside a primary cell (T9, resolution 8): ``store_id, cell,
        customers`` (distinct).

    Raises:
        ContractError: a required column is missing.
    """
    buyers = store_customers(orders, people, resolution=9, channels=OFFLINE_CHANNELS)
    coarse = buyers.with_columns(parent(pl.col("cell"), 8))
    primary = trade_area(coarse, places).filter(pl.col("tier") == "primary").select("store_id", area="cell")
    fine = buyers.with_columns(area=parent(pl.col("cell"), 8)).join(primary, on=["store_id", "area"], how="semi")
    return fine.group_by("store_id", "cell").agg(pl.len().cast(pl.Int64).alias("customers")).sort("store_id", "cell")


def encroachment(primary: pl.DataFrame, nearest: pl.DataFrame) -> pl.DataFrame:
    """For which part of each store's primary-tier customers would a new site become the nearest store?

    Args:
        primary: ``store_id, cell`` (resolution 9), ``customers`` of the stores' primary tiers.
        nearest: as ``becomes_nearest`` finds it; cells that are not in it are too far away.

    Returns:
        One row per store: ``store_id, primary_customers, encroachment`` (0 to 1).

    Raises:
        ContractError: a required column is missing.
    """
    require(primary, "primary", "store_id", "cell", "customers")
    lost = pl.col("customers").filter(pl.col("is_nearest").fill_null(value=False)).sum()
    return (
        primary.join(nearest, on="cell", how="left")
        .group_by("store_id")
        .agg(
            pl.col("customers").sum().alias("primary_customers"),
            (lost / pl.col("customers").sum()).alias("encroachment"),
        )
        .sort("store_id")
    )


def payout_rates(shares: pl.DataFrame, orders: pl.DataFrame) -> pl.DataFrame:
    """How much of the sales to its customers was credited to each agent's side?

    Args:
        shares: ``Shares`` of a period; payouts and the fund's entries are left out.
        orders: ``OrderFacts`` of the same period and currency.

    Returns:
        One row per agent (null: direct stores) with sales: ``agent_id, rate`` (credited to the agent, its stores and
        guides ÷ net sales to customers it owned then).

    Raises:
        ContractError: a required column is missing.
    """
    require(shares, "shares", "kind", "receiver_kind", "agent_id", "amount_minor")
    require(orders, "orders", "owner_store_id", "owner_agent_id", "net_minor")
    credited = shares.filter(pl.col("kind") != "payout", pl.col("receiver_kind") != "fund")
    paid = credited.group_by("agent_id").agg(pl.col("amount_minor").sum())
    owned = orders.filter(pl.col("owner_store_id").is_not_null())
    sales = owned.group_by(pl.col("owner_agent_id").alias("agent_id")).agg(pl.col("net_minor").sum())
    both = sales.filter(pl.col("net_minor") > 0).join(paid, on="agent_id", how="left", nulls_equal=True)
    rate = pl.col("amount_minor").fill_null(0) / pl.col("net_minor")
    return both.select("agent_id", rate.alias("rate")).sort("agent_id", nulls_last=True)
