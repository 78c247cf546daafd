"""Members who looked and bought are counted from looks in order as one by one."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from metrics.first_looks import Counts, FirstLooks, Payments, bought_soon, counts_of


def array(values):
    return np.array(values, dtype=np.int64)


LOOKS = ((10, 1, False), (10, 1, True), (10, 4, True), (12, 1, True), (13, 2, True), (13, 4, False))
"""Day, member, and whether something was bought soon after."""


def looks():
    day, who, bought = zip(*LOOKS, strict=True)
    return FirstLooks.of(array(day), array(who), np.array(bought))


def test_only_the_first_look_of_a_member_in_the_days_counts():
    assert looks().counts(10, 14) == Counts(mature=3, buyers=2)
    assert looks().counts(11, 14) == Counts(mature=3, buyers=2)
    assert looks().counts(13, 14) == Counts(mature=2, buyers=1)


def test_days_before_after_and_between_looks_hold_nobody():
    assert looks().counts(0, 10) == Counts(0, 0)
    assert looks().counts(11, 12) == Counts(0, 0)
    assert looks().counts(14, 90) == Counts(0, 0)
    assert looks().counts(13, 11) == Counts(0, 0)
    assert looks().counts(0, 90) == looks().counts(10, 14)


def test_without_looks_nobody_is_counted_and_no_rate_is_told():
    nothing = FirstLooks.of(array([]), array([]), np.zeros(0, np.bool_))
    assert nothing.counts(0, 100) == Counts(0, 0)
    assert Counts(0, 0).rate is None
    assert Counts(4, 1).rate == 0.25


@given(
    rows=st.lists(st.tuples(st.integers(3, 9), st.integers(0, 4), st.booleans()), max_size=30),
    start=st.integers(0, 12),
    end=st.integers(0, 12),
)
def test_running_looks_and_single_views_count_the_same_people(rows, start, end):
    rows = sorted(rows, key=lambda row: row[:2])
    columns = list(zip(*rows, strict=True)) or [(), (), ()]
    told = FirstLooks.of(array(columns[0]), array(columns[1]), np.array(columns[2], dtype=bool)).counts(start, end)
    first = {}
    for day, who, bought in rows:
        if start <= day < end:
            first.setdefault(who, bought)
    expected = Counts(len(first), sum(first.values()))
    within = [row for row in rows if start <= row[0] < end]
    single = counts_of(array([row[1] for row in within]), np.array([row[2] for row in within], dtype=bool), 5)
    assert told == single == expected


PAID = st.tuples(st.integers(0, 3), st.integers(0, 2), st.integers(0, 60))


@given(
    views=st.lists(st.tuples(st.integers(0, 4), st.integers(0, 3), st.integers(0, 40)), max_size=20),
    paid=st.lists(PAID, max_size=12),
)
def test_a_purchase_counts_from_the_look_on_and_less_than_the_wait_after_it(views, paid):
    columns = [array([view[place] for view in views]) for place in range(3)]
    found = bought_soon(
        tuple(columns), Payments.of(*(array([one[place] for one in paid]) for place in range(3)), 5), 14
    )
    assert found.tolist() == [any(one[:2] == view[:2] and 0 <= one[2] - view[2] < 14 for one in paid) for view in views]


def test_a_purchase_between_two_looks_is_of_the_first_alone():
    paid = Payments.of(array([7]), array([2]), array([105]), 8)
    views = (array([7, 7, 7, 6]), array([2, 2, 1, 2]), array([100, 106, 100, 100]))
    assert bought_soon(views, paid, 14).tolist() == [True, False, False, False]
