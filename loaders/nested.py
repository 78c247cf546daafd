"""JSON, NDJSON and nested Parquet as flat tables: nested fields get dotted names, lists stay JSON text."""

from __future__ import annotations

import json
from typing import Any

import polars as pl

from loaders import text
from loaders.layout import column_names
from loaders.limits import check_columns
from loaders.table import BAD_ROWS_SCHEMA, RawTable
from schema.errors import SourceError
from schema.language import later, say
from schema.stored import stored

_DEEP = 3
_LONG = 1 << 63
_KEPT_TEXT = 10_000
Row = dict[str, Any]


def read_json(raw: bytes, source: str, *, limit: int | None = None, cut: bool = False) -> list[RawTable]:
    """Which tables does this JSON text hold: an array of rows, one object per line, or ``{"orders": [...]}``?

    Args:
        raw: the bytes of the file, or its beginning.
        source: what to call it; several arrays are called ``source#name``.
        limit: keep only so many rows.
        cut: the bytes are only the beginning (only good for one object per line).

    Raises:
        SourceError: it is damaged or cut off, or holds no rows.
    """
    decoded = text.decode(raw, source, cut=cut)
    written = decoded.data.decode("utf-8", errors="replace")
    lines = written.strip().splitlines()
    if len(lines) > 1 and isinstance(_loads(lines[0].rstrip(",")), dict):
        kept = lines[: -1 if cut else None]
        found = {"": [_loads(line) if line.strip() else None for line in kept[:limit] if line.strip()]}
        broken = [line for line in kept[:limit] if line.strip()]
    else:
        found, broken = _arrays(_whole(written, source), source), []
    tables = []
    for name, rows in found.items():
        good = [flatten(row) for row in rows[:limit] if isinstance(row, dict)]
        bad = [
            (i, (broken[i - 1] if broken else json.dumps(row, ensure_ascii=False))[:_KEPT_TEXT])
            for i, row in enumerate(rows[:limit], start=1)
            if not isinstance(row, dict)
        ]
        label = f"{source}#{name}" if len(found) > 1 else source
        notes = (stored(later("rows that are not JSON objects: {n}"), n=len(bad)),) if bad else ()
        bad_rows = pl.DataFrame(bad, schema=BAD_ROWS_SCHEMA, orient="row")
        tables.append(
            RawTable(label, build(good, label), decoded.encoding, notes=(*decoded.notes, *notes), bad_rows=bad_rows)
        )
    return tables


def is_lines(head: bytes) -> bool:
    """Does this beginning of a JSON text hold one object per line?"""
    first, newline, _ = head.lstrip(b"\xef\xbb\xbf \t\r\n").partition(b"\n")
    return bool(newline) and isinstance(_loads(first.decode("utf-8", errors="replace")), dict)


def _loads(line: str) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None


def _whole(written: str, source: str) -> Any:
    try:
        return json.loads(written)
    except json.JSONDecodeError as error:
        where = {"source": source, "fault": error.msg, "line": error.lineno, "column": error.colno}
        msg = (
            say("{source}: is not JSON: {fault} in line {line}, column {column}; the file is cut off.", **where)
            if error.pos >= len(written.rstrip()) - 1
            else say("{source}: is not JSON: {fault} in line {line}, column {column}; the file is damaged.", **where)
        )
        raise SourceError(msg) from error
    except (ValueError, RecursionError) as error:
        msg = say("{source}: is JSON nested too deeply or with numbers too long to be rows of a shop.", source=source)
        raise SourceError(msg) from error


