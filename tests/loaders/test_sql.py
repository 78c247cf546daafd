# ruff: noqa: DTZ001  (databases hold stamps without a zone)
from __future__ import annotations

import contextlib
import datetime as dt
import os
import shutil
import socket
import sqlite3
import subprocess
import time
from decimal import Decimal
from pathlib import Path

import pytest

from loaders.sql import read_sql
from schema.errors import SourceError

NOBODY = 65534


def find(name: str) -> str:
    """The path of a server program, also where Debian hides it."""
    places = [*map(str, Path("/usr/lib/postgresql").glob("*/bin")), "/usr/sbin", "/usr/local/bin"]
    return shutil.which(name) or shutil.which(name, path=os.pathsep.join(places)) or ""


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def as_nobody() -> dict[str, int | list[int]]:
    """Database servers refuse to run as root."""
    return {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}


@contextlib.contextmanager
def running(command: list[str], port: int, folder: Path):
    """A server while the tests need it."""
    with (
        (folder / "log").open("wb") as log,
        subprocess.Popen(command, stdout=log, stderr=log, cwd=folder, **as_nobody()) as server,
    ):
        try:
            for _ in range(150):
                with contextlib.suppress(OSError):
                    socket.create_connection(("127.0.0.1", port), timeout=1).close()
                    break
                if server.poll() is not None:
                    break
                time.sleep(0.1)
            if server.poll() is not None:
                pytest.skip("the server does not start here: " + (folder / "log").read_text(errors="replace")[-300:])
            yield
        finally:
            server.terminate()
            server.wait(20)


def open_folder(tmp_path_factory, name: str) -> Path:
    """A folder that an unprivileged server can reach and own."""
    folder = tmp_path_factory.mktemp(name)
    if os.geteuid() == 0:
        os.chown(folder, NOBODY, NOBODY)
        for parent in folder.parents:
            if parent.name.startswith("pytest-"):
                parent.chmod(parent.stat().st_mode | 0o011)
    return folder


@pytest.fixture(scope="module")
def postgres(tmp_path_factory):
    initdb, program = find("initdb"), find("postgres")
    if not (initdb and program):
        pytest.skip("PostgreSQL's initdb and postgres are not installed")
    pytest.importorskip("connectorx", reason="connectorx is not installed")
    folder = open_folder(tmp_path_factory, "pg")
    made = subprocess.run(
        [initdb, "-D", str(folder / "d"), "-U", "shop", "-A", "trust", "-E", "UTF8", "--no-sync", "--no-locale"],
        capture_output=True,
        check=False,
        cwd=folder,
        **as_nobody(),
    )
    if made.returncode:
        pytest.skip("initdb does not work here: " + made.stderr.decode(errors="replace")[-300:])
    port = free_port()
    options = [f"-p{port}", "-k", "", "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off"]
    with running([program, "-D", str(folder / "d"), *options], port, folder):
        yield f"postgresql://shop:s%C3%A9same@127.0.0.1:{port}/postgres"


@pytest.fixture(scope="module")
def mariadb(tmp_path_factory):
    program = find("mariadbd")
    if not program:
        pytest.skip("MariaDB's mariadbd is not installed")
    pytest.importorskip("connectorx", reason="connectorx is not installed")
    folder = open_folder(tmp_path_factory, "my")
    (folder / "d").mkdir()
    (folder / "init.sql").write_text(
        "set names utf8mb4;\ncreate database shop character set utf8mb4;\n"
        "create table shop.orders (id varchar(9), amount decimal(10,2), paid_at datetime, n int, city varchar(20));\n"
        "insert into shop.orders values ('0012', 12.5, '2024-01-02 03:04:05', null, '上海'), "
        "('0013', 3, null, 7, 'Köln');\n",
        encoding="utf-8",
    )
    for path in (folder / "d", folder / "init.sql"):
        if os.geteuid() == 0:
            os.chown(path, NOBODY, NOBODY)
    port = free_port()
    options = [f"--port={port}", "--bind-address=127.0.0.1", f"--socket={folder}/s", f"--pid-file={folder}/pid"]
    share = Path(program).parent.parent / "share" / "mysql"
    where = [f"--lc-messages-dir={share}", f"--character-sets-dir={share}/charsets", f"--plugin-dir={folder}"]
    more = ["--skip-grant-tables", f"--init-file={folder}/init.sql", "--innodb-flush-log-at-trx-commit=0"]
    with running([program, "--no-defaults", f"--datadir={folder}/d", *options, *where, *more], port, folder):
        yield f"mariadb://shop:sesame@127.0.0.1:{port}/shop"


@pytest.fixture
def sqlite(tmp_path):
    path = tmp_path / "shop.db"
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("create table orders (id text, amount real, n int, code, paid_at text)")
        connection.executemany(
            "insert into orders values (?, ?, ?, ?, ?)",
            [("0012", 1.5, 3, "A1", "2024-01-02"), ("0013", 2, None, 7, "2024-01-03")],
        )
        connection.commit()
    return f"sqlite:///{path}"


