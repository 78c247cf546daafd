"""Damaged files by the hundred: each ends in tables or in a clear message, quickly."""

from __future__ import annotations

import gzip
import io
import json
import random
import time
import zipfile

import polars as pl
import pytest
import xlsxwriter
import xlwt

from loaders.child import run_in_child, stop_children
from loaders.raw import read_tables
from schema.errors import CatchlightError

ENDINGS = ("csv", "tsv", "txt", "json", "ndjson", "parquet", "xlsx", "xls", "gz", "zip", "dat")
SECONDS = 2.0


def sound_files() -> dict[str, bytes]:
    """One good file of each kind."""
    rows = [
        {"id": f"{i:05d}", "customer": f"C{i % 7}", "paid_at": f"2024-01-{i % 28 + 1:02d} 10:00:00", "city": "上海"}
        for i in range(60)
    ]
    frame = pl.DataFrame(rows).with_columns(amount=pl.Series([i / 4 for i in range(60)]))
    text = frame.write_csv(quote_style="always")
    out: dict[str, bytes] = {
        "csv": text.encode(),
        "tsv": frame.write_csv(separator="\t", include_bom=True).encode(),
        "txt": "".join(f" {i:05d} 1997{i:04d}  {i}   {i}.50\r\n" for i in range(60)).encode(),
        "dat": text.encode("gb18030"),
        "json": json.dumps({"data": rows}).encode(),
        "ndjson": "\n".join(map(json.dumps, rows)).encode(),
        "gz": gzip.compress(text.encode("utf-16")),
    }
    parquet, book, zipped, old = io.BytesIO(), io.BytesIO(), io.BytesIO(), io.BytesIO()
    frame.with_columns(tags=pl.lit([["a", "b"]]).list.first()).write_parquet(parquet)
    with xlsxwriter.Workbook(book) as workbook:
        for name in ("orders", "stores"):
            sheet = workbook.add_worksheet(name)
            for i, row in enumerate(frame.iter_rows()):
                sheet.write_row(i, 0, row)
    xls = xlwt.Workbook()
    sheet = xls.add_sheet("orders")
    for i, row in enumerate(frame.iter_rows()):
        for j, cell in enumerate(row):
            sheet.write(i, j, cell)
    xls.save(old)
    with zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.csv", text)
        archive.writestr("b.json", out["json"])
    return out | {
        "parquet": parquet.getvalue(),
        "xlsx": book.getvalue(),
        "zip": zipped.getvalue(),
        "xls": old.getvalue(),
    }


def cut(data: bytes, rng: random.Random) -> bytes:
    return data[: rng.randrange(len(data) + 1)]


def flip(data: bytes, rng: random.Random) -> bytes:
    damaged = bytearray(data)
    for _ in range(rng.choice((1, 3, 30))):
        damaged[rng.randrange(len(damaged))] ^= 1 << rng.randrange(8)
    return bytes(damaged)


def insert_nul(data: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(len(data))
    return data[:at] + b"\0" * rng.choice((1, 2, 500)) + data[at:]


def insert_huge(data: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(len(data))
    return data[:at] + rng.choice((b"x", b'"', b",", b"\n", b"[", b"{", b"9", b" ")) * 300_000 + data[at:]


def drop_middle(data: bytes, rng: random.Random) -> bytes:
    a, b = sorted(rng.randrange(len(data)) for _ in range(2))
    return data[:a] + data[b:]


def shuffle_blocks(data: bytes, rng: random.Random) -> bytes:
    size = rng.choice((7, 64, 512))
    blocks = [data[i : i + size] for i in range(0, len(data), size)]
    rng.shuffle(blocks)
    return b"".join(blocks)


def recode(data: bytes, rng: random.Random) -> bytes:
    return data.decode("latin-1").encode(rng.choice(("utf-16", "utf-16-be", "utf-32", "utf-7", "utf-8")))


def noise(data: bytes, rng: random.Random) -> bytes:
    return data[: rng.choice((0, 4, 8, 100))] + rng.randbytes(rng.choice((0, 1, 50, 5000)))


DAMAGES = (cut, flip, insert_nul, insert_huge, drop_middle, shuffle_blocks, recode, noise)


def damaged_files(count: int, seed: int):
    """Endless variety, the same each time: (name, what was done, bytes)."""
    rng = random.Random(seed)  # noqa: S311
    sound = sound_files()
    for i in range(count):
        kind = rng.choice(list(sound))
        data = sound[kind]
        done = []
        for _ in range(rng.choice((1, 1, 2))):
            damage = rng.choice(DAMAGES)
            data = damage(data or b"\0", rng)
            done.append(damage.__name__)
        ending = kind if rng.random() < 0.7 else rng.choice(ENDINGS)
        yield f"f{i}.{ending}", f"{kind}: {' + '.join(done)}", data


def test_the_sound_files_are_sound(tmp_path):
    for ending, data in sound_files().items():
        path = tmp_path / f"f.{ending}"
        path.write_bytes(data)
        tables = read_tables(path)
        assert {t.frame.height for t in tables} <= {59, 60}, ending
        assert all(not t.bad_rows.height and t.frame.width >= 4 for t in tables), ending


@pytest.mark.parametrize("seed", range(4))
def test_a_damaged_file_ends_in_tables_or_a_message(tmp_path, seed):
    for name, done, data in damaged_files(100, seed):
        path = tmp_path / name
        path.write_bytes(data)
        start = time.perf_counter()
        try:
            if data.startswith(b"\xd0\xcf"):  # a broken .xls may claim more memory than there is, which ends a process
                run_in_child("peek", {"path": str(path)}, seconds=30)
                continue
            tables = read_tables(path)
        except CatchlightError as error:
            tables, message = [], str(error)
        else:
            message = name if tables else ""
        assert message.startswith(name), (done, message)
        for table in tables:
            assert table.row_numbers.len() == table.frame.height, (name, done)
        assert time.perf_counter() - start < SECONDS, (name, done)


@pytest.mark.long
def test_ten_thousand_damaged_files_never_stop_the_child(tmp_path):
    slowest = 0.0
    for name, done, data in damaged_files(10_000, 99):
        path = tmp_path / name
        path.write_bytes(data)
        start = time.perf_counter()
        message = name
        try:
            run_in_child("peek", {"path": str(path)}, seconds=30)
        except CatchlightError as error:
            message = str(error)
        assert message.startswith(name), (done, message)
        assert "could not be read to its end" not in message, (name, done, message)
        slowest = max(slowest, time.perf_counter() - start)
        path.unlink()
    stop_children()
    assert slowest < SECONDS
