"""A row as text, the same from either database and by either of two ways: many rows at once, or one by itself.

Canonical JSON: sorted keys, no blanks, ASCII, instants as ``2026-10-11T20:00:00.000000Z``, days as ``2026-10-11``,
numbers as Python writes them.
"""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from records.columns import DAY, INSTANT, REAL, TEXT, WHOLE, kind_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import sqlalchemy as sa

_NAIVE_EPOCH: Final = dt.datetime(1970, 1, 1)  # noqa: DTZ001  (only printed)
_YEAR_1000: Final = (dt.date(1000, 1, 1).toordinal() - _NAIVE_EPOCH.toordinal()) * 86_400_000_000
_YEAR_9999: Final = (dt.date(9999, 1, 1).toordinal() - _NAIVE_EPOCH.toordinal()) * 86_400_000_000
_TO_ESCAPE: Final = r"[^ !#-\[\]-~]"
_encode: Final = json.JSONEncoder(separators=(",", ":"), allow_nan=False).encode


def canonical_text(columns: Sequence[sa.Column[Any]], values: Sequence[Any]) -> str:
    """One row; values as they are stored.

    Raises:
        TypeError, ValueError, OverflowError: a value that no append can have written.
    """
    told = {
        column.name: _iso(value) if kind_of(column) == INSTANT and value is not None else value
        for column, value in zip(columns, values, strict=True)
    }
    return _encode(dict(sorted(told.items())))


def canonical_texts(columns: Sequence[sa.Column[Any]], rows: pl.DataFrame) -> list[str]:
    """Many rows; the frame has the stored types."""
    ordered = sorted(columns, key=lambda column: column.name)
    parts: list[pl.Expr] = []
    for at, column in enumerate(ordered):
        opening = "{" if at == 0 else ","
        parts += [pl.lit(f'{opening}"{column.name}":'), _column_text(rows[column.name], kind_of(column))]
    return rows.select(pl.concat_str(*parts, pl.lit("}")).alias("text"))["text"].to_list()


def _column_text(cells: pl.Series, kind: str) -> pl.Expr:
    cell = pl.lit(cells)
    if kind == WHOLE:
        told = cell.cast(pl.String)
    elif kind in {TEXT, DAY} and not cells.str.contains(_TO_ESCAPE).any():
        told = pl.format('"{}"', cell)
    elif kind == INSTANT and cells.is_between(_YEAR_1000, _YEAR_9999).all():
        told = cell.cast(pl.Datetime("us")).dt.to_string('"%Y-%m-%dT%H:%M:%S%.6fZ"')
    else:  # as Python prints it, one by one
        one = {TEXT: json.dumps, DAY: json.dumps, REAL: float.__repr__, INSTANT: _quoted_iso}[kind]
        told = pl.lit(pl.Series([None if c is None else one(c) for c in cells.to_list()], dtype=pl.String))
    return told.fill_null("null")


def _quoted_iso(microseconds: int) -> str:
    return f'"{_iso(microseconds)}"'


def _iso(microseconds: int) -> str:
    return (_NAIVE_EPOCH + dt.timedelta(microseconds=microseconds)).isoformat(timespec="microseconds") + "Z"
