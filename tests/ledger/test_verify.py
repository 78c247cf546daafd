import contextlib
import json
import random
import sqlite3

import pytest
import sqlalchemy as sa

from ledger import store, tables
from ledger.verify import verify
from records import database, heads
from records.places import place
from schema.errors import StorageError
from tests.ledger.rows import assertion, at, entry, statement

MONTH = [
    entry("store", 7_710, receiver=("store", "S1")),
    entry("agent", 5_139),
    entry("guide", 2_571, receiver=("guide", "G1")),
    entry("back", -1_599, kind="clawback", refund_id="R1"),
]
SETTLED = [
    statement(receiver=("store", "S1"), closing=7_710),
    statement(closing=3_540, accrued_minor=5_139, clawback_minor=-1_599, entries=2),
    statement(receiver=("guide", "G1"), closing=2_571),
]


def broken(report):
    return {v.table: (v.broken_seq, v.problem) for v in report.tables if not v.ok}


def behind_the_back(statement, *values):
    """As somebody with the database's password would."""
    where = place("real")
    if where.file is not None:
        triggers = [f"{t.name}_{what}" for t in tables.TABLES for what in ("no_update", "no_delete", "next_row")]
        with sqlite3.connect(where.file) as raw:
            for trigger in triggers:
                raw.execute(f"DROP TRIGGER IF EXISTS {trigger}")
            raw.execute(statement, values)
        raw.close()
        return
    with database.engine("real").begin() as raw:
        for table in tables.TABLES:
            raw.exec_driver_sql(f"ALTER TABLE {table.name} DISABLE TRIGGER USER")
        raw.exec_driver_sql(statement.replace("?", "%s"), values)


@pytest.fixture
def written(database_url):
    store.append_bindings("real", [assertion(n, "2026-01-10 20:00:00", dist_m=n / 3) for n in range(1, 6)])
    store.append_entries("real", MONTH, SETTLED)


def test_a_ledger_as_it_was_written_is_fine(written):
    report = verify("real")
    assert report.ok
    assert {v.table: v.rows for v in report.tables if v.rows} == {"bindings": 5, "entries": 4, "statements": 3}
    assert (
        next(v.head for v in report.tables if v.table == "entries") == heads.read_heads("real")["entries"].head.row_hash
    )


def test_a_ledger_that_nobody_wrote_to_is_fine(database_url):
    assert verify("real").ok


@pytest.mark.parametrize("act", ["UPDATE entries SET amount_minor = 1", "DELETE FROM entries", "TRUNCATE entries"])
def test_the_database_itself_refuses_to_change_or_remove(written, database_url, act):
    if database_url is None and act.startswith("TRUNCATE"):
        act = "INSERT OR REPLACE INTO entries SELECT * FROM entries WHERE seq = 1"
    with pytest.raises(sa.exc.DBAPIError, match="only ever appended to"), database.engine("real").begin() as raw:
        raw.exec_driver_sql(act)
    with pytest.raises(StorageError, match=r"refused .*only ever appended to"), database.transaction("real") as raw:
        raw.exec_driver_sql(act)
    assert verify("real").ok


def test_replacing_a_row_through_its_key_is_refused_too(written, database_url):
    columns = [c.name for c in tables.entries.columns if c.name not in {"seq", "amount_minor"}]
    listed = ", ".join(columns)
    act = f"INSERT {'OR REPLACE ' if database_url is None else ''}INTO entries (seq, amount_minor, {listed}) "
    act += f"SELECT 5, 9, {listed} FROM entries WHERE seq = 1"
    with (
        pytest.raises(sa.exc.DBAPIError, match=r"only ever appended to|duplicate key"),
        database.engine("real").begin() as raw,
    ):
        raw.exec_driver_sql(act)


def test_a_changed_amount_names_the_row(written):
    behind_the_back("UPDATE entries SET amount_minor = 5138 WHERE seq = 2")
    report = verify("real")
    assert broken(report) == {"entries": (2, "the row was changed")}
    assert report.problems[0] == (
        "1 orders whose accruals are not their pool: order O1, rule R1: 15419 accrued of a pool of 15420."
    )
    assert report.problems[1].startswith("1 statements that are not the sum of their entries: 2026-10|agent|A1|CNY")


def test_a_removed_row_in_the_middle_names_the_gap(written):
    behind_the_back("DELETE FROM bindings WHERE seq = 3")
    assert broken(verify("real")) == {"bindings": (3, "row 3 is missing")}


def test_a_cut_tail_is_seen_and_stays_seen_after_more_is_written(written):
    behind_the_back("DELETE FROM bindings WHERE seq > 3")
    assert broken(verify("real")) == {"bindings": (4, "the end is cut off: 3 rows are left of 5")}
    store.append_bindings("real", [assertion(9, "2026-01-10 20:00:00")])
    store.append_bindings("real", [assertion(10, "2026-01-10 20:00:00")])
    problem = "a writer found that the table ended at row 3, not where it had been left"
    assert broken(verify("real")) == {"bindings": (3, problem)}


def test_an_emptied_table_is_seen(written):
    behind_the_back("DELETE FROM statements")
    assert broken(verify("real")) == {"statements": (1, "the end is cut off: 0 rows are left of 3")}


def test_a_rewritten_chain_differs_from_the_head_kept_outside(written):
    """Somebody who knows the hashes rewrites the last row and its hash."""
    behind_the_back("UPDATE bindings SET row_hash = ? WHERE seq = 5", "0" * 64)
    assert broken(verify("real")) == {"bindings": (5, "the row was changed")}


