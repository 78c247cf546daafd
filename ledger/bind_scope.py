"""Whom must a binding run decide again? Those of whom it knows something else, and those whose time has come.

What a run saw is kept beside the ledger: the names of the stored files it read, which never change, and for each
customer the next instant at which time alone changes something. The next run decides the customers of rows that lie in
one of both states alone, and those whose instant has passed; of all others it would say what the ledger says already.
Whenever that cannot be told, it decides everybody.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Self

import polars as pl

from ledger import tables
from metrics.among import among
from records import chain, database

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from metrics.binding import BindingFacts, Decided
    from schema.settings import DataMode
    from schema.sharing import BindingPolicy
    from warehouse.api import Snapshot

_UTC: Final = pl.Datetime("us", "UTC")

READ: Final[dict[str, tuple[str, ...]]] = {
    "customers": (
        "customer_key", "registered_at", "is_test", "home_lat", "home_lng", "home_src", "home_precision_m", "city",
        "updated_at", "source_run",
    ),
    "location_fixes": (
        "customer_key", "fix_id", "fixed_at", "lat", "lng", "accuracy_m", "src", "context_store_id",
    ),
    "orders": (
        "customer_key", "source", "order_id", "paid_at", "is_test", "status", "channel", "selling_store_id",
    ),
    "events": ("customer_key", "event_id", "type", "occurred_at", "store_id", "guide_id"),
}  # fmt: skip
"""What a binding may depend on of a customer, by stored table (``ledger.facts``)."""

GROUND: Final = ("stores", "guides", "territories")
"""Stored tables on which everybody's binding may depend."""

_SHARE: Final = 0.2
"""When more of all customers than this must be decided, everybody is."""


@dataclass(frozen=True)
class Seen:
    """What a run saw.

    Attributes:
        ground: a digest of all that everybody's binding depends on: stores, guides, territories, policies, zone.
        files: stored table → part (a month) → the names of its files.
        heads: the ledger's tables → the last row's number and hash.
        until: nothing from this instant on was looked at.
    """

    ground: str
    files: dict[str, dict[str, list[str]]]
    heads: dict[str, list[Any]]
    until: dt.datetime

    @classmethod
    def now(cls, snapshot: Snapshot, policies: Sequence[BindingPolicy], until: dt.datetime) -> Self:
        """What a run sees that begins now."""
        files = {name: {part: list(names) for part, names in snapshot.files(name).items()} for name in READ}
        return cls(_ground(snapshot, policies), files, heads(snapshot.mode), until)


@dataclass(frozen=True)
class Before:
    """What the last run saw, the state in which it left customers, and head office's decisions that it knew."""

    seen: Seen
    people: pl.DataFrame
    decisions: pl.DataFrame


PEOPLE: Final = pl.Schema({"customer_key": pl.Int64(), "next_at": _UTC, "status": pl.String(), "attempts": pl.UInt32()})
"""For each customer: from when on time alone may change something (null: never), the status of the last spell (null: not
registered yet), and how many claims were made."""


def whom(before: Before | None, seen: Seen, snapshot: Snapshot, decisions: pl.DataFrame) -> pl.Series | None:
    """The keys of the customers whom a run must decide; None: everybody.

    Args:
        before: what the last run left.
        seen: what this one sees.
        snapshot: the stored tables.
        decisions: head office's own bindings: ``customer_key, at, store_id``.
    """
    if before is None or not _goes_on(before.seen, seen):
        return None
    found = [due(before.people, seen.until)]
    found.append(differing(before.decisions, known_decisions(decisions)))
    try:
        found += [_of_table(name, before.seen.files[name], seen.files[name], snapshot) for name in READ]
    except (OSError, pl.exceptions.ComputeError):
        return None  # a file that the last run read is gone
    keys = pl.concat(found).unique().sort()
    return None if keys.len() > _SHARE * before.people.height else keys


def due(people: pl.DataFrame, until: dt.datetime) -> pl.Series:
    """Whom time alone may have changed something of before an instant (``PEOPLE``)."""
    return people.filter(pl.col("next_at") < until)["customer_key"]


def differing(then: pl.DataFrame, now: pl.DataFrame) -> pl.Series:
    """The customers of rows that lie in one of two tables of the same columns alone."""
    if all(_is_rising(rows["customer_key"]) for rows in (then, now)):
        return _unlike(then, now)
    one = now.join(then, on=now.columns, how="anti", nulls_equal=True)
    other = then.join(now, on=now.columns, how="anti", nulls_equal=True)
    return pl.concat([one["customer_key"], other["customer_key"]]).drop_nulls()


def _is_rising(keys: pl.Series) -> bool:
    """Whether the rows lie in the order of their customers, each of whom has one at most, as the warehouse keeps them."""
    return not keys.has_nulls() and bool((keys.diff() > 0).all())


