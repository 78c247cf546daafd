"""What head office decided of identities in conflict: these customers are one person, or never are.

A decision names customers by their keys, which stay the same whatever is imported, and mean nobody once they are
forgotten. It is obeyed whenever persons are made, and can be taken back; nothing is ever deleted.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

from records import acts, chain, database
from records.chain import chained_table
from records.columns import text, whole
from records.database import METADATA
from records.frames import moment
from records.glances import glance
from records.locking import SMALL_WRITE_WAIT_S
from schema.errors import StorageError, UsageError
from schema.language import later, say

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable

    from schema.scope import Scope
    from schema.settings import DataMode

HEAD_OFFICE_DECIDES: Final = later("Head office decides who is one person.")
MOST_CUSTOMERS: Final = 200
"""Customers of one decision; an identity of more joins nobody anyway."""

_ASKED_FOR_S: Final = 1.0
_STAMPS: Final[dict[DataMode, tuple[float, int]]] = {}

_table: Final = chained_table(
    "identity_decisions",
    METADATA,
    text("decision_id"),
    whole("version"),
    whole("is_one"),
    text("persons"),
    whole("is_undone"),
    text("changed_by"),
)
"""One row a version of a decision; ``persons`` is JSON: a list of customer keys for each person as they were told."""


@dataclass(frozen=True, slots=True)
class Decided:
    """One decision as it is now.

    Attributes:
        decision_id: such as ``ID-001``.
        is_one: whether they are one person; else those of different groups never are.
        groups: customer keys of each person as they were told.
        version: 1, and one more whenever it is taken back.
    """

    decision_id: str
    is_one: bool
    groups: tuple[tuple[int, ...], ...]
    is_undone: bool = False
    version: int = 1
    changed_by: str = ""
    changed_at: dt.datetime | None = None


def in_force(mode: DataMode) -> tuple[Decided, ...]:
    """Every decision that was not taken back, oldest first: for the rooms that make persons, whoever looks.

    Raises:
        StorageError: the database is there and cannot be read.
    """
    return tuple(one for one in _all(glance(mode, _every_version())) if not one.is_undone)


def decisions(mode: DataMode, scope: Scope) -> tuple[Decided, ...]:
    """The same for who may see whom it is about.

    Raises:
        RefusedError: anybody but an owner in their own right asks.
        StorageError: the database is there and cannot be read.
    """
    acts.owners_only(scope, "identity", HEAD_OFFICE_DECIDES)
    return in_force(mode)


def stamp(mode: DataMode) -> int:
    """A number that is another one after every change; asked of the database once a second, and after each of ours."""
    asked_at, known = _STAMPS.get(mode, (-_ASKED_FOR_S, 0))
    if time.monotonic() - asked_at < _ASKED_FOR_S:
        return known
    found = glance(mode, sa.select(sa.func.max(_table.c.seq).label("seq")))
    last = int(found[0].seq or 0) if found else 0
    _STAMPS[mode] = time.monotonic(), last
    return last


def decide(mode: DataMode, scope: Scope, groups: Iterable[Iterable[int]], *, is_one: bool) -> Decided:
    """Keep that these customers are one person, or that those of different groups never are.

    Args:
        mode: which data.
        scope: an owner's, in their own right.
        groups: customer keys of each person as they were told.
        is_one: whether they are one.

    Raises:
        RefusedError: anybody but an owner asks.
        UsageError: nobody is named, a customer twice, or too many.
        BusyError, StorageError: it cannot be written; nothing was.
    """
    acts.owners_only(scope, "identity", HEAD_OFFICE_DECIDES)
    wanted = tuple(sorted(tuple(sorted(group)) for group in groups))
    keys = [key for group in wanted for key in group]
    if not keys or len(set(keys)) < len(keys) or len(keys) > MOST_CUSTOMERS or (is_one and len(keys) < 2):  # noqa: PLR2004  (nobody is one alone)
        msg = say("A decision names {most} customers at most, each once.", most=MOST_CUSTOMERS)
        raise UsageError(msg)
    with database.transaction(mode, wait_s=SMALL_WRITE_WAIT_S) as connection:
        known = _all(connection.execute(_every_version()).all())
        made = Decided(f"ID-{len(known) + 1:03d}", is_one, wanted)
        return _write(mode, scope, made, connection)


def undo(mode: DataMode, scope: Scope, decision_id: str) -> Decided:
    """Take a decision back: from now on persons are made as if it had never been.

    Raises:
        RefusedError: anybody but an owner asks.
        UsageError: there is none of this id in force.
        BusyError, StorageError: it cannot be written; nothing was.
    """
    acts.owners_only(scope, "identity", HEAD_OFFICE_DECIDES)
    with database.transaction(mode, wait_s=SMALL_WRITE_WAIT_S) as connection:
        for one in _all(connection.execute(_every_version()).all()):
            if one.decision_id == decision_id and not one.is_undone:
                return _write(mode, scope, replace(one, is_undone=True, version=one.version + 1), connection)
    msg = say("There is no decision {decision} in force; it may have been taken back.", decision=decision_id[:40])
    raise UsageError(msg)


def _write(mode: DataMode, scope: Scope, made: Decided, connection: sa.Connection) -> Decided:
    what: dict[str, str | int] = {
        "decision_id": made.decision_id,
        "is_one": int(made.is_one),
        "customers": sum(len(group) for group in made.groups),
        "is_undone": int(made.is_undone),
    }
    acts.note("identity_change", scope, what, mode=mode, connection=connection)
    row = {
        "entry_key": f"{made.decision_id}|{made.version}",
        "decision_id": made.decision_id,
        "version": made.version,
        "is_one": int(made.is_one),
        "persons": json.dumps(made.groups),
        "is_undone": int(made.is_undone),
        "changed_by": scope.viewer,
    }
    chain.append(connection, _table, [row])
    _STAMPS.pop(mode, None)
    return _all(connection.execute(_every_version().where(_table.c.decision_id == made.decision_id)).all())[0]


def _every_version() -> sa.Select[tuple[object, ...]]:
    return sa.select(_table).order_by(_table.c.seq)


def _all(rows: Iterable[sa.Row[tuple[object, ...]]]) -> tuple[Decided, ...]:
    """The last version of each decision, first made first."""
    latest = {row.decision_id: row for row in rows}
    try:
        return tuple(
            Decided(
                decision_id=row.decision_id,
                is_one=bool(row.is_one),
                groups=tuple(tuple(int(key) for key in group) for group in json.loads(row.persons)),
                is_undone=bool(row.is_undone),
                version=row.version,
                changed_by=row.changed_by,
                changed_at=moment(row.recorded_at),
            )
            for row in latest.values()
        )
    except (ValueError, TypeError) as error:
        msg = say("The decisions about identities hold what was never written. Run: python -m records audit verify")
        raise StorageError(msg) from error
