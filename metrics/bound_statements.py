"""What an account looks like in a month that is not settled yet, in the columns of a settled statement."""

from __future__ import annotations

import datetime as dt
from typing import Final

import polars as pl

from metrics.rules import require
from schema.marts import Statements

ACCOUNT: Final = ["receiver_kind", "receiver_id", "currency"]
_SUMS: Final = {
    "accrual": "accrued_minor",
    "clawback": "clawback_minor",
    "payout": "paid_minor",
    "adjust": "adjust_minor",
}


def open_statements(shares: pl.DataFrame, statements: pl.DataFrame) -> pl.DataFrame:
    """What has each account come to since the last settled month?

    Args:
        shares: ``Shares``; entries without a statement are the open ones.
        statements: ``Statements``, all months.

    Returns:
        The columns of ``Statements`` for each month from the first open entry to the last, and each account that
        has entries in it or a balance from before: opening + accrued + clawback + paid + adjust = closing.
        ``held_minor`` rests on orders that may not be paid out by the month's last day (``eligible_on`` later or
        unknown). There is no ``statement_id``, digest, chain head or settling time yet.

    Raises:
        ContractError: a required column is missing.
    """
    require(
        shares,
        "shares",
        "kind",
        "month",
        "amount_minor",
        "statement_id",
        "eligible_on",
        "source",
        "order_id",
        "refund_id",
        *ACCOUNT,
    )
    require(statements, "statements", "month", "closing_minor", "held_minor", *ACCOUNT)
    settled = statements.sort("month").group_by(ACCOUNT, maintain_order=True).last()
    last = statements["month"].max()
    fresh = shares.filter(pl.col("statement_id").is_null())
    months = fresh.select("month").unique().filter(pl.col("month") > (last or "")).sort("month")
    if months.is_empty():
        return _empty()
    accounts = pl.concat([fresh.select(ACCOUNT), settled.select(ACCOUNT)]).unique()
    about = pl.concat([frame.select(*ACCOUNT, "store_id", "agent_id") for frame in (fresh, settled)])
    about = about.unique(ACCOUNT, keep="first", maintain_order=True)
    sums = fresh.group_by(*ACCOUNT, "month").agg(
        *(pl.col("amount_minor").filter(pl.col("kind") == kind).sum().alias(name) for kind, name in _SUMS.items()),
        entries=pl.len().cast(pl.Int64),
    )
    grid = accounts.join(months, how="cross").join(sums, on=[*ACCOUNT, "month"], how="left")
    grid = grid.with_columns(pl.col(*_SUMS.values(), "entries").fill_null(0))
    base = settled.select(*ACCOUNT, pl.col("closing_minor").alias("_base"))
    grid = (
        grid.join(base, on=ACCOUNT, how="left")
        .sort(*ACCOUNT, "month")
        .with_columns(moved=pl.sum_horizontal(*_SUMS.values()))
    )
    closing = pl.col("_base").fill_null(0) + pl.col("moved").cum_sum().over(ACCOUNT)
    grid = grid.with_columns(closing_minor=closing).with_columns(
        opening_minor=pl.col("closing_minor") - pl.col("moved")
    )
    kept = grid.filter((pl.col("entries") > 0) | (pl.col("opening_minor") != 0))
    kept = kept.join(about, on=ACCOUNT, how="left").join(_held(shares, months), on=[*ACCOUNT, "month"], how="left")
    kept = kept.with_columns(pl.col("held_minor").fill_null(0))
    payable = pl.max_horizontal(pl.lit(0, dtype=pl.Int64), pl.col("closing_minor") - pl.col("held_minor"))
    return _in_shape(kept.with_columns(payable_minor=payable))


def _held(shares: pl.DataFrame, months: pl.DataFrame) -> pl.DataFrame:
    """Per account and month, how much rests on orders that may not be paid out by the month's last day; never below 0.

    As in a settled statement: such orders' shares with their corrections, net of their clawbacks.
    """
    order = ["source", "order_id"]
    granted = shares.filter(pl.col("kind").is_in(["accrual", "adjust"]) & pl.col("refund_id").is_null())
    late = []
    for month in months["month"]:
        far = pl.col("eligible_on").is_null() | (pl.col("eligible_on") > _last_day(month))
        waiting = granted.filter((pl.col("month") <= month) & far).select(order).unique()
        rows = shares.filter(pl.col("month") <= month).join(waiting, on=order, how="semi")
        late.append(rows.group_by(ACCOUNT).agg(held_minor=pl.col("amount_minor").sum().clip(0), month=pl.lit(month)))
    return pl.concat(late)


def _last_day(month: str) -> dt.date:
    first = dt.date.fromisoformat(f"{month}-01")
    return (first + dt.timedelta(days=31)).replace(day=1) - dt.timedelta(days=1)


def _empty() -> pl.DataFrame:
    return pl.DataFrame(schema=Statements.create_empty().schema)


def _in_shape(rows: pl.DataFrame) -> pl.DataFrame:
    schema = _empty().schema
    given = [
        pl.col(name).cast(kind) if name in rows.columns else pl.lit(None, dtype=kind).alias(name)
        for name, kind in schema.items()
    ]
    return rows.select(given)
