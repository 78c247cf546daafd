"""Cut a long text file at the ends of its records, so that each piece is read like a file of its own."""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from loaders.formats import HEAD_BYTES, kind_of
from loaders.nested import is_lines

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import IO

_BLOCK: Final = 4 * 1024 * 1024
_LONGEST_RECORD: Final = 64 * 1024 * 1024
_WIDE: Final = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True)
class Piece:
    """A part of a file, as a file.

    Attributes:
        path: where it lies; its first line is the header of the whole, if that has one.
        number: 0 is the first.
        read: the bytes of the file (as it lies) that were read when it was cut off.
    """

    path: Path
    number: int
    read: int


def can_be_cut(path: Path, name: str) -> bool:
    """Whether a file is text with a record a line: CSV, TSV or lines of JSON, packed with gzip or not."""
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    if kind_of(head, name, name) == "gzip":
        with gzip.open(path, "rb") as file:
            head = file.read(HEAD_BYTES)
        name = name.removesuffix(".gz")
    kind = kind_of(head, name, name)
    return (kind == "text" and not head.startswith(_WIDE) and b"\0" not in head) or (kind == "json" and is_lines(head))


def pieces(path: Path, name: str, folder: Path, size: int, *, header: bool = True) -> Iterator[Piece]:
    """The pieces of a text file, each written when it is asked for and to be deleted by whoever asked.

    A piece ends where a line ends outside quotes. A file whose quotes never close becomes one last piece.

    Args:
        path: the file.
        name: what it is called; its ending matters.
        folder: where pieces are written.
        size: roughly how many bytes of text a piece has.
        header: whether the first line names the columns (lines of JSON never have one).
    """
    with path.open("rb") as raw:
        packed = kind_of(raw.read(HEAD_BYTES), name, name) == "gzip"
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
