"""What is in the warehouse: freshness, sources, set-aside rows, a profile of each table."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from records import database
from records.acts import note, owners_only
from records.company import COMPANY, KEPT
from records.locking import writing
from schema.errors import RefusedError, UsageError
from schema.language import say
from warehouse.commits import Options, republish
from warehouse.forgotten import keep_marks
from warehouse.layout import QUARANTINE, SOURCE_RUNS, STORED
from warehouse.pruning import drop_all_marts, tidy
from warehouse.snapshots import Snapshot, latest_stamp, open_snapshot
from warehouse.storage import drop_table, storage_errors, warehouse_home, writer_lock

if TYPE_CHECKING:
    from pathlib import Path

    from schema.scope import Scope
    from schema.settings import DataMode

_FACTS = ("orders", "order_lines", "refunds", "events", "stores", "customers", "products")
_HAS_ROWS: Final[dict[Path, tuple[tuple[int, int], bool]]] = {}


def has_rows(mode: DataMode) -> bool:
    """Does a mode hold any data? Every page asks at every run: a snapshot is opened for it once."""
    stamp, folder = latest_stamp(mode), warehouse_home(mode)
    if stamp is None:
        return False
    if _HAS_ROWS.get(folder, (None, False))[0] != stamp:
        snapshot = open_snapshot(mode)
        _HAS_ROWS[folder] = stamp, snapshot is not None and any(snapshot.rows.get(name, 0) for name in _FACTS)
    return _HAS_ROWS[folder][1]


def current_mode() -> DataMode:
    """Which data do readers open? Real data if there are any, else the demo."""
    return "real" if has_rows("real") else "demo"


def status(mode: DataMode) -> dict[str, Any]:
    """What is there, as plain JSON values."""
    snapshot = open_snapshot(mode)
    if snapshot is None:
        return {"data": mode, "snapshot": None, "rows": {}, "quarantine": {}}
    set_aside = snapshot.read("quarantine").group_by("code").agg(pl.len()).sort("code")
    return {
        "data": mode,
        "snapshot": snapshot.number,
        "published_at": snapshot.published_at.isoformat(),
        "zone": snapshot.zone,
        "currency": snapshot.currency,
        "currencies": list(snapshot.currencies),
        "first_on": snapshot.first_on.isoformat() if snapshot.first_on else None,
        "last_on": snapshot.last_on.isoformat() if snapshot.last_on else None,
        "as_of": snapshot.as_of.isoformat(),
        "rows": {name: snapshot.rows[name] for name in STORED if snapshot.rows.get(name)},
        "quarantine": dict(set_aside.iter_rows()),
    }


def source_runs(snapshot: Snapshot) -> pl.DataFrame:
    """Which sources were imported, when, and what became of their rows? One row per source and import, newest last."""
    return snapshot.read("source_runs").select(list(SOURCE_RUNS))


def quarantine(mode: DataMode, scope: Scope, snapshot: Snapshot | None) -> pl.DataFrame:
    """Which rows were set aside, and why? Raw rows are head office's alone; others get an empty table."""
    snapshot = snapshot or open_snapshot(mode)
    if snapshot is None or scope.role != "owner":
        return pl.DataFrame(schema=QUARANTINE)
    return snapshot.read("quarantine")


def customer_ids(snapshot: Snapshot, scope: Scope) -> pl.DataFrame:
    """Which id in the source stands behind each key? ``customer_key, customer_id``; head office only.

    Raises:
        RefusedError: the viewer is not the owner.
    """
    if scope.role != "owner":
        msg = say("Customer ids are head office's alone.")
        raise RefusedError(msg)
    return snapshot.read("customer_keys").select("customer_key", "customer_id").sort("customer_id")


def profile(snapshot: Snapshot, table: str) -> pl.DataFrame:
    """How full is each column of a stored table? One row per column: ``column, rows, distinct, nulls``.

    Raises:
        UsageError: there is no such table.
    """
    if table not in STORED:
        msg = say("No table {table} here; there are: {known}.", table=table, known=", ".join(STORED))
        raise UsageError(msg)
    rows = snapshot.read(table)
    return pl.DataFrame(
        {
            "column": rows.columns,
            "rows": [rows.height] * rows.width,
            "distinct": [column.drop_nulls().n_unique() for column in rows],
            "nulls": [column.null_count() for column in rows],
        },
        schema={"column": pl.String, "rows": pl.Int64, "distinct": pl.Int64, "nulls": pl.Int64},
    )


def rebuild(mode: DataMode) -> int | None:
    """Build the marts again from the stored tables; returns the new snapshot's number, None when nothing is there."""
    with writer_lock(mode), storage_errors(warehouse_home(mode)):
        base = open_snapshot(mode)
        if base is None:
            return None
        number = republish(base, Options(mode=mode))
        tidy(mode)
        return number


def reset(mode: DataMode, by: Scope) -> None:
    """Forget everything of one mode, its ledger too; who may look and what was done (the audit log) stay.

    Args:
        mode: which data.
        by: who asks; an owner. It is on the audit log.

    Raises:
        RefusedError: anybody but an owner asks.
        BusyError: an import or the ledger is writing; nothing is deleted then.
        StorageError: the data folder or the ledger's database cannot be written.
    """
    owners_only(by, "reset")
    with writer_lock(mode), storage_errors(warehouse_home(mode)), writing(mode):
        note("reset", by, {"removed": f"{mode} data"}, mode=mode)
        keep_marks(open_snapshot(mode), mode)
        if database.exists(mode):
            database.forget(mode, keep=KEPT if mode == COMPANY else frozenset())
        for name in ("_snapshots", *STORED):  # readers see nothing from the first of them on
            drop_table(warehouse_home(mode), name)
        drop_all_marts(warehouse_home(mode))
        shutil.rmtree(warehouse_home(mode), ignore_errors=True)
        for name in ("incoming", "bound"):
            shutil.rmtree(warehouse_home(mode).with_name(name), ignore_errors=True)
