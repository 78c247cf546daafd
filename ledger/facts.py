"""The facts that bindings are decided on, read from one snapshot: only the columns needed, and never test customers."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

import polars as pl

from metrics.binding import BindingFacts
from schema.marts import Territories
from schema.tables import OFFLINE_CHANNELS

if TYPE_CHECKING:
    from warehouse.api import Snapshot

ONE_ACT: Final = dt.timedelta(minutes=10)
"""A phone's fix in a shop so near in time to a scan of that shop's code is the same act, told twice."""

_CLAIM: Final = ["customer_key", "at", "store_id", "guide_id", "method"]


def binding_facts(
    snapshot: Snapshot, decisions: pl.DataFrame, *, customer_keys: pl.Series | None = None
) -> BindingFacts:
    """What may the owner of a customer depend on?

    A claim is a scan event with a store, or with a guide whose store is known; a fix taken by scanning in a shop, too,
    unless a scan event of that customer and shop lies within ten minutes of it. Whoever names a guide claims by
    ``guide``, else by ``scan``. Orders count when they are paid, no test and not cancelled; only those sold in a shop
    name one. Staff are customers like others; test customers are left out. A home was known since the customer's row
    was last changed at its source, else since it was imported: not earlier, perhaps long before.

    Args:
        snapshot: what to read.
        decisions: head office's own bindings: ``customer_key, at, store_id``.
        customer_keys: only these customers; None is everybody.

    Raises:
        StorageError: the data folder cannot be read.
    """
    who = pl.lit(value=True) if customer_keys is None else pl.col("customer_key").is_in(customer_keys.implode())
    runs = snapshot.scan("source_runs").select("source_run", "loaded_at").unique("source_run", keep="first")
    customers = (
        snapshot.scan("customers")
        .filter(~pl.col("is_test"), pl.col("registered_at").is_not_null(), who)
        .join(runs, on="source_run", how="left")
        .select(
            "customer_key", "registered_at", "home_lat", "home_lng", "home_src", "home_precision_m", "city",
            home_known_at=pl.coalesce("updated_at", "loaded_at").cast(pl.Datetime("us", "UTC")),
        )
        .collect()
    )  # fmt: skip
    keys = customers.lazy().select("customer_key")
    fixes = snapshot.scan("location_fixes").filter(who).join(keys, on="customer_key", how="semi").select(
        "customer_key", "fixed_at", "lat", "lng", "accuracy_m", "src", "context_store_id", "fix_id"
    ).collect()  # fmt: skip
    manual = decisions.lazy().select(
        "customer_key", "at", "store_id", guide_id=pl.lit(None, pl.String), method=pl.lit("manual")
    )
    scans = _scans(snapshot, fixes.lazy(), who)
    claims = pl.concat([scans.select(_CLAIM), manual.select(_CLAIM)]).join(keys, on="customer_key", how="semi")
    return BindingFacts(
        customers=customers,
        fixes=fixes.filter(pl.col("src").fill_null("gps") != "store_scan"),
        claims=claims.collect(engine="streaming"),
        orders=_orders(snapshot, keys, who),
        stores=snapshot.scan("stores").select(
            "store_id", "lat", "lng", "opened_on", "closed_on", "accepts_binding", "agent_id", "area_m2", "city",
            "district", "zone",
        ).collect(),
        territories=snapshot.scan("territories").select(Territories.column_names()).collect(),
        zone=snapshot.zone or "UTC",
    )  # fmt: skip


def _scans(snapshot: Snapshot, fixes: pl.LazyFrame, who: pl.Expr) -> pl.LazyFrame:
    guides = snapshot.scan("guides").select("guide_id", guide_store_id="store_id")
    events = (
        snapshot.scan("events")
        .filter(pl.col("type") == "scan", pl.col("customer_key").is_not_null(), who)
        .select("customer_key", "store_id", "guide_id", at="occurred_at")
        .join(guides, on="guide_id", how="left")
        .with_columns(store_id=pl.coalesce("store_id", "guide_store_id"))
        .filter(pl.col("store_id").is_not_null())
        .select("customer_key", "at", "store_id", "guide_id")
    )
    in_shop = fixes.filter(pl.col("src") == "store_scan", pl.col("context_store_id").is_not_null()).select(
        "customer_key", at="fixed_at", store_id="context_store_id", guide_id=pl.lit(None, pl.String)
    )
    told = events.select("customer_key", "store_id", told_at="at").sort("told_at")
    alone = in_shop.sort("at").join_asof(
        told, left_on="at", right_on="told_at", by=["customer_key", "store_id"], strategy="nearest",
        tolerance=ONE_ACT, check_sortedness=False,
    ).filter(pl.col("told_at").is_null())  # fmt: skip
    both = pl.concat([events, alone.select("customer_key", "at", "store_id", "guide_id")])
    return both.with_columns(
        method=pl.when(pl.col("guide_id").is_not_null()).then(pl.lit("guide")).otherwise(pl.lit("scan"))
    )


def _orders(snapshot: Snapshot, keys: pl.LazyFrame, who: pl.Expr) -> pl.DataFrame:
    is_valid = pl.col("paid_at").is_not_null() & ~pl.col("is_test") & (pl.col("status") != "cancelled")
    in_shop = pl.col("channel").is_in(OFFLINE_CHANNELS)
    rows = snapshot.scan("orders").filter(is_valid, who).join(keys, on="customer_key", how="semi")
    return rows.select(
        "customer_key", "paid_at", store_id=pl.when(in_shop).then(pl.col("selling_store_id"))
    ).collect(engine="streaming")  # fmt: skip


def horizon(snapshot: Snapshot, now: dt.datetime, decisions: pl.DataFrame) -> dt.datetime:
    """Up to which instant has anything happened? Now; in the demo, whose time stands still, the end of its last day.

    A decision that head office made since then still counts, and so does the time until it.
    """
    if snapshot.mode != "demo":
        return now
    end = dt.datetime.combine(snapshot.as_of, dt.time(), ZoneInfo(snapshot.zone or "UTC")).astimezone(dt.UTC)
    made: list[dt.datetime] = [at for at in decisions["at"].to_list() if at < now]
    return max([end, *(at + dt.timedelta(microseconds=1) for at in made)])
