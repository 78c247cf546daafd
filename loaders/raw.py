"""Read any supported file into raw tables: the one door through which foreign files come in."""

from __future__ import annotations

import os
import stat
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from loaders import archives, nested
from loaders.columnar import read_parquet
from loaders.formats import HEAD_BYTES, kind_of, refusal
from loaders.limits import MAX_MEMBERS, READS, check_unpacked
from loaders.sheets import read_workbook
from loaders.split import read_delimited
from loaders.table import RawTable
from schema.errors import SourceError
from schema.language import later, say
from schema.stored import stored

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["RawTable", "list_files", "read_tables"]

_PREVIEW_BYTES = 4 * 1024 * 1024
_OTHER_FILES = (".pdf", ".md", ".html", ".htm", ".png", ".jpg", ".jpeg", ".gif", ".svg", ".docx", ".doc", ".toml")


def read_tables(
    path: Path, *, name: str = "", header: bool | None = None, sheet: str = "", limit: int | None = None
) -> list[RawTable]:
    """Which tables does this file or folder hold?

    The first bytes decide on the format, then the name. Folders are read recursively in the order of names; files
    with the same columns stay tables of their own. Documents and pictures in folders and archives are passed over
    with a note on the first table; a damaged data file is an error.

    Args:
        path: a file or a folder.
        name: the original name of the file, when it lies here under another one.
        header: whether first rows hold names; None looks at the values.
        sheet: of workbooks, read only this sheet.
        limit: only so many rows of each table, quickly, for a preview.

    Raises:
        SourceError: it does not exist, is empty, damaged, cut off, too large or of another kind; says which.
    """
    reader = _Reader(header, sheet, limit)
    source = name or path.name
    if "\0" in str(path):
        msg = say("{source}: is no name of a file: it holds a null character.", source=repr(source))
        raise SourceError(msg)
    try:
        if path.is_dir():
            return reader.folder(path, source)
        if not stat.S_ISREG(path.stat().st_mode):
            msg = say(
                "{source}: is a pipe, a socket or a device, not a file; copy what it gives into a file.", source=source
            )
            raise SourceError(msg)
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
        return reader.file(path, head, source)
    except OSError as error:
        msg = say("{source}: cannot be read ({reason}).", source=source, reason=error.strerror or error)
        raise SourceError(msg) from error


def list_files(folder: Path) -> list[Path]:
    """The files of a folder and its folders in the order of their names, hidden ones and links left out."""
    found = []
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(d for d in folders if not d.startswith((".", "__MACOSX")))
        found += [Path(parent, n) for n in names if not n.startswith((".", "~$"))]
    return sorted(p for p in found if p.is_file() and not p.is_symlink())


