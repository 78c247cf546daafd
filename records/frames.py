"""Rows of a table as a frame, and a frame's rows as they are stored."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from records.columns import DAY, DTYPES, INSTANT, REAL, STORED_DTYPES, TEXT, kind_of
from schema.errors import ContractError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    import sqlalchemy as sa

CHUNK: Final = 20_000
"""Rows in memory at once, as Python values."""

_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def microseconds(at: dt.datetime) -> int:
    """An instant as it is stored."""
    if at.tzinfo is None:
        msg = f"{at} has no time zone; an instant of the ledger needs one."
        raise ContractError(msg)
    return (at - _EPOCH) // dt.timedelta(microseconds=1)


def moment(stored: int) -> dt.datetime:
    """A stored instant as UTC time."""
    return _EPOCH + dt.timedelta(microseconds=stored)


def last_versions(rows: Iterable[sa.Row[Any]], name: str) -> tuple[sa.Row[Any], ...]:
    """The last row of each id in the column ``name``, first made first."""
    latest: dict[str, sa.Row[Any]] = {}
    for row in rows:
        latest[getattr(row, name)] = row
    return tuple(latest.values())


def read_frame(connection: sa.Connection, query: sa.Select[Any], columns: Sequence[sa.Column[Any]]) -> pl.DataFrame:
    """The rows of a query that selects exactly these columns, in their order."""
    parts = [_frame(rows, columns) for rows in raw_rows(connection, query)]
    return pl.concat(parts) if parts else pl.DataFrame(schema={c.name: DTYPES[kind_of(c)] for c in columns})


def raw_rows(connection: sa.Connection, query: sa.Select[Any]) -> Iterator[list[tuple[Any, ...]]]:
    """The rows of a query as the driver gives them, in chunks; memory stays bounded."""
    if connection.dialect.name == "sqlite":  # its own cursor streams; a third faster than through SQLAlchemy's rows
        with connection.execute(query) as result:
            cursor: Any = result.cursor
            while rows := cursor.fetchmany(CHUNK):
                yield rows
        return
    with connection.execute(query, execution_options={"stream_results": True, "max_row_buffer": CHUNK}) as result:
        while rows := result.fetchmany(CHUNK):
            yield [*map(tuple, rows)]


def stored_frame(rows: Sequence[tuple[Any, ...]], columns: Sequence[sa.Column[Any]]) -> pl.DataFrame:
    """Rows as the driver gives them, in the types they are stored in.

    Raises:
        TypeError, polars.exceptions.PolarsError: a value that no append can have written.
    """
    values = zip(*rows, strict=True)
    return pl.DataFrame(
        [
            pl.Series(column.name, list(cells), dtype=STORED_DTYPES[kind_of(column)])
            for column, cells in zip(columns, values, strict=True)
        ]
    )


def _frame(rows: Sequence[tuple[Any, ...]], columns: Sequence[sa.Column[Any]]) -> pl.DataFrame:
    return stored_frame(rows, columns).with_columns(_as_seen(column) for column in columns)


def _as_seen(column: sa.Column[Any]) -> pl.Expr:
    stored = pl.col(column.name)
    if kind_of(column) == DAY:
        return stored.str.to_date("%Y-%m-%d")
    return stored.cast(DTYPES[kind_of(column)])


def stored_parts(
    rows: pl.DataFrame | Iterable[Mapping[str, object]], columns: Sequence[sa.Column[Any]], table: str
) -> Iterator[pl.DataFrame]:
    """Rows to be written, in the types they are stored in, in chunks; a missing column that may be null is null.

    Raises:
        ContractError: a column is unknown, is missing, has the wrong type or a value that cannot be stored.
    """
    for part in _slices(rows, columns, table):
        yield _checked(part, columns, table).select(_as_stored(column) for column in columns)


def _slices(
    rows: pl.DataFrame | Iterable[Mapping[str, object]], columns: Sequence[sa.Column[Any]], table: str
) -> Iterator[pl.DataFrame]:
    if isinstance(rows, pl.DataFrame):
        yield from (part for part in rows.iter_slices(CHUNK) if part.height)
        return
    chunk: list[Mapping[str, object]] = []
    for row in rows:
        chunk.append(row)
        if len(chunk) == CHUNK:
            yield _typed(chunk, columns, table)
            chunk = []
    if chunk:
        yield _typed(chunk, columns, table)


def _typed(chunk: list[Mapping[str, object]], columns: Sequence[sa.Column[Any]], table: str) -> pl.DataFrame:
    known = {column.name: DTYPES[kind_of(column)] for column in columns}
    unknown = sorted({name for row in chunk for name in row} - set(known))
    if unknown:
        msg = f"{table}: no such column: {', '.join(unknown)}."
        raise ContractError(msg)
    try:
        return pl.DataFrame(
            [pl.Series(name, [row.get(name) for row in chunk], dtype=kind) for name, kind in known.items()]
        )
    except (TypeError, pl.exceptions.PolarsError) as error:
        msg = f"{table}: a value does not fit its column ({str(error)[:200]})."
        raise ContractError(msg) from error


def _checked(part: pl.DataFrame, columns: Sequence[sa.Column[Any]], table: str) -> pl.DataFrame:
    unknown = [name for name in part.columns if name not in {column.name for column in columns}]
    if unknown:
        msg = f"{table}: no such column: {', '.join(unknown)}."
        raise ContractError(msg)
    part = part.with_columns(
        pl.lit(None, DTYPES[kind_of(column)]).alias(column.name)
        for column in columns
        if column.name not in part.columns
    )
    try:
        part = part.select(pl.col(column.name).cast(DTYPES[kind_of(column)]) for column in columns)
    except pl.exceptions.PolarsError as error:
        msg = f"{table}: a value does not fit its column ({str(error)[:200]})."
        raise ContractError(msg) from error
    wrong = part.select(_unusable(column).sum().alias(column.name) for column in columns).row(0, named=True)
    for name, count in wrong.items():
        if count:
            msg = f"{table}.{name}: {count:,} values are missing, not a number or hold a NUL character."
            raise ContractError(msg)
    return part


def _unusable(column: sa.Column[Any]) -> pl.Expr:
    cell = pl.col(column.name)
    bad = pl.lit(value=False) if column.nullable else cell.is_null()
    if kind_of(column) == REAL:
        bad = bad | cell.is_nan().fill_null(value=False) | cell.is_infinite().fill_null(value=False)
    if kind_of(column) == TEXT:
        bad = bad | cell.str.contains("\0", literal=True).fill_null(value=False)
    return bad.alias(column.name)


def _as_stored(column: sa.Column[Any]) -> pl.Expr:
    cell = pl.col(column.name)
    match kind_of(column):
        case kind if kind == INSTANT:
            return cell.dt.timestamp("us")
        case kind if kind == DAY:
            return cell.dt.to_string("%Y-%m-%d")
        case kind if kind == REAL:
            return cell + 0.0  # −0 is not told from 0 by SQLite
        case _:
            return cell
