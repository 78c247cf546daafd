"""Channels, business models and guides on the same measures: looked at, lingered on, bought, kept, and bound."""

from __future__ import annotations

import datetime as dt
from typing import Final

import polars as pl

from metrics.intervals import wilson_low_high
from metrics.rules import as_day, kept_lines, require, share

RETURN_DAYS: Final = 30
"""Younger orders may still come back, so they are in no return rate."""

MEASURES: Final = (
    "views", "known_views", "linger_rate", "linger_low", "linger_high", "viewers", "converted", "conversion_rate",
    "conversion_low", "conversion_high", "orders", "buyers", "net_minor", "mature_orders", "return_rate", "bound",
)  # fmt: skip
"""Columns of every comparison, after the one that says who."""

_COUNTS: Final = (
    "views",
    "known_views",
    "viewers",
    "converted",
    "orders",
    "buyers",
    "net_minor",
    "mature_orders",
    "bound",
)


def attention(visits: pl.DataFrame, by: str) -> pl.DataFrame:
    """How much is looked at, and how often does a look become a linger?

    Args:
        visits: ``Visits`` with the column ``by``; rows without it are left out.
        by: whose they are.

    Returns:
        One row per ``by``: ``views``, ``known_views`` (whose dwell is known), ``linger_rate`` of these with its Wilson
        95 % interval ``linger_low, linger_high``.
    """
    require(visits, "visits", by, "is_linger")
    found = visits.drop_nulls(by).group_by(by).agg(
        views=pl.len().cast(pl.Int64),
        known_views=pl.col("is_linger").count().cast(pl.Int64),
        lingers=pl.col("is_linger").sum().cast(pl.Int64),
    )  # fmt: skip
    return found.with_columns(
        share(pl.col("lingers"), pl.col("known_views")).alias("linger_rate"),
        *(edge.name.prefix("linger_") for edge in wilson_low_high("lingers", "known_views")),
    ).drop("lingers")


def takings(orders: pl.DataFrame, by: str, *, as_of: dt.date) -> pl.DataFrame:
    """What was sold and what came back?

    Args:
        orders: ``OrderFacts`` in one currency with the column ``by``; rows without it are left out.
        by: whose they are.
        as_of: the first local day not included.

    Returns:
        One row per ``by``: ``orders``, ``buyers`` (known customers who kept a purchase), ``net_minor``,
        ``mature_orders`` (at least ``RETURN_DAYS`` old) and of these ``return_rate`` (goods refunded ÷ goods paid).
    """
    require(
        orders, "orders", by, "customer_key", "local_on", "net_minor", "goods_net_minor", "refunded_minor", "is_kept"
    )
    is_mature = pl.col("local_on") <= as_day(as_of) - dt.timedelta(days=RETURN_DAYS)
    is_buyer = pl.col("is_kept") & ~pl.col("is_staff") & pl.col("customer_key").is_not_null()
    found = orders.filter("is_purchase").drop_nulls(by).group_by(by).agg(
        orders=pl.len().cast(pl.Int64),
        buyers=pl.col("customer_key").filter(is_buyer).n_unique().cast(pl.Int64),
        net_minor=pl.col("net_minor").sum(),
        mature_orders=is_mature.sum().cast(pl.Int64),
        goods=pl.col("goods_net_minor").filter(is_mature).sum(),
        back=pl.col("refunded_minor").filter(is_mature).sum(),
    )  # fmt: skip
    return found.with_columns(share(pl.col("back"), pl.col("goods")).alias("return_rate")).drop("goods", "back")


def led_to(visits: pl.DataFrame, lines: pl.DataFrame, by: str, *, days: int = 14) -> pl.DataFrame:
    """Views that led to a purchase, with what kind of purchase it was.

    Args:
        visits: ``Visits``.
        lines: ``LineFacts`` with the column ``by``.
        by: the kind of purchase, such as the business model.
        days: how long before the purchase a look counts.

    Returns:
        The ``Visits`` rows of customers who bought the product within ``days`` after and kept it, with ``by`` of the
        first such purchase.
    """
    require(lines, "lines", by, "paid_at", "product_id")
    bought = kept_lines(lines).select("customer_key", "product_id", "paid_at", by).drop_nulls().sort("paid_at")
    looks = visits.filter(pl.col("customer_key").is_not_null(), pl.col("product_id").is_not_null()).sort("at")
    found = looks.join_asof(
        bought, left_on="at", right_on="paid_at", by=["customer_key", "product_id"], strategy="forward",
        tolerance=dt.timedelta(days=days), check_sortedness=False,
    )  # fmt: skip
    return found.drop_nulls(by).filter(pl.col("paid_at") - pl.col("at") < dt.timedelta(days=days))


def while_bound(visits: pl.DataFrame, spells: pl.DataFrame) -> pl.DataFrame:
    """Views of customers while they were bound by a guide's code.

    Args:
        visits: ``Visits``.
        spells: ``Bindings``; those without a guide are left out.

    Returns:
        The ``Visits`` rows with ``guide_id``.
    """
    require(spells, "bindings", "customer_key", "guide_id", "valid_from", "valid_to")
    theirs = spells.drop_nulls("guide_id").select("customer_key", "guide_id", "valid_from", "valid_to")
    inside = (pl.col("valid_from") <= pl.col("at")) & (
        pl.col("valid_to").is_null() | (pl.col("at") < pl.col("valid_to"))
    )
    return visits.join(theirs, on="customer_key").filter(inside).drop("valid_from", "valid_to")


def compared(
    by: str,
    looked: pl.DataFrame,
    converted: pl.DataFrame,
    sold: pl.DataFrame,
    bound: pl.DataFrame,
) -> pl.DataFrame:
    """One table of all measures.

    Args:
        by: the column that says who, in each of the tables.
        looked: of ``attention``.
        converted: ``by, mature_viewers, buyers, conversion_rate, low, high`` as of ``metrics.conversion``.
        sold: of ``takings``.
        bound: ``by, bound`` (customers bound now).

    Returns:
        One row per ``by`` that any of them names, most net sales first: ``by`` and ``MEASURES``; a count of nothing is 0,
        a rate of nothing is null.
    """
    rates = converted.select(
        by, viewers="mature_viewers", converted="buyers", conversion_rate="conversion_rate", conversion_low="low",
        conversion_high="high",
    )  # fmt: skip
    found = sold
    for part in (looked, rates, bound):
        found = found.join(part, on=by, how="full", coalesce=True)
    return (
        found.drop_nulls(by).select(by, *MEASURES).with_columns(pl.col(_COUNTS).fill_null(0))
        .sort("net_minor", "views", by, descending=[True, True, False])
    )  # fmt: skip