class _Reader:
    """One request: the same options for every file in it."""

    def __init__(self, header: bool | None, sheet: str, limit: int | None) -> None:  # noqa: FBT001
        self.header = header
        self.sheet = sheet
        self.limit = limit
        self.first = None if limit is None else max(_PREVIEW_BYTES, limit * 1024)

    def folder(self, path: Path, source: str) -> list[RawTable]:
        """Every file of a folder."""
        files = list_files(path)
        if not files:
            msg = say("{source}: the folder holds no files; Catchlight reads {reads}.", source=source, reads=READS)
            raise SourceError(msg)
        if len(files) > MAX_MEMBERS:
            msg = say(
                "{source}: holds {n} files; at most {most} are read at once.",
                source=source,
                n=len(files),
                most=MAX_MEMBERS,
            )
            raise SourceError(msg)

        def each() -> Iterator[tuple[str, bytes, Callable[[], list[RawTable]]]]:
            for file in files:
                with file.open("rb") as opened:
                    head = opened.read(HEAD_BYTES)
                label = file.relative_to(path).as_posix()
                yield label, head, lambda file=file, head=head, label=label: self.file(file, head, label)  # type: ignore[misc]

        return _all(source, each())

    def file(self, path: Path, head: bytes, source: str) -> list[RawTable]:
        """One file on the disk, of which a preview reads only the beginning."""
        if not head:
            msg = say("{source}: is empty (0 bytes); export it again.", source=source)
            raise SourceError(msg)
        kind = kind_of(head, source, source)
        if kind == "parquet":
            return [read_parquet(path, source, limit=self.limit)]
        size = path.stat().st_size
        check_unpacked(source, size, size)
        if (
            self.first is not None
            and size > self.first
            and (kind == "text" or (kind == "json" and nested.is_lines(head)))
        ):
            with path.open("rb") as file:
                return self.content(archives.Member(source, file.read(self.first), cut=True), source)
        return self.content(archives.Member(source, path.read_bytes()), source)

    def content(self, member: archives.Member, source: str, *, inside: bool = False) -> list[RawTable]:
        """The bytes of one file, whole or its beginning."""
        raw = member.raw
        if not raw:
            msg = say("{source}: is empty (0 bytes); export it again.", source=source)
            raise SourceError(msg)
        kind = kind_of(raw[:HEAD_BYTES], source, member.name)
        if kind == "zip" and archives.is_workbook(raw):
            kind = "workbook"
        if kind in {"zip", "gzip"}:
            if inside:
                msg = say(
                    "{source}: is an archive within an archive; unpack the outer one and load the inner one.",
                    source=source,
                )
                raise SourceError(msg)
            return self._unpacked(raw, source, kind)
        if kind == "workbook":
            return read_workbook(raw, source, header=self.header, sheet=self.sheet, limit=self.limit)
        if kind == "parquet":
            return [read_parquet(raw, source, limit=self.limit)]
        if kind == "json":
            return nested.read_json(raw, source, limit=self.limit, cut=member.cut)
        return [read_delimited(raw, source, name=member.name, header=self.header, limit=self.limit, cut=member.cut)]

    def _unpacked(self, raw: bytes, source: str, kind: str) -> list[RawTable]:
        if kind == "gzip":
            member = archives.gunzip(raw, source, first=self.first)
            if member.cut and not self._is_cuttable(member):
                member = archives.gunzip(raw, source)
            return self.content(member, source, inside=True)

        def each() -> Iterator[tuple[str, bytes, Callable[[], list[RawTable]]]]:
            for member in archives.members(raw, source):
                label = f"{source}/{member.name}"
                yield (
                    label,
                    member.raw[:HEAD_BYTES],
                    lambda member=member, label=label: self.content(member, label, inside=True),  # type: ignore[misc]
                )

        return _all(source, each())

    def _is_cuttable(self, member: archives.Member) -> bool:
        head = member.raw[:HEAD_BYTES]
        kind = kind_of(head, member.name, member.name)
        return kind == "text" or (kind == "json" and nested.is_lines(head))


def _all(source: str, files: Iterator[tuple[str, bytes, Callable[[], list[RawTable]]]]) -> list[RawTable]:
    """The tables of many files; documents among them are passed over with a note on the first table."""
    tables: list[RawTable] = []
    passed: list[str] = []
    for label, head, read in files:
        if refusal(head) or label.lower().endswith(_OTHER_FILES) or label.lower().endswith(("readme.txt", "license")):
            passed.append(label)
        else:
            tables += read()
    if not tables:
        msg = (
            say(
                "{source}: holds only {files}; Catchlight reads {reads}.",
                source=source, files=", ".join(passed[:5]), reads=READS,
            )
            if passed
            else say("{source}: holds no files; Catchlight reads {reads}.", source=source, reads=READS)
        )  # fmt: skip
        raise SourceError(msg)
    if passed:
        note = stored(later("not read, since they are documents: {files}"), files=", ".join(passed[:20]))
        tables[0] = replace(tables[0], notes=(*tables[0].notes, note))
    return tables
