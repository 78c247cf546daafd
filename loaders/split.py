"""Read separated text: which rows and columns does this CSV, TSV or space-separated file hold?"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import polars as pl

from loaders import layout, records, scan, text
from loaders.limits import check_columns
from loaders.table import BAD_ROWS_SCHEMA, RawTable
from schema.errors import SourceError
from schema.language import later, say
from schema.stored import stored

if TYPE_CHECKING:
    from loaders.records import Rows

_KEPT_TEXT = 10_000


def read_delimited(
    raw: bytes, source: str, *, name: str, header: bool | None = None, limit: int | None = None, cut: bool = False
) -> RawTable:
    """Which rows does this CSV, TSV or otherwise separated text hold?

    Args:
        raw: the bytes of the file, or its beginning.
        source: what to call it.
        name: the file's name, for its ending.
        header: whether the first row holds names; None looks at the values.
        limit: keep only so many rows.
        cut: the bytes are only the beginning of the file.

    Raises:
        SourceError: there is nothing in it, or it is not text.
    """
    decoded = text.decode(raw, source, cut=cut)
    data, notes = _one_line_end(decoded.data)
    if cut:
        data = data[: data.rfind(b"\n") + 1] or data
    if not data.strip():
        msg = say("{source}: is empty; export it again.", source=source)
        raise SourceError(msg)
    whole = data.endswith(b"\n")
    how = layout.sniff(data, name)
    if how.separator == " ":
        data = re.sub(rb"[ \t]+", b" ", data)
        data = re.sub(rb"(?m)^ | $", b"", data)
    data, above = _below(data if whole else data + b"\n", how)
    first = _first_rows(data, how.separator)
    has_header = layout.is_header(first) if header is None else header
    width, widened = _width(first, has_header=has_header)
    check_columns(source, width)
    body = data[records.first_end(data, how.separator) :] if has_header else data
    rows = _split(body, how.separator, width)
    table = RawTable(source, rows.frame, decoded.encoding, has_header, (*decoded.notes, *notes, *above, *widened))
    names = layout.column_names([*first[0], *[""] * (width - len(first[0]))][:width]) if has_header else None
    return _finish(
        table,
        rows,
        names=names,
        limit=limit,
        cut_off=not whole and not cut,
        tail=body[-_KEPT_TEXT:].rstrip(b"\n").rsplit(b"\n", 1)[-1],
    )


def _one_line_end(data: bytes) -> tuple[bytes, tuple[str, ...]]:
    if b"\r" not in data:
        return data, ()
    windows, bare = data.count(b"\r\n"), data.count(b"\n")
    data = data.replace(b"\r\n", b"\n")
    lone = data.count(b"\r")
    data = data.replace(b"\r", b"\n") if lone else data
    kinds = [k for k, n in (("CR LF", windows), ("LF", bare - windows), ("CR", lone)) if n]
    return data, (stored(later("line ends are mixed ({kinds})"), kinds=", ".join(kinds)),) if len(
        kinds
    ) > 1 and lone else ()


def _below(data: bytes, how: layout.Layout) -> tuple[bytes, tuple[str, ...]]:
    """The text from the first row of the table on, with a note when lines above it were passed over."""
    data = data.lstrip(b"\n")
    passed = []
    for _ in range(how.skip):
        end = records.first_end(data, how.separator)
        line = data[:end].strip().decode("utf-8", errors="replace")
        data = data[end:]
        if line and not line.startswith("sep="):
            passed.append(line[:60])
    data = re.sub(rb"\A(?:[ \t]*\n)+", b"", data)
    return data, (
        stored(later("lines above the table passed over: {n} ({first} …)"), n=len(passed), first=repr(passed[0])),
    ) if passed else ()


def _first_rows(data: bytes, separator: str) -> list[list[str]]:
    sample = data[: 256 * 1024]
    end = records.first_end(data, separator)
    if len(sample) < len(data):
        sample = data[: max(sample.rfind(b"\n") + 1, end)]
    lines = sample.decode("utf-8", errors="replace")
    rows = []
    for cells, line in records.records(lines, separator, 0):
        rows.append(cells if cells is not None else line.split(separator))
        if len(rows) >= 200:  # noqa: PLR2004
            break
    return rows


def _width(first: list[list[str]], *, has_header: bool) -> tuple[int, tuple[str, ...]]:
    """How many columns: as the header says, unless most rows agree on more."""
    widths = [len(row) for row in first]
    body = widths[1:] if has_header else widths
    usual = max(set(body), key=body.count) if body else widths[0]
    if not has_header:
        return usual, ()
    if usual > widths[0] and body.count(usual) > len(body) / 2 and any(row[widths[0] :] for row in first[1:]):
        extra = [cell for row in first[1:] for cell in row[widths[0] :] if cell.strip()]
        if extra:
            return usual, (
                stored(
                    later("the header names {named} of {n} columns; the others are called column_N"),
                    named=widths[0],
                    n=usual,
                ),
            )
    return widths[0], ()


def _split(data: bytes, separator: str, width: int) -> Rows:
    return scan.split_fast(data, separator, width) or records.split_slowly(data, separator, width)


def _finish(
    table: RawTable, rows: Rows, *, names: list[str] | None, limit: int | None, cut_off: bool, tail: bytes
) -> RawTable:
    """Names on the columns, notes on what is odd, a cut-off last line among the bad rows."""
    frame, notes, bad, short = rows.frame, list(table.notes), list(rows.bad), rows.short
    width = frame.width
    if bad:
        notes.append(stored(later("rows that could not be split into {width} columns: {n}"), width=width, n=len(bad)))
    if cut_off and rows.last_short and short <= 1 + frame.height // 100:
        frame, short = frame.head(-1), short - 1
        bad.append((frame.height + len(bad) + 1, tail.decode("utf-8", errors="replace")))
        notes.append(
            stored(
                later("last line has {fields} of {width} fields: the file looks cut off"),
                fields=rows.last_short,
                width=width,
            )
        )
    if short:
        notes.append(
            stored(later("rows with fewer than {width} fields, the missing ones left empty: {n}"), width=width, n=short)
        )
    if names:
        frame = frame.rename(dict(zip(frame.columns, names, strict=True)))
    if not bad:
        frame = _without_blank_end(frame)
    if limit is not None:
        bad = [row for row in bad if row[0] <= limit]
        frame = frame.head(limit - len(bad))
    bad_rows = pl.DataFrame([(n, line[:_KEPT_TEXT]) for n, line in bad], schema=BAD_ROWS_SCHEMA, orient="row")
    return replace(table, frame=frame, notes=tuple(notes), bad_rows=bad_rows)


def _without_blank_end(frame: pl.DataFrame) -> pl.DataFrame:
    """Spreadsheets append rows of nothing but separators."""
    if not frame.height or any(cell is not None for cell in frame.row(-1)):
        return frame
    last = frame.select(pl.any_horizontal(pl.all().is_not_null()).arg_true().max()).item()
    return frame.head(0 if last is None else last + 1)
