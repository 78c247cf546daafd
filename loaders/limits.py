"""How large foreign files may be, and the words in which they are refused."""

from __future__ import annotations

from schema.errors import SourceError
from schema.language import from_python, say
from schema.settings import MAX_UNPACK_RATIO, MAX_UNPACKED_BYTES

MAX_COLUMNS = 4096
"""A header wider than this is taken for damage or an attack: no shop export comes near."""

LONGEST_HEADER = 200
"""Letters of a column's name that count: a file without separators is one long name."""

MAX_MEMBERS = 10_000
"""How many files an archive or a folder may hold."""

MAX_SHEETS = 200
"""How many sheets a workbook may hold: each is read several times."""

RATIO_FREE_BYTES = 64 * 1024 * 1024
"""Below this size the packing ratio does not matter: small files of blanks pack very well."""

READS = "CSV, TSV, Parquet, JSON, XLSX, XLS, .gz, .zip"


def size_text(count: int) -> str:
    """A byte count as people write it: ``8.0 GiB``."""
    size = float(count)
    for unit in ("bytes", "KiB", "MiB", "GiB"):
        if size < 1024:  # noqa: PLR2004
            return say("{n} bytes", n=f"{size:.0f}") if unit == "bytes" else from_python(f"{size:.1f} {unit}")
        size /= 1024
    return from_python(f"{size:.1f} TiB")


def check_unpacked(source: str, packed: int, unpacked: int) -> None:
    """Refuse an archive that unpacks to too much.

    Args:
        source: what to call it in the message.
        packed: its size in bytes as it lies on the disk.
        unpacked: its size (or the size reached so far) in bytes when unpacked.

    Raises:
        SourceError: beyond ``MAX_UNPACKED_BYTES``, or a packing ratio that only bombs have.
    """
    if unpacked > MAX_UNPACKED_BYTES:
        msg = say(
            "{source}: unpacks to more than {most}; split it into smaller files.",
            source=source,
            most=size_text(MAX_UNPACKED_BYTES),
        )
        raise SourceError(msg)
    if unpacked > RATIO_FREE_BYTES and unpacked > MAX_UNPACK_RATIO * max(packed, 1):
        msg = say(
            "{source}: unpacks to more than {times} times its size ({packed}); such a file is refused. If it is genuine, unpack it yourself and load the files in it.",
            source=source,
            times=MAX_UNPACK_RATIO,
            packed=size_text(packed),
        )
        raise SourceError(msg)


def check_columns(source: str, count: int) -> None:
    """Refuse a table of more columns than any shop export has.

    Raises:
        SourceError: more than ``MAX_COLUMNS`` columns.
    """
    if count > MAX_COLUMNS:
        msg = say(
            "{source}: has {count} columns; Catchlight reads at most {most}. Is it damaged?",
            source=source,
            count=count,
            most=MAX_COLUMNS,
        )
        raise SourceError(msg)


def check_claimed(source: str, rows: int, columns: int) -> None:
    """Refuse a table whose claimed size cannot fit, before a single value is read.

    Args:
        source: what to call it in the message.
        rows: the number of rows that the file claims.
        columns: its number of columns; each value is counted as 8 bytes.

    Raises:
        SourceError: rows × columns × 8 bytes is beyond ``MAX_UNPACKED_BYTES``.
    """
    if rows * columns * 8 > MAX_UNPACKED_BYTES:
        msg = say(
            "{source}: claims {rows} rows of {columns} columns, more than {most} in memory; split it into smaller files.",
            source=source,
            rows=rows,
            columns=columns,
            most=size_text(MAX_UNPACKED_BYTES),
        )
        raise SourceError(msg)