def _unlike(then: pl.DataFrame, now: pl.DataFrame) -> pl.Series:
    """The same of such rows: numbers are looked up, and all else is compared where it stands, a column at a time."""
    stays, came = among(now["customer_key"], then["customer_key"]), ~among(then["customer_key"], now["customer_key"])
    alone = pl.concat([then["customer_key"].filter(~stays), now["customer_key"].filter(came)])
    was, told = then.filter(stays), now.filter(~came)
    other = pl.repeat(value=False, n=told.height, dtype=pl.Boolean, eager=True)
    for name in now.columns:
        if name != "customer_key":
            other |= told[name].ne_missing(was[name])
    return pl.concat([alone, told["customer_key"].filter(other)])


def known_decisions(decisions: pl.DataFrame) -> pl.DataFrame:
    """What bindings depend on of head office's decisions."""
    return decisions.select("customer_key", "at", "store_id")


def next_of(decided: Decided, facts: BindingFacts, until: dt.datetime) -> pl.DataFrame:
    """``PEOPLE`` of those who were decided, and of those about whom something lies after the instant.

    Args:
        decided: what was decided.
        facts: on what.
        until: nothing from this instant on was looked at.
    """
    ahead = [
        facts.customers.select("customer_key", next_at="registered_at"),
        facts.fixes.select("customer_key", next_at="fixed_at"),
        facts.claims.select("customer_key", next_at="at"),
        facts.orders.select("customer_key", next_at="paid_at"),
    ]
    if "home_known_at" in facts.customers.columns:
        ahead.append(facts.customers.select("customer_key", next_at="home_known_at"))
    later = pl.concat([rows.with_columns(pl.col("next_at").cast(_UTC)) for rows in ahead])
    later = later.filter(pl.col("next_at") >= until, pl.col("customer_key").is_not_null())
    soonest = pl.concat([later, decided.next_at]).group_by("customer_key").agg(pl.col("next_at").min())
    last = decided.spells.unique("customer_key", keep="last").select("customer_key", "status")
    tried = decided.attempts.group_by("customer_key").agg(attempts=pl.len())
    known = facts.customers.select("customer_key").unique()
    rows = known.join(soonest, on="customer_key", how="left").join(last, on="customer_key", how="left")
    rows = rows.join(tried, on="customer_key", how="left").with_columns(pl.col("attempts").fill_null(0))
    return rows.select([pl.col(name).cast(kind) for name, kind in PEOPLE.items()]).sort("customer_key")


def _goes_on(then: Seen, now: Seen) -> bool:
    """Whether nothing that concerns everybody is another, and nobody else wrote to the ledger."""
    return then.ground == now.ground and then.heads == now.heads and then.until <= now.until


def _of_table(name: str, then: dict[str, list[str]], now: dict[str, list[str]], snapshot: Snapshot) -> pl.Series:
    """The customers of rows of a stored table that only one of two runs saw: of files that only one of them read."""
    found = [pl.Series("customer_key", [], dtype=pl.Int64)]
    for part in sorted({*then, *now}):
        gone, come = (sorted({*a.get(part, ())} - {*b.get(part, ())}) for a, b in ((then, now), (now, then)))
        if gone or come:
            found.append(differing(*(_rows(name, part, files, snapshot) for files in (gone, come))))
    return pl.concat(found)


def _rows(name: str, part: str, files: Sequence[str], snapshot: Snapshot) -> pl.DataFrame:
    rows = pl.concat([snapshot.scan(name).clear(), *(snapshot.scan_file(name, part, file) for file in files)],
                     how="diagonal_relaxed")  # fmt: skip
    if name == "events":
        rows = rows.filter(pl.col("type") == "scan")
    return rows.select(READ[name]).filter(pl.col("customer_key").is_not_null()).collect()


def _ground(snapshot: Snapshot, policies: Sequence[BindingPolicy]) -> str:
    digest = hashlib.sha256(repr((snapshot.zone, [repr(policy) for policy in policies])).encode())
    for name in GROUND:
        rows = snapshot.read(name)
        kept = rows.select(sorted(set(rows.columns) - {"source_run", "is_derived", "updated_at"}))
        digest.update("\n".join([name, *sorted(map(repr, kept.iter_rows()))]).encode())
    return digest.hexdigest()


def heads(mode: DataMode) -> dict[str, list[Any]]:
    """The last row's number and hash of the ledger's tables of bindings."""
    if not database.exists(mode):
        return {}
    with database.reading(mode) as connection:
        found = {table.name: chain.head_of(connection, table) for table in (tables.bindings, tables.binding_attempts)}
    return {name: [head.seq, head.row_hash] for name, head in found.items()}
