"""Parquet: the types it has, nested fields flattened, its claimed size checked before a value is read."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

import polars as pl

from loaders import nested
from loaders.faults import told
from loaders.layout import column_names
from loaders.limits import check_claimed, check_columns
from loaders.table import RawTable
from schema.errors import SourceError
from schema.language import say

if TYPE_CHECKING:
    from pathlib import Path

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
    if not _has_end(content):
        msg = say("{source}: is cut off: the Parquet file has no end; copy or download it again.", source=source)
        raise SourceError(msg)
    with told(
        _BAD,
        lambda why: say("{source}: is damaged Parquet ({why}); copy or download it again.", source=source, why=why),
    ):
        lazy = pl.scan_parquet(io.BytesIO(content) if isinstance(content, bytes) else content, glob=False)
        width = len(lazy.collect_schema())
        rows = int(lazy.select(pl.len()).collect().item())
        check_columns(source, width)
        check_claimed(source, rows if limit is None else min(rows, limit), max(width, 1))
        frame = (lazy if limit is None else lazy.head(limit)).collect()
        return RawTable(source, flat(frame), "parquet")


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
