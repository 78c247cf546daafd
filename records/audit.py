"""What was done, by whom: an append-only, hash-chained log. It names people by their pseudonyms alone.

The contract of ``write``: an action that must be on the log is written there *before* it is done. If the log cannot be
written, ``write`` raises and the action does not happen; so the log may hold an action that failed afterwards, and never
lacks one that was done. What merely happened (``NOTED``: somebody came, went, was refused, exported what they may see
anyway) never waits for a long settlement: it is kept in a file beside the database and reaches the log with the next
line.
"""

from __future__ import annotations

import datetime as dt
import json
import re
import uuid
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

import polars as pl
import sqlalchemy as sa

from records import audit_waiting, chain, database
from records.chain import chained_table
from records.columns import instant, schema_of, text
from records.company import COMPANY
from records.database import METADATA
from records.frames import microseconds, moment, read_frame
from records.glances import glance
from records.locking import SMALL_WRITE_WAIT_S, writing
from schema.errors import BusyError, UsageError
from schema.language import say

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Kind = Literal[
    "sign_in", "sign_out", "refusal", "export", "contact_export", "rule_change", "policy_change", "settle", "view_as",
    "forget", "viewer_change", "dispute", "datum_fix", "reset", "bind", "story_change", "present", "campaign_change",
    "audience_change", "identity_change",
]  # fmt: skip

KINDS: Final[tuple[Kind, ...]] = get_args(Kind)

NOTED: Final = frozenset({"sign_in", "sign_out", "refusal", "export", "present"})
"""Kinds that are written as soon as possible; all others are written before the action, or it does not happen."""

MOST_WORDS: Final = 500
"""Characters of one text; what is beyond is cut off."""

_NOTING_WAIT_S: Final = 0.5
_WHOLE: Final = 2**63
_EMAIL: Final = re.compile(r"[^\s@]+@[^\s@]+")
_MOBILE: Final = re.compile(r"(?<!\d)(?:\+?86)?1[3-9]\d{9}(?!\d)")
_HIDDEN: Final = "[hidden]"

audit: Final = chained_table(
    "audit",
    METADATA,
    instant("at"),
    text("kind"),
    text("viewer"),
    text("data"),
    text("what"),
    indexes=(sa.Index("audit_of_time", "at"), sa.Index("audit_of_kind", "kind"), sa.Index("audit_of_viewer", "viewer")),
)
"""One line an action; ``what`` is JSON."""

_SHOWN: Final = [audit.c[name] for name in ("seq", "at", "kind", "viewer", "data", "what")]

ENTRIES: Final = schema_of(_SHOWN)
"""Schema of ``entries``."""


def write(kind: Kind, *, viewer: str, what: Mapping[str, str | int], data: str = "", key: str = "") -> None:
    """Keep what is about to be done, or what has happened; waits at most 10 seconds for another writer.

    Not to be called inside an open transaction of the company's database: that is what ``write_with`` is for.

    Args:
        kind: what sort of action.
        viewer: whose: a viewer id, ``local``, or ``unknown``.
        what: the particulars: ids, pseudonyms, addresses of pages, counts, a typed reason. E-mail addresses and mobile
            numbers are hidden, control characters are blanks, texts are cut at 500 characters.
        data: which data were looked at, ``real`` or ``demo``; empty when it does not matter.
        key: writes with the same key are one line, such as one session's sign-in.

    Raises:
        BusyError: somebody else is writing; the action must not be done. Never for a kind in ``NOTED``.
        StorageError: the log cannot be written; the action must not be done.
        UsageError: no such kind, or a value that is neither text nor a whole number.
    """
    row = _row(kind, viewer, what, data, key)
    try:
        _append([row], _NOTING_WAIT_S if kind in NOTED else SMALL_WRITE_WAIT_S)
    except BusyError as error:
        if kind in NOTED:
            audit_waiting.keep(row)
            return
        msg = say(
            "This must be on the audit log, and somebody else is writing now. Nothing was done; try again in a minute."
        )
        raise BusyError(msg) from error


