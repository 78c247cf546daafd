"""Exact distinct customers of every store and cell over any days, against scans of the stored order lines.

Where nobody's home is known, as in the invented shop, every customer is given one: the same for all sides.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import importlib
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl

from answers.drawing import drawn
from benchmarks.measure import RUNS, Line, cpu_ms, interleaved
from metrics.tiers import located
from warehouse.storage import files_by_month

if TYPE_CHECKING:
    from metrics.drawn import Drawn
    from schema.marts import Marts
    from warehouse.api import Snapshot

RESOLUTION: Final = 8
STRETCHES: Final = (7, 28, 91, 182, 366)
_CELLS: Final = 40
"""Homes lie in so many cells around each store."""


def distinct_lines(snapshot: Snapshot, marts: Marts) -> list[Line]:
    """What counting costs here, with Polars over the stored order lines, and with DuckDB where it is installed.

    Asked of the last week, four weeks, quarter, half-year and of all days, in turn; what all of them take together counts.
    """
    if marts.orders.is_empty() or not marts.orders["store_id"].count():
        return [Line("distinct", None, 300.0, "× less than raw", "not measured: no order names a store", at_least=True)]
    marts = _at_home(marts)
    homes = located(marts.people, RESOLUTION)
    currency = marts.orders["currency"].cast(pl.String).mode().sort()[0]
    table = drawn(marts, currency, RESOLUTION)
    last: dt.date = marts.orders["local_on"].max()  # type: ignore[assignment]
    taken, slowest, wrong = [], 0.0, 0
    for stretch in STRETCHES:
        days = (last - dt.timedelta(days=stretch - 1), last)
        ours, raw = partial(table.counted, *days), partial(raw_distinct, snapshot, homes, *days)
        taken.append(interleaved(ours, raw))
        slowest = max(slowest, *(cpu_ms(ours) for _ in range(RUNS)))
        wrong += _differing(ours(), raw())
    mine, theirs = (sum(times) for times in zip(*taken, strict=True))
    each = ", ".join(f"{days} days {ours:.2f}:{raw:,.0f}" for days, (ours, raw) in zip(STRETCHES, taken, strict=True))
    said = f"ms: {each}; {table.places.height:,} stores and cells, {marts.orders.height:,} orders"
    lines = [
        Line("distinct", theirs / mine, 300.0, "× less than raw", said, at_least=True),
        Line("distinct_p95", slowest, 10.0, "ms", f"the slowest of {len(STRETCHES)} stretches × {RUNS}"),
        Line("distinct_error", wrong, 0.0, "stores and cells", "counted otherwise than by the scan"),
    ]
    quarter = (last - dt.timedelta(days=90), last)
    return [*lines, *_by_duckdb(snapshot, homes, quarter, table)]


def raw_distinct(snapshot: Snapshot, homes: pl.DataFrame, from_on: dt.date, to_on: dt.date) -> pl.DataFrame:
    """The same from the stored order lines and orders: streaming scans, joins, and a count of distinct customers.

    Nobody becomes a customer by an order of which nothing was paid for: that is written in the lines.
    """
    return (
        _bought(snapshot, from_on, to_on)
        .join(homes.lazy(), on="customer_key")
        .group_by("selling_store_id", "cell")
        .agg(pl.col("customer_key").n_unique().alias("customers"))
        .collect(engine="streaming")
    )


def _bought(snapshot: Snapshot, from_on: dt.date, to_on: dt.date) -> pl.LazyFrame:
    """One row per order of these days with a paid line, of a known customer at a store."""
    keys = ["source", "order_id"]
    months = pl.col("month").is_between(pl.lit(f"{from_on:%Y-%m}"), pl.lit(f"{to_on:%Y-%m}"))
    is_valid = pl.col("paid_at").is_not_null() & (pl.col("status") != "cancelled") & ~pl.col("is_test")
    orders = (
        snapshot.scan("orders")
        .filter(months, is_valid, pl.col("local_on").is_between(from_on, to_on))
        .select(*keys, "selling_store_id", "customer_key")
        .drop_nulls()
    )
    lines = snapshot.scan("order_lines").filter(months, pl.col("net_minor") > 0).select(keys)
    return orders.join(lines, on=keys, how="semi")


def _at_home(marts: Marts) -> Marts:
    """The same rows with a home for everybody, if nobody has one: cells around a store, by the customer's number."""
    if marts.people["home_cell"].count():
        return marts
    people = marts.people
    chance = np.random.default_rng(1)
    places = pl.Series(np.unique(_cells(marts)), dtype=pl.Int64)
    cell = places.gather(chance.integers(0, len(places), people.height).astype(np.uint32))
    home = pl.Series("home_src", ["address"] * people.height)
    return dataclasses.replace(marts, people=people.with_columns(cell.alias("home_cell"), home))


def _cells(marts: Marts) -> np.ndarray[Any, np.dtype[np.int64]]:
    h3 = importlib.import_module("h3")
    stores = marts.places.select("lat", "lng").drop_nulls().rows() or [(31.2, 121.5)]
    disks = (h3.grid_disk(h3.latlng_to_cell(lat, lng, 9), 9) for lat, lng in stores)
    return np.array([int(cell, 16) for disk in disks for cell in sorted(disk)[:: max(1, 271 // _CELLS)]], np.int64)


def _differing(ours: pl.DataFrame, raw: pl.DataFrame) -> int:
    """How many stores and cells are counted otherwise, or by one side alone."""
    told = ours.select(pl.col("store_id").cast(pl.String), "cell", mine="customers")
    both = told.join(
        raw, left_on=["store_id", "cell"], right_on=["selling_store_id", "cell"], how="full", coalesce=True
    )
    return both.filter(pl.col("mine").ne_missing(pl.col("customers").cast(pl.Int64))).height


def _by_duckdb(snapshot: Snapshot, homes: pl.DataFrame, days: tuple[dt.date, dt.date], table: Drawn) -> list[Line]:
    try:
        duckdb: Any = importlib.import_module("duckdb")
    except ModuleNotFoundError:
        said = "not measured: duckdb is not installed (pip install -r requirements-dev.txt)"
        return [Line("distinct_duckdb", None, None, "× less than DuckDB", said)]
    link = duckdb.connect()
    for view, name in (("orders", "orders"), ("lines", "order_lines")):
        months = files_by_month(snapshot.folder, name, snapshot.versions.get(name))
        files = [
            str(snapshot.folder / name / f"month={month}" / file) for month, some in months.items() for file in some
        ]
        link.read_parquet(files, hive_partitioning=False).create_view(view)
    link.register("homes", homes.to_arrow())
    query = (
        "SELECT selling_store_id, cell, count(DISTINCT customer_key) FROM orders JOIN homes USING (customer_key) "
        "SEMI JOIN (SELECT source, order_id FROM lines WHERE net_minor > 0) USING (source, order_id) "
        "WHERE paid_at IS NOT NULL AND status <> 'cancelled' AND NOT is_test AND selling_store_id IS NOT NULL "
        "AND local_on BETWEEN ? AND ? GROUP BY 1, 2"
    )
    ours, theirs = interleaved(lambda: table.counted(*days), lambda: link.execute(query, days).fetchall())
    said = f"{ours:.2f} ms against {theirs:.0f} ms of DuckDB {duckdb.__version__} on the same Parquet"
    return [Line("distinct_duckdb", theirs / ours, None, "× less than DuckDB", said)]