def test_sqlite_answers_with_its_types(sqlite):
    table = read_sql(sqlite, "select * from orders where id <> ';' order by id;")
    assert (table.source, table.encoding) == ("shop.db", "sqlite")
    assert table.frame.to_dict(as_series=False) == {
        "id": ["0012", "0013"],
        "amount": [1.5, 2.0],
        "n": [3, None],
        "code": ["A1", "7"],
        "paid_at": ["2024-01-02", "2024-01-03"],
    }


def test_a_query_without_rows_is_a_table_without_rows(sqlite):
    table = read_sql(sqlite, "with o as (select id from orders) select id, id from o where id = 'x'", name="new orders")
    assert (table.source, table.frame.columns, table.frame.height) == ("new orders", ["id", "id_2"], 0)


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("delete from orders", "the query must be a single SELECT (or WITH … SELECT)."),
        ("", "the query must be a single SELECT (or WITH … SELECT)."),
        ("select 1; drop table orders", "the query holds several statements; write a single SELECT."),
        (
            "with o as (select 1) insert into orders select * from o",
            "the query contains INSERT; only reading is allowed. Quote it if it is a name.",
        ),
        (
            "select 1 /* a */ into outfile '/tmp/x'",
            "the query contains INTO; only reading is allowed. Quote it if it is a name.",
        ),
        ("select * from nowhere", "SQLite says: no such table: nowhere."),
    ],
)
def test_only_one_reading_query_is_allowed(sqlite, query, reason):
    with pytest.raises(SourceError) as caught:
        read_sql(sqlite, query)
    assert str(caught.value) == f"shop.db: {reason}"


def test_words_in_quotes_are_only_words(sqlite):
    assert read_sql(sqlite, "select 'insert; into' as \"update\" from orders limit 1").frame.rows() == [
        ("insert; into",)
    ]


def test_a_missing_sqlite_file_is_not_created(tmp_path):
    with pytest.raises(SourceError, match=r"^no\.db: there is no SQLite file at "):
        read_sql(f"sqlite:///{tmp_path}/no.db", "select 1")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("url", "message"),
    [
        (
            "oracle://x/y",
            "The database address starts with 'oracle'; it must be sqlite:///, postgresql://, mysql:// or mariadb://.",
        ),
        (
            "postgresql://a:b@h:port/x",
            "The database address cannot be read; write it as postgresql://user:password@host:5432/database.",
        ),
    ],
)
def test_an_address_that_makes_no_sense_is_explained(url, message):
    with pytest.raises(SourceError) as caught:
        read_sql(url, "select 1")
    assert str(caught.value) == message


@pytest.mark.parametrize("scheme", ["postgresql", "mysql", "mariadb"])
def test_a_server_that_is_not_there_is_named_without_the_password(scheme):
    port = free_port()
    with pytest.raises(SourceError) as caught:
        read_sql(f"{scheme}://shop:sesame@127.0.0.1:{port}/shop", "select 1")
    assert str(caught.value) == (
        f"{scheme}://shop@127.0.0.1:{port}/shop: no database answers at 127.0.0.1:{port} "
        "(Connection refused); is the address right?"
    )


def test_postgresql_answers_with_its_types(postgres):
    query = (
        "select '0012'::text id, 12.50::numeric(10,2) amount, timestamptz '2024-01-02 03:04:05+08' paid_at, "
        "date '2024-01-02' as day, null::int n, true ok, '上海' city"
    )
    table = read_sql(postgres, query, name="shop")
    assert table.source == "shop"
    assert table.frame.row(0, named=True) == {
        "id": "0012",
        "amount": Decimal("12.50"),
        "paid_at": dt.datetime(2024, 1, 1, 19, 4, 5, tzinfo=dt.UTC),
        "day": dt.date(2024, 1, 2),
        "n": None,
        "ok": True,
        "city": "上海",
    }


def test_postgresql_is_opened_for_reading_only(postgres):
    table = read_sql(postgres, "select current_setting('transaction_read_only') as kind")
    assert table.frame.item() == "on"


def test_postgresqls_words_come_without_the_password(postgres):
    with pytest.raises(SourceError) as caught:
        read_sql(postgres, "select 'sésame'::int as n")
    assert str(caught.value).endswith('invalid input syntax for type integer: "•••".')
    assert "same" not in str(caught.value)


def test_mariadb_answers_with_its_types(mariadb):
    table = read_sql(mariadb, "select * from orders order by id")
    assert table.frame.rows() == [
        ("0012", Decimal("12.5"), dt.datetime(2024, 1, 2, 3, 4, 5), None, "上海"),
        ("0013", Decimal(3), None, 7, "Köln"),
    ]


def test_mariadbs_refusals_are_shown(mariadb):
    with pytest.raises(SourceError, match=r"Table 'shop\.nothing' doesn't exist"):
        read_sql(mariadb, "select * from nothing")
