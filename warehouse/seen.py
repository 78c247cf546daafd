"""Who and what the large marts name: noted file by file, so that nobody must read them whole to know it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from warehouse.mart_contract import empty_mart
from warehouse.storage import link_or_copy, write_parquet_synced

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

SEEN: Final = "seen"
"""A folder of files: ``customer_key`` and ``product_id``, each one once, the shorter column filled up with nulls."""

_COLUMNS: Final = ("customer_key", "product_id")


def note_seen(folder: Path, name: str, marts: Sequence[pl.DataFrame]) -> None:
    """Note whom and what some rows name.

    Args:
        folder: of the snapshot's marts.
        name: of the note; one for each set of files that are made together.
        marts: the rows, with both columns.
    """
    each = [pl.concat([rows[column] for rows in marts]).unique().drop_nulls().sort() for column in _COLUMNS]
    height = max(values.len() for values in each)
    rows = pl.DataFrame([values.extend_constant(None, height - values.len()) for values in each])
    (folder / SEEN).mkdir(exist_ok=True)
    write_parquet_synced(rows, folder / SEEN / f"{name}.parquet")


def keep_seen(before: Path, folder: Path, name: str) -> None:
    """Take a note over from the snapshot before."""
    (folder / SEEN).mkdir(exist_ok=True)
    link_or_copy(before / SEEN / f"{name}.parquet", folder / SEEN / f"{name}.parquet")


def seen_since(folder: Path, before: Path) -> pl.DataFrame | None:
    """Whom and what the notes name that are not those of the snapshot before; so nobody reads all notes for a day more.

    Args:
        folder: of the snapshot's marts.
        before: of those of the snapshot before.

    Returns:
        ``customer_key, product_id``, not each one once, with nulls; None when somebody or something that was named
        before may not be named any more.
    """
    now, then = ({note.name: note for note in (place / SEEN).glob("*.parquet")} for place in (folder, before))
    anew = [name for name, note in now.items() if name not in then or not note.samefile(then[name])]
    said = _named([now[name] for name in anew])
    was = _named([note for name, note in then.items() if name in anew or name not in now])
    stays = [was[column].drop_nulls().is_in(said[column].implode()).all() for column in _COLUMNS]
    return said if all(stays) else None


def _named(notes: Sequence[Path]) -> pl.DataFrame:
    empty = empty_mart("visits").select(_COLUMNS)
    return pl.concat([empty, *(pl.read_parquet(note, columns=list(_COLUMNS)) for note in notes)])


def seen_in(folder: Path, column: str) -> pl.Series:
    """Every customer or product that the marts of a snapshot name, each once."""
    files = sorted((folder / SEEN).glob("*.parquet"))
    if not files:
        return empty_mart("visits")[column]
    return pl.scan_parquet(files).select(column).unique().collect().to_series().drop_nulls()
