"""Where bound customers buy and what their owner gets."""

import pytest

from metrics.bound_money import credited_orders, journey, leakage
from schema.errors import UsageError
from tests.answers.tiny import entry, order, table

HERE = order(1, 1, "2026-11-02", 10_000)
ONLINE = order(2, 1, "2026-11-03", 5_000, store=None, channel="wechat_mini", back=1_000)
THERE = order(3, 1, "2026-11-04", 3_000, store="S2")
DIRECT = order(4, 1, "2026-11-05", 2_000, store="S2", agent_id=None)
FOREIGN = order(5, 2, "2026-11-05", 7_000, owner="S3")
NOBODYS = order(6, 3, "2026-11-06", 9_000, owner=None)
ORDERS = table("orders", [HERE, ONLINE, THERE, DIRECT, FOREIGN, NOBODYS])
SHARES = table(
    "shares",
    [
        entry(1, "accrual", "S1", 300, "2026-11-03", of=ONLINE, pool=600),
        entry(2, "accrual", "AG1", 300, "2026-11-03", of=ONLINE, pool=600),
        entry(3, "clawback", "S1", -60, "2026-11-09", of=ONLINE, pool=600, refund_id="F1"),
        entry(4, "accrual", "AG1", 90, "2026-11-04", of=THERE, pool=90),
        entry(5, "accrual", "AG2", 50, "2026-11-05", of=FOREIGN, pool=50),
    ],
)


def found(by, orders=ORDERS, shares=SHARES):
    return credited_orders(orders, shares, by)


def test_a_store_is_credited_only_by_entries_of_its_own_account():
    rows = found("store").sort("order_key").select("order_key", "where", "is_credited", "share_minor").rows()
    assert rows == [
        (1, "own_store", False, 0),
        (2, "online", True, 240),
        (3, "another_store", False, 0),
        (4, "head_office", False, 0),
        (5, "another_store", False, 0),
    ]


def test_an_agent_is_credited_by_every_account_of_theirs_and_owns_all_their_stores():
    rows = found("agent").sort("order_key").select("order_key", "where", "is_credited", "share_minor").rows()
    assert rows == [
        (1, "own_store", False, 0),
        (2, "online", True, 540),
        (3, "another_store", True, 90),
        (4, "head_office", False, 0),
        (5, "another_store", True, 50),
    ]


def test_leakage_is_spend_elsewhere_and_credited_leakage_its_part_with_a_share():
    row = leakage(found("store"), "store").filter(group="S1").row(0, named=True)
    assert (row["spend_minor"], row["own_minor"], row["elsewhere_minor"]) == (19_000, 10_000, 9_000)
    assert (row["leakage"], row["credited_minor"]) == (9_000 / 19_000, 4_000)
    assert (row["credited_leakage"], row["share_minor"]) == (4_000 / 19_000, 240)
    assert (row["customers"], row["orders"]) == (1, 4)


def test_leakage_of_agents_comes_most_money_first():
    table_ = leakage(found("agent"), "agent")
    assert table_.select("group", "elsewhere_minor", "credited_minor").rows() == [
        ("AG1", 9_000, 7_000),
        ("AG2", 7_000, 7_000),
    ]


def test_an_owner_whose_customers_returned_everything_has_no_rate():
    rows = found("store", orders=table("orders", [order(1, 1, "2026-11-02", 500, back=500, store="S2")]))
    assert leakage(rows, "store").select("leakage", "credited_leakage").rows() == [(None, None)]


def test_the_journey_has_every_place_and_its_parts_add_up():
    table_ = journey(found("agent"))
    assert table_.select("where", "orders", "net_minor", "share_minor").rows() == [
        ("own_store", 1, 10_000, 0),
        ("another_store", 2, 10_000, 140),
        ("online", 1, 4_000, 540),
        ("head_office", 1, 2_000, 0),
    ]
    assert sum(table_["part"]) == pytest.approx(1.0)


def test_no_orders_have_no_journey():
    assert journey(found("agent", orders=ORDERS.clear())).is_empty()
    assert leakage(found("store", orders=ORDERS.clear()), "store").is_empty()


def test_two_orders_in_one_instant_do_not_double_the_share():
    twice = table("orders", [ONLINE, {**ONLINE, "order_key": 9}])
    assert found("store", orders=twice)["share_minor"].sum() == 240


def test_a_correction_to_nothing_takes_the_credit_away():
    undone = table("shares", [*SHARES.to_dicts(), entry(9, "adjust", "S1", -300, "2026-11-03", of=ONLINE, pool=600)])
    assert found("store", shares=undone).filter(order_key=2)["is_credited"].to_list() == [False]


def test_currencies_are_never_added():
    mixed = table("orders", [HERE, order(7, 1, "2026-11-07", 1, currency="USD")])
    with pytest.raises(UsageError, match="holds 2 currencies"):
        found("store", orders=mixed)
