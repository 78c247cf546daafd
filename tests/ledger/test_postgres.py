"""What only a server can do."""

import threading

import pytest

from ledger import store
from records import database
from records.locking import writing
from schema.errors import BusyError, StorageError
from tests.ledger.rows import entry


@pytest.fixture
def server(postgres_address, tmp_path, monkeypatch):
    monkeypatch.setenv("CATCHLIGHT_HOME", str(tmp_path))
    monkeypatch.setenv("CATCHLIGHT_DATABASE", postgres_address)
    database.forget("real")
    yield postgres_address
    database.dispose("real")


def test_each_mode_has_its_own_schema(server):
    store.append_entries("real", [entry("a", 1)])
    with database.reading("real") as connection:
        found = connection.exec_driver_sql("SELECT schemaname FROM pg_tables WHERE tablename = 'entries'").scalars()
        assert "catchlight_real" in set(found)


def test_another_machine_waits_although_it_has_another_data_folder(server, tmp_path, monkeypatch):
    store.append_entries("real", [entry("a", 1)])
    monkeypatch.setattr("records.locking._SERVER_WAIT_S", 0.1)
    found = []

    def elsewhere():
        try:
            with writing("real"):
                found.append("entered")
        except BusyError as error:
            found.append(error.exit_code)

    with writing("real"):
        monkeypatch.setenv("CATCHLIGHT_HOME", str(tmp_path / "elsewhere"))
        other = threading.Thread(target=elsewhere)
        other.start()
        other.join()
    assert found == [4]


def test_a_schema_that_somebody_dropped_is_told_once_and_then_made_anew(server):
    store.append_entries("real", [entry("a", 1)])
    with database.engine("real").begin() as connection:
        connection.exec_driver_sql("DROP SCHEMA catchlight_real CASCADE")
    with pytest.raises(StorageError, match="the database cannot be used"):
        store.entries("real")
    assert store.entries("real").height == 0


def test_a_reader_cannot_write(server):
    with pytest.raises(StorageError, match="read-only"), database.reading("real") as connection:
        connection.exec_driver_sql("CREATE TABLE other (n int)")
