"""One customer's decision told again, to those who may read it."""

from __future__ import annotations

import json

import pytest

from ledger.bind import bind
from ledger.replay import replay
from schema.errors import UsageError
from schema.scope import LOCAL_OWNER, Scope
from tests.ledger.world import key, local
from tests.warehouse import typed
from warehouse.api import open_snapshot

NOW = local("2026-06-01 12:00:00")
S1 = typed.store("S1", 31.21, 121.4)
S2 = typed.store("S2", 31.18, 121.4)
NOT_YET = typed.store("S3", 31.201, 121.4, opened_on=local("2026-03-02").date())


@pytest.fixture
def world(sqlite_home):
    scan = typed.event("E1", kind="scan", product=None, customer="C1", store_id="S2")
    scan |= {"occurred_at": local("2026-05-01 10:00:00")}
    home = {"home_lat": 31.2, "home_lng": 121.4, "home_src": "address", "home_precision_m": 30.0}
    typed.take(
        typed.table("stores", S1, S2, NOT_YET),
        typed.table("customers", typed.customer("C1", registered_at=local("2026-01-10 20:00:00"), **home)),
        typed.table("events", scan),
    )
    bind("real", now=NOW, publish=False)


def _replay(scope=LOCAL_OWNER):
    return replay(open_snapshot("real"), scope, key("C1"))


@pytest.mark.usefixtures("world")
def test_head_office_reads_why_a_customer_is_whose_and_that_it_comes_out_again():
    told = _replay()
    assert [(c.store_id, c.distance_m, c.was_open, c.is_owner) for c in told.candidates] == [
        ("S3", 111.2, False, False),
        ("S1", 1_112.0, True, True),
        ("S2", 2_223.9, True, False),
    ]
    assert told.why == (
        "Registered 2026-01-10 20:00:00.",
        "The location used is good to 30 m (address).",
        "S1 was chosen by distance, about 1,110 m away. The next was S2, about 2,220 m.",
        "Nobody may take the customer over before 2026-04-10 20:00:00.",
        "Binding policy version 1.",
    )
    assert [(s.store_id, s.cause) for s in told.spells] == [("S1", "registered"), ("S2", "takeover")]
    assert [(a.claimed_store_id, a.outcome) for a in told.attempts] == [("S2", "accepted")]
    assert (told.rerun_same, told.rerun_from) == (True, "facts")


@pytest.mark.usefixtures("world")
def test_facts_that_changed_since_come_out_otherwise():
    typed.take(typed.table("stores", typed.store("S1", 31.4, 121.4), file="moved.csv"))
    assert _replay().rerun_same is False


@pytest.mark.usefixtures("world")
def test_without_the_exact_place_the_kept_distances_decide():
    typed.take(
        typed.table("customers", typed.customer("C1", registered_at=local("2026-01-10 20:00:00")), file="c2.csv")
    )
    told = _replay()
    assert (told.rerun_same, told.rerun_from, told.location.source) == (True, "candidates", "")
    assert [c.store_id for c in told.candidates] == ["S1", "S2"]


@pytest.mark.usefixtures("world")
def test_after_a_move_the_first_decision_is_told_as_it_was_made():
    home = {"home_lat": 31.15, "home_lng": 121.4, "home_src": "address", "home_precision_m": 30.0}
    before = _replay()
    moved = typed.customer("C1", registered_at=local("2026-01-10 20:00:00"), **home)
    typed.take(typed.table("customers", moved, file="moved.csv"))
    told = _replay()
    assert (told.rerun_same, told.rerun_from) == (True, "candidates")
    assert told.rerun_words == (
        "The place it was decided on is not known any more, so it stands as it was written; by the distances kept with "
        "the binding the owner was the nearest."
    )
    assert (told.spells, told.why[2]) == (before.spells, before.why[2])
    assert [(c.store_id, c.distance_m) for c in told.candidates] == [("S1", 1_110.0), ("S2", 2_220.0)]
    assert told.location.cell == before.location.cell


@pytest.mark.usefixtures("world")
def test_an_agent_reads_only_the_own_side():
    mine = _replay(Scope("agent", agent_id="AS1"))
    assert [(c.store_id, c.distance_m) for c in mine.candidates] == [
        ("another store", 100.0), ("S1", 1_110.0), ("another store", 2_200.0),
    ]  # fmt: skip
    assert [s.store_id for s in mine.spells] == ["S1"]
    assert [(a.claimed_store_id, a.owner_store_id) for a in mine.attempts] == [("another store", "S1")]
    rival = _replay(Scope("agent", agent_id="AS2"))
    assert (rival.location, rival.candidates) == (None, ())
    assert rival.why == ("Another store owned the customer first.",)
    with pytest.raises(UsageError, match="no such customer"):
        _replay(Scope("agent", agent_id="AS9"))


@pytest.mark.usefixtures("world")
def test_the_evidence_names_nobody_and_no_exact_place():
    text = _replay().to_json("C-00000000ff")
    told = json.loads(text)
    assert told["customer"] == "C-00000000ff"
    assert str(key("C1")) not in text
    assert "31.2" not in text
    assert [c["distance_m"] for c in told["candidates"]] == [110.0, 1_110.0, 2_220.0]
