"""Parquet files put together to one, in their order, without ever holding all of their rows."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from schema.durable import sync_path
from warehouse.storage import write_parquet_synced

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

ROWS_AT_ONCE: Final = 500_000
"""A month with more rows than this around it is made a piece at a time, so that no month is too large for memory."""

_ROWS_A_GROUP: Final = 100_000


def write_joined(parts: Sequence[Path], path: Path) -> int:
    """One new file of the rows of several, durable; returns its size in bytes."""
    rows = pl.scan_parquet(list(parts))
    rows.sink_parquet(path, compression="zstd", row_group_size=_ROWS_A_GROUP, maintain_order=True)
    sync_path(path)
    return path.stat().st_size


def write_parts(parts: Iterable[pl.DataFrame], path: Path) -> None:
    """One new file of some frames, at least one, in their order, durable; never more than one of them in memory."""
    rest = iter(parts)
    held = next(rest)
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        files: list[Path] = []
        for part in rest:
            files.append(_put_away(held, Path(folder), len(files)))
            held = part
        if not files:
            write_parquet_synced(held, path)
            return
        files.append(_put_away(held, Path(folder), len(files)))
        del held
        write_joined(files, path)


def _put_away(part: pl.DataFrame, folder: Path, number: int) -> Path:
    path = folder / f"{number:05d}.parquet"
    part.write_parquet(path, compression="lz4")
    return path


def slices_of(path: Path, rows: int = ROWS_AT_ONCE) -> Iterator[pl.DataFrame]:
    """The rows of a file in their order, so many at a time; one empty frame where it has none."""
    frame = pl.scan_parquet(path)
    height = frame.select(pl.len()).collect().item()
    for start in range(0, max(height, 1), rows):
        yield frame.slice(start, rows).collect()


def runs(counted: pl.DataFrame, rows: int) -> Iterator[tuple[Any, Any]]:
    """The first and the last of adjoining steps that have at most so many rows together, or are one step.

    Args:
        counted: steps in their order, and the rows of each.
        rows: how many.
    """
    steps, counts = counted.to_series(0).to_list(), counted.to_series(1).to_list()
    first, held = 0, 0
    for number, count in enumerate(counts):
        if number > first and held + count > rows:
            yield steps[first], steps[number - 1]
            first, held = number, 0
        held += count
    if steps:
        yield steps[first], steps[-1]
