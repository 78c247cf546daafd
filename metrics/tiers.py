"""Which cells make up each store's trade area, and how far does it reach (T9)?

A store's customers are the members who bought there and whose home is known. Its cells, taken from the fullest to the
emptiest, are primary until they hold 60 % of these customers, then secondary to 80 % and tertiary to 95 %; the rest is
fringe. The trade area is all but the fringe. An agent's customers are the distinct union of its stores'.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from metrics.cells import cell_centre, parent
from metrics.rules import require, without_staff
from schema.errors import ContractError
from schema.geodesy import haversine_m

if TYPE_CHECKING:
    from collections.abc import Sequence

ENOUGH_CUSTOMERS: Final = 50
"""Located customers below which a trade area is no more than an impression."""

TIERS: Final = ("primary", "secondary", "tertiary", "fringe")
THRESHOLDS: Final = (60, 80, 95)
"""Percent of the customers at which the next tier begins; a preset of the field, not a law."""

_GROUPS: Final = ("group", "store_id", "agent_id", "city")
_OWNERS: Final = {"store_id": "owner_store_id", "agent_id": "owner_agent_id", "city": "owner_city"}


def located(people: pl.DataFrame, resolution: int, *, staff: bool = False) -> pl.DataFrame:
    """Whose home is known well enough for a map of this resolution?

    Args:
        people: ``People``; needs ``customer_key, home_cell``.
        resolution: of the cells wanted; a home known only more coarsely (its city) is left out.
        staff: keep staff too, as money does and behaviour does not.

    Returns:
        One row per such customer: ``customer_key, cell``.

    Raises:
        ContractError: a required column is missing.
    """
    require(people, "people", "customer_key", "home_cell")
    rows = people if staff else without_staff(people)
    return rows.select("customer_key", parent(pl.col("home_cell"), resolution).alias("cell")).drop_nulls()


def store_customers(
    orders: pl.DataFrame,
    people: pl.DataFrame,
    *,
    by: str = "store_id",
    resolution: int = 8,
    assumed: bool = False,
    channels: Sequence[str] | None = None,
) -> pl.DataFrame:
    """Who are each store's located customers?

    Args:
        orders: ``OrderFacts``. Orders without anything paid for, and those of staff, make nobody a customer.
        people: ``People``.
        by: ``store_id``, ``agent_id`` or ``city`` of the selling store.
        resolution: of the cells wanted.
        assumed: take the owner (nearest) store instead of the selling one, for data that name no selling store.
        channels: only orders of these channels, such as ``OFFLINE_CHANNELS`` for overlap; None is all.

    Returns:
        One row per group and distinct customer, in that order: ``<by>, customer_key, cell``.

    Raises:
        ContractError: a required column is missing.
    """
    column = _OWNERS[by] if assumed else by
    require(orders, "orders", column, "customer_key", "channel")
    rows = without_staff(orders)
    if "is_purchase" in rows.columns:
        rows = rows.filter("is_purchase")
    if channels is not None:
        rows = rows.filter(pl.col("channel").is_in(list(channels)))
    pairs = rows.select(pl.col(column).alias(by), "customer_key").drop_nulls().unique()
    return pairs.join(located(people, resolution), on="customer_key", how="inner").sort(by, "customer_key")


def group_column(customers: pl.DataFrame) -> str:
    """Which column says whose customers these are: ``group``, ``store_id``, ``agent_id`` or ``city``.

    Raises:
        ContractError: there is none of them, or no customers and cells.
    """
    require(customers, "customers", "customer_key", "cell")
    for name in _GROUPS:
        if name in customers.columns:
            return name
    message = f"customers: the column {' or '.join(_GROUPS)} is missing; there are: {', '.join(customers.columns)}."
    raise ContractError(message)


def located_customers(customers: pl.DataFrame) -> pl.DataFrame:
    """Has each store enough located customers to speak of a trade area?

    Args:
        customers: as ``store_customers`` returns them.

    Returns:
        One row per group: the group, ``customers`` (distinct) and ``is_sufficient`` (at least 50).

    Raises:
        ContractError: a required column is missing.
    """
    group = group_column(customers)
    counted = customers.group_by(group).agg(pl.col("customer_key").n_unique().cast(pl.Int64).alias("customers"))
    return counted.with_columns(is_sufficient=pl.col("customers") >= ENOUGH_CUSTOMERS).sort(group)


def trade_area(customers: pl.DataFrame, places: pl.DataFrame, *, by: str = "store_id") -> pl.DataFrame:
    """Which cells does each store draw from, and how much does each matter?

    Cells with equally many customers go nearest first, then by cell; an agent's distance is that of its nearest
    store. A cell belongs to the tier in which the share of the cells *before* it lies.

    Args:
        customers: as ``store_customers`` returns them.
        places: ``Places``; needs the group's column, ``lat`` and ``lng``. Stores without position have no distance.
        by: the column of ``places`` that ``group`` stands for, when the customers' column is called so.

    Returns:
        One row per group and cell, fullest cell first: the group, ``cell``, ``customers`` (distinct),
        ``cumulative_share`` (this cell included), ``tier``, ``distance_m`` (store to middle of the cell; null without
        position) and ``is_sufficient`` (the group has at least 50 located customers).

    Raises:
        ContractError: a required column is missing.
    """
    group = group_column(customers)
    counted = customers.group_by(group, "cell").agg(pl.col("customer_key").n_unique().cast(pl.Int64).alias("customers"))
    return area_of(with_distance(counted, places, group, by if group == "group" else group), group)


def area_of(counted: pl.DataFrame, group: str) -> pl.DataFrame:
    """As ``trade_area``, from rows that are counted already.

    Args:
        counted: one row per group and cell: the group, ``cell, customers, distance_m``.
        group: the group's column.
    """
    ranked = counted.sort(
        group, "customers", "distance_m", "cell", descending=[False, True, False, False], nulls_last=True
    )
    total, so_far = pl.col("customers").sum().over(group), pl.col("customers").cum_sum().over(group)
    before = (so_far - pl.col("customers")) * 100
    first, second, third = (before < total * percent for percent in THRESHOLDS)
    tier = pl.when(first).then(0).when(second).then(1).when(third).then(2).otherwise(3)
    return ranked.select(
        group,
        "cell",
        "customers",
        cumulative_share=so_far / total,
        tier=tier.replace_strict(dict(enumerate(TIERS)), return_dtype=pl.String),
        distance_m=pl.col("distance_m"),
        is_sufficient=total >= ENOUGH_CUSTOMERS,
    )


def tier_radii(customers: pl.DataFrame, places: pl.DataFrame, *, by: str = "store_id") -> pl.DataFrame:
    """Within how many metres do 60, 80 and 95 % of a store's located customers live?

    Args:
        customers: as ``store_customers`` returns them.
        places: as in ``trade_area``.
        by: as in ``trade_area``.

    Returns:
        One row per group: the group, ``customers``, ``r60_m, r80_m, r95_m`` (distance to the middle of the cell with
        which that share is reached; null for a store without position) and ``is_sufficient``.

    Raises:
        ContractError: a required column is missing.
    """
    return radii_of(trade_area(customers, places, by=by), group_column(customers))


def radii_of(area: pl.DataFrame, group: str) -> pl.DataFrame:
    """As ``tier_radii``, from the table of ``trade_area``."""
    return radii_outward(area.sort(group, "distance_m", "cell"), group)


def radii_outward(cells: pl.DataFrame, group: str) -> pl.DataFrame:
    """As ``tier_radii``, from customers that are counted already.

    Args:
        cells: one row per group and cell, by group, nearest first, then by cell: the group, ``customers, distance_m``.
        group: the group's column.
    """
    share_within = pl.col("customers").cum_sum() * 100
    radii = [
        pl.col("distance_m").filter(share_within >= pl.col("customers").sum() * percent).first().alias(f"r{percent}_m")
        for percent in THRESHOLDS
    ]
    return (
        cells.group_by(group, maintain_order=True)
        .agg(pl.col("customers").sum(), *radii, is_sufficient=pl.col("customers").sum() >= ENOUGH_CUSTOMERS)
        .sort(group)
    )


def with_distance(counted: pl.DataFrame, places: pl.DataFrame, group: str, column: str) -> pl.DataFrame:
    """The same rows with ``distance_m``: from the middle of each cell to the group's nearest store.

    Args:
        counted: rows with ``group`` (a column of that name) and ``cell``, no two the same.
        places: ``Places``.
        group: the column that says whose cells these are.
        column: the column of ``places`` that it stands for.

    Raises:
        ContractError: a required column is missing.
    """
    require(places, "places", column, "lat", "lng")
    stores = places.select(pl.col(column).alias(group), pl.col("lat").alias("to_lat"), pl.col("lng").alias("to_lng"))
    pairs = cell_centre(counted.select(group, "cell")).join(stores.drop_nulls(), on=group, how="inner")
    metres = haversine_m(pl.col("lat"), pl.col("lng"), pl.col("to_lat"), pl.col("to_lng"))
    nearest = pairs.group_by(group, "cell").agg(metres.min().alias("distance_m"))
    return counted.join(nearest, on=[group, "cell"], how="left")
