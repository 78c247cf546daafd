"""Forgetting people: nothing that names them stays, old versions included; money stays, under a key that names nobody."""

from __future__ import annotations

import datetime as dt
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import polars as pl

from records.acts import note, owners_only
from schema.errors import UsageError
from schema.language import say
from schema.settings import data_home, home
from warehouse.batch import Change, Outcome
from warehouse.commits import Options, commit
from warehouse.forget_names import Meant, forms_of, found, named
from warehouse.forget_text import emptied, holds_any, is_telling, names_any
from warehouse.keys import pseudonym
from warehouse.layout import STORED
from warehouse.pruning import COPIES, prune
from warehouse.snapshots import Snapshot, open_snapshot
from warehouse.storage import storage_errors, warehouse_home, writer_lock

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from schema.scope import Scope
    from schema.settings import DataMode

_STANDS: Final = ("is_staff", "is_test")
"""What decides whether somebody's orders count; a row of nothing else stays where one of these is set."""

_DEVICES: Final = ("anon_id", "session_id")


@dataclass(frozen=True)
class ForgetReport:
    """What a call did.

    Attributes:
        forgotten: the pseudonyms under which the money of those forgotten now goes on.
        already: how many of the ids were forgotten before.
        identities: their identities, deleted.
        fixes: their positions, deleted.
        emptied: rows that were set aside and named them; their content is deleted.
        allowed: how many may come back with the next import.
        snapshot: the snapshot published; None when there was nothing to do.
        inbox: files in the inboxes: they are the owner's, and may name them.
        complaints: theirs, deleted.
    """

    forgotten: tuple[str, ...] = ()
    already: int = 0
    identities: int = 0
    fixes: int = 0
    emptied: int = 0
    allowed: int = 0
    snapshot: int | None = None
    inbox: tuple[str, ...] = ()
    complaints: int = 0


def forget(mode: DataMode, customers: str | Sequence[str], *, by: Scope, reason: str = "") -> ForgetReport:
    """Remove people: their ids, identities, positions, home, complaints, raw rows, copies of files, and every older version of these.

    The audit log has them by their pseudonyms before anything is done. One snapshot is published, then all before it are
    deleted. Whoever is killed in between calls it again, or imports: the rest goes then. Orders, visits, bindings and
    shares stay under the key, which leads to nobody any more; so no figure of money and no hash changes.

    Args:
        mode: demo or real.
        customers: their ids in the source; those who were forgotten before may be among them.
        by: who does it; an owner.
        reason: why; it must not name them.

    Raises:
        RefusedError: anybody but an owner asks.
        UsageError: an id that nobody has, or a reason that names somebody; nobody is forgotten then.
        BusyError: an import is writing, or the audit log cannot be written now.
        StorageError: the data folder cannot be used, or a file could not be deleted; call it again then.
    """
    owners_only(by, "forget")
    people = named(customers, reason)
    with writer_lock(mode), storage_errors(warehouse_home(mode)):
        base = open_snapshot(mode)
        meant = found(mode, base, people)
        report = ForgetReport(already=meant.already, inbox=_inboxes(mode))
        if base is not None and meant.rows.height:
            report = _forget_locked(mode, base, meant, report, by, reason)
        _wipe(mode, forms_of(people))
        return report


def allow_again(mode: DataMode, customers: str | Sequence[str], *, by: Scope, reason: str = "") -> ForgetReport:
    """Let people who were forgotten come back with the next import that names them, as somebody new.

    Raises:
        RefusedError: anybody but an owner asks.
        UsageError: an id was not forgotten.
        BusyError: an import is writing, or the audit log cannot be written now.
        StorageError: the data folder cannot be used.
    """
    owners_only(by, "forget")
    people = named(customers, reason)
    with writer_lock(mode), storage_errors(warehouse_home(mode)):
        base = open_snapshot(mode)
        stored = pl.DataFrame(schema=STORED["forgotten"]) if base is None else base.read("forgotten")
        missing = sum(not one.marks.intersection(stored["mark"]) for one in people)
        if base is None or missing:
            msg = say(
                "{missing} of {given} were not forgotten, so nothing was done.", missing=missing, given=len(people)
            )
            raise UsageError(msg)
        left = stored.filter(~pl.col("mark").is_in({mark for one in people for mark in one.marks}))
        note("forget", by, {"action": "allow again", "customers": len(people), "reason": reason}, mode=mode)
        outcome = Outcome(changes={"forgotten": Change(left)})
        commit(outcome, base, Options(mode=mode), base.number + 1, base.read("settings"))
        return ForgetReport(allowed=len(people), snapshot=base.number + 1)


