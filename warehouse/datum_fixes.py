"""Stores whose positions were declared on the wrong datum: converted again from what was given, and kept so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import polars as pl

from records.acts import note, owners_only
from schema.errors import UsageError
from schema.language import say
from schema.tables import DATUMS
from warehouse.batch import Change, Outcome
from warehouse.commits import Options, commit
from warehouse.corrections import converted, fixes_in, with_fixes
from warehouse.pruning import tidy
from warehouse.snapshots import Snapshot, open_snapshot
from warehouse.storage import storage_errors, warehouse_home, writer_lock

if TYPE_CHECKING:
    from collections.abc import Sequence

    from schema.scope import Scope
    from schema.settings import DataMode

_KNOWN: Final = tuple(datum for datum in DATUMS if datum != "unknown")


def fix_datum(mode: DataMode, store_ids: Sequence[str], datum: str, by: Scope) -> int:
    """On which datum are these stores' positions really? They are converted anew from what their source gave.

    Importing the same file again keeps the correction; a file with other positions, or one that declares another
    datum than before, is believed. The call with the datum that the source declared undoes it. Owners by the nearest
    store follow at once; the ledger decides anew when it binds next.

    Args:
        mode: demo or real.
        store_ids: whose positions.
        datum: ``WGS-84``, ``GCJ-02`` or ``BD-09``.
        by: who says so; an owner. It is on the audit log.

    Returns:
        The number of the new snapshot, or of the present one when all of it is so already.

    Raises:
        RefusedError: anybody but an owner asks.
        UsageError: nothing was imported, a store is not known or has no position, or the datum is none of these.
        BusyError: an import is writing.
        StorageError: the data folder cannot be used.
    """
    owners_only(by, "datum_fix")
    if datum not in _KNOWN:
        msg = say("datum: {datum} is not known; it must be one of {known}.", datum=repr(datum), known=", ".join(_KNOWN))
        raise UsageError(msg)
    with writer_lock(mode), storage_errors(warehouse_home(mode)):
        base = open_snapshot(mode)
        if base is None:
            msg = say("There are no {mode} data yet, so there are no stores to correct.", mode=say(mode))
            raise UsageError(msg)
        outcome, settings = _fixed(base, sorted(set(store_ids)), datum)
        if not outcome.changes:
            return base.number
        chosen = sorted(set(store_ids))
        what: dict[str, str | int] = {"stores": ", ".join(chosen), "count": len(chosen), "datum": datum}
        note("datum_fix", by, what, mode=mode)
        commit(outcome, base, Options(mode=mode), base.number + 1, settings)
        tidy(mode)
        return base.number + 1


def _fixed(base: Snapshot, store_ids: list[str], datum: str) -> tuple[Outcome, pl.DataFrame]:
    """The stores and settings that change, and the settings as they are then."""
    stores, settings = base.read("stores"), base.read("settings")
    chosen = stores.filter(pl.col("store_id").is_in(store_ids))
    if missing := sorted(set(store_ids) - set(chosen["store_id"])):
        msg = say(
            "No store {stores} here ({missing} of {given} are not known).",
            stores=", ".join(missing[:10]),
            missing=len(missing),
            given=len(store_ids),
        )
        raise UsageError(msg)
    placeless = chosen.filter(pl.col("lat_raw").is_null() | pl.col("lng_raw").is_null())["store_id"].to_list()
    if placeless:
        msg = say(
            "{n} stores have no position as given: {stores}. Leave them out.",
            n=len(placeless),
            stores=", ".join(placeless[:10]),
        )
        raise UsageError(msg)
    outcome = Outcome()
    moved = converted(chosen, datum)
    if not moved.equals(chosen):
        rest = stores.join(chosen.select("store_id"), on="store_id", how="anti")
        outcome.changes["stores"] = Change(pl.concat([rest, moved]).sort("store_id"))
    fixes = _noted(fixes_in(settings), chosen, datum)
    now = with_fixes(settings, fixes)
    if not now.equals(settings):
        outcome.changes["settings"] = Change(now)
    return outcome, now


def _noted(fixes: dict[str, Any], stores: pl.DataFrame, datum: str) -> dict[str, Any]:
    """The corrections with these stores' among them; one that says what the source says is none."""
    fixes = dict(fixes)
    for store, lat, lng, said in stores.select("store_id", "lat_raw", "lng_raw", "datum_raw").iter_rows():
        before = fixes.pop(store, None)
        is_same = before is not None and (before["lat_raw"], before["lng_raw"]) == (lat, lng)
        declared = before["declared"] if before is not None and is_same else said
        if declared != datum:
            fixes[store] = {"datum": datum, "declared": declared, "lat_raw": lat, "lng_raw": lng}
    return dict(sorted(fixes.items()))
