import datetime as dt
import json
import os
import random
import sqlite3
import subprocess
import sys

import pytest

from ledger.verify import verify
from records import audit, audit_waiting, database
from records.audit import KINDS, NOTED, catch_up, entries, write, write_with
from records.places import place
from records.verifying import verified
from records.viewers import add_viewer, change_viewer
from schema.errors import BusyError, ContractError, StorageError, UsageError
from schema.scope import LOCAL_OWNER
from tests.records.held import held
from tests.records.tampering import CHAINS, behind_the_back

MUST = sorted(set(KINDS) - NOTED)


def told():
    return [
        (row["kind"], row["viewer"], row["data"], json.loads(row["what"])) for row in entries().iter_rows(named=True)
    ]


def test_nothing_written_is_an_empty_log_and_creates_nothing(sqlite_home):
    found = entries()
    assert found.is_empty()
    assert dict(found.schema) == audit.ENTRIES
    assert [one.ok for one in verified("real", CHAINS)] == [True, True]
    assert list(sqlite_home.iterdir()) == []


def test_a_line_is_read_as_it_was_written(database_url):
    before = dt.datetime.now(dt.UTC)
    write("contact_export", viewer="V-001", what={"reason": "Größe fragen", "rows": 12}, data="demo")
    write("view_as", viewer="V-001", what={"as": "V-002"}, data="real")
    assert told() == [
        ("contact_export", "V-001", "demo", {"reason": "Größe fragen", "rows": 12}),
        ("view_as", "V-001", "real", {"as": "V-002"}),
    ]
    assert entries()["seq"].to_list() == [1, 2]
    assert all(before <= at <= dt.datetime.now(dt.UTC) for at in entries()["at"])


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_kept(sqlite_home, kind):
    write(kind, viewer="V-001", what={})
    assert entries()["kind"].to_list() == [kind]


def test_what_is_not_kept_is_named(sqlite_home):
    kinds = ", ".join(KINDS)
    for act in (lambda: write("sneeze", viewer="V-001", what={}), lambda: entries(kinds=["sneeze"])):
        with pytest.raises(UsageError) as caught:
            act()
        assert str(caught.value) == f"'sneeze' is nothing the audit log keeps; it keeps {kinds}."


@pytest.mark.parametrize("value", [1.5, None, 2**63, b"x"])
def test_a_value_that_is_neither_text_nor_a_whole_number_is_refused(sqlite_home, value):
    with pytest.raises(UsageError) as caught:
        write("export", viewer="V-001", what={"rows": value})
    assert str(caught.value) == "audit: rows is neither text nor a whole number of 64 bits."


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("asked by ann@shop.example today", "asked by [hidden] today"),
        ("call 13812345678 or +8613812345678", "call [hidden] or [hidden]"),
        ("order 20261011123456789", "order 20261011123456789"),
        ("a\nb\0c\u202ed\ud800e", "a b c d e"),
        ("x" * 500, "x" * 500),
        ("x" * 501, "x" * 499 + "…"),
        ("<b>=1+1</b>", "<b>=1+1</b>"),
    ],
)
def test_texts_are_short_readable_and_name_nobody(database_url, written, kept):
    write("refusal", viewer="unknown", what={"why": written})
    assert told() == [("refusal", "unknown", "", {"why": kept})]


def test_somebody_without_a_name_is_unknown(sqlite_home):
    write("refusal", viewer="", what={})
    assert entries()["viewer"].to_list() == ["unknown"]


def test_the_same_key_is_one_line(database_url):
    for _ in range(3):
        write("sign_in", viewer="V-001", what={}, key="session-1")
    write("sign_in", viewer="V-001", what={}, key="session-2")
    assert entries().height == 2


def test_the_log_is_narrowed_by_kind_viewer_and_time(database_url):
    write("export", viewer="V-001", what={"n": 1})
    write("refusal", viewer="V-002", what={"n": 2})
    between = dt.datetime.now(dt.UTC)
    write("export", viewer="V-002", what={"n": 3})
    assert [what["n"] for *_, what in told()] == [1, 2, 3]

    def n(**asked):
        return [json.loads(what)["n"] for what in entries(**asked)["what"]]

    assert n(kinds=("export",)) == [1, 3]
    assert n(kinds=("export", "refusal"), viewer="V-002") == [2, 3]
    assert n(since=between) == [3]
    assert n(until=between) == [1, 2]
    assert n(last=2) == [2, 3]
    with pytest.raises(ContractError):
        entries(since=dt.datetime(2026, 10, 11))  # noqa: DTZ001


