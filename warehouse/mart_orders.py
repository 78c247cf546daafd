"""Money marts: valid orders, their lines and refunds, each refund shared out to the lines it belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from warehouse.owners import with_owner

if TYPE_CHECKING:
    from warehouse.ground import Ground

_ORDER = ["source", "order_id"]


@dataclass(frozen=True)
class Sales:
    """The three money marts, without test customers and test orders."""

    orders: pl.DataFrame
    lines: pl.DataFrame
    refunds: pl.DataFrame


@dataclass(frozen=True)
class SalesTables:
    """What the money marts are made of: stored orders, all their lines and refunds, and returns without an order."""

    orders: pl.DataFrame
    lines: pl.DataFrame
    refunds: pl.DataFrame
    free_sources: frozenset[str] = frozenset()


def sales_marts(tables: SalesTables, ground: Ground, first_key: int = 0) -> Sales:
    """Which money was made, by whom and where?

    A valid order is paid, not a test and not cancelled. ``goods_net_minor`` is the sum of its lines; a source that
    gives no lines counts with the header's goods.

    Args:
        tables: stored tables, whole or some orders with all that belongs to them.
        ground: products, places, owners, and who is left out or on the staff.
        first_key: ``order_key`` of the first order; the others count on from it in the order of payment.
    """
    valid = tables.orders.filter(
        pl.col("paid_at").is_not_null() & ~pl.col("is_test") & (pl.col("status") != "cancelled")
    ).join(ground.tested, on="customer_key", how="anti")
    valid = valid.sort("paid_at", *_ORDER).with_columns(order_key=first_key + pl.int_range(pl.len(), dtype=pl.Int64))
    valid = _at_store(valid, ground.places, "selling_store_id").rename({"selling_store_id": "store_id"})
    valid = with_owner(valid, ground.owners, day="local_on", instant="paid_at").join(
        ground.staff.with_columns(is_staff=pl.lit(value=True)), on="customer_key", how="left", maintain_order="left"
    )
    valid = valid.with_columns(pl.col("is_staff").fill_null(value=False))
    refunds = tables.refunds.join(ground.tested, on="customer_key", how="anti")
    refunds = refunds.join(tables.orders.filter("is_test").select(_ORDER), on=_ORDER, how="anti")
    lines = _lines(valid, tables.lines, ground.products)
    shared = _shared(lines, refunds)
    lines = lines.join(shared, on=[*_ORDER, "line_id"], how="left", maintain_order="left").with_columns(
        pl.col("refunded_minor").fill_null(0)
    )
    return Sales(_orders(valid, lines, refunds, tables.free_sources), lines, _refunds(refunds, valid, ground))


def _at_store(rows: pl.DataFrame, places: pl.DataFrame, column: str) -> pl.DataFrame:
    """Agent and city of the store where the money was made."""
    about = places.select(pl.col("store_id").alias(column), "agent_id", "city")
    return rows.join(about, on=column, how="left", maintain_order="left")


def _lines(valid: pl.DataFrame, lines: pl.DataFrame, products: pl.DataFrame) -> pl.DataFrame:
    header = [
        "order_key", "customer_key", "paid_at", "local_on", "hour_of_week", "channel", "model", "currency",
        "store_id", "agent_id", "city", "owner_store_id", "owner_agent_id", "owner_city", "is_staff",
    ]  # fmt: skip
    lines = lines.drop("month", "is_derived", "source_run")
    lines = lines.join(valid.select(*_ORDER, *header), on=_ORDER, how="inner")
    return lines.join(products, on="product_id", how="left").sort("order_key", "line_id")


def _shared(lines: pl.DataFrame, refunds: pl.DataFrame) -> pl.DataFrame:
    """How much was refunded on each line: its own refunds, and its part of those on the whole order (T12).

    A refund that names no line is shared out by what each line still holds, in whole minor units by largest
    remainder; ties go to the earlier line. A refund that names a product but no line goes to that product's lines.
    """
    linked = refunds.filter(pl.col("order_id").is_not_null())
    if linked.is_empty() or lines.is_empty():
        return pl.DataFrame(
            schema={"source": pl.String, "order_id": pl.String, "line_id": pl.String, "refunded_minor": pl.Int64}
        )
    known = lines.select(*_ORDER, "line_id", "product_id", "net_minor")
    on_line = linked.join(known.select(*_ORDER, "line_id"), on=[*_ORDER, "line_id"], how="semi")
    rest = linked.join(on_line.select("source", "refund_id"), on=["source", "refund_id"], how="anti")
    by_product = rest.join(known.drop_nulls("product_id").select(*_ORDER, "product_id").unique(),
                           on=[*_ORDER, "product_id"], how="semi")  # fmt: skip
    whole = rest.join(by_product.select("source", "refund_id"), on=["source", "refund_id"], how="anti")
    own = on_line.group_by(*_ORDER, "line_id").agg(pl.col("goods_minor").sum().alias("refunded_minor"))
    held = _less(known, own)
    product_part = _apportioned(held, by_product, [*_ORDER, "product_id"])
    held = _less(held.drop("_held"), pl.concat([own, product_part]))
    order_part = _apportioned(held, whole, _ORDER)
    every = pl.concat([own, product_part, order_part])
    return every.group_by(*_ORDER, "line_id").agg(pl.col("refunded_minor").sum())


def _less(known: pl.DataFrame, taken: pl.DataFrame) -> pl.DataFrame:
    """What each line still holds, in ``_held``."""
    so_far = taken.group_by(*_ORDER, "line_id").agg(pl.col("refunded_minor").sum())
    return (
        known.join(so_far, on=[*_ORDER, "line_id"], how="left")
        .with_columns(_held=(pl.col("net_minor") - pl.col("refunded_minor").fill_null(0)).clip(0))
        .drop("refunded_minor")
    )


def _apportioned(held: pl.DataFrame, refunds: pl.DataFrame, group: list[str]) -> pl.DataFrame:
    """Refunds of a group of lines in whole minor units: floors first, then one each by largest remainder."""
    totals = refunds.group_by(group).agg(_total=pl.col("goods_minor").sum())
    parts = held.join(totals, on=group, how="inner").with_columns(
        _weight=pl.when(pl.col("_held").sum().over(group) > 0).then("_held").otherwise(1).cast(pl.Int64)
    )
    product = pl.col("_total").cast(pl.Int128) * pl.col("_weight").cast(pl.Int128)
    whole = pl.col("_weight").sum().over(group).cast(pl.Int128)
    parts = parts.with_columns(_floor=(product // whole).cast(pl.Int64), _rest=product % whole)
    parts = parts.sort(*group, pl.col("_rest"), "line_id", descending=[*[False] * len(group), True, False])
    missing = pl.col("_total") - pl.col("_floor").sum().over(group)
    rank = pl.int_range(pl.len()).over(group)
    return parts.select(*_ORDER, "line_id", refunded_minor=pl.col("_floor") + (rank < missing).cast(pl.Int64))


def _orders(valid: pl.DataFrame, lines: pl.DataFrame, refunds: pl.DataFrame, free: frozenset[str]) -> pl.DataFrame:
    sums = lines.group_by("order_key").agg(_net=pl.col("net_minor").sum(), _paid_lines=(pl.col("net_minor") > 0).any())
    back = refunds.drop_nulls("order_id").group_by(_ORDER).agg(refunded_minor=pl.col("goods_minor").sum())
    rows = valid.drop("refunded_minor", strict=False).join(sums, on="order_key", how="left", maintain_order="left")
    rows = rows.join(back, on=_ORDER, how="left", maintain_order="left").with_columns(
        goods_net_minor=pl.coalesce("_net", "goods_net_minor"), refunded_minor=pl.col("refunded_minor").fill_null(0)
    )
    rows = rows.with_columns(
        net_minor=pl.col("goods_net_minor") - pl.col("refunded_minor"),
        is_purchase=pl.coalesce("_paid_lines", pl.col("goods_net_minor") > 0) | pl.col("source").is_in(sorted(free)),
    )
    fully = (pl.col("refunded_minor") > 0) & (pl.col("net_minor") <= 0)
    return rows.with_columns(is_kept=pl.col("is_purchase") & ~fully)


def _refunds(refunds: pl.DataFrame, valid: pl.DataFrame, ground: Ground) -> pl.DataFrame:
    of_order = valid.select(
        *_ORDER, "order_key", "model", "store_id", "agent_id", "city", "owner_store_id", "owner_agent_id",
        "owner_city", _who="customer_key", order_local_on="local_on",
    )  # fmt: skip
    linked = refunds.filter(pl.col("order_id").is_not_null()).join(of_order, on=_ORDER, how="inner")
    linked = linked.with_columns(customer_key=pl.coalesce("_who", "customer_key")).drop("_who")
    loose = refunds.filter(pl.col("order_id").is_null())
    loose = with_owner(loose, ground.owners, day="local_on", instant="refunded_at")
    rows = pl.concat([linked, loose], how="diagonal_relaxed")
    rows = rows.join(ground.products, on="product_id", how="left")
    return rows.sort("local_on", "source", "refund_id")
