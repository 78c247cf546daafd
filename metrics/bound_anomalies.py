"""Which bindings and shares deserve a second look?"""

from __future__ import annotations

from typing import Final

import polars as pl

from metrics.bound_money import credited_orders
from metrics.cells import parent
from metrics.rules import require

RUSH_PEOPLE: Final = 20
RUSH_MINUTES: Final = 10
RUSH_RESOLUTION: Final = 8
CONTESTED_SHARE: Final = 0.30
CONTESTED_LEAST: Final = 30

_BROUGHT: Final = ("registered", "upgraded", "takeover", "corrected")
"""Causes for which somebody brought the customer; store closings and expiry move many at one instant."""


def guide_rushes(spells: pl.DataFrame) -> pl.DataFrame:
    """Which guides bound more people in ten minutes than one can talk to?

    Args:
        spells: ``Bindings``.

    Returns:
        One row per rush, largest first: ``guide_id, store_id, agent_id, at`` (the first binding), ``until`` (the last),
        ``n`` (people), ``customer_key`` (the first of them). A rush is a run of bindings by one guide from one cell (resolution 8; the store where no
        place is known) any of whose ten-minute windows holds more than 20.

    Raises:
        ContractError: a required column is missing.
    """
    require(spells, "bindings", "customer_key", "guide_id", "store_id", "agent_id", "valid_from", "cell", "cause")
    place = ["guide_id", "_cell", "_store"]
    rows = (
        spells.filter(pl.col("guide_id").is_not_null() & pl.col("cause").is_in(_BROUGHT))
        .with_columns(_cell=parent(pl.col("cell"), RUSH_RESOLUTION))
        .with_columns(_store=pl.when(pl.col("_cell").is_null()).then("store_id"))
        .sort(*place, "valid_from", "customer_key")
        .unique([*place, "customer_key"], keep="first", maintain_order=True)
    )
    later = pl.col("valid_from").shift(-RUSH_PEOPLE).over(place)
    full = ((later - pl.col("valid_from")) <= pl.duration(minutes=RUSH_MINUTES)).fill_null(value=False)
    rows = rows.with_row_index("_row").with_columns(pl.col("_row").cast(pl.Int64), _full=full)
    covered = pl.when(pl.col("_full")).then(pl.col("_row") + RUSH_PEOPLE).otherwise(-1).cum_max()
    rows = rows.with_columns(_covered=covered).filter(pl.col("_row") <= pl.col("_covered"))
    fresh = pl.col("_full") & (pl.col("_row") > pl.col("_covered").shift(1, fill_value=-1))
    return (
        rows.with_columns(_rush=fresh.cum_sum())
        .group_by("_rush")
        .agg(
            pl.col("guide_id", "store_id", "agent_id").first(),
            at=pl.col("valid_from").min(),
            until=pl.col("valid_from").max(),
            n=pl.len().cast(pl.Int64),
            customer_key=pl.col("customer_key").first(),
        )
        .drop("_rush")
        .sort("n", "at", "guide_id", descending=[True, False, False])
    )


def contested_stores(held: pl.DataFrame) -> pl.DataFrame:
    """At which stores does nobody really know whose the customers are?

    Args:
        held: spells in force at one instant.

    Returns:
        One row per store with at least 30 bound of whom over 30 % are contested, most first: ``store_id, agent_id,
        n`` (bound), ``contested, value`` (contested ÷ bound), ``customer_key`` (one of the contested).

    Raises:
        ContractError: a required column is missing.
    """
    require(held, "bindings", "customer_key", "store_id", "agent_id", "status")
    return (
        held.filter(pl.col("store_id").is_not_null())
        .group_by("store_id", "agent_id")
        .agg(
            n=pl.len().cast(pl.Int64),
            contested=(pl.col("status") == "contested").sum().cast(pl.Int64),
            customer_key=pl.col("customer_key").filter(pl.col("status") == "contested").min(),
        )
        .with_columns(value=pl.col("contested") / pl.col("n"))
        .filter((pl.col("n") >= CONTESTED_LEAST) & (pl.col("value") > CONTESTED_SHARE))
        .sort("value", "store_id", descending=[True, False])
    )


def own_purchases(orders: pl.DataFrame, shares: pl.DataFrame) -> pl.DataFrame:
    """Which stores received shares of what staff bought?

    Args:
        orders: ``OrderFacts`` of one currency.
        shares: ``Shares`` of the same currency.

    Returns:
        One row per owning store, most orders first: ``store_id, agent_id, at`` (the latest), ``n`` (orders by staff
        that brought the store a share), ``share_minor``, ``customer_key`` (of the latest).

    Raises:
        ContractError: a required column is missing.
        UsageError: several currencies.
    """
    require(orders, "orders", "is_staff")
    found = credited_orders(orders.filter(pl.col("is_staff")), shares, "store").filter(pl.col("is_credited"))
    return (
        found.group_by(store_id=pl.col("owner_store_id"), agent_id=pl.col("owner_agent_id"))
        .agg(
            at=pl.col("paid_at").max(),
            n=pl.len().cast(pl.Int64),
            share_minor=pl.col("share_minor").sum(),
            customer_key=pl.col("customer_key").sort_by("paid_at", "customer_key").last(),
        )
        .sort("n", "store_id", descending=[True, False])
    )
