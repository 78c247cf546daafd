"""The book of rules and the binding policies: every version ever saved, and the only way to save another."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from ledger import tables
from ledger.guards import check_rules, overlaps, same_but_dates
from ledger.lines import month_bounds, next_month
from ledger.policy_guards import check_policy
from ledger.rule_words import policy_sentence, sentence
from records import chain, database
from records.acts import note, owners_only
from schema.errors import UsageError
from schema.sharing import BindingPolicy, Rule, standard_rules
from warehouse.api import open_snapshot

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import polars as pl

    from schema.scope import Scope
    from schema.settings import DataMode

__all__ = [
    "book_version",
    "first_open_day",
    "newest",
    "policies",
    "policy_sentence",
    "proposed_rules",
    "rules",
    "save_policy",
    "save_rules",
    "sentence",
]


def rules(mode: DataMode, at_version: int | None = None) -> tuple[Rule, ...]:
    """Which rules hold or held?

    Args:
        mode: which data.
        at_version: the book as of this version (1, 2 …; 0 is before anything was saved); None is now.

    Returns:
        Every version of every rule that holds for at least a day, by id and version; none while nothing is saved, so
        that nobody is promised a share before head office has said so.
    """
    if not database.exists(mode):
        return ()
    with database.reading(mode) as connection:
        book = _book(connection, at_version)
    return tuple(rule for rule in book if _holds(rule))


def proposed_rules(mode: DataMode, as_of: dt.date) -> tuple[Rule, ...]:
    """The five rules to start from where none was saved, from the first open day or this month's first day on."""
    return standard_rules(first_open_day(mode) or as_of.replace(day=1))


def newest(every: Iterable[Rule], on: dt.date | None = None) -> tuple[Rule, ...]:
    """The newest version of each rule, by id: what an editor shows; with ``on``, without those that have ended then."""
    last = {rule.rule_id: rule for rule in sorted(every, key=lambda rule: rule.version)}
    kept = (rule for _, rule in sorted(last.items()))
    return tuple(rule for rule in kept if on is None or rule.effective_to is None or rule.effective_to > on)


def book_version(mode: DataMode) -> int:
    """How often the book was saved."""
    if not database.exists(mode):
        return 0
    with database.reading(mode) as connection:
        return _last_version(connection, tables.rules)


def save_rules(
    mode: DataMode, wanted: Iterable[Rule], by: Scope, *, reason: str | None = None, today: dt.date | None = None
) -> int:
    """Replace the rules by others, from the days they say on.

    A rule that pays differently gets a new version, and its older one ends where the new one begins. A rule that only
    ends on another day or is called something else keeps its version. A rule that is left out ends today.

    Args:
        mode: which data.
        wanted: the rules as they shall be; older versions may be among them. The version numbers of new ones are given here.
        by: who saves; an owner. The change is on the audit log.
        reason: why.
        today: the day on which rules left out end (default: now, in the business zone).

    Returns:
        The version of the book; the one before when nothing changed.

    Raises:
        RefusedError: anybody but an owner asks.
        UsageError: guards speak against it; the message holds one line for each.
        BusyError: another process is writing.
    """
    owners_only(by, "rule_change")
    asked = tuple(wanted)
    zone, agents, guides = _context(mode)
    today = today or dt.datetime.now(ZoneInfo(zone)).date()
    with database.transaction(mode) as connection:
        book = _book(connection, None)
        settled_until = _first_open_day(connection)
        before = book
        found = check_rules(asked, before=before, settled_until=settled_until, agents=agents, guides=guides)
        changed = _changed(before, asked, max(today, settled_until or today)) if not found else []
        after = {(rule.rule_id, rule.version): rule for rule in (*before, *changed)}
        found = found or overlaps([rule for rule in after.values() if _holds(rule)])
        if found:
            raise UsageError("\n".join(["The rules were not saved.", *found]))
        version = _last_version(connection, tables.rules)
        rows = changed
        if rows:
            version += 1
            said = ", ".join(f"{rule.rule_id} v{rule.version}" for rule in rows)
            what: dict[str, str | int] = {"version": version, "rules": said, "reason": reason or ""}
            note("rule_change", by, what, mode=mode, connection=connection)
            chain.append(connection, tables.rules, [_row(rule, version, by.viewer, reason) for rule in rows])
    return version


def policies(mode: DataMode) -> tuple[BindingPolicy, ...]:
    """Every version of the binding policy, oldest first; the default one while nothing is saved."""
    if not database.exists(mode):
        return (BindingPolicy(),)
    with database.reading(mode) as connection:
        return _policies(connection) or (BindingPolicy(),)


def save_policy(mode: DataMode, policy: BindingPolicy, by: Scope, *, reason: str | None = None) -> int:
    """Have another binding policy hold for what happens from its ``effective_from`` on.

    Returns:
        Its version; that of the newest when it says nothing new.

    Raises:
        RefusedError: anybody but an owner asks.
        UsageError: a word or number is impossible, or it would change what is settled (G6); one line for each.
        BusyError: another process is writing.
    """
    owners_only(by, "policy_change")
    zone, _, _ = _context(mode)
    with database.transaction(mode) as connection:
        before = _policies(connection)
        if before and dataclasses.replace(policy, version=before[-1].version) == before[-1]:
            return before[-1].version
        first_open = _first_open_day(connection)
        start = month_bounds(f"{first_open:%Y-%m}", zone)[0] if first_open else None
        found = check_policy(policy, settled_until=start)
        if found:
            raise UsageError("\n".join(["The binding policy was not saved.", *found]))
        version = _last_version(connection, tables.policies) + 1
        document = json.dumps(dataclasses.asdict(dataclasses.replace(policy, version=version)), default=_text)
        row = {"entry_key": str(version), "version": version, "document": document, "saved_by": by.viewer}
        what: dict[str, str | int] = {"version": version, "reason": reason or ""}
        note("policy_change", by, what, mode=mode, connection=connection)
        chain.append(connection, tables.policies, [row | {"reason": reason}])
    return version


