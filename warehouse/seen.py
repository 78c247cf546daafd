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


def seen_in(folder: Path, column: str) -> pl.Series:
    """Every customer or product that the marts of a snapshot name, each once."""
    files = sorted((folder / SEEN).glob("*.parquet"))
    if not files:
        return empty_mart("visits")[column]
    return pl.scan_parquet(files).select(column).unique().collect().to_series().drop_nulls()
