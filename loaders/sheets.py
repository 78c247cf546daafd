"""Workbooks (.xlsx, .xls, .ods): which tables are on their sheets, below which header row?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import fastexcel
import polars as pl

from loaders.archives import check_zip
from loaders.faults import told
from loaders.layout import column_names, is_header
from loaders.limits import MAX_SHEETS, check_claimed, check_columns
from loaders.table import RawTable
from schema.errors import SourceError
from schema.language import later, say
from schema.stored import stored

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_PROBE = 60
_BAD = (fastexcel.FastExcelError, pl.exceptions.PolarsError, ValueError)


def read_workbook(
    raw: bytes, source: str, *, header: bool | None = None, sheet: str = "", limit: int | None = None
) -> list[RawTable]:
    """Which tables does this workbook hold, one per sheet that is not empty?

    Numbers, dates and true/false keep their types; whole numbers become integers (266079, not 266079.0); a column
    of mixed kinds is text as Excel shows it, so nothing is lost.

    Args:
        raw: the workbook's bytes.
        source: what to call it; tables are called ``source#sheet``.
        header: whether the first row holds names; None looks at the cells.
        sheet: read only this one.
        limit: keep only so many rows of each sheet.

    Raises:
        SourceError: it is damaged, locked or empty, or the sheet does not exist.
    """
    kind = "xls"
    if raw.startswith(b"PK"):
        kind = "xlsx"
        check_zip(raw, source)
    with told(
        _BAD,
        lambda why: say(
            "{source}: is not a workbook that can be read ({why}); save it again as XLSX.", source=source, why=why
        ),
    ):
        book = fastexcel.read_excel(raw)
        names = book.sheet_names
    if sheet and sheet not in names:
        msg = say(
            "{source}: has no sheet {sheet}; its sheets are {names}.",
            source=source,
            sheet=repr(sheet),
            names=", ".join(names),
        )
        raise SourceError(msg)
    if not sheet and len(names) > MAX_SHEETS:
        msg = say(
            "{source}: has {n} sheets; at most {most} are read. Split it, or name one sheet.",
            source=source,
            n=len(names),
            most=MAX_SHEETS,
        )
        raise SourceError(msg)
    tables = []
    for name in [sheet] if sheet else names:
        label = f"{source}#{name}"
        with told(_BAD, _damaged(label)):
            table = _read_sheet(book, name, label, kind, header=header, limit=limit)
        if table is not None:
            tables.append(table)
    if not tables:
        msg = say("{source}: all its sheets are empty.", source=source)
        raise SourceError(msg)
    return tables


def _damaged(label: str) -> Callable[[str], str]:
    return lambda why: say("{label}: cannot be read ({why}); save the workbook again as XLSX.", label=label, why=why)


def _load(book: fastexcel.ExcelReader, name: str, first: int, rows: int | None, *, text: bool) -> pl.DataFrame:
    """The cells from row ``first`` on; as text, or typed where all cells of a column agree."""
    sheet = book.load_sheet(
        name,
        header_row=None,
        skip_rows=first,
        n_rows=rows,
        schema_sample_rows=None,
        dtypes="string" if text else None,
    )
    frame = sheet.to_polars()
    assert isinstance(frame, pl.DataFrame)  # noqa: S101  (fastexcel has no types)
    return frame


def _read_sheet(
    book: fastexcel.ExcelReader, name: str, source: str, kind: str, *, header: bool | None, limit: int | None
) -> RawTable | None:
    probe = _load(book, name, 0, _PROBE, text=True)
    check_columns(source, probe.width)
    if not any(any(_filled(cell) for cell in row) for row in probe.iter_rows()):
        probe = _load(book, name, 0, None, text=True)
    top = _top(probe)
    if top is None:
        return None
    below = [["" if cell is None else cell for cell in row] for row in probe.slice(top).iter_rows()]
    has_header = is_header(below) if header is None else header
    first = top + has_header
    rows = None if limit is None else limit + _PROBE
    written = _load(book, name, first, rows, text=True)
    check_claimed(source, written.height, written.width)
    cells = below[0] if has_header else []
    frame = _typed(written, _load(book, name, first, rows, text=False))
    labels = column_names([*cells, *[""] * (frame.width - len(cells))][: frame.width])
    filled = [i for i in range(frame.width) if (i < len(cells) and cells[i].strip()) or written.to_series(i).count()]
    frame = frame.rename(dict(zip(frame.columns, labels, strict=True))).select(labels[i] for i in filled)
    last = written.select(pl.any_horizontal(_has_text(c) for c in written.columns).arg_true().max()).item()
    frame = frame.head(0 if last is None else last + 1)
    notes = (stored(later("rows above the table passed over: {n}"), n=top),) if _titles(probe, top) else ()
    return RawTable(source, frame if limit is None else frame.head(limit), kind, has_header, notes)


def _filled(cell: str | None) -> bool:
    return cell is not None and cell.strip() != ""


def _has_text(column: str) -> pl.Expr:
    return pl.col(column).str.strip_chars().str.len_bytes().fill_null(0) > 0


def _titles(probe: pl.DataFrame, top: int) -> bool:
    return any(_filled(cell) for row in probe.head(top).iter_rows() for cell in row)


def _top(probe: pl.DataFrame) -> int | None:
    """The row where the table starts: the first at least half as full as the fullest; title rows are emptier."""
    counts: Sequence[int] = [sum(_filled(cell) for cell in row) for row in probe.iter_rows()]
    full = max(counts, default=0)
    if not full:
        return None
    return next(i for i, n in enumerate(counts) if n * 2 >= full and (n > 1 or full <= 2))  # noqa: PLR2004


def _typed(written: pl.DataFrame, typed: pl.DataFrame) -> pl.DataFrame:
    """Typed columns where no cell was lost by it, else the text; whole numbers as integers."""
    columns = []
    for text in written:
        blank_free = text.replace("", None)
        native = typed[text.name] if text.name in typed.columns else text
        if (
            native.len() != text.len()
            or native.dtype in {pl.String, pl.Null}
            or native.null_count() > text.null_count()
        ):
            columns.append(blank_free)
        elif native.dtype.is_float() and native.is_not_nan().all() and _is_whole(native):
            columns.append(native.cast(pl.Int64))
        else:
            columns.append(native)
    return pl.DataFrame(columns)


def _is_whole(numbers: pl.Series) -> bool:
    filled = numbers.drop_nulls()
    return bool(((filled.floor() == filled) & (filled.abs() < 2**53)).all())
