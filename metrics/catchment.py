"""Where do customers, money and interest live?

A map holds only people whose home is known at its resolution; ``home_coverage`` says how many those are and how it
became known. Behaviour leaves staff out, money keeps them.
"""

from __future__ import annotations

from typing import Final

import h3
import numpy as np
import polars as pl

from metrics.flows import flow_matrix, leakage, nearest_vs_actual
from metrics.interest import interest_minus_sales, interest_minus_sales_by_store
from metrics.rules import kept_purchases, one_currency, require, share
from metrics.tiers import located
from schema.geodesy import EARTH_RADIUS_M

__all__ = [
    "customers_by_cell",
    "distance_bands",
    "flow_matrix",
    "home_coverage",
    "interest_minus_sales",
    "interest_minus_sales_by_store",
    "leakage",
    "nearest_vs_actual",
    "penetration",
    "pick_resolution",
    "sales_by_cell",
]

BAND_EDGES_M: Final = (500, 1_000, 2_000, 3_000, 5_000, 10_000, 20_000, 50_000)
"""Where one distance band ends and the next begins, metres: a walk, a short ride, across town, another town."""

COARSEST, FINEST = 4, 9
"""Resolutions a map may show: a region, and the blocks at which homes are indexed."""


def customers_by_cell(people: pl.DataFrame, resolution: int) -> pl.DataFrame:
    """Where do customers live?

    Args:
        people: ``People``.
        resolution: of the cells.

    Returns:
        One row per cell, most customers first: ``cell, customers``.

    Raises:
        ContractError: a required column is missing.
    """
    return _counted(located(people, resolution), "customers").sort("customers", "cell", descending=[True, False])


def sales_by_cell(orders: pl.DataFrame, people: pl.DataFrame, resolution: int) -> pl.DataFrame:
    """Where does the money live?

    Args:
        orders: ``OrderFacts`` in one currency.
        people: ``People``.
        resolution: of the cells.

    Returns:
        One row per home cell of a buyer, most money first: ``cell, customers`` (distinct), ``orders``,
        ``net_minor`` (goods after discounts and refunds).

    Raises:
        ContractError: a required column is missing.
        UsageError: the orders are in several currencies.
    """
    require(orders, "orders", "customer_key", "net_minor")
    one_currency(orders, "orders")
    return (
        orders.join(located(people, resolution, staff=True), on="customer_key", how="inner")
        .group_by("cell")
        .agg(
            pl.col("customer_key").n_unique().cast(pl.Int64).alias("customers"),
            pl.len().cast(pl.Int64).alias("orders"),
            pl.col("net_minor").sum(),
        )
        .sort("net_minor", "cell", descending=[True, False])
    )


def penetration(orders: pl.DataFrame, people: pl.DataFrame, resolution: int) -> pl.DataFrame:
    """Where do members buy, and where do they only register?

    Args:
        orders: ``OrderFacts``; a fully refunded order makes nobody a buyer.
        people: ``People``.
        resolution: of the cells.

    Returns:
        One row per cell with a located member, most members first: ``cell, members, buyers`` and ``penetration``
        (buyers ÷ members).

    Raises:
        ContractError: a required column is missing.
    """
    homes = located(people, resolution)
    buyers = homes.join(kept_purchases(orders), on="customer_key", how="semi")
    return (
        _counted(homes, "members")
        .join(_counted(buyers, "buyers"), on="cell", how="left")
        .with_columns(pl.col("buyers").fill_null(0))
        .with_columns(penetration=share(pl.col("buyers"), pl.col("members")))
        .sort("members", "cell", descending=[True, False])
    )


def home_coverage(people: pl.DataFrame) -> pl.DataFrame:
    """How far can a map be trusted?

    Args:
        people: ``People``.

    Returns:
        One row per way a home became known, most customers first: ``home_src`` (null = unknown), ``customers``,
        ``share`` (of all customers).

    Raises:
        ContractError: a required column is missing.
    """
    require(people, "people", "home_src")
    counted = people.group_by("home_src").agg(pl.len().cast(pl.Int64).alias("customers"))
    return counted.with_columns(share=pl.col("customers") / pl.col("customers").sum()).sort(
        "customers", "home_src", descending=[True, False], nulls_last=True
    )


def distance_bands(people: pl.DataFrame, column: str = "nearest_m") -> pl.DataFrame:
    """How far do customers live from their store?

    Args:
        people: one row per customer with a distance in metres; rows without one are left out.
        column: its name.

    Returns:
        Every band, nearest first: ``band`` (such as ``1–2 km``), ``customers``, ``share`` (null without customers),
        ``from_m``, ``to_m`` (null for the last; a distance on an edge lies in the farther band).

    Raises:
        ContractError: the column is missing.
    """
    require(people, "people", column)
    edges = [0, *BAND_EDGES_M]
    known = people[column].drop_nulls().to_numpy()
    counts = np.bincount(np.digitize(known, BAND_EDGES_M), minlength=len(edges))
    ends = [*BAND_EDGES_M, None]
    labels = [
        f"{low / 1000:g}–{high / 1000:g} km" if high else f"≥ {low / 1000:g} km"
        for low, high in zip(edges, ends, strict=True)
    ]
    table = pl.DataFrame(
        {"band": labels, "customers": counts, "from_m": edges, "to_m": ends},
        schema={"band": pl.String, "customers": pl.Int64, "from_m": pl.Int64, "to_m": pl.Int64},
    )
    ratio = share(pl.col("customers"), pl.col("customers").sum())
    return table.select("band", "customers", ratio.alias("share"), "from_m", "to_m")


def pick_resolution(bounds: tuple[float, float, float, float], max_cells: int = 5_000) -> int:
    """How fine may a map of this extent be without drawing too many cells?

    Args:
        bounds: south, west, north, east in degrees; an east smaller than the west crosses the date line.
        max_cells: most cells that may fill the extent.

    Returns:
        The finest resolution from 9 down to 4 whose average cells fill the extent with at most ``max_cells``; 4 when
        none does.
    """
    south, west, north, east = bounds
    width = np.radians(east - west if east >= west else east - west + 360)
    extent_km2 = (EARTH_RADIUS_M / 1000) ** 2 * width * (np.sin(np.radians(north)) - np.sin(np.radians(south)))
    for resolution in range(FINEST, COARSEST, -1):
        if extent_km2 <= max_cells * h3.average_hexagon_area(resolution, unit="km^2"):
            return resolution
    return COARSEST


def _counted(homes: pl.DataFrame, name: str) -> pl.DataFrame:
    return homes.group_by("cell").agg(pl.col("customer_key").n_unique().cast(pl.Int64).alias(name))
