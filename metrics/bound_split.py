"""Into whose accounts did the pools of a month go?"""

from __future__ import annotations

from typing import Final

import polars as pl

from metrics.rules import one_currency, require, share

PARTS: Final = ("stores", "agent", "guides", "others")
"""Stores (those of the agent, where one is named), the agent or all agents, guides, and everybody else: head office."""

_POOL: Final = ["source", "order_id", "rule_id"]
_KINDS: Final = {"store": "stores", "agent": "agent", "guide": "guides"}


def split(accruals: pl.DataFrame, agent_id: str | None = None) -> pl.DataFrame:
    """Who got which part, and does it add up?

    Args:
        accruals: ``Shares`` of kind accrual in one currency: every receiver of the pools that this viewer may see.
        agent_id: whose side is told apart; the stores, agents and guides of others are then ``others``.

    Returns:
        One row per part of ``PARTS`` in that order: ``part, amount_minor, share`` (of the pool), ``entries``, and the
        same in every row ``pool_minor`` (each order's pool under each rule, once), ``unassigned_minor`` (pool − Σ of all
        parts), ``stores`` (owners of the orders' customers), ``orders``. No accruals give no rows.

    Raises:
        ContractError: a required column is missing.
        UsageError: several currencies.
    """
    require(accruals, "shares", "receiver_kind", "agent_id", "amount_minor", "pool_minor", "bound_store_id", *_POOL)
    one_currency(accruals, "shares")
    part = pl.col("receiver_kind").replace_strict(_KINDS, default="others")
    if agent_id is not None:
        part = pl.when(pl.col("agent_id").eq_missing(pl.lit(agent_id))).then(part).otherwise(pl.lit("others"))
    sums = accruals.group_by(part=part).agg(pl.col("amount_minor").sum(), entries=pl.len().cast(pl.Int64))
    pool = int(accruals.unique(_POOL)["pool_minor"].sum())
    table = pl.DataFrame({"part": PARTS}).join(sums, on="part", how="left", maintain_order="left")
    table = table.with_columns(pl.col("amount_minor", "entries").fill_null(0), pool_minor=pl.lit(pool, dtype=pl.Int64))
    table = table.with_columns(
        share=share(pl.col("amount_minor"), pl.col("pool_minor")),
        unassigned_minor=pl.col("pool_minor") - pl.col("amount_minor").sum(),
        stores=pl.lit(accruals["bound_store_id"].drop_nulls().n_unique(), dtype=pl.Int64),
        orders=pl.lit(accruals.select("source", "order_id").unique().height, dtype=pl.Int64),
    )
    names = ["part", "amount_minor", "share", "entries", "pool_minor", "unassigned_minor", "stores", "orders"]
    return table.select(names).clear() if accruals.is_empty() else table.select(names)
