"""Unpack .gz and .zip in memory, carefully: sizes are checked before and while unpacking, no name is ever used."""

from __future__ import annotations

import gzip
import io
import lzma
import struct
import zipfile
import zlib
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from loaders.limits import MAX_MEMBERS, check_unpacked
from schema.errors import SourceError
from schema.language import say

if TYPE_CHECKING:
    from collections.abc import Iterator

_STEP = 4 * 1024 * 1024
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    OSError,
    ValueError,
    OverflowError,
    IndexError,
)


@dataclass(frozen=True)
class Member:
    """One file of an archive: its printable name and its content, or only the beginning of it (``cut``)."""

    name: str
    raw: bytes
    cut: bool = False


def gunzip(raw: bytes, source: str, *, first: int | None = None) -> Member:
    """What is in this .gz file?

    Args:
        raw: the packed bytes.
        source: what to call it in messages; the content is called the same without ``.gz``.
        first: unpack only so many bytes.

    Raises:
        SourceError: it is cut off, damaged or a bomb.
    """
    name = source.removesuffix(".gz").removesuffix(".GZ")
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(raw)) as packed:
            content, cut = _read(packed, source, len(raw), first)
    except EOFError as error:
        msg = say("{source}: is cut off: the packed data ends in the middle; copy or download it again.", source=source)
        raise SourceError(msg) from error
    except (gzip.BadGzipFile, zlib.error, OSError) as error:
        msg = say(
            "{source}: the packed data is damaged ({error}); copy or download it again.", source=source, error=error
        )
        raise SourceError(msg) from error
    return Member(name, content, cut)


def is_workbook(raw: bytes) -> bool:
    """Is this zip really a workbook (.xlsx, .xlsm, .xlsb, .ods)?"""
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            names = set(archive.namelist())
    except _DAMAGE:
        return b"xl/workbook" in raw or b"xl/worksheets" in raw
    return "content.xml" in names or any(n.startswith("xl/") for n in names)


def check_zip(raw: bytes, source: str) -> list[zipfile.ZipInfo]:
    """The files that a zip claims to hold, refused if they are too many or too large.

    Raises:
        SourceError: cut off, damaged, or a bomb.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            infos = archive.infolist()
    except _DAMAGE as error:
        msg = say(
            "{source}: is cut off or damaged: the list of files at its end cannot be read ({error}).",
            source=source,
            error=error,
        )
        raise SourceError(msg) from error
    if len(infos) > MAX_MEMBERS:
        msg = say("{source}: holds {n} files; at most {most} are read.", source=source, n=len(infos), most=MAX_MEMBERS)
        raise SourceError(msg)
    check_unpacked(source, len(raw), sum(info.file_size for info in infos))
    return infos


def members(raw: bytes, source: str, *, first: int | None = None) -> Iterator[Member]:
    """Which files does this .zip hold? Sorted by name; folders, hidden and system files are passed over.

    Args:
        raw: the archive's bytes.
        source: what to call it in messages.
        first: unpack only so many bytes of each file.

    Raises:
        SourceError: cut off, damaged, locked with a password, or a bomb.
    """
    infos = [
        info for info in check_zip(raw, source) if info.filename and not info.is_dir() and not _is_hidden(_name(info))
    ]
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        for info in sorted(infos, key=_name):
            label = f"{source}/{_name(info)}"
            if info.flag_bits & 1:
                msg = say(
                    "{label}: is locked with a password; unpack it yourself and load the files in it.", label=label
                )
                raise SourceError(msg)
            try:
                with archive.open(info) as packed:
                    content, cut = _read(packed, label, max(info.compress_size, 1), first)
            except (RuntimeError, NotImplementedError) as error:
                msg = say(
                    "{label}: is packed in a way that cannot be read ({error}); unpack it yourself.",
                    label=label,
                    error=error,
                )
                raise SourceError(msg) from error
            except _DAMAGE as error:
                msg = say(
                    "{label}: is cut off or damaged ({error}); copy or download the archive again.",
                    label=label,
                    error=error,
                )
                raise SourceError(msg) from error
            yield Member(_name(info), content, cut)


def _read(packed: IO[bytes] | gzip.GzipFile, source: str, size: int, first: int | None) -> tuple[bytes, bool]:
    """The content piece by piece, so that a bomb is noticed while it is still small."""
    pieces: list[bytes] = []
    total = 0
    while piece := packed.read(_STEP):
        pieces.append(piece)
        total += len(piece)
        check_unpacked(source, size, total)
        if first is not None and total >= first:
            return b"".join(pieces), bool(packed.read(1))
    return b"".join(pieces), False


def _name(info: zipfile.ZipInfo) -> str:
    """The name for display; Chinese systems write GBK without saying so."""
    name = info.filename
    if not info.flag_bits & 0x800:
        try:
            name = name.encode("cp437").decode("gb18030")
        except UnicodeError:
            name = info.filename
    parts = [part for part in name.replace("\\", "/").split("/") if part not in {"", ".", ".."}]
    return "".join(c if c.isprintable() else "?" for c in "/".join(parts)) or "unnamed"


def _is_hidden(name: str) -> bool:
    return any(part.startswith((".", "__MACOSX")) for part in name.split("/"))
