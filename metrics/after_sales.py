"""What comes back, how soon and why, by any group of orders."""

from __future__ import annotations

from typing import Final

import polars as pl

_SCHEMA: Final = ("orders", "refunded_orders", "goods_minor", "refunded_minor")


def after_sales(orders: pl.DataFrame, refunds: pl.DataFrame, by: str) -> pl.DataFrame:
    """How much of what was sold came back, after how many days, and for which reason most often?

    Args:
        orders: ``order_key, goods_net_minor, refunded_minor`` and ``by``; one row per valid order; minor units.
        refunds: ``order_key, local_on, order_local_on, reason``; one row per refund. Those of no order here count for
            nothing.
        by: the column to tell apart; orders without it are left out.

    Returns:
        One row per value, most orders first: ``by, orders, refunded_orders, goods_minor, refunded_minor, refund_rate``
        (of the money; null where nothing was sold), ``refunded_share`` (of the orders), ``median_days`` from payment to
        refund (null without one), ``reason`` (the most frequent that is given; ties by name) and ``reason_share`` (of
        the refunds that give one).
    """
    known = orders.drop_nulls(by)
    sums = known.group_by(by).agg(
        orders=pl.len().cast(pl.Int64),
        refunded_orders=(pl.col("refunded_minor") > 0).sum().cast(pl.Int64),
        goods_minor=pl.col("goods_net_minor").sum(),
        refunded_minor=pl.col("refunded_minor").sum(),
    )
    linked = refunds.join(known.select("order_key", by), on="order_key")
    days = (pl.col("local_on") - pl.col("order_local_on")).dt.total_days()
    waits = linked.group_by(by).agg(median_days=days.median())
    told = linked.drop_nulls("reason").group_by(by, "reason").agg(n=pl.len())
    told = told.with_columns(reason_share=pl.col("n") / pl.col("n").sum().over(by))
    first = told.sort("n", "reason", descending=[True, False]).group_by(by, maintain_order=True).first().drop("n")
    found = sums.join(waits, on=by, how="left").join(first, on=by, how="left").with_columns(
        refund_rate=_share("refunded_minor", "goods_minor"), refunded_share=_share("refunded_orders", "orders")
    )  # fmt: skip
    columns = [by, *_SCHEMA, "refund_rate", "refunded_share", "median_days", "reason", "reason_share"]
    return found.select(columns).sort("orders", by, descending=[True, False])


def _share(part: str, whole: str) -> pl.Expr:
    return pl.when(pl.col(whole) > 0).then(pl.col(part) / pl.col(whole))
