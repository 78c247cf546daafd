"""Which guide an order names, for whoever may see the order and the guide; no mart holds it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from warehouse.layout import SINCE_FORMAT
from warehouse.sales import first_key

if TYPE_CHECKING:
    from schema.marts import Marts
    from schema.scope import Scope
    from warehouse.snapshots import Snapshot

_ORDER = ("source", "order_id")


def guides(snapshot: Snapshot, scope: Scope, marts: Marts) -> pl.DataFrame:
    """Which guides may this viewer see?

    Args:
        snapshot: which state of the data.
        scope: who asks. Head office and presenters: all; an agent: those of their own stores; others none.
        marts: what the scope was handed out.

    Returns:
        ``guide_id, store_id``, by id.

    Raises:
        StorageError: the data cannot be read.
    """
    found = snapshot.read("guides").select("guide_id", "store_id").sort("guide_id")
    if scope.role in {"owner", "presenter"}:
        return found
    if scope.role != "agent":
        return found.clear()
    return found.filter(pl.col("store_id").is_in(marts.places["store_id"].cast(pl.String).implode()))


def guided_orders(snapshot: Snapshot, scope: Scope, marts: Marts) -> pl.DataFrame:
    """Which of the viewer's orders name a guide whom the viewer may see?

    Args:
        snapshot: as in ``guides``.
        scope: as in ``guides``.
        marts: as in ``guides``.

    Returns:
        ``order_key, guide_id``; one row per order that names one.

    Raises:
        StorageError: the data cannot be read.
    """
    stored = snapshot.scan("orders")
    tested = snapshot.scan("customers").filter("is_test").select("customer_key")
    valid = pl.col("paid_at").is_not_null() & ~pl.col("is_test") & (pl.col("status") != "cancelled")
    rows = (
        stored.filter(valid).join(tested, on="customer_key", how="anti")
        .select("month", "paid_at", *_ORDER, "guide_id").sort("month", "paid_at", *_ORDER)
        .collect()
    )  # fmt: skip
    if rows["guide_id"].null_count() == rows.height:
        return pl.DataFrame(schema={"order_key": pl.Int64, "guide_id": pl.String})
    numbered = rows.with_columns(order_key=_keys(rows, snapshot.mart_format)).drop_nulls("guide_id")
    seen = marts.orders.select("order_key", "paid_at")
    known = guides(snapshot, scope, marts)
    told = numbered.join(seen, on=["order_key", "paid_at"], how="semi")
    if scope.role not in {"owner", "presenter"}:
        told = told.filter(pl.col("guide_id").is_in(known["guide_id"].implode()))
    return told.select("order_key", "guide_id")


def _keys(rows: pl.DataFrame, mart_format: int) -> pl.Series:
    """``order_key`` of all valid orders by month and time, numbered as the marts number them."""
    counted = pl.int_range(pl.len(), dtype=pl.Int64)
    if mart_format < SINCE_FORMAT["sales"]:
        return rows.select(counted).to_series()
    first = {one: first_key(one) for one in rows["month"].unique().drop_nulls()}
    number = pl.col("month").replace_strict(first, return_dtype=pl.Int64) + counted.over("month")
    return rows.select(number).to_series()
