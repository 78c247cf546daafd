"""Every row of the ledger that is another's carries a canary: it must not sing."""

import dataclasses

import pytest

from schema.marts import Marts
from schema.scope import Scope
from tests.warehouse.test_books import book, publish, share, spell
from tests.warehouse.typed import at, customer, marts, order, store, table, take
from warehouse import api

pytestmark = pytest.mark.usefixtures("data_folder")

CANARY = "CANARY"
SINCE, TAKEN = "2026-03-01 00:00", "2026-03-10 04:00:00"


def attempt(key, claimed, owner, outcome):
    sides = {"claimed": claimed, "owner": owner}
    ids = {f"{side}_{kind}_id": store and f"{'A' if kind == 'agent' else ''}{store}"
           for side, store in sides.items() for kind in ("store", "agent")}  # fmt: skip
    return {"customer_key": key, "at": at(TAKEN), "method": "guide", "guide_id": f"G-{claimed}", "outcome": outcome,
            "protected_until": at("2026-05-30 00:00"), **ids}  # fmt: skip


def statement(month, receiver, agent):
    sums = dict.fromkeys(("opening", "accrued", "clawback", "paid", "adjust", "closing", "held", "payable"), 0)
    return {
        "statement_id": f"{month}-{receiver}", "month": month, "receiver_kind": "store", "receiver_id": receiver,
        "agent_id": agent, "currency": "CNY", **{f"{k}_minor": v for k, v in sums.items()}, "entries": 1,
        "digest": "d", "chain_head": "h", "settled_at": at(TAKEN),
    }  # fmt: skip


def ledger():
    """C1 goes from S1 to the canary store; C2 was always the canary's and S1 tried; C3 is S1's and the canary tried."""
    take(
        table("stores", store("S1", 31.1, 121.0), store(CANARY, 31.0, 121.0, row=2)),
        table("customers", *[customer(f"C{n}", row=n) for n in (1, 2, 3)]),
        table("orders", order("O1", customer="C1", when="2026-03-02 04:00", row=1),
              order("O2", customer="C2", selling_store_id=CANARY, row=2)),
    )  # fmt: skip
    publish(
        bindings=book(
            "bindings",
            spell(1, "S1", SINCE, TAKEN, end_reason="takeover", runner_store_id=CANARY, runner_dist_m=5.0),
            spell(1, CANARY, TAKEN, cause="takeover"),
            spell(2, CANARY, SINCE),
            spell(3, "S1", SINCE, runner_store_id="S1", runner_dist_m=7.0),
        ),
        attempts=book(
            "attempts",
            attempt(1, CANARY, "S1", "accepted"),
            attempt(2, "S1", CANARY, "rejected_protected"),
            attempt(3, CANARY, "S1", "rejected_protected"),
            attempt(2, CANARY, None, "accepted"),
        ),
        shares=book(
            "shares",
            share(1),
            share(2, receiver_kind="agent", receiver_id="AS1", store_id=None),
            share(3, receiver_id=CANARY, store_id=CANARY, agent_id=f"A{CANARY}"),
            share(4, receiver_kind="fund", receiver_id=CANARY, store_id=None, agent_id=None),
        ),
        statements=book(
            "statements",
            statement("2026-03", "S1", "AS1"),
            statement("2026-03", CANARY, f"A{CANARY}"),
            statement("2026-03", f"{CANARY}-HQ", None),
        ),
    )


def mine(agent="AS1", role="agent"):
    return api.load_marts(api.open_snapshot("real"), Scope(role, agent_id=agent))


def test_no_id_of_another_agent_stands_in_the_ledgers_tables():
    ledger()
    found = mine()
    for name in ("bindings", "attempts", "shares", "statements", "territories", "travel", "places"):
        assert CANARY not in str(getattr(found, name).to_dicts()), name


def test_an_agent_sees_own_spells_and_where_they_end():
    ledger()
    rows = mine().bindings.select("customer_key", "store_id", "valid_to", "end_reason", "runner_store_id").rows()
    assert rows == [(1, "S1", at(TAKEN), "takeover", None), (3, "S1", None, None, "S1")]


def test_attempts_show_ones_own_side_alone():
    ledger()
    rows = mine().attempts.select("customer_key", "claimed_store_id", "owner_store_id", "guide_id", "outcome").rows()
    assert rows == [
        (1, None, "S1", None, "accepted"),
        (None, "S1", None, "G-S1", "rejected_protected"),  # C2 never was theirs: who it is stays unknown
        (3, None, "S1", None, "rejected_protected"),
    ]
    assert mine().attempts["protected_until"].null_count() == 1


def test_entries_and_statements_are_their_receivers_alone():
    ledger()
    found = mine()
    assert found.shares["seq"].to_list() == [1, 2]
    assert found.statements["receiver_id"].to_list() == ["S1"]


def test_head_office_sees_everything_and_a_stranger_nothing():
    ledger()
    whole = marts()
    assert (whole.bindings.height, whole.attempts.height, whole.shares.height, whole.statements.height) == (4, 4, 4, 3)
    for scope in (mine("AS9"), mine("%"), mine(role="stranger")):
        for field in dataclasses.fields(Marts):
            if field.name not in {"goods", "stock_outs"}:
                assert getattr(scope, field.name).height == 0, field.name
