"""Identities of customers, for whoever may see the customers; and what was stored of when things arrived and what they summed to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from schema.errors import RefusedError
from schema.language import say
from warehouse.persons import registrations

if TYPE_CHECKING:
    from collections.abc import Sequence

    from schema.marts import Marts
    from schema.scope import Scope
    from warehouse.snapshots import Snapshot

_COLUMNS = ("customer_key", "id_type", "id_hash", "verified", "first_seen")


def identities(snapshot: Snapshot, scope: Scope, marts: Marts) -> pl.DataFrame:
    """Which identities does each customer have? Keyed hashes; they are compared, never shown.

    Args:
        snapshot: which state of the data.
        scope: who asks. Head office and presenters: all but test customers'; an agent: those of the customers
            they see; others none.
        marts: what the scope was handed out.

    Returns:
        ``customer_key, id_type, id_hash, verified, first_seen``; one row per identity and customer.

    Raises:
        StorageError: the data cannot be read.
    """
    found = all_identities(snapshot)
    if scope.role in {"owner", "presenter"}:
        return found
    if scope.role != "agent":
        return found.clear()
    seen = registrations(marts).people["customer_key"]
    return found.filter(pl.col("customer_key").is_in(seen.implode()))


def all_identities(snapshot: Snapshot) -> pl.DataFrame:
    """The same of all customers but test customers; for this room alone."""
    found = snapshot.read("identities").select(_COLUMNS).drop_nulls("customer_key")
    if found.is_empty():
        return found
    tested = snapshot.scan("customers").filter("is_test").select("customer_key").collect()
    return found.join(tested, on="customer_key", how="anti", maintain_order="left")


def arrivals(snapshot: Snapshot, scope: Scope, first: object, last: object) -> pl.DataFrame:
    """How long after it happened did each event arrive? Head office alone: the sums are of all stores.

    Args:
        snapshot: which state of the data.
        scope: who asks.
        first: first local day.
        last: last local day.

    Returns:
        ``day, channel, events, negative, p50_s, p95_s`` in that order; negative ones (W02) are in no percentile, and
        events without an arrival in no row.

    Raises:
        RefusedError: anybody else asks.
        StorageError: the data cannot be read.
    """
    _head_office(scope, say("when things arrived"))
    wait = (pl.col("ingested_at") - pl.col("occurred_at")).dt.total_milliseconds() / 1000
    return (
        snapshot.scan("events")
        .filter(pl.col("local_on").is_between(pl.lit(first), pl.lit(last)), pl.col("ingested_at").is_not_null())
        .select("local_on", "channel", wait.alias("wait"))
        .group_by(day="local_on", channel="channel")
        .agg(
            events=pl.len().cast(pl.Int64),
            negative=(pl.col("wait") < 0).sum().cast(pl.Int64),
            p50_s=pl.col("wait").filter(pl.col("wait") >= 0).quantile(0.5, "nearest"),
            p95_s=pl.col("wait").filter(pl.col("wait") >= 0).quantile(0.95, "nearest"),
        )
        .sort("day", "channel")
        .collect()
    )


def paid_by_source(
    snapshot: Snapshot, scope: Scope, currency: str, first: object, last: object, stores: Sequence[str] | None = None
) -> pl.DataFrame:
    """What did customers pay, by day and shop system? Head office alone, to hold against the bill of each.

    Args:
        snapshot: which state of the data.
        scope: who asks.
        currency: the one whose money is added.
        first: first local day.
        last: last local day.
        stores: only what these sold; None is everything.

    Returns:
        ``day, source, orders, ours_minor`` in that order: valid orders by the day they were paid, shipping included.

    Raises:
        RefusedError: anybody else asks.
        StorageError: the data cannot be read.
    """
    _head_office(scope, "reconciliation")
    valid = pl.col("paid_at").is_not_null() & ~pl.col("is_test") & (pl.col("status") != "cancelled")
    if stores is not None:
        valid &= pl.col("selling_store_id").is_in(stores).fill_null(value=False)
    return (
        snapshot.scan("orders")
        .filter(valid, pl.col("local_on").is_between(pl.lit(first), pl.lit(last)), pl.col("currency") == currency)
        .group_by(day="local_on", source="source")
        .agg(orders=pl.len().cast(pl.Int64), ours_minor=pl.col("paid_minor").sum())
        .sort("day", "source")
        .collect()
    )


def _head_office(scope: Scope, what: str) -> None:
    if scope.role not in {"owner", "presenter"}:
        msg = say("Only head office sees {what}: it is about all stores.", what=what)
        raise RefusedError(msg)
