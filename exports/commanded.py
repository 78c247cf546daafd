"""What every command that asks questions begins with: whose rows, which data, and how its words are printed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from answers import all_addresses
from answers.periods import context
from records import audit, viewers
from schema.errors import RefusedError, StorageError
from schema.filters import Filters
from schema.language import say
from schema.scope import LOCAL_OWNER
from warehouse import api as warehouse

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from answers.answer import Context
    from schema.scope import Scope
    from schema.settings import DataMode
    from warehouse.api import Snapshot


def of_whom(command: argparse.ArgumentParser) -> None:
    """Let a command say which data and whose rows are meant."""
    command.add_argument("--data", choices=("demo", "real"), help="which data; default real if there are any")
    command.add_argument("--as", dest="viewer", help="as this viewer: an id such as V-002, or an e-mail address")


def scope_of(viewer: str | None, deed: str = "export") -> Scope:
    """Whose rows: the local owner's unless a viewer is named; one who is unknown or inactive gets nothing.

    Args:
        viewer: an id such as V-002, or an e-mail address.
        deed: what for, for the audit log.

    Raises:
        RefusedError: there is no such viewer, or they are shut out; it is on the log.
    """
    if viewer is None or viewer == LOCAL_OWNER.viewer:
        return LOCAL_OWNER
    try:
        return viewers.scope_named(viewer)
    except RefusedError:
        audit.write("refusal", viewer="unknown", what={"deed": deed, "named": viewer})
        raise


def snapshot_of(mode: DataMode) -> Snapshot:
    """The newest state of the data.

    Raises:
        StorageError: there is none yet; says what to do.
    """
    snapshot = warehouse.open_snapshot(mode)
    if snapshot is None:
        msg = say(
            "No {mode} data yet. Load files with python -m warehouse import, or start the app once for the demo.",
            mode=mode,
        )
        raise StorageError(msg)
    return snapshot


def whole(mode: DataMode, scope: Scope) -> Context:
    """A question about audiences without filters, of all days.

    Raises:
        StorageError: there is no data yet.
    """
    all_addresses()
    snapshot = snapshot_of(mode)
    return context(Filters(), scope, snapshot, warehouse.load_marts(snapshot, scope), page="audiences", all_data=True)


def columns(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A table of plain words, each column as wide as its longest; an empty cell where nothing is known."""
    cells = [tuple(heads), *[tuple("" if cell is None else str(cell) for cell in row) for row in rows]]
    widths = [max(len(cell) for cell in column) for column in zip(*cells, strict=True)]
    return "\n".join("  ".join(cell.ljust(n) for cell, n in zip(row, widths, strict=True)).rstrip() for row in cells)