@pytest.mark.parametrize("kind", MUST)
def test_what_must_be_on_the_log_is_not_done_while_somebody_writes(sqlite_home, monkeypatch, kind):
    monkeypatch.setattr(audit, "SMALL_WRITE_WAIT_S", 0.02)
    with held(), pytest.raises(BusyError) as caught:
        write(kind, viewer="V-001", what={})
    assert str(caught.value) == (
        "This must be on the audit log, and somebody else is writing now. Nothing was done; try again in a minute."
    )
    assert entries().is_empty()


@pytest.mark.parametrize("kind", sorted(NOTED))
def test_what_merely_happened_waits_in_a_file_and_reaches_the_log_in_order(database_url, monkeypatch, kind):
    monkeypatch.setattr(audit, "_NOTING_WAIT_S", 0.02)
    write("settle", viewer="V-001", what={"n": 0})
    with held():
        write(kind, viewer="V-002", what={"n": 1, "said": "€"})
        write(kind, viewer="V-002", what={"n": 2})
        if database_url is None:  # a server's lock is waited for
            assert [what["n"] for *_, what in told()] == [0]
    write("settle", viewer="V-001", what={"n": 3})
    assert [what["n"] for *_, what in told()] == [0, 1, 2, 3]
    assert audit_waiting.is_empty()
    assert all(one.ok for one in verified("real", CHAINS))


def test_reading_the_log_brings_in_what_waits(sqlite_home, monkeypatch):
    monkeypatch.setattr(audit, "_NOTING_WAIT_S", 0.02)
    with held():
        write("refusal", viewer="V-002", what={})
        assert oct(audit_waiting.waiting_path().stat().st_mode)[-3:] == "600"
        assert entries().is_empty()
    assert entries().height == 1


def test_pieces_and_strangers_in_the_file_are_left_out_and_harm_nothing(sqlite_home, monkeypatch):
    monkeypatch.setattr(audit, "_NOTING_WAIT_S", 0.02)
    path = audit_waiting.waiting_path()
    path.parent.mkdir(parents=True)
    path.write_bytes(b'{"entry_key": "a", "at": 1\n[]\n{"at": 1}\n\xff\n{"entry_key"')
    with held():
        write("refusal", viewer="V-002", what={})
    catch_up()
    assert [kind for kind, *_ in told()] == ["refusal"]
    assert audit_waiting.is_empty()


def test_a_line_brought_in_twice_is_there_once(sqlite_home, monkeypatch):
    monkeypatch.setattr(audit, "_NOTING_WAIT_S", 0.02)
    with held():
        write("refusal", viewer="V-002", what={})
    waiting = audit_waiting.waiting_path().read_bytes()
    catch_up()
    audit_waiting.waiting_path().write_bytes(waiting)  # as after a crash between the log and the file
    catch_up()
    assert entries().height == 1


def test_a_log_that_cannot_be_written_stops_the_action(sqlite_home):
    (sqlite_home / "real").write_text("no folder")
    for kind in ("forget", "sign_in"):
        with pytest.raises(StorageError):
            write(kind, viewer="V-001", what={})


def test_an_action_and_its_line_are_written_both_or_neither(database_url):
    def act():
        with database.transaction("real") as connection:
            write_with(connection, "rule_change", viewer="V-001", what={"version": 2})
            raise UsageError

    with pytest.raises(UsageError):
        act()
    assert entries().is_empty()
    with database.transaction("real") as connection:
        write_with(connection, "rule_change", viewer="V-001", what={"version": 2})
    assert told() == [("rule_change", "V-001", "", {"version": 2})]


def test_processes_that_write_at_once_lose_nothing(sqlite_home):
    script = "from records.audit import write\nfor n in range(8): write('sign_in', viewer='V-001', what={'n': n})"
    running = [subprocess.Popen([sys.executable, "-c", script], env=os.environ | {"PYTHONPATH": "."}) for _ in range(3)]
    assert [one.wait(120) for one in running] == [0, 0, 0]
    assert sorted(what["n"] for *_, what in told()) == sorted([*range(8)] * 3)
    assert all(one.ok for one in verified("real", CHAINS))


