"""Rows that carry a list, such as a visit with its actions or an order with its items, as one row an element."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from loaders.table import BAD_ROWS_SCHEMA
from schema.language import later
from schema.stored import stored

if TYPE_CHECKING:
    from loaders.table import RawTable
    from schema.mapping import Mapping

MARK: Final = "[]."
"""``actionDetails[].timestamp`` reads ``timestamp`` of every element of the list ``actionDetails``."""

_LOOK: Final = 200


def unfold(raw: RawTable, mapping: Mapping) -> RawTable:
    """The table with one row for each element of the list that the mapping reads from, if it reads from any.

    The list may be JSON text in one column, or numbered columns such as ``actionDetails_0_timestamp``. A row with an
    empty list stays one row.
    """
    lists = sorted({column.partition(MARK)[0] for column in mapping.columns.values() if MARK in column})
    if not lists:
        return raw
    name = lists[0]
    wanted = [c.partition(MARK)[2] for c in mapping.columns.values() if c.startswith(name + MARK)]
    if name in raw.frame.columns:
        elements = [_elements(text) for text in raw.frame[name].to_list()]
    elif numbered := _numbered(raw.frame.columns, name):
        elements = _gathered(raw.frame, numbered)
    else:
        return raw
    parts = {
        f"{name}{MARK}{key}": [[_text(e.get(key)) for e in row] for row in elements] for key in dict.fromkeys(wanted)
    }
    lists_frame = pl.DataFrame({key: pl.Series(key, rows, dtype=pl.List(pl.String)) for key, rows in parts.items()})
    kept = raw.frame.drop([c for c in raw.frame.columns if c == name or c in _numbered(raw.frame.columns, name)])
    frame = pl.concat([kept, lists_frame], how="horizontal").explode(list(parts))
    bad = raw.bad_rows.with_columns(
        pl.Series(
            "_row", range(frame.height + 1, frame.height + raw.bad_rows.height + 1), dtype=BAD_ROWS_SCHEMA["_row"]
        )
    )
    note = stored(
        later("Each of the {rows} rows holds a list ({name}): its {n} elements are counted as rows."),
        rows=raw.frame.height,
        name=name,
        n=frame.height,
    )
    return replace(raw, frame=frame, bad_rows=bad, notes=(*raw.notes, note))


def has_element(raw: RawTable, name: str, key: str) -> bool:
    """Whether the first elements of a list hold this field."""
    if name in raw.frame.columns:
        texts = raw.frame[name].head(_LOOK)
        if texts.dtype != pl.String:
            return False
        return bool(texts.str.contains(f'"{key.rpartition(".")[2]}"', literal=True).any())
    return any(field == key for _, field in _numbered(raw.frame.columns, name).values())


def _elements(text: object) -> list[dict[str, Any]]:
    if not isinstance(text, str):
        return [{}]
    try:
        value = json.loads(text)
    except json.JSONDecodeError:
        return [{}]
    rows = [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []
    return [_flat(row) for row in rows] or [{}]


def _flat(row: dict[str, Any], above: str = "") -> dict[str, Any]:
    out: dict[str, Any] = {}
    for key, value in row.items():
        if isinstance(value, dict):
            out |= _flat(value, f"{above}{key}.")
        else:
            out[f"{above}{key}"] = value
    return out


def _text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)


def _numbered(columns: list[str], name: str) -> dict[str, tuple[int, str]]:
    """Numbered columns → (which element, which of its fields)."""
    pattern = re.compile(rf"^{re.escape(name)}[._ ](\d+)[._ ](.+)$")
    return {c: (int(m.group(1)), m.group(2)) for c in columns if (m := pattern.match(c))}


def _gathered(frame: pl.DataFrame, numbered: dict[str, tuple[int, str]]) -> list[list[dict[str, Any]]]:
    rows: list[list[dict[str, Any]]] = []
    for row in frame.select(list(numbered)).iter_rows(named=True):
        found: dict[int, dict[str, Any]] = {}
        for column, value in row.items():
            if value not in (None, ""):
                index, key = numbered[column]
                found.setdefault(index, {})[key] = value
        rows.append([found[index] for index in sorted(found)] or [{}])
    return rows
