"""What is shared: lines of valid orders with everything that rules look at, and the refunds on them.

Only the asked months are read, so that memory depends on a month's size and not on the history's. A month here is the
local month of payment in the business zone, on which all agents agree, wherever a store lies.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

import polars as pl

from ledger import store
from schema.tables import OFFLINE_CHANNELS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from warehouse.api import Snapshot

ORDER: Final = ["source", "order_id"]

LINE_COLUMNS: Final = (
    "source", "order_id", "line_id", "paid_at", "local_on", "month", "completed_on", "channel", "is_online", "category",
    "product_id", "net_minor", "currency", "customer_key", "selling_store_id", "fulfil_store_id", "guide_id",
    "guide_store_id", "upline_guide_id", "bound_store_id", "bound_agent_id", "bound_agent_level", "bound_guide_id",
    "bound_status",
)  # fmt: skip

REFUND_COLUMNS: Final = (
    "source", "order_id", "line_id", "product_id", "refund_id", "refunded_at", "local_on", "goods_minor"
)  # fmt: skip

_SPELL: Final = ("customer_key", "valid_from", "valid_to", "store_id", "agent_id", "guide_id", "status")


def order_lines_in_context(
    snapshot: Snapshot,
    *,
    months: Sequence[str] | None = None,
    days: tuple[dt.date, dt.date] | None = None,
    orders: pl.DataFrame | None = None,
    spells: pl.DataFrame | None = None,
    agents: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """Which lines were paid, and what do rules know of each?

    A valid order is paid, not cancelled, not a test and not a test customer's. An order whose source gives no lines
    counts as one line with the header's goods. The owner is that of the spell which covers ``paid_at``; a known
    customer without one is ``unassigned``. The guide is the order's, else the one who brought the customer as long as
    that guide still worked there on the day.

    Args:
        snapshot: what to read.
        months: local months of payment (``2026-10``); None reads all.
        days: first and last local day of payment within those months; None reads all.
        orders: only these (``source, order_id``); None reads all.
        spells: mart ``Bindings``; None takes those the ledger holds now.
        agents: canonical ``Agents`` (their levels); None takes the snapshot's.

    Returns:
        One row per line by paid_at, source, order_id, line_id with the columns ``LINE_COLUMNS``: money in minor units,
        days local to the business zone, ``completed_on`` null while not completed, ``bound_status`` null when the
        customer is unknown. Nothing gives an empty table.

    Raises:
        StorageError: the data folder or the ledger cannot be read.
    """
    if spells is None:
        spells = store.spells(store.binding_log(snapshot.mode))
    headers = _headers(snapshot, months, orders, days)
    headers = _with_owner(headers, spells, snapshot.read("agents") if agents is None else agents)
    headers = _with_guide(headers, snapshot.read("guides"))
    lines = _lines(snapshot, headers)
    return lines.select(LINE_COLUMNS).sort("paid_at", *ORDER, "line_id")


def orders_by_day(snapshot: Snapshot, month: str) -> dict[dt.date, int]:
    """How many orders were paid on each local day of a month? Days without any are left out."""
    zone = snapshot.zone or "UTC"
    paid = (
        snapshot.scan("orders").filter(pl.col("month").is_in(_around([month]))).select(pl.col("paid_at").drop_nulls())
    )
    first, after = month_bounds(month, zone)
    inside = paid.filter(pl.col("paid_at").is_between(first, after, closed="left"))
    counts = inside.group_by(on=_day(pl.col("paid_at"), zone)).len().collect()
    return dict(counts.sort("on").iter_rows())


def order_months(snapshot: Snapshot) -> list[str]:
    """In which local months was anything paid or refunded? In order."""
    zone = snapshot.zone or "UTC"
    paid = snapshot.scan("orders").select(at="paid_at")
    back = snapshot.scan("refunds").select(at="refunded_at")
    found = pl.concat([paid, back]).drop_nulls().select(_month(pl.col("at"), zone).unique()).collect().to_series()
    return sorted(found)


def refund_lines(
    snapshot: Snapshot, *, months: Sequence[str] | None = None, orders: pl.DataFrame | None = None
) -> pl.DataFrame:
    """Which refunds name an order, and how much of its goods came back?

    Args:
        snapshot: what to read.
        months: local months of the refund in the business zone; None reads all.
        orders: only refunds of these (``source, order_id``); None reads all.

    Returns:
        One row per refund by refunded_at, source, refund_id with the columns ``REFUND_COLUMNS``; shipping is not in
        ``goods_minor``. A refund without an order (W08) has no share behind it and is left out.
    """
    zone = snapshot.zone or "UTC"
    rows = snapshot.scan("refunds").filter(pl.col("order_id").is_not_null())
    if months is not None:
        rows = rows.filter(pl.col("month").is_in(_around(months)) & _month(pl.col("refunded_at"), zone).is_in(months))
    if orders is not None:
        rows = rows.join(orders.lazy().select(ORDER).unique(), on=ORDER, how="semi")
    rows = rows.with_columns(local_on=_day(pl.col("refunded_at"), zone))
    return rows.select(REFUND_COLUMNS).sort("refunded_at", "source", "refund_id").collect()


def month_bounds(month: str, zone: str) -> tuple[dt.datetime, dt.datetime]:
    """First instant of a local month and first instant after it, as UTC."""
    first = dt.date.fromisoformat(f"{month}-01")
    after = (first + dt.timedelta(days=31)).replace(day=1)
    start, end = (
        dt.datetime.combine(day, dt.time(), ZoneInfo(zone or "UTC")).astimezone(dt.UTC) for day in (first, after)
    )
    return start, end


def next_month(month: str, by: int = 1) -> str:
    """The month so many months later (or earlier)."""
    index = int(month[:4]) * 12 + int(month[5:]) - 1 + by
    return f"{index // 12:04}-{index % 12 + 1:02}"


def _headers(
    snapshot: Snapshot,
    months: Sequence[str] | None,
    orders: pl.DataFrame | None,
    days: tuple[dt.date, dt.date] | None,
) -> pl.DataFrame:
    """Valid orders with their business days; ``partition`` is where their lines lie."""
    zone = snapshot.zone or "UTC"
    rows = snapshot.scan("orders").filter(
        pl.col("paid_at").is_not_null() & ~pl.col("is_test") & (pl.col("status") != "cancelled")
    )
    if months is not None:
        rows = rows.filter(pl.col("month").is_in(_around(months)) & _month(pl.col("paid_at"), zone).is_in(months))
    if days is not None:
        rows = rows.filter(_day(pl.col("paid_at"), zone).is_between(*days))
    if orders is not None:
        rows = rows.join(orders.lazy().select(ORDER).unique(), on=ORDER, how="semi")
    tested = snapshot.scan("customers").filter("is_test").select("customer_key")
    rows = rows.join(tested, on="customer_key", how="anti").with_columns(
        partition="month",
        month=_month(pl.col("paid_at"), zone),
        local_on=_day(pl.col("paid_at"), zone),
        completed_on=_day(pl.col("completed_at"), zone),
        is_online=~pl.col("channel").is_in(OFFLINE_CHANNELS),
    )
    keep = [c for c in LINE_COLUMNS if c not in ("line_id", "category", "product_id", "net_minor")]
    known = rows.collect_schema().names()
    return rows.select("partition", "goods_net_minor", *[c for c in keep if c in known]).collect()


def _with_owner(headers: pl.DataFrame, spells: pl.DataFrame, agents: pl.DataFrame) -> pl.DataFrame:
    mine = spells.select(_SPELL).join(
        headers.select("customer_key").drop_nulls().unique(), on="customer_key", how="semi"
    )
    rows = headers.sort("paid_at").join_asof(
        mine.rename({"store_id": "bound_store_id", "agent_id": "bound_agent_id", "guide_id": "bound_guide_id",
                     "status": "bound_status"}).sort("valid_from"),
        left_on="paid_at", right_on="valid_from", by="customer_key", strategy="backward", check_sortedness=False,
    )  # fmt: skip
    holds = pl.col("valid_from").is_not_null() & (
        pl.col("valid_to").is_null() | (pl.col("paid_at") < pl.col("valid_to"))
    )
    rows = rows.with_columns(
        pl.when(holds).then(pl.col(c)).alias(c) for c in ("bound_store_id", "bound_agent_id", "bound_guide_id")
    ).with_columns(
        bound_status=pl.when(pl.col("customer_key").is_not_null()).then(
            pl.when(holds).then("bound_status").otherwise(pl.lit("unassigned"))
        )
    )
    levels = agents.select(bound_agent_id="agent_id", bound_agent_level="level")
    return rows.join(levels, on="bound_agent_id", how="left").drop("valid_from", "valid_to")


def _with_guide(headers: pl.DataFrame, guides: pl.DataFrame) -> pl.DataFrame:
    """Where the guide who counts works, and whose downline; a guide who has left no longer counts for old customers."""
    spans = guides.select(bound_guide_id="guide_id", _from="active_from", _to="active_to")
    rows = headers.join(spans, on="bound_guide_id", how="left")
    left = (pl.col("_to") <= pl.col("local_on")).fill_null(value=False)
    rows = rows.with_columns(bound_guide_id=pl.when(~left).then("bound_guide_id"))
    about = guides.select(_guide="guide_id", guide_store_id="store_id", upline_guide_id="upline_guide_id")
    rows = rows.with_columns(_guide=pl.coalesce("guide_id", "bound_guide_id"))
    return rows.join(about, on="_guide", how="left").drop("_guide", "_from", "_to")


def _lines(snapshot: Snapshot, headers: pl.DataFrame) -> pl.DataFrame:
    stored = snapshot.scan("order_lines").filter(pl.col("month").is_in(headers["partition"].unique().to_list()))
    found = stored.select(*ORDER, "line_id", "product_id", "net_minor").join(headers.lazy(), on=ORDER, how="inner")
    lines = found.drop("goods_net_minor").collect()
    bare = headers.join(lines.select(ORDER).unique(), on=ORDER, how="anti").with_columns(
        line_id=pl.lit("", pl.String), product_id=pl.lit(None, pl.String), net_minor="goods_net_minor"
    )
    lines = pl.concat([lines, bare.select(lines.columns)])
    return lines.join(snapshot.read("products").select("product_id", "category"), on="product_id", how="left")


def _around(months: Sequence[str]) -> list[str]:
    """Stored months are those of the store's zone; the business month may lie one off."""
    return sorted({next_month(month, by) for month in months for by in (-1, 0, 1)})


def _day(at: pl.Expr, zone: str) -> pl.Expr:
    return at.dt.convert_time_zone(zone).dt.date()


def _month(at: pl.Expr, zone: str) -> pl.Expr:
    return at.dt.convert_time_zone(zone).dt.strftime("%Y-%m")
