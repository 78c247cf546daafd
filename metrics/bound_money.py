"""Where do bound customers buy, and what does their owner get for it?"""

from __future__ import annotations

from typing import Final, Literal

import polars as pl

from metrics.overview import ONLINE
from metrics.rules import one_currency, require, share

WHERE: Final = ("own_store", "another_store", "online", "head_office")
"""Their owner's store, somebody else's, no store at all, a store of head office without an agent."""

_OWNER: Final = {"store": "owner_store_id", "agent": "owner_agent_id"}
_ORDER: Final = ["customer_key", "paid_at", "channel"]


def credited_orders(orders: pl.DataFrame, shares: pl.DataFrame, by: Literal["store", "agent"]) -> pl.DataFrame:
    """Which orders of bound customers brought their owner a share, and how much?

    Args:
        orders: ``OrderFacts`` of one currency.
        shares: ``Shares`` of the same currency.
        by: whether the owner is a store (its own account) or an agent (all accounts of theirs).

    Returns:
        The orders whose customer had an owner, with ``where`` (one of ``WHERE``), ``is_credited`` (the owner
        accrued more than nothing) and ``share_minor`` (what is left of it after clawbacks and corrections).
        Entries meet their order by customer, instant of payment and channel.

    Raises:
        ContractError: a required column is missing.
        UsageError: several currencies.
    """
    require(orders, "orders", *_ORDER, "store_id", "agent_id", "owner_store_id", "owner_agent_id", "net_minor")
    one_currency(orders, "orders")
    one_currency(shares, "shares")
    owner = _OWNER[by]
    owned = orders.filter(pl.col(owner).is_not_null() & pl.col("customer_key").is_not_null())
    paid = _received(shares, by).rename({"receiver": owner})
    found = owned.with_columns(where=_where(by)).join(
        paid, on=[*_ORDER, owner], how="left", maintain_order="left", nulls_equal=False
    )
    # two orders paid in the same microsecond share one sum of entries: it is told once
    first = pl.struct(*_ORDER).is_first_distinct()
    return found.with_columns(
        is_credited=(pl.col("granted_minor") > 0).fill_null(value=False),
        share_minor=pl.when(first).then(pl.col("share_minor")).otherwise(0).fill_null(0),
    ).drop("granted_minor")


def _where(by: Literal["store", "agent"]) -> pl.Expr:
    own = pl.col("store_id") == pl.col("owner_store_id")
    if by == "agent":
        own |= pl.col("agent_id") == pl.col("owner_agent_id")
    no_store = pl.col("store_id").is_null() | pl.col("channel").is_in(ONLINE)
    return (
        pl.when(own.fill_null(value=False)).then(pl.lit("own_store"))
        .when(no_store).then(pl.lit("online"))
        .when(pl.col("agent_id").is_null()).then(pl.lit("head_office"))
        .otherwise(pl.lit("another_store"))
    )  # fmt: skip


def _received(shares: pl.DataFrame, by: Literal["store", "agent"]) -> pl.DataFrame:
    """What each owner received for each order: ``share_minor`` in all, ``granted_minor`` before clawbacks.

    Entries without a refund count at the order's payment.
    """
    require(shares, "shares", "receiver_kind", "receiver_id", "agent_id", "amount_minor", "at", "source", "refund_id")
    receiver = pl.col("receiver_id") if by == "store" else pl.col("agent_id")
    mine = shares.filter(pl.col("order_id").is_not_null() & pl.col("customer_key").is_not_null())
    mine = mine.filter(pl.col("receiver_kind") == "store" if by == "store" else pl.col("agent_id").is_not_null())
    granted = pl.col("refund_id").is_null()
    orders = mine.group_by("source", "order_id", receiver.alias("receiver")).agg(
        pl.col("customer_key").first(),
        pl.col("channel").first(),
        paid_at=pl.col("at").filter(granted).min(),
        share_minor=pl.col("amount_minor").sum(),
        granted_minor=pl.col("amount_minor").filter(granted).sum(),
    )
    return orders.group_by(*_ORDER, "receiver").agg(pl.col("share_minor", "granted_minor").sum())


def leakage(credited: pl.DataFrame, by: Literal["store", "agent"]) -> pl.DataFrame:
    """How much of their customers' spend do owners lose, and for how much of that do they get a share?

    Args:
        credited: what ``credited_orders`` gives for the same ``by``.
        by: store or agent.

    Returns:
        One row per owner, most leakage money first: ``group, spend_minor, own_minor, elsewhere_minor, leakage``
        (elsewhere ÷ spend), ``credited_minor`` (spend elsewhere that brought the owner a share),
        ``credited_leakage`` (credited ÷ spend: a part of ``leakage``), ``share_minor`` (the shares themselves),
        ``customers, orders``. Rates are null where no spend is left. Minor units, after refunds.

    Raises:
        ContractError: a required column is missing.
    """
    require(credited, "credited orders", "where", "is_credited", "share_minor", "net_minor")
    away = pl.col("where") != "own_store"
    net = pl.col("net_minor")
    return (
        credited.group_by(pl.col(_OWNER[by]).alias("group"))
        .agg(
            spend_minor=net.sum(),
            own_minor=net.filter(~away).sum(),
            elsewhere_minor=net.filter(away).sum(),
            credited_minor=net.filter(away & pl.col("is_credited")).sum(),
            share_minor=pl.col("share_minor").filter(away).sum(),
            customers=pl.col("customer_key").n_unique().cast(pl.Int64),
            orders=pl.len().cast(pl.Int64),
        )
        .with_columns(
            leakage=share(pl.col("elsewhere_minor"), pl.col("spend_minor")),
            credited_leakage=share(pl.col("credited_minor"), pl.col("spend_minor")),
        )
        .sort("elsewhere_minor", "group", descending=[True, False])
    )


def journey(credited: pl.DataFrame) -> pl.DataFrame:
    """My customers: where did they buy, and what came to me?

    Returns:
        One row per place of ``WHERE`` in that order, also where nobody bought: ``where, orders, customers,
        net_minor, share_minor, part`` (of all net; the parts add up to 1; null where no net is left),
        ``credited_orders``. No orders give an empty table.

    Raises:
        ContractError: a required column is missing.
    """
    require(credited, "credited orders", "where", "is_credited", "share_minor", "net_minor")
    sums = credited.group_by("where").agg(
        orders=pl.len().cast(pl.Int64),
        customers=pl.col("customer_key").n_unique().cast(pl.Int64),
        net_minor=pl.col("net_minor").sum(),
        share_minor=pl.col("share_minor").sum(),
        credited_orders=pl.col("is_credited").sum().cast(pl.Int64),
    )
    table = pl.DataFrame({"where": list(WHERE)}).join(sums, on="where", how="left", maintain_order="left")
    table = table.with_columns(pl.exclude("where").fill_null(0))
    table = table.with_columns(part=share(pl.col("net_minor"), pl.col("net_minor").sum()))
    return table.clear() if credited.is_empty() else table
