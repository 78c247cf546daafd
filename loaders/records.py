"""The total way to split text: record by record, so that one broken quote costs one row and not the rest."""

from __future__ import annotations

import csv
import io
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Iterator

csv.field_size_limit(sys.maxsize)

_MAX_LINES_IN_A_CELL = 200


@dataclass
class Rows:
    """What was split: a frame of ``column_1`` … and the rows that do not fit."""

    frame: pl.DataFrame
    bad: list[tuple[int, str]] = field(default_factory=list)
    short: int = 0
    last_short: int = 0


def split_slowly(data: bytes, separator: str, width: int) -> Rows:
    """Row by row, so that one broken quote costs one row and not the rest of the file."""
    good: list[list[str | None]] = []
    parts: list[pl.DataFrame] = []
    bad: list[tuple[int, str]] = []
    number = short = last = 0
    for cells, line in records(data.decode("utf-8", errors="replace"), separator, width):
        number += 1
        if cells is None:
            bad.append((number, line))
            last = 0
            continue
        last = len(cells) if len(cells) < width else 0
        short += len(cells) < width
        good.append([*[cell or None for cell in cells[:width]], *[None] * (width - len(cells))])
        if len(good) >= 100_000:  # noqa: PLR2004
            parts.append(_frame(good, width))
            good = []
    parts.append(_frame(good, width))
    return Rows(pl.concat(parts), bad, short, last)


def first_end(data: bytes, separator: str) -> int:
    """Where the first record ends, its line end included; line ends within quotes do not count."""
    end = data.find(b"\n") + 1
    if end == 0 or b'"' not in data[:end]:
        return end or len(data)
    ends = [end]
    while len(ends) < _MAX_LINES_IN_A_CELL and (end := data.find(b"\n", end) + 1):
        ends.append(end)
    lines = data[: ends[-1]].decode("utf-8", errors="replace").split("\n")[: len(ends)]
    return ends[_quoted(lines, 0, separator, 0)[1] - 1]


def _frame(rows: list[list[str | None]], width: int) -> pl.DataFrame:
    schema = {f"column_{i}": pl.String for i in range(1, width + 1)}
    return pl.DataFrame(rows, schema=schema, orient="row") if rows else pl.DataFrame(schema=schema)


def records(lines: str, separator: str, width: int) -> Iterator[tuple[list[str] | None, str]]:
    """Every record with its text, cells None if it has more than ``width`` (0 = any) or a quote never closes."""
    queue = lines.split("\n")
    i = 0
    while i < len(queue):
        line = queue[i]
        if not line.strip("\r\n \f\x1a"):
            i += 1
            continue
        if '"' not in line:
            yield _fit(line.split(separator), width), line
            i += 1
            continue
        cells, used = _quoted(queue, i, separator, width)
        yield cells, "\n".join(queue[i : i + used])
        i += used


def _quoted(queue: list[str], i: int, separator: str, width: int) -> tuple[list[str] | None, int]:
    """The record that starts on this line, over as many lines as its quotes need; one line if they never close."""
    quotes = 0
    for j in range(i, min(i + _MAX_LINES_IN_A_CELL, len(queue))):
        quotes += queue[j].count('"')
        if quotes % 2 == 0:
            record = "\n".join(queue[i : j + 1])
            cells = _parse(record, separator)
            fits = cells is not None and (not width or len(cells) == width)
            if j == i or fits:
                return (_fit(cells, width) if cells is not None else None), j - i + 1
            break
    loose = queue[i].split(separator)
    if width and len(loose) == width:
        return [cell.strip() for cell in loose], 1
    return None, 1


def _parse(record: str, separator: str) -> list[str] | None:
    for blanks in (False, True):
        try:
            rows = list(csv.reader(io.StringIO(record), delimiter=separator, strict=True, skipinitialspace=blanks))
        except csv.Error:
            continue
        if len(rows) == 1 and not (not blanks and any(cell.startswith(' "') for cell in rows[0])):
            return rows[0]
    rows = list(csv.reader(io.StringIO(record), delimiter=separator))
    return rows[0] if len(rows) == 1 else None


def _fit(cells: list[str], width: int) -> list[str] | None:
    if width and len(cells) > width:
        return None if any(cell.strip() for cell in cells[width:]) else cells[:width]
    return cells
