import datetime as dt

import polars as pl
import pytest

from ledger import store, tables
from records import chain, database, heads
from schema.errors import ContractError, UsageError
from schema.marts import Attempts, Bindings, Shares, Statements
from tests.ledger.rows import assertion, at, entry, statement

pytestmark = pytest.mark.usefixtures("database_url")

JAN = "2026-01-10 20:00:00"
APR = "2026-04-10 20:00:00"


def contract(mart):
    return {name: rule.dtype for name, rule in mart.columns().items()}


def seen(frame):
    return [
        (r["customer_key"], r["store_id"], r["valid_from"], r["valid_to"], r["end_reason"])
        for r in frame.iter_rows(named=True)
    ]


def test_a_database_that_nobody_wrote_to_is_empty_and_is_not_created_by_looking(database_url, tmp_path):
    assert store.binding_log("real").schema == store.BINDING_LOG
    assert store.spells(store.binding_log("real")).schema == contract(Bindings)
    assert store.attempts("real").schema == contract(Attempts)
    assert store.entries("real").schema == contract(Shares)
    assert store.statements("real").schema == contract(Statements)
    assert set(store.sequence("real").values()) == {0}
    assert store.owner_at("real", 1, at(JAN)) is None
    if database_url is None:
        assert list(tmp_path.iterdir()) == []


def test_frames_have_exactly_the_types_of_the_marts():
    claim = {"customer_key": 1, "at": at(JAN), "claimed_store_id": "S2", "method": "scan", "outcome": "no_change"}
    store.append_bindings("real", [assertion(1, JAN, dist_m=1180.25, confidence=0.896)], [claim])
    store.append_entries("real", [entry("a", 5_139)], [statement()])
    assert store.spells(store.binding_log("real")).schema == contract(Bindings)
    assert store.attempts("real").schema == contract(Attempts)
    assert store.entries("real").schema == contract(Shares)
    assert store.statements("real").schema == contract(Statements)
    spell = store.spells(store.binding_log("real")).row(0, named=True)
    assert (spell["dist_m"], spell["confidence"], spell["cell"], spell["binding_id"]) == (1180.25, 0.896, None, "B-1")
    assert spell["registered_at"] == at(JAN)


def test_the_latest_assertion_wins_from_its_instant_on():
    store.append_bindings("real", [assertion(1, JAN, "S1"), assertion(1, APR, "S2", cause="takeover")])
    assert seen(store.spells(store.binding_log("real"))) == [
        (1, "S1", at(JAN), at(APR), "takeover"),
        (1, "S2", at(APR), None, None),
    ]
    assert store.owner_at("real", 1, at("2026-04-10 19:59:59")).store_id == "S1"
    assert store.owner_at("real", 1, at(APR)).store_id == "S2"
    assert store.owner_at("real", 1, at("2026-01-10 19:59:59")) is None
    assert store.owner_at("real", 2, at(APR)) is None


def test_what_was_known_then_can_still_be_asked_after_a_correction():
    store.append_bindings(
        "real", [assertion(1, JAN, "S1", status="provisional")], recorded_at=at("2026-01-10 20:00:20")
    )
    better = assertion(1, JAN, "S2", cause="upgraded")
    store.append_bindings("real", [better], recorded_at=at("2026-01-12 08:00:00"))
    assert store.owner_at("real", 1, at(APR)).store_id == "S2"
    assert store.owner_at("real", 1, at(APR), known_at=at("2026-01-11 00:00:00")).store_id == "S1"
    assert store.owner_at("real", 1, at(APR), known_at=at("2026-01-10 20:00:19")) is None
    log = store.binding_log("real")
    assert seen(store.spells(log)) == [(1, "S2", at(JAN), None, None)]
    assert seen(store.spells(log, at("2026-01-11 00:00:00"))) == [(1, "S1", at(JAN), None, None)]


def test_a_rewritten_past_covers_what_came_after_it():
    feb, mar = "2026-02-01 00:00:00", "2026-03-01 00:00:00"
    store.append_bindings("real", [assertion(1, JAN, "S1"), assertion(1, mar, "S2"), assertion(2, JAN, None)])
    store.append_bindings(
        "real", [assertion(1, feb, "S3", cause="corrected"), assertion(1, APR, "S4", cause="expired")]
    )
    assert seen(store.spells(store.binding_log("real"))) == [
        (1, "S1", at(JAN), at(feb), "corrected"),
        (1, "S3", at(feb), at(APR), "expired"),
        (1, "S4", at(APR), None, None),
        (2, None, at(JAN), None, None),
    ]


def test_appending_the_same_again_adds_nothing():
    rows = [assertion(1, JAN), assertion(2, JAN)]
    assert store.append_bindings("real", rows, based_on=0).rows == 2
    assert store.append_bindings("real", rows, based_on=0) == chain.Appended(0, None, 2, heads_now("bindings"))
    assert store.append_entries("real", [entry("a", 1), entry("b", 2), entry("a", 1)]).rows == 2
    assert store.append_entries("real", [entry("b", 2), entry("c", 3)]) == chain.Appended(1, 3, 3, heads_now("entries"))
    assert store.entries("real")["amount_minor"].to_list() == [1, 2, 3]


def heads_now(table):
    return heads.read_heads("real")[table].head.row_hash


