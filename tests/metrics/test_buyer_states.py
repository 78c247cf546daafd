"""What everybody had bought by any day is the same, brought forward from a few days that are kept, as counted one by one."""

import datetime as dt
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics import buyer_measures
from metrics.buyer_states import STEP, BuyerStates

PEOPLE = 4


def states(rows):
    rows = sorted(rows)
    who, day, net = (
        (np.array(column, np.int64) for column in zip(*rows, strict=True)) if rows else [np.zeros(0, np.int64)] * 3
    )
    return BuyerStates.of(who.astype(np.int32), day.astype(np.int32), net, 1 + (who + day) % 3, PEOPLE)


def test_three_order_days_are_told_of_any_days():
    kept = states([(0, 100, 500), (0, 140, 250), (2, 130, 900)])
    assert kept.times_between(100, 140).tolist() == [2, 0, 1, 0]
    assert kept.times_between(101, 139).tolist() == [0, 0, 1, 0]
    assert kept.spent_between(0, 139).tolist() == [500, 0, 900, 0]
    assert kept.spent_between(140, 9_999).tolist() == [250, 0, 0, 0]
    assert kept.latest_before(140).tolist() == [1, 0, 31, 0]
    assert kept.latest_before(141).tolist() == [41, 0, 31, 0]
    assert kept.latest_before(100).tolist() == [0, 0, 0, 0]
    assert kept.orders_between(100, 130).tolist() == [2, 0, 1, 0]
    assert (kept.rows_between(100, 130), kept.rows_between(141, 999), kept.rows_between(140, 130)) == (2, 0, 0)
    assert kept.total == 1650


def test_more_order_days_or_money_than_small_numbers_hold_are_counted():
    kept = states([(1, day, 50_000_000) for day in range(300)])
    assert kept.times_between(0, 299).tolist() == [0, 300, 0, 0]
    assert kept.spent_between(0, 299).tolist() == [0, 15_000_000_000, 0, 0]


@given(
    days=st.dictionaries(
        st.tuples(st.integers(0, PEOPLE - 1), st.integers(20_000, 20_000 + 4 * STEP)),
        st.integers(-900, 900),
        max_size=40,
    ),
    start=st.integers(19_990, 20_010 + 4 * STEP),
    length=st.integers(-2, 5 * STEP),
)
def test_any_days_are_told_as_one_by_one(days, start, length):
    kept, end = states([(*place, net) for place, net in days.items()]), start + length
    inside = [
        [(day, net) for (who, day), net in days.items() if who == one and start <= day <= end] for one in range(PEOPLE)
    ]
    assert kept.times_between(start, end).tolist() == [len(rows) for rows in inside]
    assert kept.spent_between(start, end).tolist() == [sum(net for _, net in rows) for rows in inside]
    orders = [[1 + (one + day) % 3 for day, _ in rows] for one, rows in enumerate(inside)]
    assert kept.orders_between(start, end).tolist() == [sum(each) for each in orders]
    assert kept.rows_between(start, end) == sum(len(rows) for rows in inside)
    before = [[day for who, day in days if who == one and day < start] for one in range(PEOPLE)]
    first = min((day for _, day in days), default=0)
    assert kept.latest_before(start).tolist() == [max(rows) - first + 1 if rows else 0 for rows in before]


@given(
    rows=st.lists(
        st.tuples(st.integers(0, PEOPLE - 1), st.integers(0, 700), st.sampled_from([-500, 0, 49_999, 50_000, 400_000])),
        max_size=40,
        unique_by=lambda row: row[:2],
    ),
    end=st.integers(1, 800),
)
def test_people_scored_a_few_at_once_are_in_the_cells_they_are_in_one_by_one(rows, end):
    customers, money = Counter(), Counter()
    for person in range(PEOPLE):
        days = [(day, net) for who, day, net in rows if who == person and day < end]
        inside = [(day, net) for day, net in days if day >= end - 365]
        if not days:
            continue
        net = sum(net for _, net in inside)
        r = 5 - sum(end - max(days)[0] > edge for edge in (30, 90, 180, 365))
        f = 1 + sum(len(inside) > edge for edge in (1, 2, 3, 5))
        m = 1 + sum(net >= edge for edge in (50_000, 150_000, 300_000, 600_000))
        cell = (r, f, m) if inside else (1, None, None)
        customers[cell] += 1
        money[cell] += net
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(buyer_measures, "_AT_ONCE", 3)
        table, people = buyer_measures.cells_of(states(rows), dt.date(1970, 1, 1) + dt.timedelta(days=end))
    found = {(r, f, m): (count, net) for r, f, m, _, count, net in table.rows()}
    assert found == {cell: (n, money[cell] if cell[1] else None) for cell, n in customers.items()}
    assert people == customers.total()


@pytest.mark.parametrize(
    ("orders", "kind"), [(255, np.uint8), (256, np.uint16), (65_535, np.uint16), (65_536, np.uint32)]
)
def test_orders_are_kept_in_the_smallest_numbers_that_hold_them(orders, kind):
    one = np.zeros(1, np.int32)
    kept = BuyerStates.of(one, one, np.array([5]), np.array([orders]), 1)
    assert kept.orders.dtype == kind
    assert kept.orders_between(0, 0).tolist() == [orders]
