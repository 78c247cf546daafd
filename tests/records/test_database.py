import os
import sqlite3
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import sqlalchemy as sa

from ledger import store
from records import database
from records.locking import writing
from records.places import place
from schema.errors import BusyError, StorageError, UsageError
from tests.ledger.rows import entry

ROOT = Path(__file__).parents[2]


def test_a_file_is_made_for_the_owner_alone_with_full_durability(home):
    with database.engine("real").connect() as connection:
        asked = {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in
                 ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")}  # fmt: skip
    assert asked == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 10_000}
    assert stat.S_IMODE((home / "real" / "catchlight.db").stat().st_mode) == 0o600


def test_one_engine_serves_a_process(home):
    assert database.engine("real") is database.engine("real")
    assert database.engine("real") is not database.engine("demo")


def test_a_second_writer_is_told_to_wait_and_a_reader_is_not(home):
    store.append_entries("real", [entry("a", 1)])
    found = []

    def other():
        try:
            store.append_entries("real", [entry("b", 2)])
        except BusyError as error:
            found.append((str(error), error.exit_code))
        found.append(store.entries("real").height)

    with writing("real"):
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
    assert found == [("Somebody else is writing the real ledger. Wait until it is done and try again.", 4), 1]


def test_a_patient_writer_gets_its_turn(home):
    done = threading.Event()

    def other():
        with database.transaction("real", wait_s=5):
            done.set()

    with writing("real"):
        thread = threading.Thread(target=other)
        thread.start()
        assert not done.wait(0.1)
    thread.join()
    assert done.is_set()


def test_the_same_thread_may_enter_again(home):
    with writing("real"), writing("real"):
        assert store.append_entries("real", [entry("a", 1)]).rows == 1
    with writing("real"):
        pass


def test_somebody_elses_lock_on_the_file_is_busy(home, monkeypatch):
    database.engine("real")
    monkeypatch.setattr("records.database._WAIT_MS", 10)
    with sqlite3.connect(home / "real" / "catchlight.db", isolation_level=None) as raw:
        raw.execute("BEGIN IMMEDIATE")
        with pytest.raises(BusyError, match="somebody else is writing to the database"):
            store.append_entries("real", [entry("a", 1)])
        raw.execute("ROLLBACK")
    raw.close()


def test_a_reader_sees_one_state_while_others_commit(home):
    store.append_entries("real", [entry("a", 1)])
    count = "SELECT count(*) FROM entries"
    with database.reading("real") as connection:
        before = connection.exec_driver_sql(count).scalar_one()
        store.append_entries("real", [entry("b", 1)])
        assert connection.exec_driver_sql(count).scalar_one() == before == 1
    assert store.entries("real").height == 2


def test_a_database_removed_by_another_process_is_made_anew(home):
    store.append_entries("real", [entry("a", 1), entry("b", 1)])
    database.forget("real")
    assert sorted(path.name for path in (home / "real").iterdir()) == ["ledger.lock"]
    assert store.entries("real").height == 0
    assert store.append_entries("real", [entry("a", 1)]).first_seq == 1


def test_a_damaged_file_is_told(home):
    (home / "real").mkdir()
    (home / "real" / "catchlight.db").write_bytes(b"This is no database, whatever its name says." * 100)
    with pytest.raises(StorageError, match=r"catchlight\.db: the database file is damaged .*Restore it") as caught:
        store.entries("real")
    assert caught.value.exit_code == 5


def test_a_folder_that_is_a_file_is_told(home):
    (home / "real").write_text("in the way")
    with pytest.raises(StorageError, match="Check space and permissions"):
        store.append_entries("real", [entry("a", 1)])


def test_a_full_disk_is_told_and_loses_nothing(home, monkeypatch):
    store.append_entries("real", [entry("a", 1)])

    def small(connection, _record):
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages + 1}").fetchall()

    sa.event.listen(database.engine("real"), "connect", small)
    with pytest.raises(StorageError, match=r"no space is left .*Nothing was written"):
        store.append_entries("real", [entry(f"b{n}", 1) for n in range(2_000)])
    sa.event.remove(database.engine("real"), "connect", small)
    assert store.entries("real").height == 1
    assert store.append_entries("real", [entry("b", 1)]).first_seq == 2


@pytest.mark.parametrize(
    "address", ["mysql://me:hidden@host/db", "sqlite:///x.db", "not an address", "postgresql://u:hidden@h:port/d"]
)
def test_an_address_of_another_kind_is_refused_without_showing_it(home, monkeypatch, address):
    monkeypatch.setenv("CATCHLIGHT_DATABASE", address)
    with pytest.raises(UsageError, match="CATCHLIGHT_DATABASE must be an address") as caught:
        place("real")
    assert "hidden" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_server_that_cannot_be_reached_is_named_without_its_password(home, monkeypatch):
    pytest.importorskip("psycopg")
    monkeypatch.setenv("CATCHLIGHT_DATABASE", "postgresql://me:hidden@127.0.0.1:1/shop")
    with pytest.raises(
        StorageError, match=r"PostgreSQL database shop at 127\.0\.0\.1:1: the database cannot be used"
    ) as caught:
        store.append_entries("real", [entry("a", 1)])
    assert "hidden" not in str(caught.value)
    assert "hidden" not in repr(place("real"))


def test_a_folder_that_cannot_be_written_is_told(home):
    if os.geteuid() == 0:
        pytest.skip("root may write anywhere")
    (home / "real").mkdir(mode=0o500)
    with pytest.raises(StorageError, match="Check space and permissions"):
        store.append_entries("real", [entry("a", 1)])


def test_a_statement_stopped_by_ctrl_c_prints_no_traceback():
    said = "import records.database, logging; logging.getLogger('sqlalchemy.pool').error('a traceback')"
    done = subprocess.run([sys.executable, "-c", said], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stderr == ""
