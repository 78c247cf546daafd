"""Behaviour marts: views with their dwell, and carts, shares and scans."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final

import polars as pl
import polars_hash as plh

from metrics.sessions import sessionise
from metrics.sign_ins import joined_to_sign_ins
from warehouse.owners import with_owner

if TYPE_CHECKING:
    from collections.abc import Collection

    from warehouse.ground import Ground

ACTIONS = ("cart", "share", "scan")
HOUR_US: Final = 3_600_000_000
ENOUGH: Final = 20
"""Fewer events may lie on full hours by chance."""

MARGIN: Final = dt.timedelta(days=2)
"""How far around its days a span's sessions are followed, and who signed in on a device; nobody looks for two days
without half an hour's rest."""

_NOT_NEEDED = ("event_id", "source_run", "is_derived", "month", "ingested_at", "session_id", "guide_id")


def visits_of(
    events: pl.DataFrame, days: tuple[dt.date, dt.date], ground: Ground, hourly: Collection[str]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Who looked at what on these days, for how long, and did what with it?

    What a device did before its member signed in is the member's (``metrics.sign_ins``), before anything else is told.

    Args:
        events: stored events of these days and of ``MARGIN`` around them.
        days: first day, and the first one after.
        ground: products, owners, and who is left out.
        hourly: the source runs that stamp their events with the hour alone.

    Returns:
        ``Visits`` without ``is_linger`` by (day, visitor, time), so that a period is a slice of them, and ``Actions``
        by time.
    """
    rows = looking_at(joined_to_sign_ins(events), ground, hourly)
    visits = views_of(rows, days).sort("local_on", maintain_order=True)
    return described(visits, ground), described(actions_of(rows, days), ground)


def looking_at(events: pl.DataFrame, ground: Ground, hourly: Collection[str]) -> pl.DataFrame:
    """The events of visitors who count, in their order, with ``visitor`` and whether their source stamps hours alone.

    Whose those before a sign-in are must be told before: by all events of a device's day, not by some.
    """
    rows = events.with_columns(_hourly=pl.col("source_run").is_in(list(hourly))).drop(_NOT_NEEDED)
    left_out = ground.left_out
    if left_out.height:
        rows = rows.join(left_out, on="customer_key", how="anti", maintain_order="left")
    return rows.with_columns(visitor=visitor_of(rows)).filter(pl.col("visitor").is_not_null())


def views_of(rows: pl.DataFrame, days: tuple[dt.date, dt.date]) -> pl.DataFrame:
    """The views of some days by visitor and time, from the whole sessions that they are part of (``looking_at``)."""
    views = sessionise(rows.with_row_index("event_id")).filter(_within(days))
    views = _without_hourly_gaps(views).rename({"occurred_at": "at"})
    return views.with_columns(session=session_number()).drop("type", "seq", "fg_ms", "event_id", "session_at")


def actions_of(rows: pl.DataFrame, days: tuple[dt.date, dt.date]) -> pl.DataFrame:
    """The actions of some days by time (``looking_at``)."""
    found = rows.drop("_hourly").with_row_index("event_id").filter(_within(days), pl.col("type").is_in(ACTIONS))
    return found.rename({"occurred_at": "at"}).sort("at", "visitor", "event_id").drop("event_id")


def _within(days: tuple[dt.date, dt.date]) -> pl.Expr:
    return (pl.col("local_on") >= days[0]) & (pl.col("local_on") < days[1])


def described(rows: pl.DataFrame, ground: Ground) -> pl.DataFrame:
    """Visits or actions with their category and their owner as they are known now; same rows, same order."""
    rows = rows.drop("category", strict=False).join(ground.products, on="product_id", how="left", maintain_order="left")
    return with_owner(rows, ground.owners, day="local_on", instant="at")


def session_number() -> pl.Expr:
    """A session by its visitor and first event: the same number whichever days are looked at together."""
    name = plh.concat_str("visitor", pl.col("session_at").dt.epoch("us"), separator="|")
    number: pl.Expr = name.nchash.xxhash64()
    return (number // 2).cast(pl.Int64)


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