def first_open_day(mode: DataMode) -> dt.date | None:
    """The first day after the last settled month; None while nothing is settled."""
    if not database.exists(mode):
        return None
    with database.reading(mode) as connection:
        return _first_open_day(connection)


def _changed(before: Sequence[Rule], asked: Sequence[Rule], cut: dt.date) -> list[Rule]:
    """Rows to write: new versions, older ones that end, and rules left out, which end on ``cut``."""
    known = set(before)
    last = {rule.rule_id: rule for rule in newest(before)}
    changed: dict[tuple[str, int], Rule] = {}
    for rule in sorted(asked, key=lambda one: (one.rule_id, one.version)):
        old = last.get(rule.rule_id)
        if rule in known or (old is not None and dataclasses.replace(rule, version=old.version) == old):
            continue
        if old is None:
            new = dataclasses.replace(rule, version=1)
        elif same_but_dates(rule, old) and rule.effective_from == old.effective_from:
            new = dataclasses.replace(rule, version=old.version)
        else:
            new = dataclasses.replace(rule, version=old.version + 1)
            ended = _ended(old, rule.effective_from, cut)
            changed[ended.rule_id, ended.version] = ended
        last[rule.rule_id] = new
        changed[new.rule_id, new.version] = new
    for rule_id in set(last) - {rule.rule_id for rule in asked}:
        ended = _ended(last[rule_id], cut, cut)
        changed[rule_id, ended.version] = ended
    return [rule for _, rule in sorted(changed.items()) if rule not in known]


def _ended(old: Rule, start: dt.date, cut: dt.date) -> Rule:
    """A version that makes room on ``start``; one that has not begun by ``cut`` never does."""
    end = old.effective_from if old.effective_from > cut else max(start, old.effective_from)
    if old.effective_to is not None and old.effective_to <= end:
        return old
    return dataclasses.replace(old, effective_to=end)


def _holds(rule: Rule) -> bool:
    return rule.effective_to is None or rule.effective_to > rule.effective_from


def _book(connection: sa.Connection, at_version: int | None) -> tuple[Rule, ...]:
    table = tables.rules.c
    query = sa.select(table.document).order_by(table.seq)
    if at_version is not None:
        query = query.where(table.version <= at_version)
    rows = [_rule(json.loads(document)) for document in connection.execute(query).scalars()]
    last = {(rule.rule_id, rule.version): rule for rule in rows}
    return tuple(rule for _, rule in sorted(last.items()))


def _policies(connection: sa.Connection) -> tuple[BindingPolicy, ...]:
    table = tables.policies.c
    documents = connection.execute(sa.select(table.document).order_by(table.seq)).scalars()
    return tuple(_policy(json.loads(document)) for document in documents)


def _last_version(connection: sa.Connection, table: sa.Table) -> int:
    return connection.execute(sa.select(sa.func.max(table.c.version))).scalar_one() or 0


def _first_open_day(connection: sa.Connection) -> dt.date | None:
    last = connection.execute(sa.select(sa.func.max(tables.statements.c.month))).scalar_one()
    return None if last is None else dt.date.fromisoformat(f"{next_month(last)}-01")


def _row(rule: Rule, version: int, by: str, reason: str | None) -> dict[str, object]:
    return {
        "entry_key": f"{version}|{rule.rule_id}|{rule.version}",
        "version": version,
        "rule_id": rule.rule_id,
        "document": json.dumps(dataclasses.asdict(rule), default=_text),
        "saved_by": by,
        "reason": reason,
    }


def _text(value: dt.date) -> str:
    return value.isoformat()


def _rule(body: dict[str, Any]) -> Rule:
    lists = {name: tuple(body[name]) for name in ("channels", "categories", "products", "agents", "levels")}
    end = body["effective_to"]
    dates = {
        "effective_from": dt.date.fromisoformat(body["effective_from"]),
        "effective_to": None if end is None else dt.date.fromisoformat(end),
    }
    return Rule(**(body | lists | dates | {"weights": tuple((role, bps) for role, bps in body["weights"])}))


def _policy(body: dict[str, Any]) -> BindingPolicy:
    since = body["effective_from"]
    known = {
        "effective_from": None if since is None else dt.datetime.fromisoformat(since),
        "claims": tuple(body["claims"]),
        "cities": tuple((city, store_id) for city, store_id in body["cities"]),
    }
    return BindingPolicy(**(body | known))


def _context(mode: DataMode) -> tuple[str, pl.DataFrame | None, pl.DataFrame | None]:
    """Business zone, agents and guides of the newest snapshot, if there is one."""
    snapshot = open_snapshot(mode)
    if snapshot is None:
        return "UTC", None, None
    return snapshot.zone or "UTC", snapshot.read("agents"), snapshot.read("guides")
