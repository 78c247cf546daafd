"""One write: the changed tables, the marts, and the one append that makes both visible."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl

from schema.language import say
from warehouse.batch import Change, Outcome
from warehouse.coarsen import age_positions, kept_since
from warehouse.compaction import MANY, compact
from warehouse.days import day_span, extents_of, read_extents
from warehouse.event_marks import Events
from warehouse.layout import BOOKS, STORED
from warehouse.mart_contract import in_contract
from warehouse.marts import Before, Stored, build_marts, link_marts, marts_before
from warehouse.sale_marks import SalesFacts
from warehouse.sales import currencies
from warehouse.snapshots import Snapshot, publish
from warehouse.storage import read_table, warehouse_home, write_table

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from schema.settings import DataMode

    Progress = Callable[[float, str], None]


@dataclass(frozen=True)
class Options:
    """How an import is done: its mode, whether it only looks, what the first import fixes.

    ``wipes``: whether all earlier snapshots must go at once, since they hold what nobody may keep.
    """

    mode: DataMode = "real"
    dry_run: bool = False
    zone: str = ""
    currency: str = ""
    key_seed: int | None = None
    sha256: tuple[str, ...] = ()
    progress: Progress | None = None
    wipes: bool = False

    def tell(self, share: float, what: str) -> None:
        """Say how far it is."""
        if self.progress:
            self.progress(share, what)


def setting(settings: pl.DataFrame, key: str) -> str:
    """One of the settings; empty when it was never made."""
    return str(dict(settings.iter_rows()).get(key) or "")


def commit(
    outcome: Outcome,
    base: Snapshot | None,
    options: Options,
    number: int,
    settings: pl.DataFrame,
    *,
    ledger: dict[str, int] | None = None,
    anew: bool = False,
) -> None:
    """Write the changed tables and the marts, then make them visible by one append.

    Args:
        outcome: the tables to write.
        base: the snapshot it builds on.
        options: mode and progress.
        number: of the next snapshot.
        settings: zone and currency.
        ledger: sequence numbers of the ledger; None keeps those of the snapshot before.
        anew: make every mart from the stored tables, even where nothing changed.
    """
    folder = warehouse_home(options.mode)
    versions, rows = write_tables(outcome, base, options)
    if (
        "events" in outcome.changes
        and (version := compact(versions["events"], options.mode, more_than=MANY)) is not None
    ):
        versions["events"] = version

    def read(name: str) -> pl.DataFrame:
        return read_table(folder, name, versions.get(name)).collect()

    zone = setting(settings, "zone")
    options.tell(0.65, say("Building the answers' tables"))
    events = Events.stored(folder, versions.get("events"))
    sales = SalesFacts.stored(folder, versions)
    before = marts_before(base.marts_folder, base.mart_format) if base else Before()
    extents = extents_of(sales.orders, sales.refunds, events, read_extents(before.folder))
    first, last, as_of = day_span(sales.orders, sales.refunds, events, zone, extents)
    if anew:
        before = Before(before.published)
    marts = folder / "marts" / str(number)
    build_marts(Stored(read, events, sales, versions, zone, as_of, extents), marts, before)
    options.tell(0.95, say("Publishing"))
    facts: dict[str, Any] = {
        "zone": zone,
        "currency": setting(settings, "currency"),
        "currencies": currencies(marts),
        "as_of": as_of.isoformat(),
        "first_on": first.isoformat() if first else None,
        "last_on": last.isoformat() if last else None,
        "rows": rows,
        "versions": versions,
        "ledger": (base.ledger if base else {}) if ledger is None else ledger,
        "wipes": options.wipes,
    }
    publish(folder, number=number, facts=facts)
    options.tell(1.0, say("Done"))


def commit_books(outcome: Outcome, base: Snapshot, options: Options, *, ledger: dict[str, int]) -> None:
    """The same when nobody's owner changed: every mart that is no copy of the ledger is that of the snapshot before."""
    folder, number = warehouse_home(options.mode), base.number + 1
    versions, rows = write_tables(outcome, base, options)
    fresh = {
        mart: in_contract(mart, read_table(folder, table, versions[table]).collect())
        for mart, table in BOOKS.items()
        if table in outcome.changes
    }
    link_marts(base.marts_folder, folder / "marts" / str(number), fresh)
    options.tell(0.95, say("Publishing"))
    facts: dict[str, Any] = {
        "zone": base.zone,
        "currency": setting(base.read("settings"), "currency"),
        "currencies": list(base.currencies),
        "as_of": base.as_of.isoformat(),
        "first_on": base.first_on.isoformat() if base.first_on else None,
        "last_on": base.last_on.isoformat() if base.last_on else None,
        "rows": rows,
        "versions": versions,
        "ledger": ledger,
    }
    publish(folder, number=number, facts=facts)
    options.tell(1.0, say("Done"))


def write_tables(outcome: Outcome, base: Snapshot | None, options: Options) -> tuple[dict[str, int], dict[str, int]]:
    """Commit the changed tables; the version and the rows of every table then."""
    folder = warehouse_home(options.mode)
    versions = dict(base.versions) if base else {}
    rows = dict(base.rows) if base else {}
    options.tell(0.5, say("Writing tables"))
    for name in STORED:
        change = outcome.changes.get(name)
        if change is None:
            continue
        versions[name] = write_table(
            folder, name, change.frame, version=versions.get(name), months=change.months, adds=change.is_addition
        )
        rows[name] = _rows_after(folder, name, change, versions[name], rows.get(name))
    return versions, rows


def _rows_after(folder: Path, name: str, change: Change, version: int, before: int | None) -> int:
    """How many rows a table has after a change; counted only where the change does not say it."""
    if change.months is None:
        return change.frame.height
    if change.is_addition and before is not None:
        return before + change.frame.height
    counted: int = read_table(folder, name, version).select(pl.len()).collect().item()
    return counted


def republish(base: Snapshot, options: Options) -> int:
    """Build the marts of the stored tables again and publish them as the next snapshot; old positions grow coarse."""
    outcome = Outcome()
    age_positions(outcome, base, kept_since(options.mode))
    commit(outcome, base, options, base.number + 1, base.read("settings"), anew=True)
    return base.number + 1
