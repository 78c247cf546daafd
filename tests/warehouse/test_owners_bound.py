"""Whose customer it was, to the second, once the ledger knows the customer."""

import pytest

from schema.marts import MARTS
from schema.scope import LOCAL_OWNER, Scope
from tests.warehouse.test_books import book, publish, spell
from tests.warehouse.typed import customer, event, line, marts, order, orders_file, refund, store, table, take
from warehouse import api

pytestmark = pytest.mark.usefixtures("data_folder")

STORES = table("stores", store("S1", 31.1, 121.0, city="Suzhou"), store("S2", 31.01, 121.0, row=2, city="Kunshan"))
PEOPLE = table(
    "customers",
    customer("C1", home_lat=31.0, home_lng=121.0),
    customer("C2", home_lat=31.0, home_lng=121.0, row=2),
    customer("C3", home_lat=31.0, home_lng=121.0, row=3),
)
REGISTERED, TAKEN = "2026-03-01 00:00", "2026-03-10 04:00:00"
BEFORE, AFTER = "2026-03-10 03:59:59", TAKEN
"""One local day, one second apart."""


def sold(who="C1"):
    whens = ("2026-02-28 23:59:59", BEFORE, AFTER)
    return [order(f"{who}-{n}", customer=who, when=when, row=n) for n, when in enumerate(whens, 1)]


def looked(who="C1"):
    kinds = ("view", "cart")
    times = [(when, kind) for when in (BEFORE, AFTER) for kind in kinds]
    return [event(f"{who}-{n}", when=w, kind=k, customer=who, row=n) for n, (w, k) in enumerate(times, 1)]


def keys():
    return dict(api.customer_ids(api.open_snapshot("real"), LOCAL_OWNER).select("customer_id", "customer_key").rows())


def bind(*, taker="S2"):
    key = keys()
    return publish(
        bindings=book(
            "bindings",
            spell(key["C1"], "S1", REGISTERED, TAKEN, end_reason="takeover"),
            spell(key["C1"], taker, TAKEN, cause="takeover"),
            spell(key["C3"], None, REGISTERED),
        )
    )


def owners(rows, by="paid_at"):
    return rows.sort(by)["owner_store_id"].to_list()


def test_a_second_before_and_after_a_takeover_belongs_to_different_owners():
    back = [refund(f"R{n}", None, customer_id="C1", when=when, row=n) for n, when in enumerate((BEFORE, AFTER), 1)]
    linked = refund("R3", "C1-2", customer_id="C1", when=AFTER, row=3)
    take(STORES, PEOPLE, table("orders", *sold()), table("events", *looked()), table("refunds", *back, linked))
    bind()
    found = marts()
    assert owners(found.orders) == [None, "S1", "S2"]  # the first was paid before there was a binding
    assert found.orders.sort("paid_at")["owner_agent_id"].to_list() == [None, "AS1", "AS2"]
    assert found.orders.sort("paid_at")["owner_city"].to_list() == [None, "Suzhou", "Kunshan"]
    assert owners(found.visits, "at") == ["S1", "S2"]
    assert owners(found.actions, "at") == ["S1", "S2"]
    assert found.refunds["owner_store_id"].to_list() == ["S1", "S2", "S1"]
    now = dict(found.people.select("customer_key", "owner_store_id").rows())
    assert now == {keys()["C1"]: "S2", keys()["C2"]: "S2", keys()["C3"]: None}


def test_lines_follow_the_owner_of_their_order():
    bought = orders_file(
        "o.csv", line("O1", "1") | {"header": {"when": BEFORE}}, line("O2", "2") | {"header": {"when": AFTER}}
    )
    take(STORES, PEOPLE, bought)
    bind()
    assert owners(marts().lines) == ["S1", "S2"]


def test_somebody_whom_the_ledger_does_not_know_is_still_the_nearest_stores():
    take(STORES, PEOPLE, table("orders", *sold("C2")))
    bind()
    assert owners(marts().orders) == ["S2", "S2", "S2"]


def test_an_unassigned_customer_is_nobodys_although_a_store_is_near():
    take(STORES, PEOPLE, table("orders", *sold("C3")), table("events", *looked("C3")))
    assert owners(marts().orders) == ["S2", "S2", "S2"]
    bind()
    assert owners(marts().orders) == [None, None, None]
    assert owners(marts().visits, "at") == [None, None]


def test_an_import_after_binding_keeps_owners_and_new_customers_fall_back():
    take(STORES, PEOPLE, table("orders", *sold()))
    bind()
    late = order("O9", customer="C1", when="2026-03-05 04:00", row=1)
    new = order("O8", customer="C9", when="2026-03-06 04:00", row=2)
    take(table("orders", late, new, file="b.csv"), table("customers", customer("C9", home_lat=31.1, home_lng=121.0)))
    assert owners(marts().orders) == [None, "S1", "S1", "S1", "S2"]


def test_an_agent_keeps_the_rows_of_their_period_and_sees_none_after_the_takeover():
    take(STORES, PEOPLE, table("orders", *sold()), table("events", *looked()))
    bind()
    snapshot = api.open_snapshot("real")
    old = api.load_marts(snapshot, Scope("agent", agent_id="AS1"))
    new = api.load_marts(snapshot, Scope("agent", agent_id="AS2"))
    assert (owners(old.orders), owners(old.visits, "at"), owners(old.actions, "at")) == (["S1"], ["S1"], ["S1"])
    assert (owners(new.orders), owners(new.visits, "at"), owners(new.actions, "at")) == (["S2"], ["S2"], ["S2"])
    assert old.people.height == 0
    assert set(new.people["customer_key"]) == {keys()["C1"], keys()["C2"]}


def test_binding_before_or_after_an_import_and_rebuilding_give_the_same_marts(data_folder):
    take(STORES, PEOPLE, table("orders", *sold()))
    bind()
    take(table("events", *looked()))
    api.rebuild("real")
    first = marts()
    key = keys()
    bind(taker="S1")
    bind()
    assert key == keys()
    for name in MARTS:
        assert getattr(first, name).equals(getattr(marts(), name)), name