def _arrays(whole: Any, source: str) -> dict[str, list[Any]]:
    """The arrays of rows in a JSON value, by their key."""
    if isinstance(whole, list):
        return {"": _with_names(whole)}
    found: dict[str, list[Any]] = {}
    level: list[tuple[str, Any]] = [("", whole)]
    for _ in range(_DEEP):
        below: list[tuple[str, Any]] = []
        for _name, value in level:
            if isinstance(value, dict):
                below += value.items()
        found = {k: v for k, v in below if isinstance(v, list) and v and isinstance(v[0], (dict, list))}
        if found:
            return {k: _with_names(v) for k, v in found.items()}
        level = below
    if isinstance(whole, dict) and whole:
        lists = list(whole.values())
        if all(isinstance(v, list) and len(v) == len(lists[0]) for v in lists):
            return {"": [dict(zip(whole, cells, strict=True)) for cells in zip(*lists, strict=True)]}
        return {"": [whole]}
    msg = say("{source}: holds no rows; expected an array of objects, or one object per line.", source=source)
    raise SourceError(msg)


def _with_names(rows: list[Any]) -> list[Any]:
    """Rows written as lists with a first list of names, as objects."""
    first = rows[0] if rows else None
    if isinstance(first, list) and first and all(isinstance(cell, str) for cell in first):
        return [
            dict(zip(first, row, strict=True)) if isinstance(row, list) and len(row) == len(first) else row
            for row in rows[1:]
        ]
    return rows


def flatten(row: Row) -> Row:
    """One nested object as one flat row.

    Objects become dotted names. A list of ``{"key": …, "value": …}`` (GA4's parameters) becomes one name per key.
    Other lists stay JSON text.
    """
    flat: Row = {}
    stack: list[tuple[str, Any]] = [("", row)]
    while stack:
        name, value = stack.pop()
        pairs = _pairs(value)
        if pairs is None:
            flat[name] = json.dumps(value, ensure_ascii=False, default=str) if isinstance(value, list) else value
        else:
            stack += [(f"{name}.{key}" if name else key, inner) for key, inner in reversed(pairs)]
    return flat


def _pairs(value: Any) -> list[tuple[str, Any]] | None:
    if isinstance(value, dict):
        return [(_clean(str(key)), inner) for key, inner in value.items()]
    if isinstance(value, list) and value and all(isinstance(v, dict) and set(v) == {"key", "value"} for v in value):
        return [(_clean(str(v["key"])), _only(v["value"])) for v in value]
    return None


def _only(value: Any) -> Any:
    """The one filled field of ``{"string_value": null, "int_value": 3}``."""
    if isinstance(value, dict):
        filled = [inner for inner in value.values() if inner is not None]
        if len(filled) <= 1:
            return filled[0] if filled else None
    return value


def build(rows: list[Row], source: str) -> pl.DataFrame:
    """Flat rows as a frame; a column keeps its type where all its values agree, else it is text.

    Raises:
        SourceError: more columns than any shop export has.
    """
    names = list(dict.fromkeys(name for row in rows for name in row))
    check_columns(source, len(names))
    labels = column_names([name or "value" for name in names])
    return pl.DataFrame(
        [series(label, [row.get(name) for row in rows]) for name, label in zip(names, labels, strict=True)]
    )


def series(name: str, values: list[Any]) -> pl.Series:
    """Values as one column: integers, decimals, true/false or text; mixed kinds become text as written."""
    kinds = {type(value) for value in values if value is not None}
    if kinds == {bool}:
        return pl.Series(name, values, dtype=pl.Boolean)
    if kinds == {int} and all(v is None or -_LONG <= v < _LONG for v in values):
        return pl.Series(name, values, dtype=pl.Int64)
    if kinds and kinds <= {int, float} and all(v is None or abs(v) < 2**53 for v in values if isinstance(v, int)):
        return pl.Series(name, [None if v is None or v != v else float(v) for v in values], dtype=pl.Float64)  # noqa: PLR0124
    return pl.Series(name, [_as_text(v) for v in values], dtype=pl.String)


def _as_text(value: Any) -> str | None:
    if value is None or value == "":
        return None
    if isinstance(value, str):
        return _clean(value)
    return json.dumps(value, ensure_ascii=False, default=str)


def _clean(written: str) -> str:
    """Half characters (lone surrogates) cannot be stored."""
    return written if written.isascii() else written.encode("utf-8", errors="replace").decode("utf-8")
