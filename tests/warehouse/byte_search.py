"""Looks for a text in every file below a folder, however the file keeps it."""

import hashlib
import sqlite3
import zipfile
import zlib

import polars as pl


def forms(text):
    """The bytes a text could lie there as: UTF-8, UTF-16, and plain hashes of it, as hexadecimal digits and raw."""
    plain = [text.encode(), text.encode("utf-16-le"), text.encode("utf-16-be")]
    digests = [hashlib.new(name, text.encode()) for name in ("md5", "sha1", "sha256")]
    return plain + [form for d in digests for form in (d.hexdigest().encode(), d.digest())]


def contents(path):
    """What a file holds: its bytes, and what they are unpacked."""
    raw = path.read_bytes()
    yield raw
    if raw[:4] == b"PAR1":
        yield "\n".join(str(row) for row in pl.read_parquet(path).rows()).encode()
    elif raw[:2] == b"\x1f\x8b":
        yield zlib.decompress(raw, 31)
    elif raw[:4] == b"PK\x03\x04":
        with zipfile.ZipFile(path) as archive:
            yield from (archive.read(name) for name in archive.namelist())
    elif raw[:15] == b"SQLite format 3":
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as database:
            yield "\n".join(database.iterdump()).encode()


def files_with(folder, text):
    """The files in which a text can be found."""
    wanted = forms(text)
    files = sorted(p for p in folder.rglob("*") if p.is_file())
    there = [path for path in files if any(form in content for content in contents(path) for form in wanted)]
    return [path.relative_to(folder).as_posix() for path in there]
