"""The ledger's copies: bindings, attempts, shares and statements as tables that readers open like any other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from schema.errors import ContractError, UsageError
from warehouse.batch import Change, Outcome
from warehouse.commits import Options, commit, commit_books
from warehouse.layout import BOOK_ORDER, BOOKS, MART_FORMAT, OWNERSHIP, STORED
from warehouse.pruning import tidy
from warehouse.snapshots import Snapshot, open_snapshot
from warehouse.storage import storage_errors, warehouse_home, writer_lock

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from schema.settings import DataMode

_OWNER = ("store_id", "agent_id")


def publish_books(
    mode: DataMode,
    books: Mapping[str, pl.DataFrame],
    *,
    sequence: Mapping[str, int],
    progress: Callable[[float, str], None] | None = None,
) -> int | None:
    """Let readers see what the ledger holds: a new snapshot with its tables, and owners that follow them.

    Args:
        mode: demo or real.
        books: mart name (``bindings, attempts, shares, statements``) → all its rows, with the columns of the mart;
            a table that is not named stays as it is.
        sequence: the ledger's own numbers, such as ``{"bindings": 12, "entries": 340}``; kept as ``Snapshot.ledger``.
        progress: called with a share of 1 and what is being done.

    Returns:
        The new snapshot's number; None when nothing is different, or nothing was ever imported.

    Raises:
        UsageError: a table is none of these.
        ContractError: a column is missing.
        BusyError: an import is writing.
        StorageError: the data folder cannot be used.
    """
    options = Options(mode=mode, progress=progress)
    with writer_lock(mode), storage_errors(warehouse_home(mode)):
        base = open_snapshot(mode)
        if base is None:
            return None
        outcome = Outcome(changes=_changes(books, base))
        if not outcome.changes and dict(sequence) == base.ledger:
            return None
        number, ledger = base.number + 1, dict(sequence)
        if "ownership" in outcome.changes or not _has_marts(base):
            commit(outcome, base, options, number, base.read("settings"), ledger=ledger)
        else:
            commit_books(outcome, base, options, ledger=ledger)
        tidy(mode)
        return number


def _has_marts(base: Snapshot) -> bool:
    """Whether the marts of a snapshot can serve the next one; without facts they depend on today's date."""
    return base.mart_format == MART_FORMAT and base.first_on is not None and base.marts_folder.is_dir()


def _changes(books: Mapping[str, pl.DataFrame], base: Snapshot) -> dict[str, Change]:
    """The tables that are different from what is published."""
    if strange := sorted(set(books) - set(BOOKS)):
        msg = f"{', '.join(strange)}: no table of the ledger; there are {', '.join(BOOKS)}."
        raise UsageError(msg)
    frames = {BOOKS[name]: _in_order(name, frame) for name, frame in books.items()}
    if "bindings" in frames:
        frames["ownership"] = ownership_of(frames["bindings"])
    return {table: Change(frame) for table, frame in frames.items() if not frame.equals(base.read(table))}


def _in_order(name: str, frame: pl.DataFrame) -> pl.DataFrame:
    schema = STORED[BOOKS[name]]
    if missing := [column for column in schema if column not in frame.columns]:
        msg = f"{name}: lacks {', '.join(missing)}; a copy of the ledger has every column of its mart."
        raise ContractError(msg)
    return frame.select([pl.col(c).cast(kind) for c, kind in schema.items()]).sort(BOOK_ORDER[name], nulls_last=False)


def ownership_of(bindings: pl.DataFrame) -> pl.DataFrame:
    """Whose customer from when to when?

    Args:
        bindings: ``Bindings``; spells of a customer do not overlap.

    Returns:
        ``customer_key, store_id, agent_id, valid_from, valid_to`` by customer and time; adjoining spells of the same
        owner are one.
    """
    spells = bindings.select(OWNERSHIP.names()).sort("customer_key", "valid_from")
    goes_on = pl.all_horizontal(
        pl.col("customer_key") == pl.col("customer_key").shift(1),
        pl.col("valid_from").eq_missing(pl.col("valid_to").shift(1)),
        *[pl.col(c).eq_missing(pl.col(c).shift(1)) for c in _OWNER],
    ).fill_null(value=False)
    return (
        spells.with_columns(_spell=(~goes_on).cum_sum())
        .group_by("_spell", maintain_order=True)
        .agg(
            pl.col("customer_key", *_OWNER, "valid_from").first(),
            pl.col("valid_to").last(),
        )
        .select([pl.col(c).cast(kind) for c, kind in OWNERSHIP.items()])
    )
