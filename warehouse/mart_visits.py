"""Behaviour marts: views with their dwell, and carts, shares and scans."""

from __future__ import annotations

import polars as pl
import polars_hash as plh

from metrics.linger import with_linger
from metrics.sessions import sessionise
from warehouse.owners import Owners, with_owner

ACTIONS = ("cart", "share", "scan")
_HOUR_US = 3_600_000_000
_ENOUGH = 20
"""Fewer events may lie on full hours by chance."""


def visit_marts(
    events: pl.DataFrame, products: pl.DataFrame, owners: Owners, left_out: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Who looked at what, for how long, and did what with it?

    Args:
        events: stored events.
        products: ``product_id, category``.
        owners: whose customer each was, and when.
        left_out: ``customer_key`` of test customers and staff, whose looking says nothing about customers.

    Returns:
        ``Visits`` by (day, visitor, time), so that a period is a slice of them, and ``Actions`` by time.
    """
    rows = events.with_columns(_hourly=_only_hours()).drop(
        "event_id", "source_run", "is_derived", "month", "ingested_at", "session_id", "guide_id"
    )
    rows = rows.with_row_index("event_id")
    if left_out.height:
        rows = rows.join(left_out, on="customer_key", how="anti", maintain_order="left")
    rows = rows.with_columns(visitor=visitor_of(rows)).filter(pl.col("visitor").is_not_null())
    categories = products.select("product_id", "category")
    visits = (
        _without_hourly_gaps(sessionise(rows)).rename({"occurred_at": "at"}).drop("type", "seq", "fg_ms", "event_id")
    )
    visits = visits.join(categories, on="product_id", how="left", maintain_order="left")
    visits = with_owner(visits, owners, day="local_on", instant="at")
    visits = with_linger(visits).sort("local_on", maintain_order=True)
    actions = (
        rows.drop("_hourly")
        .filter(pl.col("type").is_in(ACTIONS))
        .rename({"occurred_at": "at"})
        .sort("at", "visitor", "event_id")
    )
    actions = actions.join(categories, on="product_id", how="left", maintain_order="left")
    return visits, with_owner(actions, owners, day="local_on", instant="at")


def _only_hours() -> pl.Expr:
    """Whether a source stamps its events with the hour alone: every one of at least ``_ENOUGH`` lies on a full hour."""
    on_the_hour = (pl.col("occurred_at").dt.epoch("us") % _HOUR_US == 0).all()
    return (on_the_hour & (pl.len() >= _ENOUGH)).over("source_run")


def _without_hourly_gaps(visits: pl.DataFrame) -> pl.DataFrame:
    """The gap between two hours says nothing about how long a page was looked at: unknown, not 0."""
    empty = pl.col("_hourly") & (pl.col("evidence") == "gap")
    return visits.with_columns(
        pl.when(~empty).then("dwell_ms").alias("dwell_ms"),
        pl.when(empty).then(pl.lit("unknown")).otherwise("evidence").alias("evidence"),
        (pl.col("is_capped") & ~empty).alias("is_capped"),
    ).drop("_hourly")


def visitor_of(events: pl.DataFrame) -> pl.Series:
    """A number for each visitor: the member's key (positive), else one made from the device (negative)."""
    devices = events.filter(pl.col("customer_key").is_null())["anon_id"].unique().drop_nulls().to_frame("anon_id")
    number = plh.col("anon_id").nchash.xxhash64()
    numbered = devices.with_columns(_number=-1 - (number.cast(pl.UInt64) // 2).cast(pl.Int64))
    found = events.select("customer_key", "anon_id").join(numbered, on="anon_id", how="left", maintain_order="left")
    return found.select(pl.coalesce("customer_key", "_number").alias("visitor")).to_series()
