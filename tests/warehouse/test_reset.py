import contextlib
import datetime as dt
import threading

import pytest
import sqlalchemy as sa

from ledger import api as ledger
from ledger.disputes import disputes, open_dispute
from ledger.verify import verify
from records import audit, database, viewers
from records.heads import read_heads
from records.locking import writing
from records.verifying import verified
from schema.errors import BusyError, RefusedError, StorageError
from schema.scope import LOCAL_OWNER, Scope
from schema.sharing import standard_rules
from tests.warehouse.typed import store, table, take
from warehouse import api

pytestmark = pytest.mark.usefixtures("data_folder")
AGENT = Scope("agent", "V-002", "A1")


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
    api.reset("real", LOCAL_OWNER)
    assert api.open_snapshot("real") is None
    assert set(read_heads("real")) == {"audit"}
    assert (holds("real"), holds("demo")) == (False, True)
    database.dispose("real")
    database.dispose("demo")


def test_reset_leaves_everything_while_the_ledger_is_being_written():
    take(table("stores", store("S1", 31.1, 121.0)))
    written("real")
    holder = "Somebody else is writing the real ledger"
    with other_writer(), pytest.raises(BusyError, match=holder):
        api.reset("real", LOCAL_OWNER)
    assert (api.open_snapshot("real").number, holds("real")) == (1, True)
    database.dispose("real")


def test_reset_without_a_ledger_leaves_its_own_line_alone(data_folder):
    take(table("stores", store("S1", 31.1, 121.0)))
    api.reset("real", LOCAL_OWNER)
    assert [(row["kind"], row["viewer"], row["data"]) for row in audit.entries().to_dicts()] == [
        ("reset", "local", "real")
    ]


def test_who_may_look_and_what_was_done_outlive_a_reset_and_nothing_else_does(data_folder):
    take(table("stores", store("S1", 31.1, 121.0)))
    owner = viewers.add_viewer(LOCAL_OWNER, role="owner", email="ada@shop.example")
    open_dispute("real", LOCAL_OWNER, claim="territory", words="Findable words")
    api.reset("real", viewers.scope_of(owner))
    assert audit.entries()["kind"].to_list() == ["viewer_change", "dispute", "reset"]
    assert [one.viewer_id for one in viewers.viewers()] == ["V-001"]
    assert disputes("real", LOCAL_OWNER).is_empty()
    assert all(one.ok for one in verified("real", [audit.audit, viewers.table]))
    for file in (data_folder / "real").rglob("*"):
        assert not file.is_file() or b"Findable words" not in file.read_bytes(), file
    open_dispute("real", LOCAL_OWNER, claim="territory", words="Begun anew")
    assert verify("real").ok
    database.dispose("real")


def test_a_reset_leaves_viewers_and_log_whole_and_going_on_in_either_database(database_url):
    """The data folder holds the ledger, or PostgreSQL does."""
    take(table("stores", store("S1", 31.1, 121.0), store("S2", 31.2, 121.0, row=2)))
    owner = viewers.scope_of(viewers.add_viewer(LOCAL_OWNER, role="owner", email="ada@shop.example"))
    viewers.add_viewer(owner, role="agent", agent_id="A1", email="bob@shop.example")
    ledger.save_rules("real", standard_rules(dt.date(2020, 1, 1)), by=owner)
    ledger.open_dispute("real", AGENT, claim="territory", words="Findable words")
    before = audit.entries()
    api.reset("real", owner)
    after = audit.entries()
    assert after["kind"].to_list() == ["viewer_change", "viewer_change", "rule_change", "dispute", "reset"]
    assert after.head(4).equals(before)
    assert after["viewer"].to_list()[-1] == "V-001"
    assert [(one.viewer_id, one.role, one.version) for one in viewers.viewers()] == [
        ("V-001", "owner", 1),
        ("V-002", "agent", 1),
    ]
    assert (ledger.book_version("real"), disputes("real", LOCAL_OWNER).height) == (0, 0)
    with database.reading("real") as connection:
        tables = [one for one in sa.inspect(connection).get_table_names() if one not in {"audit", "viewers"}]
        assert sum(connection.execute(sa.text(f"SELECT COUNT(*) FROM {one}")).scalar_one() for one in tables) == 0
    viewers.change_viewer(owner, "V-002", based_on=1, is_active=False)
    assert [one.is_active for one in viewers.viewers()] == [True, False]
    ledger.save_rules("real", standard_rules(dt.date(2020, 1, 1)), by=owner)
    assert all(one.ok for one in verified("real", [audit.audit, viewers.table]))
    assert verify("real").ok


def test_nothing_can_be_changed_or_removed_behind_the_log_after_a_reset_either(database_url):
    take(table("stores", store("S1", 31.1, 121.0)))
    api.reset("real", LOCAL_OWNER)
    for act in ("UPDATE audit SET viewer = 'x'", "DELETE FROM audit"):
        with pytest.raises(StorageError, match="only ever appended to"), database.transaction("real") as connection:
            connection.execute(sa.text(act))
    assert audit.entries()["viewer"].to_list() == ["local"]


@pytest.mark.parametrize(
    "scope", [Scope("agent", "V-2", "A"), Scope("presenter", "V-3"), Scope("owner", "V-1", is_borrowed=True)]
)
def test_nobody_but_an_owner_in_their_own_right_resets(scope):
    take(table("stores", store("S1", 31.1, 121.0)))
    with pytest.raises(RefusedError):
        api.reset("real", scope)
    assert api.open_snapshot("real").number == 1
    assert audit.entries()["kind"].to_list() == ["refusal"]
    database.dispose("real")
