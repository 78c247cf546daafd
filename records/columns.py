"""Kinds of columns that SQLite and PostgreSQL keep alike, so that a row read back is byte for byte what was hashed.

An instant is whole microseconds since 1970 UTC, a day is ISO text; both compare and sort as they are stored.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import polars as pl
import sqlalchemy as sa

if TYPE_CHECKING:
    from collections.abc import Callable

INSTANT: Final = "instant"
DAY: Final = "day"
TEXT: Final = "text"
WHOLE: Final = "whole"
REAL: Final = "real"

UTC_MICROSECONDS: Final = pl.Datetime("us", "UTC")

_STORED: Final[dict[str, Callable[[], sa.types.TypeEngine[Any]]]] = {
    INSTANT: sa.BigInteger,
    DAY: sa.Text,
    TEXT: sa.Text,
    WHOLE: sa.BigInteger,
    REAL: sa.Double,
}

DTYPES: Final[dict[str, pl.DataType]] = {
    INSTANT: UTC_MICROSECONDS,
    DAY: pl.Date(),
    TEXT: pl.String(),
    WHOLE: pl.Int64(),
    REAL: pl.Float64(),
}
"""What each kind is in a frame."""

STORED_DTYPES: Final[dict[str, pl.DataType]] = DTYPES | {INSTANT: pl.Int64(), DAY: pl.String()}
"""What each kind is in the database."""


def _column(name: str, kind: str, *, nullable: bool, **options: Any) -> sa.Column[Any]:
    return sa.Column(name, _STORED[kind](), nullable=nullable, info={"kind": kind}, **options)


def instant(name: str, *, nullable: bool = False, **options: Any) -> sa.Column[Any]:
    """A moment, UTC."""
    return _column(name, INSTANT, nullable=nullable, **options)


def day(name: str, *, nullable: bool = False, **options: Any) -> sa.Column[Any]:
    """A calendar day."""
    return _column(name, DAY, nullable=nullable, **options)


def text(name: str, *, nullable: bool = False, **options: Any) -> sa.Column[Any]:
    """Words or an id."""
    return _column(name, TEXT, nullable=nullable, **options)


def whole(name: str, *, nullable: bool = False, **options: Any) -> sa.Column[Any]:
    """A whole number of 64 bits: minor units, basis points, keys."""
    return _column(name, WHOLE, nullable=nullable, **options)


def real(name: str, *, nullable: bool = False, **options: Any) -> sa.Column[Any]:
    """A measured quantity."""
    return _column(name, REAL, nullable=nullable, **options)


def kind_of(column: sa.Column[Any]) -> str:
    """Which kind a column of ours is."""
    return str(column.info["kind"])


def schema_of(columns: list[sa.Column[Any]]) -> dict[str, pl.DataType]:
    """The frame's schema for these columns."""
    return {column.name: DTYPES[kind_of(column)] for column in columns}
