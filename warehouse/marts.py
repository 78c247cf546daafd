"""Building and reading marts: derived from stored tables alone, so that they can be made again at any time.

All but one: what was published of neighbours stays, so that mart takes over the one of the snapshot before.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import polars as pl

from schema.errors import StorageError
from schema.marts import MARTS, Marts
from warehouse.homes import homes
from warehouse.layout import BOOKS, MART_FORMAT, SINCE_FORMAT
from warehouse.mart_neighbours import neighbours_mart
from warehouse.mart_orders import SalesTables, sales_marts
from warehouse.mart_places import goods_mart, people_mart, places_mart, till_positions, travel_mart
from warehouse.mart_visits import visit_marts
from warehouse.owners import owners_of
from warehouse.storage import link_or_copy, storage_errors, sync_folder, write_parquet_synced

if TYPE_CHECKING:
    import datetime as dt
    from pathlib import Path

Read = Callable[[str], pl.DataFrame]
"""How a mart gets a stored table by name."""


def build_marts(read: Read, *, zone: str, as_of: dt.date, published: pl.DataFrame | None = None) -> Marts:
    """What every answer is computed from.

    Args:
        read: gives a stored table by its name.
        zone: the business zone.
        as_of: the first local day that is not complete.
        published: ``Neighbours`` of the snapshot before: what was published stays; None when nothing was.

    Returns:
        Every mart with the columns of its contract; empty where nothing was loaded.
    """
    everybody, products, stock = read("customers"), read("products"), read("availability")
    tested = everybody.filter("is_test").select("customer_key")
    staff = everybody.filter("is_staff").select("customer_key")
    customers = everybody.filter(~pl.col("is_test"))
    orders, refunds, events, fixes = (read(name) for name in ("orders", "refunds", "events", "location_fixes"))
    places = places_mart(read("stores"), read("agents"), till_positions(fixes))
    found = homes(customers, fixes, places, zone)
    owners = owners_of(found, places, read)
    runs = read("source_runs")
    tables = SalesTables(
        orders,
        read("order_lines"),
        refunds,
        products,
        places,
        staff,
        free_sources=_free_sources(runs, read("settings")),
    )
    sales = sales_marts(tables, owners, tested)
    visits, actions = visit_marts(events, products, owners, pl.concat([tested, staff]).unique())
    keys = pl.concat([sales.orders["customer_key"], sales.refunds["customer_key"], visits["customer_key"],
                      actions["customer_key"]])  # fmt: skip
    people = people_mart(customers, keys, found, places, (as_of, zone, owners))
    seen = (sales.lines["product_id"], sales.refunds["product_id"], visits["product_id"], actions["product_id"])
    frames = {
        "orders": sales.orders,
        "lines": sales.lines,
        "refunds": sales.refunds,
        "visits": visits,
        "actions": actions,
        "people": people,
        "places": places,
        "goods": goods_mart(products, seen),
        "stock_outs": stock.sort("product_id", "size", "from_on", "store_id", "channel"),
        "territories": read("territories").sort("territory_id"),
        "travel": travel_mart(read("travel")),
        "neighbours": neighbours_mart(
            in_contract("orders", sales.orders),
            people,
            places,
            before=published,
            as_of=as_of,
            is_bound=not read("ownership").is_empty(),
        ),
        **{mart: read(table) for mart, table in BOOKS.items()},
    }
    return Marts(**{name: in_contract(name, frames[name]) for name in MARTS})


def empty_mart(name: str) -> pl.DataFrame:
    """A mart without rows."""
    return pl.DataFrame(schema={column: rule.dtype for column, rule in MARTS[name].columns().items()})


def in_contract(name: str, frame: pl.DataFrame) -> pl.DataFrame:
    """The mart's columns in the order and with the types of its contract."""
    return frame.select([pl.col(c).cast(rule.dtype) for c, rule in MARTS[name].columns().items()])


def _free_sources(runs: pl.DataFrame, settings: pl.DataFrame) -> frozenset[str]:
    """Shop systems whose orders without any price count as purchases."""
    del runs
    rows = settings.filter(pl.col("key") == "zero_price_sources")["value"]
    return frozenset(name for value in rows for name in value.split("\n") if name)


def save_marts(marts: Marts, folder: Path) -> None:
    """Write the marts durably: into a temporary folder, synced, then renamed into place."""
    with storage_errors(folder):
        shutil.rmtree(folder, ignore_errors=True)
        part = folder.with_name(f"{folder.name}.part")
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        for name in MARTS:
            write_parquet_synced(getattr(marts, name), part / f"{name}.parquet")
        sync_folder(part)
        os.replace(part, folder)  # noqa: PTH105  (an atomic rename is the point)
        sync_folder(folder.parent)


def link_marts(before: Path, folder: Path, fresh: Mapping[str, pl.DataFrame]) -> None:
    """The marts of an earlier snapshot under a new number, with some of them new; files never change, so one will do."""
    with storage_errors(folder):
        shutil.rmtree(folder, ignore_errors=True)
        part = folder.with_name(f"{folder.name}.part")
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        for name in MARTS:
            if name in fresh:
                write_parquet_synced(fresh[name], part / f"{name}.parquet")
            else:
                link_or_copy(before / f"{name}.parquet", part / f"{name}.parquet")
        sync_folder(part)
        os.replace(part, folder)  # noqa: PTH105  (an atomic rename is the point)
        sync_folder(folder.parent)


def published_neighbours(folder: Path, mart_format: int) -> pl.DataFrame | None:
    """What a snapshot published of neighbours; None where it has no such mart."""
    file = folder / "neighbours.parquet"
    if mart_format < SINCE_FORMAT["neighbours"] or not file.is_file():
        return None
    with storage_errors(folder):
        return in_contract("neighbours", pl.read_parquet(file))


def read_marts(folder: Path, mart_format: int = MART_FORMAT) -> Marts:
    """The marts of one snapshot, all rows; only for the room that applies the scope.

    Args:
        folder: where they lie.
        mart_format: which tables they have; those that came later are empty.
    """
    there = [name for name in MARTS if SINCE_FORMAT.get(name, 1) <= mart_format]
    with storage_errors(folder):
        frames = {name: pl.read_parquet(folder / f"{name}.parquet") for name in there}
    frames |= {name: empty_mart(name) for name in MARTS if name not in frames}
    try:
        return Marts(**{name: in_contract(name, frame) for name, frame in frames.items()})
    except pl.exceptions.ColumnNotFoundError as error:
        msg = f"{folder}: was built by another version of Catchlight; run python -m warehouse rebuild."
        raise StorageError(msg) from error
