"""Building and reading marts: derived from stored tables alone, so that they can be made again at any time.

All but one: what was published of neighbours stays, so that mart takes over the one of the snapshot before.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import polars as pl

from schema.coding import CODED
from schema.durable import sync_path
from schema.errors import StorageError
from schema.language import say
from schema.marts import MARTS, Marts
from warehouse.behaviour import BEHAVIOUR, NOTES, write_behaviour
from warehouse.coded import read_coded
from warehouse.days import write_extents
from warehouse.ground import PEOPLE, keep_ground, known_ground
from warehouse.kept import MadeOf
from warehouse.known_ids import keep_known_ids
from warehouse.layout import BOOKS, MART_FORMAT, SINCE_FORMAT
from warehouse.mart_contract import empty_mart, in_contract
from warehouse.mart_neighbours import neighbours_mart
from warehouse.mart_places import goods_mart, people_mart, travel_mart
from warehouse.sales import SALES, bought_in, write_sales
from warehouse.seen import seen_in, seen_since
from warehouse.society import people_again, same_society, society_of
from warehouse.storage import link_or_copy, storage_errors, write_parquet_synced

if TYPE_CHECKING:
    import datetime as dt
    from pathlib import Path

    from warehouse.days import Extents
    from warehouse.event_marks import Events
    from warehouse.sale_marks import SalesFacts

Read = Callable[[str], pl.DataFrame]
"""How a mart gets a stored table by name."""


@dataclass(frozen=True)
class Stored:
    """What marts are made of.

    Attributes:
        read: gives a stored table by its name; those of months are never read whole.
        events: the stored events.
        sales: the stored orders, lines and refunds.
        versions: stored table → its version.
        zone: the business zone.
        as_of: the first local day that is not complete.
        extents: which days files hold, where that is known.
    """

    read: Read
    events: Events
    sales: SalesFacts
    versions: Mapping[str, int]
    zone: str
    as_of: dt.date
    extents: Extents = field(default_factory=dict)


@dataclass(frozen=True)
class Before:
    """The marts of the snapshot before.

    Attributes:
        published: ``Neighbours``: what was published stays; None when nothing was.
        folder: where they lie; None when their files cannot be taken over, and everything is made anew.
    """

    published: pl.DataFrame | None = None
    folder: Path | None = None


def build_marts(stored: Stored, folder: Path, before: Before) -> None:
    """Make what every answer is computed from, durably: in a temporary folder, synced, then renamed into place.

    Args:
        stored: the stored tables.
        folder: where the marts shall lie.
        before: those of the snapshot before.
    """
    with storage_errors(folder):
        part = _new_folder(folder)
        frames = _make(stored, part, before)
        for name, frame in frames.items():
            write_parquet_synced(frame, part / f"{name}.parquet")
        if before.folder:
            for name in set(MARTS) - {*frames, *BEHAVIOUR, *SALES}:
                link_or_copy(before.folder / f"{name}.parquet", part / f"{name}.parquet")
        _put(part, folder)


def _make(stored: Stored, part: Path, before: Before) -> dict[str, pl.DataFrame]:
    """The marts that must be written whole; those of months lie in the folder then, all others are those of before."""
    read, folder = stored.read, before.folder
    made_of, then = MadeOf(stored.versions, stored.zone, stored.as_of), MadeOf.read(folder)
    made_of.write(part)
    write_extents(stored.extents, part)
    products = read("products")
    categories = products.select("product_id", "category")
    if folder and same_society(folder, made_of, then):
        society, ground = None, known_ground(folder, categories)
    else:
        society = society_of(read, stored.zone)
        ground = society.ground(categories)
    changes = keep_ground(ground, part, folder, same=() if society else PEOPLE)
    write_behaviour(stored.events, ground, changes, part, folder)
    keep_known_ids(stored.events, part, folder)
    old = (folder, changes) if folder and changes is not None else None
    fresh = write_sales(stored.sales, ground, _free_sources(read("settings")), part, old)
    frames = {name: make(read(table)) for name, (table, make) in _COPIES.items() if not made_of.has_same(then, table)}
    since = seen_since(part, folder) if folder else None
    if since is None or not made_of.has_same(then, "products") or _has_new_goods(folder, since["product_id"]):
        frames["goods"] = goods_mart(products, [seen_in(part, "product_id")])
    now = stored.as_of, stored.zone, ground.owners
    if society:
        seen = seen_in(part, "customer_key")
        frames["places"] = society.places
        frames["people"] = people_mart(society.customers, seen, society.homes, society.places, now)
    elif folder:
        seen = seen_in(part, "customer_key") if since is None else since["customer_key"]
        people = people_again(folder, read, seen, now, is_all=since is None)
        frames |= {} if people is None else {"people": people}
    month = f"{stored.as_of:%Y-%m}"
    if society or then is None or f"{then.as_of:%Y-%m}" != month or any(one < month for one in fresh):
        people, places = (frames[n] if n in frames else _mart(folder, n) for n in ("people", "places"))
        frames["neighbours"] = neighbours_mart(
            bought_in(part),
            people,
            places,
            before=before.published,
            as_of=stored.as_of,
            is_bound=not ground.owners.bound.is_empty(),
        )
    return {name: in_contract(name, frame) for name, frame in frames.items()}


def _has_new_goods(folder: Path | None, products: pl.Series) -> bool:
    """Whether any product is not in the mart of the snapshot before."""
    known = _mart(folder, "goods")["product_id"]
    return bool(products.drop_nulls().is_in(known.implode()).not_().any())


def _mart(folder: Path | None, name: str) -> pl.DataFrame:
    return pl.read_parquet(folder / f"{name}.parquet") if folder else empty_mart(name)


_COPIES: Final[dict[str, tuple[str, Callable[[pl.DataFrame], pl.DataFrame]]]] = {
    "stock_outs": ("availability", lambda rows: rows.sort("product_id", "size", "from_on", "store_id", "channel")),
    "territories": ("territories", lambda rows: rows.sort("territory_id")),
    "travel": ("travel", travel_mart),
    **{mart: (table, lambda rows: rows) for mart, table in BOOKS.items()},
}
"""Marts of one stored table each: the table, and how they are made of it."""


def _free_sources(settings: pl.DataFrame) -> frozenset[str]:
    """Shop systems whose orders without any price count as purchases."""
    rows = settings.filter(pl.col("key") == "zero_price_sources")["value"]
    return frozenset(name for value in rows for name in value.split("\n") if name)


def _new_folder(folder: Path) -> Path:
    """An empty folder beside the one that it shall become."""
    shutil.rmtree(folder, ignore_errors=True)
    part = folder.with_name(f"{folder.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    return part


def _put(part: Path, folder: Path) -> None:
    """Make it visible under its own name, with all its entries."""
    for inner in (*(path for path in part.iterdir() if path.is_dir()), part):
        sync_path(inner)
    os.replace(part, folder)  # noqa: PTH105  (an atomic rename is the point)
    sync_path(folder.parent)


def link_marts(before: Path, folder: Path, fresh: Mapping[str, pl.DataFrame]) -> None:
    """The marts of an earlier snapshot under a new number, with some of them new; files never change, so one will do."""
    with storage_errors(folder):
        part = _new_folder(folder)
        for inner in (path for path in before.iterdir() if path.is_dir()):
            (part / inner.name).mkdir()
        for file in sorted(path for path in before.rglob("*") if path.is_file()):
            target = part / file.relative_to(before)
            if file.stem not in fresh or file.parent != before:
                link_or_copy(file, target)
        for name, frame in fresh.items():
            write_parquet_synced(frame, part / f"{name}.parquet")
        _put(part, folder)


def marts_before(folder: Path, mart_format: int) -> Before:
    """What the next snapshot takes over of this one's marts."""
    reusable = mart_format == MART_FORMAT and (folder / NOTES).is_file()
    return Before(published_neighbours(folder, mart_format), folder if reusable else None)


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
    folders = {"behaviour": BEHAVIOUR, "sales": SALES}
    apart = [name for kind, names in folders.items() for name in names if mart_format >= SINCE_FORMAT[kind]]
    try:
        with storage_errors(folder):
            small = {name: pl.read_parquet(folder / f"{name}.parquet") for name in there if name not in CODED}
            small |= {name: empty_mart(name) for name in MARTS if name not in {*small, *CODED}}
            frames = {name: in_contract(name, frame) for name, frame in small.items()}
            files = {name: sorted((folder / name).glob("*.parquet")) for name in apart}
            files |= {name: [folder / f"{name}.parquet"] for name in CODED if name not in apart}
            large = read_coded(files, frames["places"], frames["goods"])
            large["refunds"] = large["refunds"].sort("local_on", maintain_order=True)
            return Marts(**frames, **large)
    except pl.exceptions.ColumnNotFoundError as error:
        msg = say(
            "{folder}: was built by another version of Catchlight; run python -m warehouse rebuild.", folder=folder
        )
        raise StorageError(msg) from error
