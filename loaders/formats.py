"""What kind of file is this? Its first bytes decide, then its name."""

from __future__ import annotations

from typing import Final, Literal

from loaders.limits import READS
from schema.errors import SourceError
from schema.language import later, say

Kind = Literal["text", "json", "parquet", "gzip", "zip", "workbook"]

HEAD_BYTES: Final = 4096
"""How many first bytes ``kind_of`` wants to see."""

_MAGIC: Final[tuple[tuple[bytes, str], ...]] = (
    (b"%PDF", later("a PDF")),
    (b"\x89PNG\r\n", later("an image (PNG)")),
    (b"\xff\xd8\xff", later("an image (JPEG)")),
    (b"GIF87a", later("an image (GIF)")),
    (b"GIF89a", later("an image (GIF)")),
    (b"II*\x00", later("an image (TIFF)")),
    (b"MM\x00*", later("an image (TIFF)")),
    (b"RIFF", later("an image, sound or film")),
    (b"\x7fELF", later("a program")),
    (b"\xcf\xfa\xed\xfe", later("a program")),
    (b"\xca\xfe\xba\xbe", later("a program")),
    (b"#!", later("a script")),
    (b"7z\xbc\xaf\x27\x1c", later("a 7z archive; unpack it first")),
    (b"Rar!\x1a\x07", later("a RAR archive; unpack it first")),
    (b"\xfd7zXZ\x00", later("an xz archive; unpack it first")),
    (b"BZh91AY&SY", later("a bzip2 archive; unpack it first")),
    (b"\x28\xb5\x2f\xfd", later("a Zstandard archive; unpack it first")),
    (b"SQLite format 3\x00", later("an SQLite database; name it as sqlite:///path with a query")),
    (b"{\\rtf", later("a text document (RTF)")),
    (b"Obj\x01", later("Avro; save it as Parquet")),
    (b"ARROW1", later("Feather; save it as Parquet")),
    (b"ORC", later("ORC; save it as Parquet")),
)
_MARKUP: Final = (
    (b"<!doctype html", later("a web page (HTML)")),
    (b"<html", later("a web page (HTML)")),
    (b"<table", later("a web page (HTML)")),
    (b"<head", later("a web page (HTML)")),
    (b"<meta", later("a web page (HTML)")),
    (b"<?xml", "XML"),
    (b"<svg", later("an image (SVG)")),
)
_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP: Final = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_BOOKS: Final = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")
_JSON: Final = (".json", ".ndjson", ".jsonl")


def refusal(head: bytes) -> str:
    """Why this is no table at all: ``a PDF``, ``a program`` …; empty if it may be one."""
    for magic, what in _MAGIC:
        if head.startswith(magic) and not (magic == b"ORC" and head[3:4].isalnum()):
            return what
    if head.startswith(b"MZ") and b"\0" in head[:64]:
        return later("a program")
    if head.startswith(b"BM") and b"\0" in head[:32]:
        return later("an image (BMP)")
    if head[257:262] == b"ustar":
        return later("a tar archive; unpack it first")
    if head[4:8] == b"ftyp":
        return later("a film or photograph")
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:20].lower()
    return next((what for magic, what in _MARKUP if start.startswith(magic)), "")


def kind_of(head: bytes, source: str, name: str) -> Kind:
    """Which reader does this file need?

    Args:
        head: its first ``HEAD_BYTES`` bytes.
        source: what to call it in the message.
        name: its name, which decides when the bytes do not.

    Raises:
        SourceError: it is a PDF, an image, a program … or not what its name says.
    """
    if what := refusal(head):
        msg = say("{source}: is {what}; Catchlight reads {reads}.", source=source, what=say(what), reads=READS)
        if "HTML" in what:
            msg = f"{msg} {say('Open it in a spreadsheet program and save it as XLSX or CSV.')}"
        raise SourceError(msg)
    if head.startswith(b"PAR1"):
        return "parquet"
    if head.startswith(b"\x1f\x8b"):
        return "gzip"
    if head.startswith(_ZIP):
        return "zip"
    if head.startswith(_OLE):
        return "workbook"
    return _by_name(head, source, name.lower())


def _by_name(head: bytes, source: str, name: str) -> Kind:
    binary = b"\0" in head[:512] and not head.startswith((b"\xff\xfe", b"\xfe\xff"))
    if name.endswith(".parquet") or (binary and name.endswith((".gz", ".zip", *_BOOKS))):
        msg = say(
            "{source}: is not {kind} although its name says so; copy or export it again.",
            source=source,
            kind=name.rsplit(".", 1)[-1],
        )
        raise SourceError(msg)
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if name.endswith(_JSON):
        return "json"
    if start[:1] in {b"{", b"["} and start[1:].lstrip()[:1] in {b'"', b"{", b"[", b"}", b"]"}:
        return "json"
    return "text"
