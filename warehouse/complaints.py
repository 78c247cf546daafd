"""Complaints of customers, each with whom, where and on which channel it is about: its own words, else its order's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from warehouse.persons import registrations

if TYPE_CHECKING:
    from schema.marts import Marts
    from schema.scope import Scope
    from warehouse.snapshots import Snapshot

_ORDER: Final = ("source", "order_id")
_TOLD: Final = ("customer_key", "store_id", "channel")


def complaints(snapshot: Snapshot, scope: Scope, marts: Marts) -> pl.DataFrame:
    """Who complained, of what, from when to when?

    Args:
        snapshot: which state of the data.
        scope: who asks. Head office and presenters: all but test customers'; an agent: those of the customers who are
            their own now, with the store only where it is theirs; others none.
        marts: what the scope was handed out.

    Returns:
        ``customer_key, store_id, agent_id, channel, kind, opened_at, closed_at, local_on``, oldest first; one row per
        complaint. What a complaint does not say itself is that of its order, as far as that is known.

    Raises:
        StorageError: the data cannot be read.
    """
    rows = snapshot.read("complaints")
    rows = _with_orders(rows, snapshot) if rows["order_id"].count() else rows
    tested = snapshot.scan("customers").filter("is_test").select("customer_key").collect()
    rows = rows.join(tested, on="customer_key", how="anti", maintain_order="left")
    agents = snapshot.read("stores").select("store_id", "agent_id")
    found = rows.join(agents, on="store_id", how="left", maintain_order="left").sort("opened_at", "complaint_id")
    found = found.select(
        "customer_key", "store_id", "agent_id", "channel", "kind", "opened_at", "closed_at", "local_on"
    )
    if scope.role in {"owner", "presenter"}:
        return found
    if scope.role != "agent":
        return found.clear()
    mine = registrations(marts).people.filter(pl.col("owner_agent_id").cast(pl.String) == scope.agent_id)
    theirs = found.join(mine.select("customer_key"), on="customer_key", how="semi", maintain_order="left")
    own = (pl.col("agent_id") == scope.agent_id).fill_null(value=False)
    return theirs.with_columns(pl.when(own).then(pl.col(name)).alias(name) for name in ("store_id", "agent_id"))


def has_complaints(snapshot: Snapshot) -> bool:
    """Whether any complaint was ever loaded: without one, nobody can say that somebody has none."""
    return bool(snapshot.rows.get("complaints"))


def _with_orders(rows: pl.DataFrame, snapshot: Snapshot) -> pl.DataFrame:
    """Customer, store and channel of the order, where the complaint names none itself."""
    named = rows.select(_ORDER).drop_nulls().unique().lazy()
    orders = snapshot.scan("orders").select(
        *_ORDER, _customer_key="customer_key", _store_id="selling_store_id", _channel="channel"
    )
    known = orders.join(named, on=_ORDER, how="semi").collect()
    found = rows.join(known, on=_ORDER, how="left", maintain_order="left")
    return found.with_columns(pl.coalesce(name, f"_{name}").alias(name) for name in _TOLD)
