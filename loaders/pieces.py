"""Cut a long file at the ends of its records, so that each piece is read like a file of its own."""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from loaders.child import run_in_child
from loaders.formats import HEAD_BYTES, kind_of
from loaders.nested import is_lines

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import IO

_BLOCK: Final = 4 * 1024 * 1024
_LONGEST_RECORD: Final = 64 * 1024 * 1024
_WIDE: Final = (b"\xff\xfe", b"\xfe\xff")
_ROW_BYTES: Final = 100
"""About so many bytes of text a row of Parquet would be: an event with its id and its instant."""

_UNPACKED: Final = {b"\x1f\x8b": 5, b"PAR1": 8}
"""How packed files begin, and about how many times as large they would be as text."""


@dataclass(frozen=True)
class Piece:
    """A part of a file, as a file.

    Attributes:
        path: where it lies; of text its first line is the header of the whole, if that has one.
        number: 0 is the first.
        read: the bytes of the file (as it lies) that were read when it was cut off.
    """

    path: Path
    number: int
    read: int


def can_be_cut(path: Path, name: str) -> bool:
    """Whether a file is Parquet, or text with a record a line: CSV, TSV or lines of JSON, packed with gzip or not."""
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    if kind_of(head, name, name) == "parquet":
        return True
    if kind_of(head, name, name) == "gzip":
        with gzip.open(path, "rb") as file:
            head = file.read(HEAD_BYTES)
        name = name.removesuffix(".gz")
    kind = kind_of(head, name, name)
    return (kind == "text" and not head.startswith(_WIDE) and b"\0" not in head) or (kind == "json" and is_lines(head))


def text_bytes(path: Path) -> int:
    """About how many bytes a file would be as text: what packed files take in memory."""
    with path.open("rb") as file:
        head = file.read(4)
    return path.stat().st_size * next((times for begin, times in _UNPACKED.items() if head.startswith(begin)), 1)


def pieces(path: Path, name: str, folder: Path, size: int, *, header: bool = True) -> Iterator[Piece]:
    """The pieces of a file, each written when it is asked for and to be deleted by whoever asked.

    A piece of text ends where a line ends outside quotes. A file whose quotes never close becomes one last piece.
    Parquet is cut after so many rows, in a child process, as nobody vouches for what it says of itself.

    Args:
        path: the file.
        name: what it is called; its ending matters.
        folder: where pieces are written.
        size: roughly how many bytes of text a piece has.
        header: whether the first line names the columns (lines of JSON never have one).
    """
    with path.open("rb") as raw:
        kind = kind_of(raw.read(HEAD_BYTES), name, name)
        if kind == "parquet":
            yield from _stretches(path, name, folder, max(1, size // _ROW_BYTES))
            return
        packed = kind == "gzip"
        raw.seek(0)
        text: IO[bytes] = gzip.GzipFile(fileobj=raw) if packed else raw  # type: ignore[assignment]
        first = text.readline(_LONGEST_RECORD) if header and not _is_json(name) else b""
        while first.count(b'"') % 2 and (more := text.readline(_LONGEST_RECORD)):
            first += more
        number = 0
        while True:
            piece = folder / f"piece-{number:05d}"
            if not _write_piece(text, piece, first, size):
                piece.unlink(missing_ok=True)
                return
            yield Piece(piece, number, raw.tell())
            number += 1


def _stretches(path: Path, name: str, folder: Path, rows: int) -> Iterator[Piece]:
    """A Parquet file's rows, so many at a time; one without rows is one piece."""
    start, number, of = 0, 0, 1
    while start < of:
        piece = folder / f"piece-{number:05d}"
        asked = {"path": str(path), "name": name, "out": str(piece), "start": start, "rows": rows}
        told = run_in_child("cut", asked)
        start, of = start + told["rows"], told["of"]
        yield Piece(piece, number, path.stat().st_size * start // max(of, 1))
        number += 1


def _is_json(name: str) -> bool:
    return name.removesuffix(".gz").lower().endswith((".json", ".jsonl", ".ndjson"))


def _write_piece(text: IO[bytes], piece: Path, first: bytes, size: int) -> bool:
    """Copy about ``size`` bytes up to the end of a record; False when nothing was left."""
    written = quotes = 0
    with piece.open("wb") as out:
        out.write(first)
        while written < size and (block := text.read(min(_BLOCK, size - written))):
            out.write(block)
            written += len(block)
            quotes += block.count(b'"')
        while written and (line := text.readline(_LONGEST_RECORD)):
            out.write(line)
            quotes += line.count(b'"')
            if quotes % 2 == 0 and line.endswith(b"\n"):
                break
    return written > 0