def _forget_locked(
    mode: DataMode, base: Snapshot, meant: Meant, report: ForgetReport, by: Scope, reason: str
) -> ForgetReport:
    """Log, then publish the snapshot without them."""
    known = meant.rows
    names = tuple(pseudonym(key) if key is not None else "nobody yet" for key in known["customer_key"])
    for name in names:
        note("forget", by, {"customer": name, "reason": reason}, mode=mode)
    outcome, settings = Outcome(), base.read("settings")
    counts = _people(outcome, base, known)
    counts["emptied"] = _quarantine(outcome, base, meant)
    _devices(outcome, base, known)
    marked = sorted({mark for one in meant.people for mark in one.marks})
    marks = pl.DataFrame({"mark": marked, "forgotten_on": dt.datetime.now(dt.UTC).date()}, schema=STORED["forgotten"])
    both = pl.concat([base.read("forgotten"), marks]).unique("mark", keep="first").sort("mark")
    outcome.changes["forgotten"] = Change(both)
    commit(outcome, base, Options(mode=mode, wipes=True), base.number + 1, settings)
    return ForgetReport(
        names,
        report.already,
        counts["identities"],
        counts["fixes"],
        counts["emptied"],
        0,
        base.number + 1,
        report.inbox,
        counts["complaints"],
    )


def _people(outcome: Outcome, base: Snapshot, known: pl.DataFrame) -> dict[str, int]:
    """The small tables that describe people, without these."""
    ids, keys = known["customer_id"].implode(), known["customer_key"].drop_nulls().implode()
    by_key = pl.col("customer_key").is_in(keys)
    theirs = {
        "customer_keys": by_key,
        "identities": by_key,
        "location_fixes": by_key,
        "complaints": by_key | _of_orders(base, keys),
        "orphan_location_fixes": pl.col("customer_id").is_in(ids),
    }
    counts = {}
    for name, them in theirs.items():
        before = base.read(name)
        after = before.filter(~them.fill_null(value=False))
        counts[name] = before.height - after.height
        if counts[name]:
            outcome.changes[name] = Change(after)
    customers = base.read("customers")
    mine = customers.filter(by_key)
    if mine.height:
        bare = [c for c in customers.columns if c not in {"customer_key", "source_run", "is_derived", *_STANDS}]
        stubs = mine.filter(pl.any_horizontal(_STANDS)).with_columns([pl.lit(None).alias(c) for c in bare])
        left = [customers.filter(~by_key), stubs.with_columns(is_derived=pl.lit(value=True))]
        outcome.changes["customers"] = Change(pl.concat(left, how="vertical_relaxed").sort("customer_key"))
    return {
        "identities": counts["identities"],
        "fixes": counts["location_fixes"] + counts["orphan_location_fixes"],
        "complaints": counts["complaints"],
    }


def _of_orders(base: Snapshot, keys: pl.Series) -> pl.Expr:
    """Complaints that name nobody, but an order of these people."""
    if not base.rows.get("complaints"):
        return pl.lit(value=False)
    named = ("source", "order_id")
    theirs = base.scan("orders").filter(pl.col("customer_key").is_in(keys)).select(pl.struct(named)).collect()
    return pl.col("customer_key").is_null() & pl.struct(named).is_in(theirs.to_series().implode())


def _quarantine(outcome: Outcome, base: Snapshot, meant: Meant) -> int:
    rows = base.read("quarantine")
    texts = rows.select(pl.concat_str("payload", "value", "message", separator="\x1f", ignore_nulls=True)).to_series()
    those = names_any(texts, forms_of(meant.people), meant.rows["customer_key"].drop_nulls().to_list())
    if those.any():
        outcome.changes["quarantine"] = Change(emptied(rows, those))
    return int(those.sum())


def _devices(outcome: Outcome, base: Snapshot, known: pl.DataFrame) -> None:
    """Events in which the id of a device or a session is or holds that of the person get the pseudonym there."""
    events = base.scan("events")
    named = pl.any_horizontal([holds_any(c, known["customer_id"]) for c in _DEVICES])
    months = sorted(events.filter(named).select("month").unique().collect()["month"])
    if not months:
        return
    ids = known["customer_id"].to_list()
    names = [pseudonym(key) if key is not None else "C-" for key in known["customer_key"]]
    whole = {c: pl.col(c).replace(ids, names) for c in _DEVICES}
    parts = [(one, name) for one, name in zip(ids, names, strict=True) if is_telling(one)]
    new = {c: words.str.replace_many(*map(list, zip(*parts, strict=True))) if parts else words
           for c, words in whole.items()}  # fmt: skip
    rows = events.filter(pl.col("month").is_in(months)).with_columns(**new).collect()
    outcome.changes["events"] = Change(rows, tuple(months))


def _wipe(mode: DataMode, asked: Sequence[str]) -> None:
    """Delete what older versions, copies of files and logs of crashes still hold of those who are forgotten."""
    prune(warehouse_home(mode), strict=True)
    for copies in (data_home(mode) / name for name in COPIES):
        if copies.exists():
            shutil.rmtree(copies)
    for log in (home() / "logs").rglob("*"):
        if log.is_file() and any(one.encode() in log.read_bytes() for one in asked):
            log.unlink()


def _inboxes(mode: DataMode) -> tuple[str, ...]:
    folders: tuple[Path, ...] = (home() / "inbox", data_home(mode) / "inbox")
    return tuple(str(p) for folder in folders if folder.is_dir() for p in sorted(folder.rglob("*")) if p.is_file())
