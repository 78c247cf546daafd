"""Files that mean harm: each ends in rows or in a message that names it; nothing is written, and the next file is read."""

from __future__ import annotations

import json
import os
import resource
import socket
import sqlite3
import time
from typing import TYPE_CHECKING

import pytest

from loaders.child import run_in_child, stop_children
from loaders.load import Defaults, load_file
from loaders.raw import read_tables
from schema.errors import SourceError
from tests.hostile.files import TEXT, hostile_files
from tests.hostile.strings import ALL
from warehouse.sources import files_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SECONDS = 30
GIB = 1 << 30
FILES = hostile_files()
REFUSED = {
    "nested.zip": "is an archive within an archive; unpack the outer one and load the inner one",
    "forty-two.zip": "is an archive within an archive",
    "overlap-refused.zip": "unpacks to more than 200 times its size",
    "overlap-huge.zip": "unpacks to more than 8.0 GiB; split it into smaller files",
    "ratio.zip": "unpacks to more than 200 times its size",
    "ratio-bzip2.zip": "unpacks to more than 200 times its size",
    "ratio-lzma.zip": "unpacks to more than 200 times its size",
    "entries.zip": "holds 20,000 files; at most 10,000 are read",
    "locked.zip": "is locked with a password; unpack it yourself",
    "ratio.csv.gz": "unpacks to more than 200 times its size",
    "gzip-in-gzip.csv.gz": "is an archive within an archive",
    "bomb.csv.bz2": "is a bzip2 archive; unpack it first",
    "bomb.csv.xz": "is an xz archive; unpack it first",
    "bomb.csv.zst": "is a Zstandard archive; unpack it first",
    "wide.parquet": "has 5,000 columns; Catchlight reads at most 4,096",
    "lying.parquet": "is damaged Parquet",
    "laughs.xlsx": "save it again as XLSX",
    "far.xlsx": "it claims to need far more memory than a file of",
    "far-unsaid.xlsx": "it claims to need far more memory than a file of",
    "beyond.xlsx": "it claims to need far more memory than a file of",
    "shared-bomb.xlsx": "unpacks to more than 200 times its size",
    "many-sheets.xlsx": "has 2,999 sheets; at most 200 are read. Split it, or name one sheet",
    "arrays.json": "is JSON nested too deeply",
    "objects.json": "is JSON nested too deeply",
    "digits.json": "is JSON nested too deeply or with numbers too long",
    "keys.json": "has 100,000 columns; Catchlight reads at most 4,096",
    "one-line.csv": "has 4,194,305 columns; Catchlight reads at most 4,096",
    "columns.csv": "has 1,000,000 columns",
    "lines.csv": "is empty; export it again",
    "nuls.csv": "is not text (or is damaged)",
    "program.csv": "is a program",
    "empty.csv": "is empty (0 bytes); export it again",
}
"""What the most telling of them are told; the others must only end in time, in rows or in words."""


@pytest.fixture(scope="module", autouse=True)
def _little_room() -> Iterator[None]:
    stop_children()
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("CATCHLIGHT_PARSE_MEMORY_MIB", "2048")
        yield
        stop_children()


def everything(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if path.is_file()}


def test_there_are_more_than_a_hundred_of_them() -> None:
    assert len(FILES) > 130
    assert set(REFUSED) <= set(FILES)


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_means_harm_costs_one_message(name: str, tmp_path: Path) -> None:
    inside = tmp_path / "a" / "b" / "c"
    inside.mkdir(parents=True)
    path = inside / name
    path.write_bytes(FILES[name])
    begun = time.perf_counter()
    message = ""
    try:
        run_in_child("inspect", {"path": str(path)}, seconds=SECONDS)
    except SourceError as error:
        message = str(error)
    assert time.perf_counter() - begun < SECONDS
    assert everything(tmp_path) == {path}
    if name in REFUSED:
        assert REFUSED[name] in message
    if message:
        assert message.startswith(name)
        assert message.endswith((".", "?"))
        assert len(message) < 1_000
        for jargon in ("IndexError", "Traceback", "KeyError", "RecursionError", "0x7f"):
            assert jargon not in message


