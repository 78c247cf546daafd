"""What changed? Trend, ranking and the few totals that head the Overview."""

from __future__ import annotations

import datetime as dt
from typing import Final, Literal

import polars as pl

from metrics.rules import as_day, one_currency, require, share

MATURE_DAYS: Final = 30
"""Refunds of younger orders are still coming in."""

ONLINE: Final = ("wechat_mini", "mall", "h5_site", "app", "live", "web", "marketplace")
"""Channels without a shop or a telephone."""

_TRUNCATE: Final = {"day": "1d", "week": "1w", "month": "1mo"}


def trend(orders: pl.DataFrame, *, period: Literal["day", "week", "month"] = "day") -> pl.DataFrame:
    """How did sales run?

    Args:
        orders: ``OrderFacts`` of one currency.
        period: length of a step; weeks start on Monday.

    Returns:
        One row per step from the first order to the last, in order, steps without orders as 0: ``local_on`` (first
        day of the step), ``net_minor`` (refunds dated to the order), ``orders`` (with a paid line). No orders give
        an empty table.

    Raises:
        ContractError: a required column is missing.
        UsageError: several currencies.
    """
    require(orders, "orders", "local_on", "net_minor", "is_purchase")
    one_currency(orders, "orders")
    every = _TRUNCATE[period]
    steps = (
        orders.group_by(pl.col("local_on").dt.truncate(every))
        .agg(net_minor=pl.col("net_minor").sum(), orders=pl.col("is_purchase").sum().cast(pl.Int64))
        .sort("local_on")
    )
    # upsampling nothing has no bounds
    filled = steps.upsample("local_on", every=every) if steps.height else steps
    return filled.with_columns(pl.col("net_minor", "orders").fill_null(0))


def ranking(now: pl.DataFrame, before: pl.DataFrame, *, by: str) -> pl.DataFrame:
    """Who sells most, and who grew?

    Args:
        now: ``OrderFacts`` (or any rows with ``net_minor``) of the period, one currency.
        before: the same of the period to compare with.
        by: column to rank, such as ``city``; null stays a row of its own.

    Returns:
        One row per group of either period, most sales first: ``group, net_minor, previous_minor`` (0 without
        sales), ``change`` (share of the previous; null without previous sales). Neither period gives an empty
        table.

    Raises:
        ContractError: a required column is missing.
        UsageError: several currencies.
    """
    sums = []
    for rows, table, name in ((now, "now", "net_minor"), (before, "before", "previous_minor")):
        require(rows, table, by, "net_minor")
        one_currency(rows, table)
        sums.append(rows.group_by(pl.col(by).alias("group")).agg(pl.col("net_minor").sum().alias(name)))
    net, previous = pl.col("net_minor"), pl.col("previous_minor")
    return (
        sums[0]
        .join(sums[1], on="group", how="full", coalesce=True, nulls_equal=True)
        .with_columns(pl.col("net_minor", "previous_minor").fill_null(0))
        .with_columns(change=pl.when(previous > 0).then((net - previous) / previous))
        .sort("net_minor", "previous_minor", "group", descending=[True, True, False], nulls_last=True)
    )


def return_rate(orders: pl.DataFrame, *, as_of: dt.date, days: int = MATURE_DAYS) -> pl.DataFrame:
    """How much of what is sold comes back?

    Args:
        orders: ``OrderFacts`` of one currency.
        as_of: the first local day not included.
        days: how old an order must be for its refunds to be in.

    Returns:
        One row: ``return_rate`` (goods refunded ÷ goods paid, 0–1; null when nothing was paid), ``refunded_minor,
        goods_minor, orders, from_on, to_on`` (of the orders used). No mature orders give an empty table.

    Raises:
        ContractError: a required column is missing.
        UsageError: several currencies.
    """
    require(orders, "orders", "local_on", "goods_net_minor", "refunded_minor", "is_purchase")
    mature = orders.filter(pl.col("is_purchase") & (pl.col("local_on") <= as_day(as_of) - dt.timedelta(days=days)))
    one_currency(mature, "orders")
    goods, refunded = pl.col("goods_net_minor").sum(), pl.col("refunded_minor").sum()
    row = mature.select(
        return_rate=share(refunded, goods),
        refunded_minor=refunded,
        goods_minor=goods,
        orders=pl.len().cast(pl.Int64),
        from_on=pl.col("local_on").min(),
        to_on=pl.col("local_on").max(),
    )
    return row if mature.height else row.clear()


def dwell_totals(visits: pl.DataFrame) -> pl.DataFrame:
    """How much attention was there in all?

    Args:
        visits: ``Visits``; needs ``dwell_ms, is_linger``.

    Returns:
        One row: ``views, known_views, dwell_minutes`` (null when nothing is known), ``linger_rate`` (of known
        views), ``coverage`` (known ÷ all). No visits give an empty table.

    Raises:
        ContractError: a required column is missing.
    """
    require(visits, "visits", "dwell_ms", "is_linger")
    known = pl.col("dwell_ms").count()
    row = visits.select(
        views=pl.len().cast(pl.Int64),
        known_views=known.cast(pl.Int64),
        dwell_minutes=pl.when(known > 0).then(pl.col("dwell_ms").sum() / 60_000),
        linger_rate=pl.col("is_linger").mean(),
        coverage=share(known, pl.len()),
    )
    return row if visits.height else row.clear()


def online_share(orders: pl.DataFrame) -> float | None:
    """Which share of net sales is made without a shop?

    Args:
        orders: ``OrderFacts`` of one currency.

    Returns:
        Net of the channels in ``ONLINE`` ÷ all net, 0–1; None when there is no net.

    Raises:
        ContractError: a required column is missing.
        UsageError: several currencies.
    """
    require(orders, "orders", "channel", "net_minor")
    one_currency(orders, "orders")
    net = pl.col("net_minor")
    row = orders.select(share(net.filter(pl.col("channel").is_in(ONLINE)).sum(), net.sum()).alias("share"))
    return row.item()  # type: ignore[no-any-return]


def new_members(people: pl.DataFrame, from_on: dt.date, to_on: dt.date) -> int | None:
    """How many members joined?

    Args:
        people: ``People``.
        from_on: first local day.
        to_on: last local day, inclusive.

    Returns:
        Count of customers registered in the period, without staff; None when no registration is known at all.

    Raises:
        ContractError: a required column is missing.
    """
    require(people, "people", "registered_on", "is_staff")
    if not people["registered_on"].count():
        return None
    return people.filter(pl.col("registered_on").is_between(from_on, to_on) & ~pl.col("is_staff")).height


def change(now: float | None, before: float | None) -> float | None:
    """By what share did a number grow? None when either is unknown or it started at or below 0.

    Examples:
        >>> change(110, 100)
        0.1
    """
    return (now - before) / before if now is not None and before is not None and before > 0 else None