@pytest.fixture
def written(database_url):
    add_viewer(LOCAL_OWNER, role="owner", email="boss@shop.example")
    add_viewer(LOCAL_OWNER, role="agent", email="ann@shop.example", agent_id="A01")
    change_viewer(LOCAL_OWNER, "V-002", is_active=False)
    for n in range(3):
        write("view_as", viewer="V-001", what={"n": n})


@pytest.mark.parametrize(
    ("statement", "table", "problem"),
    [
        ("UPDATE viewers SET role = 'owner', agent_id = NULL WHERE seq = 2", "viewers", (2, "the row was changed")),
        ("UPDATE viewers SET is_active = 1 WHERE seq = 3", "viewers", (3, "the row was changed")),
        ("DELETE FROM viewers WHERE seq = 3", "viewers", (3, "the end is cut off: 2 rows are left of 3")),
        ("UPDATE audit SET viewer = 'V-002' WHERE seq = 4", "audit", (4, "the row was changed")),
        ("DELETE FROM audit WHERE seq = 5", "audit", (5, "row 5 is missing")),
        ("DELETE FROM audit WHERE seq >= 5", "audit", (5, "the end is cut off: 4 rows are left of 6")),
    ],
)
def test_a_change_behind_the_back_is_seen(written, statement, table, problem):
    assert verify("real").ok
    assert all(one.ok for one in verified("real", CHAINS))
    behind_the_back(statement)
    for report in (verify("real").tables, verified("real", CHAINS)):
        assert {one.table: (one.broken_seq, one.problem) for one in report if not one.ok} == {table: problem}


@pytest.mark.parametrize("act", ["UPDATE audit SET viewer = 'x'", "DELETE FROM audit", "DELETE FROM viewers"])
def test_the_database_itself_refuses_to_change_or_remove(written, act):
    with pytest.raises(StorageError, match="only ever appended to"), database.transaction("real") as connection:
        connection.exec_driver_sql(act)


def test_a_database_removed_as_a_whole_is_seen(sqlite_home):
    write("view_as", viewer="V-001", what={})
    place("real").file.unlink()
    assert [(one.table, one.problem) for one in verified("real", CHAINS) if not one.ok] == [
        ("audit", "the database is gone: 0 rows are left of 1")
    ]


def _edit_at_random(raw, rng):
    table = rng.choice(CHAINS)
    column = rng.choice([column.name for column in table.columns])
    seq = rng.choice([row[0] for row in raw.execute(f"SELECT seq FROM {table.name}")])
    old = raw.execute(f"SELECT {column} FROM {table.name} WHERE seq = ?", (seq,)).fetchone()[0]
    new = old + rng.choice([-100, 1_000]) if isinstance(old, int) else f"{old or ''}{rng.choice(' x0')}"
    raw.execute(f"UPDATE {table.name} SET {column} = ? WHERE seq = ?", (new, seq))
    return table.name


@pytest.mark.parametrize("edits", [60, pytest.param(1_000, marks=pytest.mark.long)])
def test_every_edit_of_any_column_is_seen(sqlite_home, edits):
    add_viewer(LOCAL_OWNER, role="owner", email="boss@shop.example")
    for n in range(4):
        add_viewer(LOCAL_OWNER, role="agent", email=f"v{n}@shop.example", agent_id="A01")
    behind_the_back("UPDATE audit SET seq = seq WHERE seq = 0")  # the triggers are gone from here on
    file, rng = place("real").file, random.Random(7)  # noqa: S311
    whole = file.read_bytes()
    wal = file.with_name(file.name + "-wal")
    assert not wal.exists() or not wal.stat().st_size
    for _ in range(edits):
        raw = sqlite3.connect(file)
        with raw:
            changed = raw.execute("PRAGMA journal_mode = DELETE") and _edit_at_random(raw, rng)
        raw.close()
        assert [one.table for one in verified("real", CHAINS) if not one.ok] == [changed]
        file.write_bytes(whole)
