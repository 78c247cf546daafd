import datetime as dt

import pytest

from schema.scope import Scope
from tests.warehouse.typed import customer, event, marts, order, refund, store, table, take
from warehouse import api

pytestmark = pytest.mark.usefixtures("data_folder")

OLD = store("S1", 31.1, 121.0)
NEW = store("S2", 31.01, 121.0, row=2, opened_on=dt.date(2026, 3, 10), closed_on=dt.date(2026, 4, 1))
HOME = customer("C1", home_lat=31.0, home_lng=121.0)
DAYS = ["2026-03-09", "2026-03-10", "2026-03-31", "2026-04-01"]


def sold(**more):
    return [order(f"O{n}", when=f"{day} 04:00", row=n, **more) for n, day in enumerate(DAYS, 1)]


def test_a_customer_goes_to_the_nearer_store_for_the_days_it_is_open():
    looked = [event(f"E{n}", when=f"{day} 04:00:00", customer="C1", row=n) for n, day in enumerate(DAYS, 1)]
    take(table("stores", OLD, NEW), table("customers", HOME), table("orders", *sold()), table("events", *looked))
    owners = ["S1", "S2", "S2", "S1"]
    found = marts()
    assert found.orders.sort("paid_at")["owner_store_id"].to_list() == owners
    assert found.visits.sort("at")["owner_store_id"].to_list() == owners
    assert found.people.select("owner_store_id", "owner_agent_id", "nearest_store_id").rows() == [("S1", "AS1", "S1")]


def test_somebody_without_a_home_is_nobodys():
    take(table("stores", OLD, NEW), table("orders", *sold()))
    assert marts().orders["owner_store_id"].to_list() == [None] * 4
    assert marts().people["owner_store_id"].to_list() == [None]


def test_a_store_that_is_told_of_later_changes_whose_the_earlier_orders_were():
    take(table("stores", OLD), table("customers", HOME), table("orders", *sold()))
    assert marts().orders["owner_store_id"].to_list() == ["S1"] * 4
    take(table("stores", OLD, NEW, file="all.csv"))
    assert marts().orders.sort("paid_at")["owner_store_id"].to_list() == ["S1", "S2", "S2", "S1"]


def test_an_agent_keeps_the_rows_of_their_days_and_sees_none_afterwards():
    looked = [event(f"E{n}", when=f"{day} 04:00:00", customer="C1", row=n) for n, day in enumerate(DAYS, 1)]
    back = refund("R1", "O2", goods=10, when="2026-05-01 04:00")
    take(
        table("stores", OLD, NEW),
        table("customers", HOME),
        table("orders", *sold()),
        table("refunds", back),
        table("events", *looked),
    )
    mine = api.load_marts(api.open_snapshot("real"), Scope("agent", agent_id="AS2"))
    assert mine.orders["local_on"].to_list() == [dt.date(2026, 3, 10), dt.date(2026, 3, 31)]
    assert mine.visits["local_on"].to_list() == [dt.date(2026, 3, 10), dt.date(2026, 3, 31)]
    assert mine.refunds["goods_minor"].to_list() == [10]
    assert mine.people.height == 0
    first = api.load_marts(api.open_snapshot("real"), Scope("agent", agent_id="AS1"))
    assert (first.orders.height, first.refunds.height, first.people.height) == (2, 0, 1)


def test_an_agent_sees_what_their_store_hands_over_and_no_anonymous_rows():
    handed = order("O1", customer="C1", fulfil_store_id="S2", row=1)
    nobody = order("O2", customer=None, fulfil_store_id="S2", row=2)
    seen = event("E1", customer=None, store_id="S2")
    take(table("stores", OLD, NEW), table("orders", handed, nobody), table("events", seen))
    mine = api.load_marts(api.open_snapshot("real"), Scope("agent", agent_id="AS2"))
    assert mine.orders.select("local_on", "fulfil_store_id").rows() == [(dt.date(2026, 3, 2), "S2")]
    assert mine.visits.height == 0
    assert mine.places["store_id"].to_list() == ["S2"]


@pytest.mark.parametrize("scope", [Scope("agent", agent_id="AS"), Scope("agent", agent_id="%"), Scope("guest")])
def test_an_unknown_agent_or_role_sees_no_row_of_anybody(scope):
    take(table("stores", OLD, NEW), table("customers", HOME), table("orders", *sold(selling_store_id="S1")))
    mine = api.load_marts(api.open_snapshot("real"), scope)
    assert (mine.orders.height, mine.lines.height, mine.people.height, mine.places.height) == (0, 0, 0, 0)


def test_a_store_without_an_agent_is_no_agents():
    take(table("stores", OLD | {"agent_id": None}), table("orders", *sold(selling_store_id="S1")))
    assert marts().orders["agent_id"].to_list() == [None] * 4
    mine = api.load_marts(api.open_snapshot("real"), Scope("agent", agent_id="AS1"))
    assert mine.orders.height == 0
