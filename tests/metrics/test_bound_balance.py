"""Allocated is distributed, to the minor unit; head office's rounding is told apart."""

import pytest

from metrics.bound_balance import balance, rounding
from schema.errors import UsageError
from tests.answers.tiny import entry, order, table

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
