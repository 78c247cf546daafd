"""Bills of platforms, and what of ours there is to hold against them; head office alone, since they are of all stores."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from schema.errors import RefusedError
from schema.language import say

if TYPE_CHECKING:
    import datetime as dt

    from schema.scope import Scope
    from warehouse.snapshots import Snapshot


def bills(snapshot: Snapshot, scope: Scope, currency: str, first: dt.date, last: dt.date) -> pl.DataFrame:
    """What was paid by the bill?

    Args:
        snapshot: which state of the data.
        scope: who asks.
        currency: the one whose money is told.
        first: first local day.
        last: last local day.

    Returns:
        ``day, source, theirs_minor, their_orders, fees_minor``; one row per day and shop system that was billed.

    Raises:
        RefusedError: anybody but head office asks.
        StorageError: the data cannot be read.
    """
    _head_office(scope)
    found = snapshot.scan("bills").filter(
        pl.col("billed_on").is_between(pl.lit(first), pl.lit(last)), pl.col("currency") == currency
    )
    return found.select(
        "source", "fees_minor", day="billed_on", theirs_minor="billed_minor", their_orders="orders"
    ).sort("day", "source").select("day", "source", "theirs_minor", "their_orders", "fees_minor").collect()  # fmt: skip


def paid_back(snapshot: Snapshot, scope: Scope, currency: str, first: dt.date, last: dt.date) -> pl.DataFrame:
    """What was paid back, by the day of the refund: ``day, source, back_minor``; arguments and refusals as of ``bills``."""
    _head_office(scope)
    rows = snapshot.scan("refunds").filter(
        pl.col("local_on").is_between(pl.lit(first), pl.lit(last)), pl.col("currency") == currency
    )
    back = (pl.col("goods_minor") + pl.col("shipping_minor")).sum()
    return rows.group_by(day="local_on", source="source").agg(back_minor=back).sort("day", "source").collect()


def paid_orders(snapshot: Snapshot, scope: Scope, currency: str) -> pl.DataFrame:
    """Valid orders of any day, one row each: ``source, local_on, hour_of_week, paid_at, customer_key, paid_minor``."""
    _head_office(scope)
    valid = pl.col("paid_at").is_not_null() & ~pl.col("is_test") & (pl.col("status") != "cancelled")
    columns = ("source", "local_on", "hour_of_week", "paid_at", "customer_key", "paid_minor")
    return snapshot.scan("orders").filter(valid, pl.col("currency") == currency).select(columns).collect()


def _head_office(scope: Scope) -> None:
    if scope.role not in {"owner", "presenter"}:
        msg = say("Only head office sees the bills: they are about all stores.")
        raise RefusedError(msg)