def write_with(
    connection: sa.Connection,
    kind: Kind,
    *,
    viewer: str,
    what: Mapping[str, str | int],
    data: str = "",
    key: str = "",
) -> None:
    """Keep an action in the same transaction of the company's database that does it: both or neither.

    Args:
        connection: of ``database.transaction(COMPANY)``.
        kind: as in ``write``, like the others.
        viewer: whose.
        what: the particulars.
        data: which data were looked at.
        key: what makes a retry harmless.
    """
    chain.append(connection, audit, [_stored(_row(kind, viewer, what, data, key))])


def entries(
    *,
    kinds: Sequence[str] = (),
    viewer: str = "",
    since: dt.datetime | None = None,
    until: dt.datetime | None = None,
    last: int | None = None,
) -> pl.DataFrame:
    """What was done? For owners only: the caller sees to it.

    Args:
        kinds: only these; none means all.
        viewer: only theirs; empty means everybody's.
        since: from this instant on.
        until: before this instant.
        last: at most so many, the newest; None means all.

    Returns:
        One row a line, in the order written: seq, at (UTC), kind, viewer, data, what (JSON). Nothing written gives no
        rows and creates nothing.

    Raises:
        UsageError: no such kind, or an instant without a zone.
        StorageError: the log cannot be read.
    """
    for kind in kinds:
        _known(kind)
    catch_up()
    if not database.exists(COMPANY):
        return pl.DataFrame(schema=ENTRIES)
    asked: list[sa.ColumnElement[bool]] = [audit.c.kind.in_(kinds)] if kinds else []
    asked += [audit.c.viewer == viewer] if viewer else []
    asked += [audit.c.at >= microseconds(since)] if since is not None else []
    asked += [audit.c.at < microseconds(until)] if until is not None else []
    query = sa.select(*_SHOWN).where(*asked).order_by(audit.c.seq.desc())
    with database.reading(COMPANY) as connection:
        return read_frame(connection, query.limit(last) if last is not None else query, _SHOWN).reverse()


def is_kept(key: str) -> bool:
    """Whether the log holds the line with this key; a quick question that creates nothing.

    Raises:
        StorageError: the log is there and cannot be read.
    """
    return bool(glance(COMPANY, sa.select(audit.c.seq).where(audit.c.entry_key == key)))


def catch_up() -> None:
    """Bring what waits in the file to the log, unless somebody else is writing."""
    if audit_waiting.is_empty():
        return
    try:
        _append([], 0.0)
    except BusyError:
        return


def _append(rows: list[dict[str, Any]], wait_s: float) -> None:
    with writing(COMPANY, wait_s=wait_s), audit_waiting.taken() as late, database.transaction(COMPANY) as connection:
        chain.append(connection, audit, [_stored(row) for row in (*late, *rows)])


def _row(kind: str, viewer: str, what: Mapping[str, str | int], data: str, key: str) -> dict[str, Any]:
    _known(kind)
    told = {_said(name): _value(name, value) for name, value in what.items()}
    return {
        "entry_key": key or uuid.uuid4().hex,
        "at": microseconds(dt.datetime.now(dt.UTC)),
        "kind": kind,
        "viewer": _said(viewer) or "unknown",
        "data": _said(data),
        "what": json.dumps(told, ensure_ascii=False, sort_keys=True),
    }


def _stored(row: Mapping[str, Any]) -> dict[str, Any]:
    return {**row, "at": moment(row["at"])}


def _known(kind: str) -> None:
    if kind not in KINDS:
        msg = f"{kind!r} is nothing the audit log keeps; it keeps {', '.join(KINDS)}."
        raise UsageError(msg)


def _value(name: str, value: object) -> str | int:
    if isinstance(value, str):
        return _said(value)
    if isinstance(value, int) and -_WHOLE <= value < _WHOLE:
        return int(value)
    msg = f"audit: {name} is neither text nor a whole number of 64 bits."
    raise UsageError(msg)


def _said(words: str) -> str:
    """A text without what could name a person to somebody who reads only the log, and without what cannot be read."""
    clear = "".join(c if c.isprintable() else " " for c in words[: 4 * MOST_WORDS])
    hidden = _MOBILE.sub(_HIDDEN, _EMAIL.sub(_HIDDEN, clear)).strip()
    return hidden if len(hidden) <= MOST_WORDS else hidden[: MOST_WORDS - 1] + "…"
