"""Binding everybody: decide from the facts, compare with what the ledger says, and add only what differs."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import polars as pl

from ledger import store
from ledger.bind_changes import NO_CHANGES, TOLD_TO_M, changes
from ledger.bind_kept import keep, last_run, with_fresh
from ledger.bind_scope import Seen, known_decisions, next_of, whom
from ledger.facts import binding_facts, horizon
from ledger.rules import policies
from ledger.spells import pinned
from metrics.binding import decide
from metrics.bound_latency import timeliness
from records.locking import writing
from schema.errors import UsageError
from schema.language import say
from schema.marts import Attempts
from schema.sharing import STATUSES
from warehouse.api import open_snapshot

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from schema.settings import DataMode
    from warehouse.api import Snapshot

    Progress = Callable[[float, str], None]

_AT_ONCE: Final = 100_000  # customers in one transaction
_UTC: Final = pl.Datetime("us", "UTC")


@dataclass(frozen=True, slots=True)
class BindReport:
    """What one binding run found and wrote.

    Attributes:
        customers: registered customers.
        bound: how many of them have each status now (``schema.sharing.STATUSES``).
        new_rows: rows added to the log.
        new_attempts: attempts not kept before, or decided otherwise than before.
        attempts: all attempts.
        changed_owners: customers the ledger knew whose owner at an instant it had spoken about is now another.
        corrected: rows whose past was set right without anybody's act.
        measured: first bindings of this run whose wait counts: they arrived within ten minutes of registering.
        p50_s: their median wait from registering to being bound, seconds; None without any.
        p95_s: the wait that 95 % did not exceed.
        timely_share: part of them bound within a minute.
        historic: first bindings that arrived later than that, so that no run could have bound them in time.
        negative: first bindings before registering: a clock was wrong; left out of the wait.
        until: nothing from this instant on was looked at.
        snapshot: the snapshot published; None when nothing was.
    """

    customers: int
    bound: dict[str, int]
    new_rows: int
    new_attempts: int
    attempts: int
    changed_owners: int
    corrected: int
    measured: int
    p50_s: float | None
    p95_s: float | None
    timely_share: float | None
    historic: int
    negative: int
    until: dt.datetime
    snapshot: int | None


def bind(
    mode: DataMode,
    *,
    now: dt.datetime | None = None,
    arrivals: pl.DataFrame | None = None,
    progress: Progress | None = None,
    publish: bool = True,
    anew: bool = False,
) -> BindReport:
    """Give every registered customer exactly one owner at every instant; a second run finds nothing to do.

    Only those are decided about whom something is known that the last run did not know, or whose time has come; all
    others would come out as they stand (``ledger.bind_scope``). Killed at any moment, what was written stands and the next run adds the rest.

    Args:
        mode: which data.
        now: when it is decided (default: now); what happens later is not looked at.
        arrivals: ``customer_key, arrived_at`` and perhaps ``bound_at``: when registrations reached this system and
            when they were bound, where that is known better than from the imports.
        progress: called with a share of 1 and what is being done.
        publish: whether readers shall see the result at once.
        anew: decide everybody, whatever the last run saw.

    Raises:
        UsageError: nothing was imported yet.
        BusyError: another process is writing.
        StorageError: the data folder or the ledger cannot be used.
    """
    tell = progress or _say_nothing
    when = (now or dt.datetime.now(dt.UTC)).astimezone(dt.UTC)
    with writing(mode):
        snapshot = open_snapshot(mode)
        if snapshot is None:
            raise UsageError(nobody_to_bind(mode))
        tell(0.05, say("Reading what happened"))
        decisions, rules = store.decisions(mode), policies(mode)
        until = horizon(snapshot, when, decisions)
        before, sees = None if anew else last_run(mode), Seen.now(snapshot, rules, until)
        keys = whom(before[0] if before else None, sees, snapshot, decisions)
        rows, tried, people = NO_CHANGES, store.no_attempts(), before[0].people if before else None
        if keys is None or people is None or keys.len():
            log = store.binding_log(mode, people=keys)
            facts = replace(binding_facts(snapshot, decisions, customer_keys=keys), pinned=pinned(log))
            tell(0.2, say("Deciding {n} customers", n=facts.customers.height))
            decided = decide(facts, rules, until, candidates_to_m=TOLD_TO_M)
            tell(0.45, say("Comparing with the ledger"))
            rows = changes(decided.spells, store.spells(log), _arrivals(snapshot, arrivals, keys), when)
            tried = _fresh(decided.attempts, store.attempts(mode, people=keys))
            _write(mode, rows, tried, when, tell)
            fresh = next_of(decided, facts, until)
            people = fresh if keys is None or people is None else with_fresh(people, keys, fresh)
        else:
            tell(0.2, say("Deciding {n} customers", n=0))
        keep(mode, sees, people, known_decisions(decisions), before=before, keys=keys)
    number = _published(mode, tell) if publish else None
    return _report(people, rows, tried.height, until, number)


def nobody_to_bind(mode: DataMode) -> str:
    """What is said where nothing was imported yet."""
    return say(
        "There are no {mode} data yet, so nobody can be bound. Import customers and stores first.", mode=say(mode)
    )


def _arrivals(snapshot: Snapshot, given: pl.DataFrame | None, keys: pl.Series | None) -> pl.DataFrame:
    """When each registration reached this system: as given, else when its row was imported; of some customers."""
    who = pl.lit(value=True) if keys is None else pl.col("customer_key").is_in(keys.implode())
    runs = snapshot.scan("source_runs").select("source_run", arrived_at="loaded_at").unique("source_run", keep="first")
    rows = (
        snapshot.scan("customers")
        .filter(who)
        .select("customer_key", "source_run")
        .join(runs, on="source_run", how="left")
    )
    imported = rows.select("customer_key", pl.col("arrived_at").cast(_UTC), bound_at=pl.lit(None, _UTC)).collect()
    if given is None:
        return imported
    bound = pl.col("bound_at") if "bound_at" in given.columns else pl.lit(None, _UTC)
    told = given.select("customer_key", pl.col("arrived_at").cast(_UTC), bound_at=bound.cast(_UTC))
    return pl.concat([told, imported]).unique("customer_key", keep="first", maintain_order=True)


def _fresh(tried: pl.DataFrame, kept: pl.DataFrame) -> pl.DataFrame:
    return tried.join(kept, on=Attempts.column_names(), how="anti", nulls_equal=True, maintain_order="left")


def _write(mode: DataMode, rows: pl.DataFrame, tried: pl.DataFrame, when: dt.datetime, tell: Progress) -> None:
    """Append in parts of whole customers, each in one transaction with its attempts."""
    people = pl.concat([rows["customer_key"], tried["customer_key"]]).unique().sort()
    for first in _steps(people.len()):
        some = people.slice(first, _AT_ONCE)
        tell(0.5 + 0.4 * first / people.len(), say("Writing {first} of {n} customers", first=first, n=people.len()))
        bounds = pl.col("customer_key").is_between(some[0], some[-1])
        part, claims = rows.filter(bounds).drop("is_known", "owner_changed"), tried.filter(bounds)
        store.append_bindings(mode, part, claims if claims.height else None, recorded_at=when)


def _steps(people: int) -> Iterator[int]:
    yield from range(0, people, _AT_ONCE)


def _published(mode: DataMode, tell: Progress) -> int | None:
    from ledger.publish import publish  # noqa: PLC0415  (publishing reads the whole ledger; a bare bind does not)

    tell(0.92, say("Publishing"))
    return publish(mode)


def _report(people: pl.DataFrame, rows: pl.DataFrame, tried: int, until: dt.datetime, number: int | None) -> BindReport:
    last = people["status"].drop_nulls()
    count = dict(last.value_counts().iter_rows())
    waits = timeliness(rows.filter(~pl.col("is_known"))).to_dicts()
    wait = waits[0] if waits else {}
    return BindReport(
        customers=last.len(),
        bound={status: int(count.get(status, 0)) for status in STATUSES},
        new_rows=rows.height,
        new_attempts=tried,
        attempts=int(people["attempts"].sum()),
        changed_owners=rows.filter("owner_changed", pl.col("cause").is_in(["corrected", "upgraded"]))[
            "customer_key"
        ].n_unique(),
        corrected=rows.filter(pl.col("cause") == "corrected").height,
        measured=int(wait.get("bound") or 0),
        p50_s=wait.get("p50_s"),
        p95_s=wait.get("p95_s"),
        timely_share=wait.get("timely_share"),
        historic=int(wait.get("historic") or 0),
        negative=int(wait.get("negative") or 0),
        until=until,
        snapshot=number,
    )


def _say_nothing(_share: float, _text: str) -> None:
    """Nobody asked."""
