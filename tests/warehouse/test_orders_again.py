import datetime as dt

import pytest

from tests.warehouse.typed import at, customer, line, marts, order, orders_file, refund, table, take
from warehouse import api

pytestmark = pytest.mark.usefixtures("data_folder")
H1, H2, H3, H4 = ("1" * 32, "2" * 32, "3" * 32, "4" * 32)


def lines():
    return sorted(api.open_snapshot("real").read("order_lines").select("order_id", "product_id", "net_minor").rows())


def test_changed_orders_replace_the_earlier_ones_and_are_counted_as_updated():
    take(table("orders", order("O1", row=1, minor=100), order("O2", row=2, minor=100)))
    changed = order("O1", net=80, row=1, minor=80)
    report = take(
        table("orders", changed, order("O2", row=2, minor=100), order("O3", row=3, minor=5, net=5), file="b.csv")
    )
    told = report.sources[0]
    assert (told.accepted, told.updated, told.duplicate) == (2, 1, 1)
    assert (told.accepted_minor, told.updated_minor, told.duplicate_minor) == (85, 80, 100)
    assert sorted(marts().orders["net_minor"]) == [5, 80, 100]


def test_an_older_updated_at_does_not_replace_a_newer_one():
    take(table("orders", order("O1", net=80, row=1, updated_at=at("2026-03-05 00:00"))))
    stale = take(table("orders", order("O1", net=100, row=1, updated_at=at("2026-03-03 00:00")), file="old.csv"))
    assert (stale.snapshot, stale.sources[0].duplicate) == (None, 1)
    assert marts().orders["net_minor"].to_list() == [80]


def test_more_lines_of_a_known_order_continue_it():
    take(orders_file("a.csv", line("O1", H1, net=100)))
    take(orders_file("b.csv", line("O1", H2, product="P2", net=30), line("O1", H3, product="P3", net=20)))
    assert lines() == [("O1", "P1", 100), ("O1", "P2", 30), ("O1", "P3", 20)]
    assert marts().orders["goods_net_minor"].to_list() == [150]


def test_a_line_with_another_price_is_an_edit_and_its_order_has_no_line_that_was_not_sent():
    take(orders_file("a.csv", line("O1", H1, net=100), line("O1", H2, product="P2", net=50)))
    take(orders_file("b.csv", line("O1", H3, net=80)))
    assert lines() == [("O1", "P1", 80)]


def test_a_day_that_repeats_the_whole_file_adds_nothing_although_another_day_follows():
    whole = orders_file("whole.csv", line("O1", H1), line("O2", H2), line("O3", H3))
    take(whole)
    days = [orders_file("1.csv", line("O1", H1)), orders_file("2.csv", line("O2", H2), line("O3", H3))]
    assert take(*days).snapshot is None
    assert take(*days, orders_file("3.csv", line("O4", H4))).snapshot == 2
    assert len(lines()) == 4


def test_the_last_of_three_files_of_one_batch_has_the_last_word():
    bodies = [
        orders_file(f"{n}.csv", line("O1", key, net=net)) for n, (key, net) in enumerate([(H1, 10), (H2, 20), (H3, 30)])
    ]
    take(*bodies, orders_file("other.csv", line("O2", H4, net=5)))
    assert lines() == [("O1", "P1", 30), ("O2", "P1", 5)]


def test_a_refund_months_later_lowers_the_net_of_its_order():
    take(orders_file("a.csv", line("O1", H1, net=100)))
    take(table("refunds", refund("R1", "O1", goods=30, when="2026-09-01 04:00")))
    found = marts()
    assert found.orders.select("refunded_minor", "net_minor", "is_kept").rows() == [(30, 70, True)]
    assert found.refunds.select("local_on", "order_local_on").rows() == [(dt.date(2026, 9, 1), dt.date(2026, 3, 2))]
    take(table("refunds", refund("R2", "O1", goods=70, when="2026-10-01 04:00"), file="r2.csv"))
    assert marts().orders.select("net_minor", "is_kept").rows() == [(0, False)]


def test_a_customer_who_is_described_later_keeps_key_money_and_id():
    take(orders_file("a.csv", line("O1", H1)))
    before = api.open_snapshot("real").read("customer_keys").rows()
    assert marts().people.select("is_described", "city").rows() == [(False, None)]
    take(table("customers", customer("C1", city="Suzhou"), customer("C2", city="Wuxi", row=2)))
    keys = api.open_snapshot("real").read("customer_keys")
    assert keys.rows()[:1] == before
    found = marts()
    assert found.people.height == 2
    mine = found.people.filter(customer_key=before[0][1])
    assert mine.select("is_described", "city").rows() == [(True, "Suzhou")]
    assert found.orders.select("customer_key", "net_minor").rows() == [(before[0][1], 100)]


def test_what_an_order_says_of_a_customer_does_not_undo_a_description():
    take(table("customers", customer("C1", city="Suzhou")))
    take(orders_file("a.csv", line("O1", H1)))
    assert marts().people.select("is_described", "city").rows() == [(True, "Suzhou")]
    assert take(table("customers", customer("C1", city="Suzhou"), file="again.csv")).snapshot is None
