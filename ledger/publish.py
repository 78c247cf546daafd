"""Letting readers see the ledger: its copies in the warehouse, as of one state of its tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger import store
from warehouse.api import open_snapshot, publish_books

if TYPE_CHECKING:
    from collections.abc import Callable

    from schema.settings import DataMode


def publish(mode: DataMode, *, progress: Callable[[float, str], None] | None = None) -> int | None:
    """Publish bindings, attempts, entries and statements as a new snapshot.

    Args:
        mode: demo or real.
        progress: called with a share of 1 and what is being done.

    Returns:
        The new snapshot's number; None when readers see all of it already, or nothing was ever imported.

    Raises:
        BusyError: an import is writing.
        StorageError: the data folder or database cannot be used.
    """
    sequence = store.sequence(mode)
    snapshot = open_snapshot(mode)
    if snapshot is None or snapshot.ledger == sequence:
        return None
    books = {
        "bindings": store.spells(store.binding_log(mode, sequence["bindings"])),
        "attempts": store.attempts(mode, sequence["binding_attempts"]),
        "shares": store.entries(mode, sequence["entries"]),
        "statements": store.statements(mode),
    }
    return publish_books(mode, books, sequence=sequence, progress=progress)
