"""Visitors of any days and the steps they took are counted from marks as one by one."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from metrics.look_days import LookDays, people_left

VIEWS = ((10, 0, 1), (10, 0, 0), (10, 3, -1), (12, 0, -1), (13, 2, 0))
"""Day, visitor, and whether it lingered: 1, 0, −1 unknown."""


def array(values):
    return np.array(values, dtype=np.int64)


def looks(rows):
    columns = list(zip(*rows, strict=True)) or [(), (), ()]
    return LookDays.of(*(array(column) for column in columns))


def test_each_visitor_of_a_day_stands_there_once():
    who, lingered = looks(VIEWS).between(10, 12)
    assert who.tolist() == [0, 3, 0]
    assert lingered.tolist() == [0]


def test_days_of_which_nobody_knows_who_lingered_tell_none():
    who, lingered = looks(VIEWS).between(11, 12)
    assert who.tolist() == [0]
    assert lingered is None
    assert looks(VIEWS).between(13, 20)[1].tolist() == []
    assert looks(VIEWS).between(0, 9)[0].tolist() == looks([]).between(0, 99)[0].tolist() == []


def test_a_step_counts_people_of_the_step_before_and_one_without_evidence_is_passed_over():
    steps = [array([0, 1, 2, 2]), array([1, 2]), None, array([2, 3, 4, 5]), array([])]
    assert people_left(steps, 4) == [3, 2, None, 1, 0]


@given(
    rows=st.lists(st.tuples(st.integers(3, 9), st.integers(0, 4), st.sampled_from([-1, 0, 1])), max_size=30),
    start=st.integers(0, 12),
    end=st.integers(0, 12),
)
def test_any_days_hold_whom_the_views_hold(rows, start, end):
    who, lingered = looks(sorted(rows, key=lambda row: row[0])).between(start, end)
    inside = [row for row in rows if start <= row[0] <= end]
    assert set(who.tolist()) == {one for _, one, _ in inside}
    known = [row for row in inside if row[2] >= 0]
    assert (lingered is None) == (not known)
    assert set([] if lingered is None else lingered.tolist()) == {one for _, one, linger in known if linger}
