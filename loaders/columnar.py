"""Parquet: the types it has, nested fields flattened, its claimed size checked before a value is read."""

from __future__ import annotations

import io
import json
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from loaders import nested
from loaders.faults import told
from loaders.layout import column_names
from loaders.limits import check_claimed, check_columns
from loaders.table import RawTable
from schema.errors import SourceError
from schema.language import say

if TYPE_CHECKING:
    from collections.abc import Iterator

_MAGIC = b"PAR1"
_BAD = (pl.exceptions.PolarsError, OSError, OverflowError, ValueError)


def read_parquet(content: Path | bytes, source: str, *, limit: int | None = None) -> RawTable:
    """Which rows does this Parquet file hold?

    Args:
        content: the file or its bytes.
        source: what to call it.
        limit: read only so many rows.

    Raises:
        SourceError: cut off, damaged, or claiming more than fits.
    """
    with _scanned(content, source) as (lazy, width, rows):
        check_claimed(source, rows if limit is None else min(rows, limit), max(width, 1))
        frame = (lazy if limit is None else lazy.head(limit)).collect()
        return RawTable(source, flat(frame), "parquet")


def cut_task(arguments: dict[str, Any]) -> dict[str, int]:
    """Write some rows of a Parquet file as a file of their own.

    Args:
        arguments: ``path``, ``name`` for messages, ``out``, ``start`` (the first row, from 0) and ``rows`` (how many).

    Returns:
        ``rows`` that were written, and ``of`` how many there are.

    Raises:
        SourceError: cut off, damaged, or claiming more than fits.
    """
    source, start = str(arguments["name"]), int(arguments["start"])
    with _scanned(Path(arguments["path"]), source) as (lazy, width, rows):
        wanted = max(0, min(int(arguments["rows"]), rows - start))
        check_claimed(source, wanted, max(width, 1))
        lazy.slice(start, wanted).sink_parquet(arguments["out"], compression="lz4")
        return {"rows": wanted, "of": rows}


@contextmanager
def _scanned(content: Path | bytes, source: str) -> Iterator[tuple[pl.LazyFrame, int, int]]:
    """A Parquet file's rows, and how many columns and rows it says that it has; what is wrong with it in words."""
    if not _has_end(content):
        msg = say("{source}: is cut off: the Parquet file has no end; copy or download it again.", source=source)
        raise SourceError(msg)
    with told(
        _BAD,
        lambda why: say("{source}: is damaged Parquet ({why}); copy or download it again.", source=source, why=why),
    ):
        lazy = pl.scan_parquet(io.BytesIO(content) if isinstance(content, bytes) else content, glob=False)
        width = len(lazy.collect_schema())
        check_columns(source, width)
        yield lazy, width, int(lazy.select(pl.len()).collect().item())


def _has_end(content: Path | bytes) -> bool:
    if isinstance(content, bytes):
        return len(content) >= 12 and content.endswith(_MAGIC)  # noqa: PLR2004
    with content.open("rb") as file:
        size = file.seek(0, io.SEEK_END)
        if size < 12:  # noqa: PLR2004
            return False
        file.seek(-4, io.SEEK_END)
        return file.read(4) == _MAGIC


def flat(frame: pl.DataFrame) -> pl.DataFrame:
    """Only flat columns with printable names."""
    columns: list[pl.Series] = []
    for column in frame:
        if isinstance(column.dtype, (pl.Struct, pl.List, pl.Array)):
            columns += _opened(column)
        else:
            columns.append(_plain(column))
    names = column_names([column.name for column in columns])
    return pl.DataFrame([column.rename(name) for column, name in zip(columns, names, strict=True)])


def _opened(column: pl.Series) -> list[pl.Series]:
    """Structs as dotted columns with their types; lists as JSON text, or one column per key (GA4's parameters)."""
    if isinstance(column.dtype, pl.Struct):
        inner = column.struct.unnest()
        return [s.rename(f"{column.name}.{s.name}") for s in flat(inner)]
    rows = [nested.flatten({column.name: cell}) for cell in column.to_list()]
    return list(nested.build(rows, column.name))


def _plain(column: pl.Series) -> pl.Series:
    if column.dtype == pl.Binary:
        try:
            return column.cast(pl.String)
        except pl.exceptions.PolarsError:
            return column.bin.encode("hex")
    if column.dtype in {pl.Categorical, pl.Enum, pl.Null}:
        return column.cast(pl.String)
    if column.dtype == pl.Object:
        return pl.Series(column.name, [json.dumps(v, default=str) for v in column.to_list()], dtype=pl.String)
    if column.dtype == pl.String:
        return column.replace("", None)
    return column
