import contextlib
import threading

import pytest
import sqlalchemy as sa

from records import database
from records.locking import writing
from schema.errors import BusyError
from tests.warehouse.typed import store, table, take
from warehouse import api

pytestmark = pytest.mark.usefixtures("data_folder")


def written(mode):
    """Something that a mode's database holds."""
    with database.transaction(mode) as connection:
        connection.execute(sa.text("CREATE TABLE kept (word TEXT)"))


def holds(mode):
    with database.reading(mode) as connection:
        return "kept" in sa.inspect(connection).get_table_names()


@contextlib.contextmanager
def other_writer():
    """Another thread holds the ledger's lock."""
    has, done = threading.Event(), threading.Event()

    def hold():
        with writing("real"):
            has.set()
            done.wait(10)

    thread = threading.Thread(target=hold)
    thread.start()
    has.wait(10)
    yield
    done.set()
    thread.join()


def test_reset_forgets_the_ledger_of_that_mode_alone(data_folder):
    take(table("stores", store("S1", 31.1, 121.0)))
    for mode in ("real", "demo"):
        written(mode)
    (data_folder / "real/heads.json").write_text("{}")
    api.reset("real")
    assert api.open_snapshot("real") is None
    assert not (data_folder / "real/heads.json").exists()
    assert (holds("real"), holds("demo")) == (False, True)
    database.dispose("real")
    database.dispose("demo")


def test_reset_leaves_everything_while_the_ledger_is_being_written():
    take(table("stores", store("S1", 31.1, 121.0)))
    written("real")
    holder = "Somebody else is writing the real ledger"
    with other_writer(), pytest.raises(BusyError, match=holder):
        api.reset("real")
    assert (api.open_snapshot("real").number, holds("real")) == (1, True)
    database.dispose("real")


def test_reset_without_a_ledger_makes_none(data_folder):
    take(table("stores", store("S1", 31.1, 121.0)))
    api.reset("real")
    assert not (data_folder / "real/catchlight.db").exists()
