"""Allocated is distributed, to the minor unit; head office's rounding is told apart."""

import pytest

from metrics.bound_balance import balance
from metrics.bound_rounding import refunded_orders, rounding
from schema.errors import UsageError
from tests.answers.tiny import day, entry, order, table

BOUGHT = order(1, 1, "2026-10-05", 128_499)
POOL = {"of": BOUGHT, "pool": 15_420}
T12 = [
    entry(1, "accrual", "S1", 7_710, "2026-10-05", **POOL),
    entry(2, "accrual", "AG1", 5_139, "2026-10-05", **POOL),
    entry(3, "accrual", "G1@S1", 2_571, "2026-10-05", **POOL),
]
PART = [
    entry(4, "clawback", "S1", -2_400, "2026-10-20", refund_id="F1", **POOL),
    entry(5, "clawback", "AG1", -1_599, "2026-10-20", refund_id="F1", **POOL),
    entry(6, "clawback", "G1@S1", -800, "2026-10-20", refund_id="F1", **POOL),
]
REST = [
    entry(7, "clawback", "S1", -5_310, "2026-11-20", refund_id="F2", **POOL),
    entry(8, "clawback", "AG1", -3_540, "2026-11-20", refund_id="F2", **POOL),
    entry(9, "clawback", "G1@S1", -1_771, "2026-11-20", refund_id="F2", **POOL),
]


def month(rows, name):
    return balance(table("shares", rows)).filter(month=name).row(0, named=True)


def test_a_pool_is_counted_once_and_its_parts_add_up_to_it():
    row = month(T12, "2026-10")
    assert (row["pool_minor"], row["distributed_minor"], row["unassigned_minor"]) == (15_420, 15_420, 0)
    assert (row["share"], row["hq_rounding_minor"], row["orders"]) == (1.0, 0, 1)


def test_a_lost_minor_unit_shows():
    row = month([*T12[:2], {**T12[2], "amount_minor": 2_570}], "2026-10")
    assert row["unassigned_minor"] == 1
    assert row["share"] == 15_419 / 15_420


def test_a_partial_refund_costs_head_office_one_minor_unit_and_a_full_one_gives_it_back():
    # 40,000 of 128,499 back: ⌊15,420 · 40,000 ÷ 128,499⌋ = 4,800; the receivers gave 4,799
    assert rounding(table("shares", [*T12, *PART])).rows() == [("2026-10", 1)]
    assert rounding(table("shares", [*T12, *PART, *REST])).rows() == [("2026-10", 1), ("2026-11", -1)]


def test_a_month_of_clawbacks_alone_has_no_pool_and_no_share():
    row = month([*T12, *PART, *REST], "2026-11")
    assert (row["pool_minor"], row["share"], row["clawback_minor"]) == (0, None, -10_621)


def test_two_orders_under_two_rules_are_two_pools_each():
    other = order(2, 1, "2026-10-06", 1_000)
    rows = [
        *T12,
        entry(10, "accrual", "S1", 30, "2026-10-06", of=other, pool=30),
        entry(11, "accrual", "S1", 30, "2026-10-06", of=other, pool=30, rule_id="R3"),
    ]
    row = month(rows, "2026-10")
    assert (row["pool_minor"], row["orders"]) == (15_480, 2)


def test_large_amounts_do_not_overflow():
    big = order(3, 1, "2026-10-06", 9 * 10**17)
    about = {"of": big, "pool": 9 * 10**16}
    rows = [
        entry(1, "accrual", "S1", 9 * 10**16, "2026-10-06", **about),
        entry(2, "clawback", "S1", -4 * 10**16, "2026-10-07", refund_id="F1", **about),
    ]
    assert rounding(table("shares", rows)).rows() == [("2026-10", 0)]


def test_payouts_are_not_part_of_the_bar():
    assert balance(table("shares", [entry(1, "payout", "S1", -100, "2026-10-10")])).is_empty()


def test_no_entries_have_no_bar():
    assert balance(table("shares", [])).is_empty()


def test_currencies_are_never_added():
    with pytest.raises(UsageError, match="holds 2 currencies"):
        balance(table("shares", [*T12, {**T12[0], "seq": 9, "currency": "USD"}]))


def refunded(*refunds):
    rows = [
        {**BOUGHT, "local_on": day(on), "order_local_on": BOUGHT["local_on"], "goods_minor": goods, "shipping_minor": 0}
        for on, goods in refunds
    ]
    return refunded_orders(table("shares", T12), table("orders", [BOUGHT]), table("refunds", rows))


def test_the_refunds_of_an_order_tell_the_rounding_exactly():
    # 13 of 128,499 back: the pool's part is ⌊1.56⌋ = 1, but nobody's own part reaches a whole minor unit
    known = refunded(("2026-10-20", 13))
    assert known.select("order_id", "month", "goods_minor").rows() == [("O1", "2026-10", 13)]
    assert rounding(table("shares", T12), known).rows() == [("2026-10", 1)]
    assert month(T12, "2026-10")["hq_rounding_minor"] == 0  # without refunds it cannot be known
    assert balance(table("shares", T12), known)["hq_rounding_minor"].to_list() == [1]


def test_refunds_follow_each_other():
    known = refunded(("2026-10-20", 40_000), ("2026-11-20", 88_499))
    assert rounding(table("shares", [*T12, *PART, *REST]), known).rows() == [("2026-10", 1), ("2026-11", -1)]


def test_refunds_that_do_not_explain_the_clawbacks_are_not_believed():
    known = refunded(("2026-10-20", 70_000))
    assert rounding(table("shares", [*T12, *PART]), known).rows() == [("2026-10", 1)]


def test_two_orders_of_one_instant_cannot_be_told_apart():
    twice = table("orders", [BOUGHT, {**BOUGHT, "order_key": 2}])
    back = {
        **BOUGHT,
        "local_on": day("2026-10-20"),
        "order_local_on": BOUGHT["local_on"],
        "goods_minor": 5,
        "shipping_minor": 0,
    }
    refunds = table("refunds", [back, {**back, "order_key": 2}])
    assert refunded_orders(table("shares", T12), twice, refunds).is_empty()