def test_after_all_of_them_a_good_file_is_read_and_the_memory_was_bounded(tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    path.write_bytes(TEXT)
    (found,) = run_in_child("inspect", {"path": str(path)}, seconds=SECONDS)["inspections"]
    assert found["rows"] == 1
    stop_children()
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024 < 3 * GIB


@pytest.mark.parametrize("name", ALL, ids=range(len(ALL)))
def test_whatever_a_file_is_called_it_is_read_or_refused_in_words(name: str, tmp_path: Path) -> None:
    path = tmp_path / "kept"
    path.write_bytes(TEXT)
    said = ""
    try:
        (table,) = read_tables(path, name=name)
        said = table.source
    except SourceError as error:
        said = str(error)
    assert said.startswith(name)
    assert everything(tmp_path) == {path}


@pytest.mark.parametrize(
    "name", ["../orders.csv", "/etc/../etc/hostname", "a\0b.csv", "x" * 5_000, "orders.csv/x", "CON"]
)
def test_a_path_that_leads_nowhere_is_named(name: str, tmp_path: Path) -> None:
    with pytest.raises(SourceError) as caught:
        read_tables(tmp_path / "none" / name.lstrip("/"))
    assert "cannot be read" in str(caught.value) or "holds a null character" in str(caught.value)
    with pytest.raises(SourceError, match="there is no such file"):
        files_of([tmp_path / "none" / name.lstrip("/")], {})


def test_a_pipe_a_socket_and_a_device_are_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "socket.csv"))
        (tmp_path / "endless.csv").symlink_to("/dev/zero")
        for name in ("pipe.csv", "socket.csv", "endless.csv"):
            begun = time.perf_counter()
            with pytest.raises(SourceError) as caught:
                run_in_child("peek", {"path": str(tmp_path / name)}, seconds=SECONDS)
            assert str(caught.value) == (
                f"{name}: is a pipe, a socket or a device, not a file; copy what it gives into a file."
            )
            assert time.perf_counter() - begun < 10


def test_a_folder_of_links_loops_and_pipes_gives_only_its_own_files(tmp_path: Path) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_bytes(TEXT)
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "orders.csv").write_bytes(TEXT)
    (folder / "link.csv").symlink_to(secret)
    (folder / "passwords.csv").symlink_to("/etc/passwd")
    (folder / "round").symlink_to(folder)
    (folder / "up").symlink_to(tmp_path)
    (folder / "gone.csv").symlink_to(tmp_path / "nothing")
    os.mkfifo(folder / "pipe.csv")
    (folder / "endless.csv").symlink_to("/dev/zero")
    assert [table.source for table in read_tables(folder)] == ["orders.csv"]
    assert files_of([folder], {}) == [(folder / "orders.csv", "orders.csv")]


PATTERNS = ("^.*$", "^order.*$", "*", "^[$", "^(a+)+$", "^(order_id|amount)$", "__proto__", "a.b", "{x}")


@pytest.mark.parametrize("name", PATTERNS)
def test_a_heading_that_is_a_pattern_is_only_a_heading(name: str, tmp_path: Path) -> None:
    keys = ("order_id", "customer_id", "order_date", "amount")
    rows = [(f"O{day}", "C1", f"2026-01-0{day} 10:00:00", "5.00", "x") for day in (1, 2, 3)]
    columns = (*keys, name)
    text = "\n".join(",".join(row) for row in [columns, *rows])
    (tmp_path / "orders.csv").write_text(text, encoding="utf-8")
    (tmp_path / "orders.json").write_text(json.dumps([dict(zip(columns, row, strict=True)) for row in rows]))
    for file in ("orders.csv", "orders.json"):
        (found,) = load_file(tmp_path / file, defaults=Defaults(zone="UTC", currency="EUR"))
        assert found.tables["orders"]["order_id"].to_list() == ["O1", "O2", "O3"]
        assert found.tables["orders"]["goods_net_minor"].to_list() == [500, 500, 500]
        assert found.quarantine.height == 0


def test_a_query_reads_no_other_file_and_changes_nothing(tmp_path: Path) -> None:
    from loaders.sql import read_sql  # noqa: PLC0415  (here alone)

    path = tmp_path / "shop.db"
    with sqlite3.connect(path) as connection:
        connection.execute("create table orders (id text)")
        connection.execute("insert into orders values ('1')")
    connection.close()
    before = path.read_bytes()
    for query in (
        "insert into orders values ('2')",
        "select 1; drop table orders",
        "select 1; -- x\ndrop table orders",
        "with x as (select 1) delete from orders",
        "attach database '/tmp/evil.db' as evil",
        "pragma writable_schema = 1",
        "select load_extension('/tmp/evil.so')",
        "select writefile('/tmp/evil', 'x')",
        "select readfile('/etc/passwd')",
        "vacuum into '/tmp/evil.db'",
        "select * into evil from orders",
        "explain select 1",
        "",
        "select",
        "/* select */ drop table orders",
        "select '\0'",
    ):
        with pytest.raises(SourceError) as caught:
            read_sql(f"sqlite:///{path}", query)
        assert str(caught.value).startswith("shop.db: ")
    assert read_sql(f"sqlite:///{path}", "select id from orders where id = '; drop'").frame.height == 0
    assert path.read_bytes() == before
    assert everything(tmp_path) == {path}
