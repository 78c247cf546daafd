"""How much of what is accrued and not yet paid will refunds take back?"""

from __future__ import annotations

import datetime as dt
from typing import Final

import polars as pl

from metrics.overview import ONLINE
from metrics.rules import one_currency, require, share

HORIZON_DAYS: Final = 90
"""Later refunds are rare and left out; orders at least this old show how refunds come in."""

BANDS: Final = (0, 7, 15, 30, 60, 91)
"""First day of each age band; the last one is open."""

_GROUP: Final = "channel_group"


def channel_group(column: str = "channel") -> pl.Expr:
    """``online`` or ``offline``: the two return at very different rates."""
    return pl.when(pl.col(column).is_in(ONLINE)).then(pl.lit("online")).otherwise(pl.lit("offline")).alias(_GROUP)


def refund_paths(orders: pl.DataFrame, refunds: pl.DataFrame, *, as_of: dt.date) -> pl.DataFrame:
    """How likely is money of an order of a certain age still to come back?

    Args:
        orders: ``OrderFacts`` of one currency; those at least ``HORIZON_DAYS`` old are measured.
        refunds: ``RefundFacts`` of the same orders.
        as_of: local day before which the data are complete.

    Returns:
        One row per channel group with sales and age in days from 0 to ``HORIZON_DAYS``: ``channel_group, age_days,
        refund_probability`` = (R(horizon) − R(age)) ÷ (1 − R(age)), where R is the part of the goods refunded by
        that age; and ``orders`` behind it.

    Raises:
        ContractError: a required column is missing.
        UsageError: several currencies.
    """
    require(orders, "orders", "local_on", "channel", "goods_net_minor")
    require(refunds, "refunds", "local_on", "order_local_on", "channel", "goods_minor")
    one_currency(orders, "orders")
    last = as_of - dt.timedelta(days=HORIZON_DAYS + 1)
    sold = (
        orders.filter(pl.col("local_on") <= last)
        .group_by(channel_group())
        .agg(goods=pl.col("goods_net_minor").sum(), orders=pl.len().cast(pl.Int64))
        .filter(pl.col("goods") > 0)
    )
    age = (pl.col("local_on") - pl.col("order_local_on")).dt.total_days().clip(0)
    back = (
        refunds.filter(pl.col("order_local_on") <= last)
        .group_by(channel_group(), age.alias("age_days"))
        .agg(back=pl.col("goods_minor").sum())
    )
    days = pl.DataFrame({"age_days": range(HORIZON_DAYS + 1)}, schema={"age_days": pl.Int64})
    path = sold.join(days, how="cross").join(back, on=[_GROUP, "age_days"], how="left").sort(_GROUP, "age_days")
    gone = (pl.col("back").fill_null(0).cum_sum().over(_GROUP) / pl.col("goods")).clip(0, 1)
    path = path.with_columns(gone=gone).with_columns(end=pl.col("gone").last().over(_GROUP))
    chance = pl.when(pl.col("gone") < 1).then((pl.col("end") - pl.col("gone")) / (1 - pl.col("gone"))).otherwise(0.0)
    return path.select(_GROUP, "age_days", chance.alias("refund_probability"), "orders")


def unpaid(shares: pl.DataFrame) -> pl.DataFrame:
    """What is accrued and still in the house?

    A payout pays what was payable at the end of the month before; so an entry is paid once a payout exists in a
    later month than both its own and the one in which it became eligible.

    Args:
        shares: ``Shares`` of one currency.

    Returns:
        One row per order and account with a positive rest: ``source, order_id, receiver_kind, receiver_id,
        order_on, channel, accrued_minor``.

    Raises:
        ContractError: a required column is missing.
        UsageError: several currencies.
    """
    require(shares, "shares", "kind", "month", "eligible_on", "order_id", "order_on", "channel", "amount_minor")
    one_currency(shares, "shares")
    paid = shares.filter(pl.col("kind") == "payout")["month"].max()
    rows = shares.filter((pl.col("kind") != "payout") & pl.col("order_id").is_not_null())
    account = ["source", "order_id", "receiver_kind", "receiver_id"]
    due = pl.max_horizontal("month", pl.col("eligible_on").dt.strftime("%Y-%m"))
    accrued = pl.col("kind").is_in(["accrual", "adjust"])
    waits = (pl.col("eligible_on").is_null() | (due >= (paid or ""))) & accrued
    return (
        rows.group_by(account)
        .agg(
            pl.col("order_on").drop_nulls().first(),
            pl.col("channel").drop_nulls().first(),
            accrued_minor=pl.col("amount_minor").sum(),
            _waits=waits.any(),
        )
        .filter(pl.col("_waits") & (pl.col("accrued_minor") > 0))
        .drop("_waits")
    )


def exposure(rest: pl.DataFrame, paths: pl.DataFrame, *, as_of: dt.date) -> pl.DataFrame:
    """How much of it will be clawed back, by the age of the orders?

    Args:
        rest: what ``unpaid`` gives.
        paths: what ``refund_paths`` gives.
        as_of: local day before which the data are complete.

    Returns:
        One row per age band that holds money, youngest first: ``age_days, to_days`` (null: open), ``accrued_minor,
        refund_probability`` (exposure ÷ accrued; null where no channel group shows how refunds come in),
        ``exposure_minor, orders``.
    """
    require(rest, "unpaid shares", "order_on", "channel", "accrued_minor")
    age = (pl.lit(as_of) - pl.col("order_on")).dt.total_days() - 1
    rows = rest.with_columns(channel_group(), age_days=age.clip(0))
    rows = rows.join(paths.drop("orders"), on=[_GROUP, "age_days"], how="left")
    seen = pl.col(_GROUP).is_in(paths[_GROUP].unique().implode())
    chance = pl.when(seen).then(pl.col("refund_probability").fill_null(0.0))
    band = pl.sum_horizontal([(pl.col("age_days") >= first).cast(pl.Int64) for first in BANDS[1:]])
    table = (
        rows.with_columns(_band=band, _back=chance * pl.col("accrued_minor"))
        .group_by("_band")
        .agg(
            pl.col("accrued_minor").sum(),
            orders=pl.struct("source", "order_id").n_unique().cast(pl.Int64),
            back=pl.when(pl.col("_back").count() > 0).then(pl.col("_back").sum()),
            known=pl.col("accrued_minor").filter(pl.col("_back").is_not_null()).sum(),
        )
        .sort("_band")
    )
    starts = dict(enumerate(BANDS))
    ends = {index: first - 1 for index, first in enumerate(BANDS[1:])}
    return table.select(
        pl.col("_band").replace_strict(starts, return_dtype=pl.Int64).alias("age_days"),
        pl.col("_band").replace_strict(ends, default=None, return_dtype=pl.Int64).alias("to_days"),
        "accrued_minor",
        share(pl.col("back"), pl.col("known")).alias("refund_probability"),
        pl.col("back").round(0).cast(pl.Int64).alias("exposure_minor"),
        "orders",
    )
