"""The gate before every lasting change: who may make it, and its line on the audit log before it is made."""

from __future__ import annotations

import contextlib
from contextvars import ContextVar
from typing import TYPE_CHECKING, Final

from records import audit
from records.company import COMPANY
from schema.errors import RefusedError
from schema.language import later, say

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import sqlalchemy as sa

    from schema.scope import Scope
    from schema.settings import DataMode

_STORY: Final[ContextVar[bool]] = ContextVar("demo_story", default=False)


@contextlib.contextmanager
def demo_story() -> Iterator[None]:
    """While the demo company is made up: what its people did in the story never happened here, and is not logged.

    It holds for the demo's data alone; whatever is done to the company's own data is logged all the same.
    """
    before = _STORY.set(True)
    try:
        yield
    finally:
        _STORY.reset(before)


def writers_only(by: Scope, deed: str) -> None:
    """Refuse presenters, and owners who look through somebody else's eyes; the refusal is on the log.

    Args:
        by: who asks.
        deed: what for, such as ``settle``.

    Raises:
        RefusedError: they may look, and nothing else.
    """
    if by.may_write:
        return
    _refuse(
        by,
        deed,
        say("This can only be looked at: nothing can be changed while presenting or viewing as somebody else."),
    )


def owners_only(by: Scope, deed: str, message: str = later("Only head office does this.")) -> None:
    """Refuse everybody but an owner in their own right; the refusal is on the log.

    Args:
        by: who asks.
        deed: what for.
        message: what anybody else is told.

    Raises:
        RefusedError: anybody else asks.
    """
    if by.role != "owner":
        _refuse(by, deed, say(message))
    writers_only(by, deed)


def note(
    kind: audit.Kind,
    by: Scope,
    what: Mapping[str, str | int],
    *,
    mode: DataMode,
    connection: sa.Connection | None = None,
) -> None:
    """Keep what is about to be done.

    Args:
        kind: what sort of action.
        by: who does it.
        what: the particulars; no words that people typed about customers.
        mode: whose data are changed.
        connection: of ``database.transaction(mode)``, when the change is made in one: in the company's own database both
            are kept or neither; for the demo, whose database is another one, the line is written first.

    Raises:
        BusyError, StorageError: it cannot be kept; the action must not be done.
    """
    if mode == "demo" and _STORY.get():
        return
    if connection is not None and mode == COMPANY:
        audit.write_with(connection, kind, viewer=by.viewer, what=what, data=mode)
    else:
        audit.write(kind, viewer=by.viewer, what=what, data=mode)


def _refuse(by: Scope, deed: str, message: str) -> None:
    what = {"deed": deed, "role": by.role, "agent_id": by.agent_id or ""}
    audit.write("refusal", viewer=by.viewer, what=what)
    raise RefusedError(message)