def test_a_claim_is_kept_once_and_again_when_its_outcome_changes():
    claim = {
        "customer_key": 1, "at": at(JAN), "claimed_store_id": "S2", "claimed_agent_id": "A2", "owner_store_id": "S1",
        "owner_agent_id": "A1", "method": "scan", "outcome": "rejected_protected", "protected_until": at(APR),
    }  # fmt: skip
    for _ in range(2):
        store.append_bindings("real", [], [claim])
    assert store.sequence("real")["binding_attempts"] == 1
    store.append_bindings("real", [], [claim | {"outcome": "accepted"}])
    store.append_bindings("real", [], [claim])
    assert store.sequence("real")["binding_attempts"] == 3
    assert store.attempts("real")["outcome"].to_list() == ["rejected_protected"]


def test_bindings_and_claims_are_kept_both_or_neither():
    claim = {"customer_key": 1, "at": at(JAN), "claimed_store_id": "S2", "method": "scan", "outcome": None}
    with pytest.raises(ContractError, match=r"binding_attempts\.outcome: 1 values are missing"):
        store.append_bindings("real", [assertion(1, JAN)], [claim])
    assert set(store.sequence("real").values()) == {0}


def test_a_settled_month_takes_no_more_entries():
    store.append_entries("real", [entry("a", 5_139)], [statement()])
    with pytest.raises(UsageError, match="1 new entries belong to 2026-10, and months up to 2026-10 are settled"):
        store.append_entries("real", [entry("late", 1), entry("b", 2, month="2026-11")])
    assert store.entries("real").height == 1
    assert store.append_entries("real", [entry("a", 5_139), entry("b", 2, month="2026-11")]).rows == 1
    assert store.settled_months("real") == ["2026-10"]
    assert store.entries("real")["statement_id"].to_list() == ["2026-10|agent|A1|CNY", None]


def test_eligibility_learnt_later_is_seen_on_the_entry():
    known = entry("b", 2, order_id="O2", eligible_on=dt.date(2026, 10, 20))
    store.append_entries("real", [entry("a", 1), known])
    assert store.entries("real")["eligible_on"].to_list() == [None, dt.date(2026, 10, 20)]
    learnt = {"source": "shop", "order_id": "O1", "eligible_on": dt.date(2026, 10, 25)}
    for _ in range(2):
        store.append_entries("real", [], eligible=[learnt])
    assert store.sequence("real")["eligibility"] == 1
    assert store.entries("real")["eligible_on"].to_list() == [dt.date(2026, 10, 25), dt.date(2026, 10, 20)]


def test_numbers_have_no_gaps_and_reading_up_to_one_leaves_out_the_rest():
    store.append_entries("real", [entry("a", 1)])
    store.append_entries("real", [entry("b", 2), entry("c", 3)])
    assert store.entries("real")["seq"].to_list() == [1, 2, 3]
    assert store.entries("real", up_to=2)["amount_minor"].to_list() == [1, 2]


def test_time_only_goes_forward_even_when_the_clock_does_not():
    store.append_bindings("real", [assertion(1, JAN)], recorded_at=at("2026-05-01 00:00:00"))
    store.append_bindings("real", [assertion(2, JAN)], recorded_at=at("2026-04-01 00:00:00"))
    assert store.binding_log("real")["recorded_at"].to_list() == [at("2026-05-01 00:00:00")] * 2


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"dist_m": float("nan")}, "bindings.dist_m: 1 values"),
        ({"dist_m": float("inf")}, "bindings.dist_m: 1 values"),
        ({"runner_store_id": "S\0"}, "bindings.runner_store_id: 1 values"),
        ({"status": None}, "bindings.status: 1 values are missing"),
    ],
)
def test_a_value_that_one_database_would_change_is_refused(change, words):
    with pytest.raises(ContractError, match=words):
        store.append_bindings("real", [assertion(1, JAN) | change])


def test_an_unknown_column_is_refused_by_name():
    with pytest.raises(ContractError, match="entries: no such column: colour"):
        store.append_entries("real", [entry("a", 1) | {"colour": "red"}])
    with pytest.raises(ContractError, match="entries: no such column: colour"):
        store.append_entries("real", pl.DataFrame([entry("a", 1) | {"colour": "red"}]))


def test_two_modes_do_not_see_each_other():
    store.append_entries("real", [entry("a", 1)])
    store.append_entries("demo", [entry("a", 10), entry("b", 20)])
    assert store.entries("real")["amount_minor"].to_list() == [1]
    assert store.entries("demo")["amount_minor"].to_list() == [10, 20]


def test_many_rows_are_chained_across_chunks_and_read_back_as_written():
    many = 45_000
    frame = pl.DataFrame([entry("", 0)]).select(pl.all().repeat_by(many).explode())
    frame = frame.with_columns(entry_key=pl.format("k{}", pl.int_range(many)), amount_minor=pl.int_range(many))
    assert store.append_entries("real", frame).rows == many
    assert store.append_entries("real", frame).rows == 0
    assert store.entries("real")["amount_minor"].sum() == many * (many - 1) // 2
    with database.reading("real") as connection:
        verdict = chain.verify(connection, tables.entries, head=heads.read_heads("real")["entries"])
    assert (verdict.ok, verdict.rows) == (True, many)
