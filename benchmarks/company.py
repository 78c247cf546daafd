"""A larger company than the demo: stores, agents, guides, owned customers and months of orders, straight at rest.

Masters are imported as files; orders, lines, refunds and owners are written as the warehouse keeps them, a month at a
time, so that the size of a month alone bounds the memory.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

from ledger.lines import month_bounds, next_month
from schema.mapping import Mapping
from warehouse import api as warehouse
from warehouse import snapshots
from warehouse.layout import STORED
from warehouse.storage import read_table, warehouse_home, write_table

if TYPE_CHECKING:
    from pathlib import Path

ZONE: Final = "Asia/Shanghai"
LAST_MONTH: Final = "2026-10"
STORES: Final = 200
AGENTS: Final = 40
GUIDES: Final = 500
ORDERS_A_CUSTOMER: Final = 3
_BORN: Final = dt.datetime(2025, 1, 1, tzinfo=dt.UTC)
_DAY_US: Final = 86_400_000_000


def write_company(folder: Path, orders: int, months: int) -> int:
    """Write a company whose last month is ``LAST_MONTH`` as real data of this data folder.

    Args:
        folder: for its files; made when missing.
        orders: how many in all; every seventh has half of it refunded.
        months: over how many months, back from the last.

    Returns:
        How many customers it has; each is owned since before the first order.
    """
    import_masters(folder)
    base = warehouse.open_snapshot("real")
    if base is None:
        msg = "The masters were imported and cannot be read."
        raise RuntimeError(msg)
    home, versions = warehouse_home("real"), dict(base.versions)
    customers = max(orders // ORDERS_A_CUSTOMER, 1)
    for back in range(months - 1, -1, -1):
        month = next_month(LAST_MONTH, -back)
        sold = _orders(month, orders // months, customers)
        for name, frame in (("orders", sold), ("order_lines", _lines(sold)), ("refunds", _refunds(sold))):
            held = frame.select(pl.col("month").unique().sort()).to_series().to_list() if name == "refunds" else [month]
            kept = _kept(base, versions, name, held) if name == "refunds" else frame.clear()
            versions[name] = write_table(home, name, pl.concat([kept, frame]), version=versions.get(name), months=held)
    versions["bindings"] = write_table(home, "bindings", owners(customers), version=versions.get("bindings"))
    after = dt.date.fromisoformat(f"{next_month(LAST_MONTH)}-01")
    facts = {
        "zone": ZONE, "currency": "CNY", "currencies": ["CNY"], "as_of": after.isoformat(),
        "first_on": f"{next_month(LAST_MONTH, 1 - months)}-01", "last_on": (after - dt.timedelta(days=1)).isoformat(),
        "rows": dict(base.rows) | {"orders": orders}, "versions": versions, "ledger": {},
    }  # fmt: skip
    snapshots.publish(home, number=base.number + 1, facts=facts)
    return customers


def owners(customers: int) -> pl.DataFrame:
    """Mart ``Bindings``: everybody is owned by one store for good."""
    store = pl.col("customer_key") % STORES
    table = pl.DataFrame({"customer_key": np.arange(1, customers + 1, dtype=np.int64)}).with_columns(
        binding_id=pl.format("B-{}", "customer_key"),
        store_id=pl.format("S{}", store),
        agent_id=pl.format("A{}", store % AGENTS),
        status=pl.lit("exact"),
        method=pl.lit("geo"),
        cause=pl.lit("registered"),
        tie_break=pl.lit(""),
        policy_version=pl.lit(1, pl.Int64),
        **{name: pl.lit(_BORN) for name in ("registered_at", "bound_at", "valid_from", "recorded_at")},
    )
    return _in_shape(table, "bindings")


def import_masters(folder: Path) -> None:
    """Stores, agents, guides and one customer, imported as files."""
    random = np.random.default_rng(5)
    where = np.arange(STORES)
    tables = {
        "agents": pl.DataFrame({"agent_id": [f"A{n}" for n in range(AGENTS)], "level": ["gold"] * AGENTS}),
        "stores": pl.DataFrame(
            {
                "store_id": [f"S{n}" for n in where],
                "agent_id": [f"A{n % AGENTS}" for n in where],
                "lat": random.uniform(30, 33, STORES),
                "lng": random.uniform(118, 122, STORES),
                "opened_on": ["2024-01-01"] * STORES,
            }
        ),
        "guides": pl.DataFrame(
            {"guide_id": [f"G{n}" for n in range(GUIDES)], "store_id": [f"S{n % STORES}" for n in range(GUIDES)]}
        ),
        "customers": pl.DataFrame({"customer_id": ["C0"], "registered_at": ["2025-01-01 10:00:00"]}),
    }
    folder.mkdir(parents=True, exist_ok=True)
    mappings = {}
    for name, table in tables.items():
        table.write_csv(folder / f"{name}.csv")
        mappings[f"{name}.csv"] = Mapping(
            name, {c: c for c in table.columns}, zone=ZONE, currency="CNY", decimal=".", date_order="ymd",
            datum="WGS-84" if name == "stores" else "",
        )  # fmt: skip
    files = [folder / name for name in mappings]
    warehouse.import_files(files, mode="real", mappings=mappings, zone=ZONE, currency="CNY", trusted=True)


def _orders(month: str, count: int, customers: int) -> pl.DataFrame:
    random = np.random.default_rng(int(month.replace("-", "")))
    first, after = month_bounds(month, ZONE)
    start = int(first.timestamp() * 1e6)
    paid = np.sort(random.integers(start, int(after.timestamp() * 1e6), count))
    rows = pl.DataFrame(
        {
            "order_id": np.arange(count),
            "customer_key": random.integers(1, customers + 1, count),
            "paid_at": paid,
            "goods_net_minor": random.integers(5_000, 300_000, count),
            "is_pos": random.random(count) < 0.3,  # noqa: PLR2004
        }
    )
    local = pl.col("paid_at").dt.convert_time_zone(ZONE)
    owner = pl.col("customer_key")
    table = rows.with_columns(pl.col("paid_at").cast(pl.Datetime("us", "UTC"))).with_columns(
        source=pl.lit("shop"),
        order_id=pl.format(f"{month}-{{}}", pl.col("order_id").cast(pl.String).str.zfill(8)),
        channel=pl.when("is_pos").then(pl.lit("pos")).otherwise(pl.lit("app")),
        model=pl.lit("B2C"),
        currency=pl.lit("CNY"),
        local_on=local.dt.date(),
        hour_of_week=((local.dt.weekday() - 1).cast(pl.Int16) * 24 + local.dt.hour()).cast(pl.Int16),
        placed_at=pl.col("paid_at"),
        completed_at=pl.col("paid_at") + pl.duration(days=5),
        status=pl.lit("completed"),
        selling_store_id=pl.when("is_pos").then(pl.format("S{}", owner % STORES)),
        guide_id=pl.when(pl.col("goods_net_minor") % 5 == 0).then(pl.format("G{}", owner % GUIDES)),
        shipping_minor=pl.lit(0),
        paid_minor=pl.col("goods_net_minor"),
        is_test=pl.lit(value=False),
        month=pl.lit(month),
    )
    return _in_shape(table, "orders")


def _lines(orders: pl.DataFrame) -> pl.DataFrame:
    """Two lines an order."""
    half = pl.col("goods_net_minor") // 2
    parts = [
        orders.select(
            "source", "order_id", "month", line_id=pl.lit(number), product_id=pl.lit("P1"), qty=pl.lit(1.0),
            gross_minor=share, discount_minor=pl.lit(0), net_minor=share,
        )
        for number, share in (("1", half), ("2", pl.col("goods_net_minor") - half))
    ]  # fmt: skip
    return _in_shape(pl.concat(parts).sort("order_id", "line_id"), "order_lines")


def _refunds(orders: pl.DataFrame) -> pl.DataFrame:
    """Half of every seventh order comes back after four days."""
    rows = orders.gather_every(7).with_columns(refunded_at=pl.col("paid_at") + pl.duration(days=4))
    local = pl.col("refunded_at").dt.convert_time_zone(ZONE).dt.date()
    table = rows.with_columns(
        refund_id=pl.format("R-{}", "order_id"),
        local_on=local,
        goods_minor=pl.col("goods_net_minor") // 2,
        shipping_minor=pl.lit(0),
        month=local.dt.strftime("%Y-%m"),
    )
    return _in_shape(table, "refunds")


def _kept(base: warehouse.Snapshot, versions: dict[str, int], name: str, months: list[str]) -> pl.DataFrame:
    """Rows of those months that are there already: refunds of the month before."""
    table = read_table(warehouse_home(base.mode), name, versions.get(name))
    return table.filter(pl.col("month").is_in(months)).collect()


def _in_shape(table: pl.DataFrame, name: str) -> pl.DataFrame:
    """All stored columns; what is not said is null."""
    told = {"is_derived": pl.lit(value=False), "source_run": pl.lit("benchmark")}
    columns = STORED[name]
    return table.select(
        (pl.col(c) if c in table.columns else told.get(c, pl.lit(None))).cast(kind).alias(c)
        for c, kind in columns.items()
    )


def local(day: str) -> dt.datetime:
    """The first instant of a local day."""
    return dt.datetime.fromisoformat(day).replace(tzinfo=ZoneInfo(ZONE)).astimezone(dt.UTC)
