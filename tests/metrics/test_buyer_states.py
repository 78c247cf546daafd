"""What everybody had bought by any day is the same, brought forward from a few days that are kept, as counted one by one."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

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
