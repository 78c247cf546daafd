"""An answer as a file: CSV, JSON or XLSX, saying what it is."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from exports.workbook import workbook_bytes
from schema.cells import inert

if TYPE_CHECKING:
    from answers.answer import Answer

_NO_NAME: Final = re.compile(r"[^\w.\-]+")
_NOT_FREE: Final = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)
_NAME_BYTES: Final = 120


def csv_bytes(table: pl.DataFrame) -> bytes:
    """CSV in UTF-8 with BOM, so that spreadsheet programs read it; text that looks like a formula is escaped."""
    return b"\xef\xbb\xbf" + inert(_finite(table)).write_csv().encode()


def json_bytes(answer: Answer) -> bytes:
    """The answer as one JSON object: rows, and all that is needed to trust them."""
    return (
        json.dumps({**about(answer), "rows": _finite(answer.table).to_dicts()}, default=str, ensure_ascii=False) + "\n"
    ).encode()


def xlsx_bytes(answer: Answer) -> bytes:
    """A workbook: the table formatted by unit, a sheet that says where it is from and one that explains its columns.

    Raises:
        UsageError: there are more rows than a sheet can hold.
    """
    return workbook_bytes([("Table", answer)], about(answer))


def about(answer: Answer) -> dict[str, Any]:
    """What a reader needs beside the rows."""
    return {
        "address": answer.address,
        "definition": answer.definition,
        "from": answer.from_on.isoformat(),
        "to": answer.to_on.isoformat(),
        "currency": answer.currency,
        "n": answer.n,
        "n_label": answer.n_label,
        "coverage": answer.coverage,
        "coverage_label": answer.coverage_label,
        "snapshot": answer.snapshot,
        "notes": list(answer.notes),
    }


def file_stem(answer: Answer) -> str:
    """A file name that says what is in it, such as ``dwell-heatmap_2026-08-16_2026-11-14``."""
    return f"{answer.address.replace('/', '-')}_{answer.from_on}_{answer.to_on}"


def safe_name(text: str) -> str:
    """A name for a download, made of somebody's words: letters, digits, dots and hyphens, and never a path or device."""
    name = _NO_NAME.sub("-", text).strip("-.")
    name = name.encode()[:_NAME_BYTES].decode(errors="ignore") or "file"
    return f"file-{name}" if _NOT_FREE.match(name) else name


def _finite(table: pl.DataFrame) -> pl.DataFrame:
    """No number that only computers have: it is no JSON and no cell."""
    number = pl.col(pl.Float64, pl.Float32)
    return table.with_columns(pl.when(number.is_finite()).then(number).name.keep())
