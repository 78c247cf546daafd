import pytest

from tests.warehouse.typed import customer, event, marts, order, table, take

pytestmark = pytest.mark.usefixtures("data_folder")


def test_staff_are_left_out_of_behaviour_but_their_orders_stay_in_money():
    people = table("customers", customer("C1"), customer("C2", is_staff=True, row=2))
    looked = [
        event(f"E{n}", customer=who, kind=kind, when=f"2026-03-01 12:00:0{n}", row=n)
        for n, (who, kind) in enumerate(
            [("C1", "view"), ("C2", "view"), ("C1", "cart"), ("C2", "cart"), (None, "view")]
        )
    ]
    bought = table("orders", order("O1", row=1), order("O2", customer="C2", net=70, row=2))
    take(people, bought, table("events", *looked))
    found = marts()
    staff = found.people.filter("is_staff")["customer_key"].item()
    assert (found.visits.height, found.actions.height) == (2, 1)
    assert staff not in found.visits["customer_key"].to_list()
    assert staff not in found.actions["customer_key"].to_list()
    assert found.orders.select("net_minor", "is_staff").sort("net_minor").rows() == [(70, True), (100, False)]


def test_somebody_who_turns_out_to_be_staff_leaves_behaviour_afterwards():
    take(table("customers", customer("C1")), table("events", event("E1", customer="C1")))
    assert marts().visits.height == 1
    take(table("customers", customer("C1", is_staff=True), file="staff.csv"))
    assert marts().visits.height == 0


def test_test_customers_are_in_no_mart():
    people = table("customers", customer("C1", is_test=True))
    take(people, table("orders", order("O1", row=1)), table("events", event("E1", customer="C1")))
    found = marts()
    assert (found.orders.height, found.visits.height, found.people.height) == (0, 0, 0)
