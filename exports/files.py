"""An answer as a file: CSV, JSON or XLSX, saying what it is."""

from __future__ import annotations

import json
import re
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from exports.labels import column_label
from schema.cells import inert
from schema.errors import UsageError
from schema.money import minor_digits

if TYPE_CHECKING:
    from answers.answer import Answer

FORMATS: Final = ("csv", "json", "xlsx")
_MOST_ROWS: Final = 1_048_575
"""Below the header."""

_MOST_LETTERS: Final = 32_767
"""In a cell of a sheet; more are not written at all."""

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
    """A workbook: the table formatted by unit, and a sheet that defines it.

    Raises:
        UsageError: there are more rows than a sheet can hold.
    """
    import xlsxwriter  # noqa: PLC0415  (loads with the first workbook)

    if answer.table.height > _MOST_ROWS:
        msg = f"{answer.address}: {answer.table.height:,} rows do not fit into a sheet of {_MOST_ROWS:,}; take csv or json."
        raise UsageError(msg)
    buffer = BytesIO()
    digits = minor_digits(answer.currency)
    money_format = "#,##0" + ("." + "0" * digits if digits else "")
    shown, money = _for_people(answer, digits)
    with xlsxwriter.Workbook(
        buffer, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    ) as book:
        shown.write_excel(
            book, "Table", column_formats=dict.fromkeys(money, money_format), autofit=True, freeze_panes=(1, 0)
        )
        sheet = book.add_worksheet("Definition")
        bold = book.add_format({"bold": True})
        sheet.set_column(0, 0, 16)
        sheet.set_column(1, 1, 110)
        for row, (name, value) in enumerate(about(answer).items()):
            sheet.write_string(row, 0, name, bold)
            sheet.write_string(row, 1, "; ".join(value) if isinstance(value, list) else str(value))
    return buffer.getvalue()


def _for_people(answer: Answer, digits: int) -> tuple[pl.DataFrame, list[str]]:
    """The table with money in whole units and stamps in UTC, each called so; and which columns are money."""
    money = [name for name in answer.table.columns if name.endswith("_minor")]
    stamps = [name for name, kind in answer.table.schema.items() if isinstance(kind, pl.Datetime) and kind.time_zone]
    labels = {name: column_label(name, answer.currency) for name in money} | {name: f"{name}, UTC" for name in stamps}
    text = pl.col(pl.String)
    shown = _finite(answer.table).with_columns(
        pl.when(text.str.len_chars() > _MOST_LETTERS)
        .then(text.str.head(_MOST_LETTERS - 1) + "…")
        .otherwise(text)
        .name.keep(),
        pl.col(money) / 10**digits,
        pl.col(stamps).dt.convert_time_zone("UTC").dt.replace_time_zone(None),
    )
    return shown.rename(labels), [labels[name] for name in money]


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
