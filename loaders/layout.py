"""How a text is laid out: its separator, the lines above the table, whether its first row is a header."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass

from loaders.limits import LONGEST_HEADER

_SAMPLE_BYTES = 256 * 1024
_SAMPLE_ROWS = 300
_VALUE = re.compile(r"(?=.*\d)[-+0-9/.:,TZ£$€¥%() ]+")


def is_value(cell: str) -> bool:
    """Is this cell a number, an amount or a date rather than a name?"""
    return bool(_VALUE.fullmatch(cell.strip()))


@dataclass(frozen=True)
class Layout:
    """How a text is split: its separator (``" "`` = any run of blanks), lines above the table, whether quoted."""

    separator: str
    skip: int = 0
    width: int = 1


def sniff(data: bytes, name: str) -> Layout:
    r"""Which separator splits this text into the same number of columns line after line?

    Args:
        data: UTF-8 bytes with ``\n`` line ends.
        name: the file's name; ``.tsv`` settles a tie.
    """
    sample = data[:_SAMPLE_BYTES]
    if len(sample) < len(data):
        sample = sample[: sample.rfind(b"\n") + 1] or sample
    text = sample.decode("utf-8", errors="ignore")
    first = text.split("\n", 1)[0].rstrip("\r")
    if re.fullmatch(r"sep=[;,|\t:^~]", first):
        return Layout(first[-1], 1, 0)
    order = "\t,;|" if name.lower().endswith((".tsv", ".tab")) else ",\t;|"
    best = max(((score, -i, sep) for i, sep in enumerate(order) if (score := _score(text, sep))), default=None)
    if best and best[0][1] >= 0.6:  # noqa: PLR2004
        return Layout(best[2], best[0][3], best[0][2])
    blanks = [line.split() for line in text.split("\n")[:_SAMPLE_ROWS] if line.strip()]
    if _is_blank_separated(blanks):
        return Layout(" ", 0, max(len(row) for row in blanks))
    return Layout(best[2], best[0][3], best[0][2]) if best else Layout(",")


def _score(text: str, separator: str) -> tuple[bool, float, int, int] | None:
    """(do the first and most rows fit, share that fits, width, lines above the table); None if it splits nothing."""
    reader = csv.reader(io.StringIO(text), delimiter=separator)
    rows: list[list[str]] = []
    try:
        for row in reader:
            rows.append(row)
            if len(rows) >= _SAMPLE_ROWS:
                break
    except csv.Error:
        pass
    widths = [len(row) for row in rows if any(cell.strip() for cell in row)]
    wide = [w for w in widths if w > 1]
    if not wide:
        return None
    width = max(set(wide), key=lambda w: (wide.count(w), w))
    skip = _lines_above(rows, width)
    share = widths.count(width) / len(widths)
    return (skip == 0 and widths[0] == width and share >= 0.5, share, width, skip)  # noqa: PLR2004


def _lines_above(rows: list[list[str]], width: int) -> int:
    """Title and comment lines above the table: of one cell (or starting with #) where the table has several."""
    for i, row in enumerate(rows[:20]):
        cells = [cell for cell in row if cell.strip()]
        if cells and not cells[0].lstrip().startswith("#") and (len(cells) > 1 or width == 2):  # noqa: PLR2004
            return i
    return 0


def _is_blank_separated(rows: list[list[str]]) -> bool:
    """Columns of values with blanks between: the same count on every line, mostly numbers and dates."""
    if not rows or max(len(row) for row in rows) < 2:  # noqa: PLR2004
        return False
    widths = [len(row) for row in rows]
    width = max(set(widths), key=widths.count)
    fits = [row for row in rows if len(row) == width]
    values = sum(is_value(cell) for row in fits for cell in row)
    return width > 1 and len(fits) >= 0.95 * len(rows) and values >= 0.5 * width * len(fits)


def is_header(rows: list[list[str]]) -> bool:
    """Is the first row a header? Not if columns of numbers and dates already hold one in it.

    Args:
        rows: the first rows, split.
    """
    if not rows:
        return True
    first = [cell.strip() for cell in rows[0]]
    body = rows[1:]
    if not any(first):
        return True
    typed = 0
    already = 0
    for i, cell in enumerate(first):
        below = [row[i] for row in body if i < len(row) and row[i].strip()]
        if below and sum(map(is_value, below)) >= 0.8 * len(below):
            typed += 1
            already += is_value(cell)
    if typed:
        return already < typed / 2
    return not all(is_value(cell) for cell in first if cell)


def column_names(cells: list[str]) -> list[str]:
    """Header cells as unique names: blanks stripped, long ones cut, empty ones ``column_N``, repeated ones ``_2``, ``_3``."""
    taken: set[str] = set()
    names = []
    for i, cell in enumerate(cells, start=1):
        bare = cell[:LONGEST_HEADER].replace("\ufeff", "").replace("\u200b", "")
        base = re.sub(r"\s+", " ", bare).strip() or f"column_{i}"
        if base == "*" or (base.startswith("^") and base.endswith("$")):
            base = f"{base}_"  # Polars reads such a name as a pattern of names
        name, n = base, 1
        while name in taken:
            n += 1
            name = f"{base}_{n}"
        taken.add(name)
        names.append(name)
    return names
