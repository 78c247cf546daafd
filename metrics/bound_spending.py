"""Where do an owner's customers spend, store by kind of store, and under which rule is it shared?"""

from __future__ import annotations

from typing import Final

import polars as pl

from metrics.rules import require, share

SPENT: Final = ("own_store", "online", "sister_store", "another_store", "head_office")
"""The owning store, no store at all, another store of the same agent, another agent's, one of head office."""

_ORDER: Final = ["customer_key", "paid_at", "channel"]


def spending(credited: pl.DataFrame, accruals: pl.DataFrame) -> pl.DataFrame:
    """My customers: in whose stores did they buy, and what came to my side?

    Args:
        credited: what ``credited_orders`` gives by agent.
        accruals: ``Shares`` of kind accrual of the same currency; they tell the rule.

    Returns:
        One row per place of ``SPENT`` in that order, also where nobody bought: ``place, orders, customers, net_minor,
        part`` (of all net; null where no net is left), ``credited_minor`` (net of orders that brought the owner a share),
        ``share_minor``, and ``rule_id, rule_version`` of most of these orders (null: none shares them). No orders give an
        empty table.

    Raises:
        ContractError: a required column is missing.
    """
    require(credited, "credited orders", *_ORDER, "where", "store_id", "owner_store_id", "net_minor", "is_credited")
    require(accruals, "shares", "customer_key", "at", "channel", "rule_id", "rule_version")
    own = pl.col("store_id").eq_missing(pl.col("owner_store_id"))
    sister = (pl.col("where") == "own_store") & ~own
    orders = credited.with_columns(place=pl.when(sister).then(pl.lit("sister_store")).otherwise("where"))
    net = pl.col("net_minor")
    sums = orders.group_by("place").agg(
        orders=pl.len().cast(pl.Int64),
        customers=pl.col("customer_key").n_unique().cast(pl.Int64),
        net_minor=net.sum(),
        credited_minor=net.filter(pl.col("is_credited")).sum(),
        share_minor=pl.col("share_minor").sum(),
    )
    table = pl.DataFrame({"place": SPENT}).join(sums, on="place", how="left", maintain_order="left")
    table = table.with_columns(pl.exclude("place").fill_null(0)).with_columns(part=share(net, net.sum()))
    table = table.join(_rules(orders, accruals), on="place", how="left", maintain_order="left")
    return table.clear() if credited.is_empty() else table


def _rules(orders: pl.DataFrame, accruals: pl.DataFrame) -> pl.DataFrame:
    """The rule under which most orders of each place are shared."""
    rules = accruals.rename({"at": "paid_at"}).select(*_ORDER, "rule_id", "rule_version").unique()
    return (
        orders.join(rules, on=_ORDER, how="inner")
        .group_by("place", "rule_id", "rule_version")
        .len()
        .sort("len", "rule_id", "rule_version", descending=[True, False, True])
        .unique("place", keep="first", maintain_order=True)
        .select("place", "rule_id", "rule_version")
    )
