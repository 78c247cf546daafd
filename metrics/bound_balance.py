"""Did every minor unit of every pool find its account? The 100 % bar, and what head office bears by rounding."""

from __future__ import annotations

from typing import Final

import polars as pl

from metrics.bound_rounding import rounding
from metrics.rules import one_currency, require, share

_POOL: Final = ["source", "order_id", "rule_id"]


def balance(shares: pl.DataFrame, refunded: pl.DataFrame | None = None) -> pl.DataFrame:
    """What was to be distributed, and what was?

    Args:
        shares: ``Shares`` of one currency, of all receivers.
        refunded: what ``refunded_orders`` gives for them; without it head office's rounding is a lower bound.

    Returns:
        One row per month with an accrual, clawback or correction, in order: ``month, pool_minor`` (each order's pool under each
        rule, once), ``distributed_minor`` (Σ accruals), ``unassigned_minor`` (pool − distributed: 0 when every
        minor unit has its account), ``hq_rounding_minor`` (what ``rounding`` finds), ``share`` (distributed ÷ pool;
        null without a pool), ``clawback_minor, adjust_minor, orders``.

    Raises:
        ContractError: a required column is missing.
        UsageError: several currencies.
    """
    require(shares, "shares", "kind", "month", "amount_minor", "pool_minor", *_POOL)
    one_currency(shares, "shares")
    kinds = ("accrual", "clawback", "adjust")
    amounts = shares.group_by("month").agg(
        pl.col("amount_minor").filter(pl.col("kind") == kind).sum().alias(kind) for kind in kinds
    )
    pools = (
        shares.filter(pl.col("kind") == "accrual")
        .group_by("month", *_POOL)
        .agg(pl.col("pool_minor").first())
        .group_by("month")
        .agg(pl.col("pool_minor").sum(), orders=pl.struct("source", "order_id").n_unique().cast(pl.Int64))
    )
    borne = rounding(shares, refunded)
    months = pl.concat([shares.filter(pl.col("kind").is_in(kinds)).select("month"), borne.select("month")]).unique()
    table = (
        months.join(amounts, on="month", how="left")
        .join(pools, on="month", how="left")
        .join(borne, on="month", how="left")
        .with_columns(pl.col("pool_minor", "orders", "hq_rounding_minor", *kinds).fill_null(0))
    )
    return table.select(
        "month",
        "pool_minor",
        pl.col("accrual").alias("distributed_minor"),
        (pl.col("pool_minor") - pl.col("accrual")).alias("unassigned_minor"),
        "hq_rounding_minor",
        share(pl.col("accrual"), pl.col("pool_minor")).alias("share"),
        pl.col("clawback").alias("clawback_minor"),
        pl.col("adjust").alias("adjust_minor"),
        "orders",
    ).sort("month")
