"""The marts of money at rest: a file a month of payment, made again only where it must be.

A month holds its orders, their lines and their refunds whenever those came, and its returns without an order. What a
month was made of is noted beside it; the next snapshot takes over every month whose notes still hold, under a second
name.
"""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from schema.durable import sync_path
from warehouse.mart_contract import empty_mart, in_contract
from warehouse.mart_orders import Sales, SalesTables, sales_marts
from warehouse.owners import says_another_owner
from warehouse.sale_marks import LOOSE, ORDER, SalesFacts, SalesMarks, marks_of
from warehouse.seen import keep_seen, note_seen
from warehouse.storage import link_or_copy, write_parquet_synced

if TYPE_CHECKING:
    from pathlib import Path

    from warehouse.ground import Changes, Ground

SALES: Final = ("orders", "lines", "refunds")
NOTES: Final = "sales.json"

BOUGHT: Final = (
    "customer_key", "agent_id", "owner_agent_id", "fulfil_store_id", "local_on", "channel", "is_purchase", "is_staff",
)  # fmt: skip
"""What decides where somebody bought."""

_ROW_BITS: Final = 32


@dataclass
class _Build:
    """One build: what there is, what there was, and where the new files go."""

    facts: SalesFacts
    ground: Ground
    free: frozenset[str]
    folder: Path
    marks: SalesMarks
    nets: dict[str, dict[str, int]] = field(default_factory=dict)


def write_sales(
    facts: SalesFacts,
    ground: Ground,
    free: frozenset[str],
    folder: Path,
    before: tuple[Path, Changes] | None,
) -> list[str]:
    """Write the money marts of a snapshot.

    Args:
        facts: the stored orders, lines and refunds.
        ground: products, places, owners, and who is left out or on the staff.
        free: shop systems whose orders without any price count as purchases.
        folder: the new snapshot's marts.
        before: those of the snapshot before, and what of the ground is different since; None: make all anew.

    Returns:
        The months that were made anew or are gone; all others are those of the snapshot before.
    """
    for mart in SALES:
        (folder / mart).mkdir(parents=True, exist_ok=True)
    said: dict[str, Any] = json.loads((before[0] / NOTES).read_text("utf-8")) if before else {}
    marks = marks_of(facts, said.get("marks", {}))
    build = _Build(facts, ground, free, folder, marks)
    is_known = bool(before) and said["free"] == sorted(free) and not (before and before[1]["tested"].height)
    noted = said["months"] if is_known else {}
    fresh = [month for month in said.get("months", {}) if month not in marks.months()]
    for month in marks.months():
        note = noted.get(month)
        if before and note and note["mark"] == marks.mark(month) and not _is_touched(build, month, *before):
            _take_over(before[0], folder, month)
            build.nets[month] = note["nets"]
        else:
            _make(build, month)
            fresh.append(month)
    _keep_notes(build)
    return fresh


def _keep_notes(build: _Build) -> None:
    marks = build.marks
    months = {month: {"mark": marks.mark(month), "nets": build.nets[month]} for month in marks.months()}
    notes = {"free": sorted(build.free), "marks": marks.to_json(), "months": months}
    file = build.folder / NOTES
    file.write_text(json.dumps(notes), encoding="utf-8")
    sync_path(file)


def _make(build: _Build, month: str) -> None:
    """The files of one month from what is stored of it."""
    orders = build.facts.orders.of(month).collect()
    lines = build.facts.lines.of(month).collect()
    refunds = _refunds_of(build, month, orders)
    people = pl.concat([orders["customer_key"], refunds["customer_key"]]).unique().to_frame()
    ground = replace(build.ground, owners=build.ground.owners.of(people))
    sales = sales_marts(SalesTables(orders, lines, refunds, build.free), ground, first_key(month))
    del orders, lines, refunds
    build.nets[month] = _nets(sales)
    note_seen(build.folder, f"sales-{month}", [sales.lines, sales.refunds, _without_product(sales.orders)])
    for name in SALES:
        rows = getattr(sales, name)
        if rows.height:
            write_parquet_synced(in_contract(name, rows), build.folder / name / f"{month}.parquet")


def _without_product(orders: pl.DataFrame) -> pl.DataFrame:
    return orders.select("customer_key", product_id=pl.lit(None, pl.String))


def first_key(month: str) -> int:
    """``order_key`` of a month's first order: unique in a snapshot, rising with time, and the same while it stays."""
    first = dt.date.fromisoformat(f"{month}-01")
    return (first.year * 12 + first.month - 1) << _ROW_BITS


def _refunds_of(build: _Build, month: str, orders: pl.DataFrame) -> pl.DataFrame:
    """All refunds of a month's orders, and its returns without an order."""
    stored, keys = build.facts.refunds, orders.lazy().select(ORDER)
    found = [stored.rows.clear()]
    for source in build.marks.sources(month):
        if source == LOOSE:
            found.append(stored.of(month).filter(pl.col("order_id").is_null()))
        else:
            found.append(stored.of(source).join(keys, on=ORDER, how="semi"))
    return pl.concat(found).collect()


def _nets(sales: Sales) -> dict[str, int]:
    """Currency → net of valid orders and returns without an order, minor units."""
    found: Counter[str] = Counter()
    loose = sales.refunds.filter(pl.col("order_key").is_null())
    for rows in (sales.orders.select("currency", "net_minor"), loose.select("currency", -pl.col("goods_minor"))):
        for currency, net in rows.group_by("currency").agg(pl.all().sum()).iter_rows():
            found[currency] += net
    return dict(sorted(found.items()))


def _take_over(before: Path, folder: Path, month: str) -> None:
    for name in SALES:
        file = before / name / f"{month}.parquet"
        if file.is_file():
            link_or_copy(file, folder / name / file.name)
    keep_seen(before, folder, f"sales-{month}")


def _is_touched(build: _Build, month: str, before: Path, changes: Changes) -> bool:
    """Whether anything but the month's own rows says another thing of them than before."""
    orders, lines, refunds = (before / name / f"{month}.parquet" for name in SALES)
    owners = pl.concat([changes[name] for name in ("bound", "nearest")]).unique()
    return (
        _names_any(orders, changes["places"])
        or _names_any(orders, changes["staff"])
        or _names_any(lines, changes["products"])
        or _names_any(refunds, changes["products"])
        or _names_any(refunds, owners, pl.col("order_key").is_null())
        or says_another_owner(orders, owners, build.ground.owners.of(owners), "paid_at")
    )


def _names_any(file: Path, ids: pl.DataFrame, *only: pl.Expr) -> bool:
    """Whether a mart's file has a row of one of these ids."""
    if ids.is_empty() or not file.is_file():
        return False
    found = pl.scan_parquet(file).filter(*only).join(ids.lazy(), on=ids.columns, how="semi").select(ids.columns).head(1)
    return found.collect().height > 0


def currencies(folder: Path) -> list[str]:
    """The currencies of valid orders and returns, largest net first."""
    nets: Counter[str] = Counter()
    for note in json.loads((folder / NOTES).read_text("utf-8"))["months"].values():
        for currency, net in note["nets"].items():
            nets[currency] += net
    return sorted(nets, key=lambda currency: (-nets[currency], currency))


def bought_in(folder: Path) -> pl.DataFrame:
    """Of all orders of a snapshot the columns that ``neighbours_mart`` asks for."""
    files = sorted((folder / "orders").glob("*.parquet"))
    return (pl.scan_parquet(files) if files else empty_mart("orders").lazy()).select(BOUGHT).collect()