def test_a_crash_between_commit_and_confirmation_is_fine(written):
    before = heads.heads_path("real").read_text()
    store.append_bindings("real", [assertion(9, "2026-01-10 20:00:00")])
    after = json.loads(heads.heads_path("real").read_text())
    left = json.loads(before)
    left["bindings"]["announced"] = after["bindings"]["head"]
    heads.heads_path("real").write_text(json.dumps(left))
    assert verify("real").ok
    store.append_bindings("real", [assertion(10, "2026-01-10 20:00:00")])
    assert verify("real").ok


def test_a_crash_before_the_commit_is_fine(written):
    left = json.loads(heads.heads_path("real").read_text())
    left["bindings"]["announced"] = {"seq": 9, "row_hash": "f" * 64}
    heads.heads_path("real").write_text(json.dumps(left))
    assert verify("real").ok
    store.append_bindings("real", [assertion(10, "2026-01-10 20:00:00")])
    assert verify("real").ok


def test_rows_that_no_writer_announced_are_seen(written):
    before = heads.heads_path("real").read_text()
    store.append_bindings("real", [assertion(9, "2026-01-10 20:00:00")])
    heads.heads_path("real").write_text(before)
    assert broken(verify("real")) == {"bindings": (6, "1 rows were added by nobody who keeps the heads")}


def test_a_missing_or_foreign_file_of_heads_is_told(written):
    heads.heads_path("real").write_text("[]")
    with pytest.raises(StorageError, match="not the file of the ledger's heads"):
        verify("real")
    heads.heads_path("real").unlink()
    assert broken(verify("real"))["entries"] == (4, "the file of heads says nothing about this table")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"closing_minor": 3_541}, "statements whose closing is not opening plus movements"),
        ({"opening_minor": 10, "closing_minor": 3_550}, "statements that do not open where the one before closed"),
        ({"entries": 3}, "statements that are not the sum of their entries"),
        ({"chain_head": "a" * 64}, "statements whose chain head is no row of the ledger"),
        ({"receiver_id": "A2"}, "settled accounts with entries and no statement: 2026-10 agent A1"),
    ],
)
def test_sums_that_do_not_agree_are_named(database_url, change, words):
    store.append_entries("real", MONTH, [SETTLED[0], SETTLED[1] | change, SETTLED[2]])
    report = verify("real")
    assert broken(report) == {}
    assert any(words in problem for problem in report.problems), report.problems


def test_statements_that_follow_each_other_agree(database_url):
    head = store.append_entries("real", MONTH, SETTLED).head
    paid = entry("paid", -3_540, month="2026-11", kind="payout", rule_id=None, order_id=None)
    moved = {"opening_minor": 3_540, "accrued_minor": 0, "paid_minor": -3_540, "held_minor": 0, "chain_head": head}
    store.append_entries("real", [paid], [statement("2026-11", closing=0, **moved)])
    assert verify("real").problems == ()


def _attacked(home, many, seed):
    """How many random edits of single cells are seen or refused; the file is put back after each."""
    rows = [assertion(n, "2026-01-10 20:00:00", dist_m=n / 7, cell=n) for n in range(1, 21)]
    store.append_bindings("real", rows)
    store.append_entries("real", MONTH, SETTLED)
    file = home / "real" / "catchlight.db"
    whole = file.read_bytes()
    draw = random.Random(seed)  # noqa: S311  (repeatable, not secret)
    seen = 0
    for _ in range(many):
        table = draw.choice([tables.bindings, tables.entries, tables.statements])
        column, seq = draw.choice(list(table.columns)).name, draw.randint(1, 20 if table is tables.bindings else 3)
        seen += _refused(file, table.name, column, seq, draw) or table.name in broken(verify("real"))
        for suffix in ("-wal", "-shm"):
            file.with_name(file.name + suffix).unlink(missing_ok=True)
        file.write_bytes(whole)
    return seen


def _refused(file, table, column, seq, draw):
    """Edit one cell without the triggers; whether the database refuses even so (a key twice, null where none may be)."""
    with contextlib.closing(sqlite3.connect(file)) as raw:
        raw.execute(f"DROP TRIGGER {table}_no_update")
        old = raw.execute(f"SELECT {column} FROM {table} WHERE seq = ?", (seq,)).fetchone()[0]
        try:
            raw.execute(f"UPDATE {table} SET {column} = ? WHERE seq = ?", (_other(draw, old), seq))
        except sqlite3.IntegrityError:
            return True
        raw.commit()
        return False


def _other(draw, old):
    if old is None:
        return draw.choice([0, 1.5, "x", b"\xff"])
    if isinstance(old, str):
        at = draw.randrange(len(old) + 1)
        return draw.choice([old[:at] + draw.choice('aZ0|"é') + old[at:], b"\xff" + old.encode(), old + " ", None, 17])
    return draw.choice([old + 1, -old - 1, old * 10 + 3, str(old) + "x", b"\x00\xff", None])


def test_a_hundred_random_edits_are_all_seen(sqlite_home):
    assert _attacked(sqlite_home, 100, 1) == 100


@pytest.mark.long
def test_a_thousand_random_edits_are_all_seen(sqlite_home):
    assert _attacked(sqlite_home, 1_000, 2) == 1_000


def test_what_was_settled_when_is_part_of_the_chain(written):
    behind_the_back("UPDATE statements SET settled_at = settled_at + 1 WHERE seq = 1")
    assert broken(verify("real")) == {"statements": (1, "the row was changed")}
    assert store.statements("real")["settled_at"][1] == at("2026-11-01 00:00:00")
