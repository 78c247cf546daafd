"""Snapshots: what a reader sees, and how a new one becomes visible in one step."""

from __future__ import annotations

import datetime as dt
import json
import os
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from warehouse.layout import FACTS, MART_FORMAT, SNAPSHOTS
from warehouse.lease import still_writing
from warehouse.shared_marts import fetch_marts, send_marts
from warehouse.storage import (
    append_row,
    files_by_month,
    objects_of,
    read_table,
    storage_errors,
    table_place,
    table_version,
    warehouse_home,
)

if TYPE_CHECKING:
    from pathlib import Path

    from schema.settings import DataMode
    from warehouse.objects import Objects


@dataclass(frozen=True)
class Snapshot:
    """One published state of the data.

    Attributes:
        number: 1, 2, 3 …
        mode: demo or real.
        published_at: when it became visible.
        zone: the business zone (IANA).
        currency: the currency with the largest valid net; empty without orders.
        currencies: all currencies, largest valid net first.
        as_of: the day after the last complete local day; days before it are complete.
        first_on: first local day with an order, refund or event; None without any.
        last_on: last such day.
        rows: stored rows of each table.
        versions: the Delta version of each table.
        folder: the warehouse folder.
        ledger: sequence numbers of the ledger's tables whose copies it holds; empty before any.
        mart_format: which tables its marts have.
        marts_digest: of the list of its marts on the object store; empty where the tables lie in a folder.
    """

    number: int
    mode: DataMode
    published_at: dt.datetime
    zone: str
    currency: str
    currencies: tuple[str, ...]
    as_of: dt.date
    first_on: dt.date | None
    last_on: dt.date | None
    rows: dict[str, int]
    versions: dict[str, int]
    folder: Path
    ledger: dict[str, int] = field(default_factory=dict)
    mart_format: int = MART_FORMAT
    marts_digest: str = ""

    @property
    def marts_folder(self) -> Path:
        """Where its marts lie on this machine; they are fetched when another one made them.

        Raises:
            StorageError: they cannot be fetched from the object store.
        """
        folder = self.folder / "marts" / str(self.number)
        store = objects_of(self.folder) if self.marts_digest else None
        if store is not None:
            fetch_marts(store, folder, self.marts_digest)
        return folder

    def scan(self, table: str) -> pl.LazyFrame:
        """One stored table of this snapshot; empty when it has none."""
        return read_table(self.folder, table, self.versions.get(table))

    def read(self, table: str) -> pl.DataFrame:
        """The same, in memory."""
        with storage_errors(self.folder / table):
            return self.scan(table).collect()

    def files(self, table: str) -> dict[str, tuple[str, ...]]:
        """Part of a stored table (its months; the table itself) → the names of its files, which never mean other rows."""
        return files_by_month(self.folder, table, self.versions.get(table))

    def scan_file(self, table: str, part: str, name: str) -> pl.LazyFrame:
        """The rows of one file, without their month."""
        inner = f"month={part}/{name}" if table in FACTS else name
        return pl.scan_parquet(f"{table_place(self.folder, table)}/{inner}", hive_partitioning=False)


def latest_number(mode: DataMode) -> int | None:
    """Which snapshot is newest? None when nothing was ever published."""
    found = latest_stamp(mode)
    return found[0] if found else None


def latest_stamp(mode: DataMode) -> tuple[int, int] | None:
    """Which snapshot is newest, and when was it published? After a reset the numbers begin anew, the instants do not.

    Every page asks at every run: the names of the commits say it, opening the table is dear. An object store is asked
    once a second.

    Returns:
        The number and the publication in nanoseconds since 1970; None when nothing was ever published.
    """
    folder = warehouse_home(mode)
    with storage_errors(folder):
        store = objects_of(folder)
        return _stamp_here(folder / "_snapshots" / "_delta_log") if store is None else _stamp_there(store)


def _stamp_here(log: Path) -> tuple[int, int] | None:
    try:
        names = os.listdir(log)  # noqa: PTH208  (every page asks: names alone take a tenth of the time that paths take)
    except (FileNotFoundError, NotADirectoryError):
        return None
    versions = [int(name[:-5]) for name in names if name.endswith(".json") and name[:-5].isdigit()]
    if not versions:
        return None
    return max(versions) + 1, (log / f"{max(versions):020}.json").stat().st_mtime_ns


_ASKED: Final[dict[str, tuple[float, tuple[int, int] | None]]] = {}
_ASKED_FOR_S: Final = 1.0


def _stamp_there(store: Objects) -> tuple[int, int] | None:
    asked_at, known = _ASKED.get(store.url, (-_ASKED_FOR_S, None))
    if time.monotonic() - asked_at < _ASKED_FOR_S:
        return known
    found = None
    for one in store.below("_snapshots/_delta_log"):
        name, _, kind = one.path.rpartition("/")[2].partition(".")
        if kind == "json" and name.isdigit():
            found = int(name) + 1, int(one.written_at.timestamp() * 1_000_000_000)
    _ASKED[store.url] = time.monotonic(), found
    return found


def open_snapshot(mode: DataMode, number: int | None = None) -> Snapshot | None:
    """What can a reader see?

    Args:
        mode: demo or real.
        number: a certain snapshot; None is the newest.

    Returns:
        The snapshot, or None when there is nothing there yet or no such number.

    Raises:
        StorageError: the data folder cannot be read.
    """
    folder = warehouse_home(mode)
    version = table_version(folder, "_snapshots")
    if version is None:
        return None
    with storage_errors(folder):
        rows = read_table(folder, "_snapshots", version).collect()
    wanted = rows.filter(pl.col("number") == (number or rows["number"].max()))
    if wanted.is_empty():
        return None
    row = wanted.row(0, named=True)
    return _from_row(mode, folder, row)


def _from_row(mode: DataMode, folder: Path, row: dict[str, Any]) -> Snapshot:
    facts = json.loads(row["facts"])
    days = {name: dt.date.fromisoformat(facts[name]) if facts[name] else None for name in ("first_on", "last_on")}
    return Snapshot(
        number=row["number"],
        mode=mode,
        published_at=row["published_at"],
        zone=facts["zone"],
        currency=facts["currencies"][0] if facts["currencies"] else facts["currency"],
        currencies=tuple(facts["currencies"]),
        as_of=dt.date.fromisoformat(facts["as_of"]),
        first_on=days["first_on"],
        last_on=days["last_on"],
        rows=facts["rows"],
        versions=facts["versions"],
        folder=folder,
        ledger=facts.get("ledger", {}),
        mart_format=row["mart_format"],
        marts_digest=facts.get("marts", ""),
    )


def publish(folder: Path, *, number: int, facts: dict[str, Any]) -> None:
    """Make a snapshot visible: this one append is the publication.

    Raises:
        BusyError: somebody else published that number; nothing is published then.
        StorageError: the folder or the object store cannot be written.
    """
    store = objects_of(folder)
    if store is not None:
        facts = facts | {"marts": send_marts(store, folder / "marts" / str(number), number)}
        still_writing(store.url)
    row = pl.DataFrame(
        [
            {
                "number": number,
                "published_at": dt.datetime.now(dt.UTC),
                "mart_format": MART_FORMAT,
                "facts": json.dumps(facts, ensure_ascii=False),
            }
        ],
        schema=SNAPSHOTS,
    )
    append_row(folder, "_snapshots", row, onto=number - 2 if number > 1 else None)
    if store is not None:
        _ASKED.pop(store.url, None)
