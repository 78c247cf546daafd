"""Did every minor unit of every pool find its account? The 100 % bar, and what head office bears by rounding."""

from __future__ import annotations

from typing import Final

import polars as pl

from metrics.rules import one_currency, require, share

_POOL: Final = ["source", "order_id", "rule_id"]
_PART: Final = [*_POOL, "role", "receiver_kind", "receiver_id"]


def balance(shares: pl.DataFrame) -> pl.DataFrame:
    """What was to be distributed, and what was?

    Args:
        shares: ``Shares`` of one currency, of all receivers.

    Returns:
        One row per month with an accrual or clawback, in order: ``month, pool_minor`` (each order's pool under each
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
    months = shares.filter(pl.col("kind").is_in(kinds)).select("month").unique()
    table = (
        months.join(amounts, on="month", how="left")
        .join(pools, on="month", how="left")
        .join(rounding(shares), on="month", how="left")
        .with_columns(pl.col("pool_minor", "orders", "hq_rounding_minor").fill_null(0))
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


def rounding(shares: pl.DataFrame) -> pl.DataFrame:
    """What does head office bear because every receiver gives back whole minor units only?

    Each receiver of a pool gives back ⌊part · refunded ÷ base⌋. The pool's exact part of what was refunded is
    ⌊pool · refunded ÷ base⌋; the difference, less than one minor unit a receiver, is head office's, and it is 0
    again after a full refund. How much was refunded is read from the clawbacks themselves: the least amount that
    explains all of them.

    Args:
        shares: ``Shares`` of all receivers. Pools that a later correction changed are left out.

    Returns:
        One row per month with a clawback: ``month, hq_rounding_minor`` (signed: a later refund can give it back).
    """
    taken = (
        shares.filter(pl.col("kind") == "clawback").group_by("month", *_PART).agg(back=-pl.col("amount_minor").sum())
    )
    corrected = shares.filter(pl.col("kind") == "adjust").select(_POOL).unique()
    months = taken.select("month", *_POOL).unique().join(corrected, on=_POOL, how="anti")
    parts = (
        shares.filter(pl.col("kind") == "accrual")
        .join(months.select(_POOL).unique(), on=_POOL, how="semi")
        .group_by(_PART)
        .agg(part=pl.col("amount_minor").sum(), pool=pl.col("pool_minor").first(), base=pl.col("base_minor").first())
    )
    wide = pl.Int128
    steps = (
        months.join(parts, on=_POOL)
        .join(taken, on=["month", *_PART], how="left", nulls_equal=True)
        .sort("month")
        .with_columns(back=pl.col("back").fill_null(0).cum_sum().over(_PART).cast(wide), base=pl.col("base").cast(wide))
        .with_columns(
            least=pl.when(pl.col("part") > 0).then(
                (pl.col("back") * pl.col("base") + pl.col("part") - 1) // pl.col("part")
            )
        )
        .group_by("month", *_POOL)
        .agg(pl.col("least").max(), pl.col("back").sum(), pl.col("pool").first(), pl.col("base").first())
    )
    exact = pl.when(pl.col("base") > 0).then(pl.col("pool") * pl.col("least") // pl.col("base")).otherwise(0)
    return (
        steps.sort("month")
        .with_columns(borne=(exact.fill_null(0) - pl.col("back")).cast(pl.Int64))
        .with_columns(borne=pl.col("borne") - pl.col("borne").shift(1, fill_value=0).over(_POOL))
        .group_by("month")
        .agg(hq_rounding_minor=pl.col("borne").sum())
        .sort("month")
    )
