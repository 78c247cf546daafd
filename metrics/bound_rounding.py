"""What head office bears because every receiver gives back whole minor units only."""

from __future__ import annotations

from typing import Final

import polars as pl

from metrics.rules import require

_ORDER: Final = ["source", "order_id"]
_POOL: Final = [*_ORDER, "rule_id"]
_PART: Final = [*_POOL, "role", "receiver_kind", "receiver_id"]
_PAID: Final = ["customer_key", "paid_at", "channel"]
_WIDE: Final = pl.Int128


def refunded_orders(shares: pl.DataFrame, orders: pl.DataFrame, refunds: pl.DataFrame) -> pl.DataFrame:
    """How much of each shared order's goods came back, month by month?

    Args:
        shares: ``Shares`` of one currency.
        orders: ``OrderFacts``; entries meet their order by customer, instant of payment and channel.
        refunds: ``RefundFacts``.

    Returns:
        One row per order and month of refund: ``source, order_id, month, goods_minor`` (refunded in it),
        ``goods_net_minor`` (of the order). Orders that cannot be told apart are left out.

    Raises:
        ContractError: a required column is missing.
    """
    require(orders, "orders", "order_key", "goods_net_minor", *_PAID)
    require(refunds, "refunds", "order_key", "local_on", "goods_minor")
    known = orders.join(refunds.select("order_key").unique(), on="order_key", how="semi")
    known = known.select("order_key", "goods_net_minor", *_PAID).unique(_PAID, keep="none")
    paid = shares.filter(pl.col("kind") == "accrual").select(*_ORDER, "customer_key", "channel", paid_at="at")
    named = paid.unique(_ORDER, keep="any").join(known, on=_PAID, nulls_equal=True)
    months = refunds.group_by("order_key", pl.col("local_on").dt.strftime("%Y-%m").alias("month")).agg(
        pl.col("goods_minor").sum()
    )
    return named.join(months, on="order_key").select(*_ORDER, "month", "goods_minor", "goods_net_minor")


def rounding(shares: pl.DataFrame, refunded: pl.DataFrame | None = None) -> pl.DataFrame:
    """What does head office bear, month by month?

    Each receiver of a pool gives back ⌊part · refunded ÷ base⌋ so far. The pool's exact part of what was refunded is
    ⌊pool · refunded ÷ base⌋; the difference, less than one minor unit a receiver, is head office's, and it is 0
    again after a full refund. Where the refunds of an order that has one pool explain all its clawbacks, they are
    what was refunded; else it is the least amount that explains them, and the figure is a lower bound.

    Args:
        shares: ``Shares`` of all receivers. Pools that a later correction changed are left out.
        refunded: what ``refunded_orders`` gives for them.

    Returns:
        One row per month in which something came back: ``month, hq_rounding_minor`` (signed: a later refund can give
        it back).
    """
    require(shares, "shares", "kind", "month", "amount_minor", "pool_minor", "base_minor", *_PART)
    taken = (
        shares.filter(pl.col("kind") == "clawback").group_by("month", *_PART).agg(back=-pl.col("amount_minor").sum())
    )
    touched = [frame.select(_ORDER) for frame in (taken, refunded) if frame is not None]
    parts = _parts(shares.join(pl.concat(touched).unique(), on=_ORDER, how="semi"))
    events = _events(parts, taken, refunded)
    rows = (
        events.join(parts, on=_POOL)
        .join(taken, on=["month", *_PART], how="left", nulls_equal=True)
        .sort("month")
        .with_columns(back=pl.col("back").fill_null(0).cum_sum().over(_PART).cast(_WIDE))
    )
    base, part, back, given = pl.col("base"), pl.col("part"), pl.col("back"), pl.col("given")
    rows = rows.with_columns(
        least=pl.when(part > 0).then((back * base + part - 1) // part),
        explains=((part * given // base) == back).fill_null(value=False),
    )
    steps = rows.group_by("month", *_POOL).agg(
        pl.col("least").max(), back.sum(), pl.col("pool", "base", "given").first(), pl.col("explains").all()
    )
    gone = pl.when("explains").then("given").otherwise("least").fill_null(0)
    return (
        steps.sort("month")
        .with_columns(borne=(pl.col("pool") * gone // base - back).cast(pl.Int64))
        .with_columns(borne=pl.col("borne") - pl.col("borne").shift(1, fill_value=0).over(_POOL))
        .group_by("month")
        .agg(hq_rounding_minor=pl.col("borne").sum())
        .sort("month")
    )


def _parts(shares: pl.DataFrame) -> pl.DataFrame:
    """Every receiver's part of every pool that no correction changed."""
    corrected = shares.filter(pl.col("kind") == "adjust").select(_POOL).unique()
    return (
        shares.filter((pl.col("kind") == "accrual") & (pl.col("base_minor") > 0))
        .join(corrected, on=_POOL, how="anti")
        .group_by(_PART)
        .agg(
            part=pl.col("amount_minor").sum().cast(_WIDE),
            pool=pl.col("pool_minor").first().cast(_WIDE),
            base=pl.col("base_minor").first().cast(_WIDE),
        )
    )


def _events(parts: pl.DataFrame, taken: pl.DataFrame, refunded: pl.DataFrame | None) -> pl.DataFrame:
    """Months in which something of a pool came back, with the goods ``given`` back so far; null where that is not known."""
    months = taken.select("month", *_POOL).unique()
    if refunded is None:
        return months.with_columns(given=pl.lit(None, dtype=_WIDE))
    pools = parts.select(*_POOL, "base").unique()
    single = pools.filter(pl.len().over(_ORDER) == 1).join(refunded, on=_ORDER)
    single = single.filter(pl.col("base") == pl.col("goods_net_minor")).sort("month")
    back = pl.min_horizontal(pl.col("goods_minor").cast(_WIDE).cum_sum().over(_POOL), "base")
    known = single.select("month", *_POOL, given=back)
    every = pl.concat([months, known.select("month", *_POOL)]).unique()
    return (
        every.join(known, on=["month", *_POOL], how="left")
        .sort("month")
        .with_columns(pl.col("given").forward_fill().over(_POOL))
    )
