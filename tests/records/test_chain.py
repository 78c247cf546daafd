import datetime as dt
import hashlib
import json

import pytest
import sqlalchemy as sa

from records import chain, database, heads
from records.chain import Appended, chained_table
from records.columns import day, instant, real, text, whole
from schema.errors import ContractError

WHEN = dt.datetime(2026, 10, 11, 20, 0, 0, 1, dt.UTC)


@pytest.fixture
def notes(home, monkeypatch):
    metadata = sa.MetaData()
    monkeypatch.setattr(database, "METADATA", metadata)
    return chained_table("notes", metadata, text("said"), whole("n", nullable=True), real("x", nullable=True),
                         instant("at", nullable=True), day("on", nullable=True))  # fmt: skip


def write(table, *rows, **more):
    with database.transaction("real") as connection:
        return chain.append(connection, table, rows, **more)


def read(table):
    with database.reading("real") as connection:
        return [dict(row) for row in connection.execute(sa.select(table).order_by(table.c.seq)).mappings()]


def test_anybody_can_recompute_the_chain_by_hand(notes):
    write(notes, {"entry_key": "a", "said": "größer", "at": WHEN, "on": WHEN.date(), "x": 0.5}, recorded_at=WHEN)
    write(notes, {"entry_key": "b", "said": "x", "n": 7}, recorded_at=WHEN)
    first, second = read(notes)
    stamp = "2026-10-11T20:00:00.000001Z"
    told = {"seq": 1, "entry_key": "a", "said": "größer", "n": None, "x": 0.5, "at": stamp, "on": "2026-10-11"}
    told |= {"recorded_at": stamp}
    text_of_row = json.dumps(told, sort_keys=True, separators=(",", ":"))
    assert first["prev_hash"] == "0" * 64
    assert first["row_hash"] == hashlib.sha256(("0" * 64 + text_of_row).encode()).hexdigest()
    assert second["prev_hash"] == first["row_hash"]


def test_a_key_is_written_once_within_an_append_and_over_appends(notes):
    row = {"entry_key": "a", "said": "one"}
    assert write(notes, row, row, {"entry_key": "b", "said": "two"}).rows == 2
    assert write(notes, {"entry_key": "b", "said": "changed"}, {"entry_key": "c", "said": "three"}).first_seq == 3
    assert [r["said"] for r in read(notes)] == ["one", "two", "three"]


def test_an_append_of_nothing_is_nothing(notes):
    assert write(notes) == Appended(0, None, 0, "0" * 64)
    assert not heads.heads_path("real").exists()


def test_an_error_leaves_nothing_behind(notes):
    def rows():
        yield from ({"entry_key": str(n), "said": "x"} for n in range(25_000))
        yield {"entry_key": "bad", "said": "x", "n": "seven"}

    with (
        pytest.raises(ContractError, match="notes: a value does not fit its column"),
        database.transaction("real") as c,
    ):
        chain.append(c, notes, rows())
    assert read(notes) == []
    assert not heads.heads_path("real").exists()


def test_several_appends_in_one_transaction_are_one_step_of_the_head(notes):
    with database.transaction("real") as connection:
        chain.append(connection, notes, [{"entry_key": "a", "said": "one"}])
        chain.append(connection, notes, [{"entry_key": "b", "said": "two"}])
    kept = heads.read_heads("real")["notes"]
    assert (kept.head.seq, kept.announced, kept.unexplained) == (2, None, None)


def test_minus_zero_is_zero(notes):
    write(notes, {"entry_key": "a", "said": "x", "x": -0.0})
    with database.reading("real") as connection:
        assert chain.verify(connection, notes, head=heads.read_heads("real")["notes"]).ok


def test_an_instant_without_a_zone_is_refused(notes):
    with pytest.raises(ContractError, match="has no time zone"):
        write(notes, {"entry_key": "a", "said": "x"}, recorded_at=WHEN.replace(tzinfo=None))
