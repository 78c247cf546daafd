"""Running sums by weekday tell any stretch of days as its days themselves do."""

import datetime as dt

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from metrics.running_days import RunningDays

MONDAY = dt.date(2026, 11, 2)


def test_a_stretch_is_told_by_weekday():
    amounts = np.arange(10).reshape(10, 1)
    days = RunningDays.of(MONDAY, 10, (1, 1), [(0, {"views": amounts})])
    whole = days.by_weekday(MONDAY, MONDAY + dt.timedelta(days=9))["views"].ravel().tolist()
    assert whole == [0 + 7, 1 + 8, 2 + 9, 3, 4, 5, 6]
    second = days.by_weekday(MONDAY + dt.timedelta(days=5), MONDAY + dt.timedelta(days=7))["views"].ravel().tolist()
    assert second == [7, 0, 0, 0, 0, 5, 6]


def test_days_before_the_first_and_after_the_last_are_empty():
    days = RunningDays.of(MONDAY, 3, (1, 1), [(0, {"views": np.array([[1], [2], [4]])})])
    year = dt.timedelta(days=365)
    assert days.by_weekday(MONDAY - year, MONDAY + year)["views"].sum() == 7
    assert days.by_weekday(MONDAY - year, MONDAY - dt.timedelta(days=1))["views"].sum() == 0
    assert days.by_weekday(MONDAY + dt.timedelta(days=3), MONDAY + year)["views"].sum() == 0


def test_numbers_beyond_two_billion_are_held():
    days = RunningDays.of(MONDAY, 8, (1, 1), [(0, {"dwell_ms": np.full((8, 1), 2**31 - 1)})])
    assert days.by_weekday(MONDAY, MONDAY + dt.timedelta(days=7))["dwell_ms"][0, 0, 0] == 2 * (2**31 - 1)


@given(
    first=st.integers(0, 6),
    amounts=st.lists(st.lists(st.integers(0, 9), min_size=2, max_size=2), min_size=1, max_size=30),
    edges=st.tuples(st.integers(-9, 40), st.integers(-9, 40)).map(sorted),
    cut=st.integers(0, 30),
)
def test_any_stretch_is_the_sum_of_its_days(first, amounts, edges, cut):
    start = MONDAY + dt.timedelta(days=first)
    held = np.array(amounts)
    parts = [(0, {"views": held[:cut]}), (min(cut, len(held)), {"views": held[cut:]})]
    days = RunningDays.of(start, len(held), (1, 2), parts)
    expected = np.zeros((7, 2), int)
    for place, row in enumerate(amounts):
        if edges[0] <= place <= edges[1]:
            expected[(first + place) % 7] += row
    found = days.by_weekday(start + dt.timedelta(days=edges[0]), start + dt.timedelta(days=edges[1]))["views"]
    assert found[:, 0].tolist() == expected.tolist()


@given(
    amounts=st.lists(st.integers(0, 300), min_size=1, max_size=80),
    weeks=st.integers(1, 4),
    edges=st.tuples(st.integers(-9, 99), st.integers(-9, 99)).map(sorted),
)
def test_the_nearest_steps_and_the_days_beside_them_make_any_stretch(amounts, weeks, edges):
    held = np.array(amounts).reshape(-1, 1)
    days = RunningDays.of(MONDAY, len(held), (1, 1), [(0, {"views": held})], weeks)
    first, until = days.stretch(*(MONDAY + dt.timedelta(days=edge) for edge in edges))
    (low, low_day), (high, high_day) = days.nearest(first), days.nearest(until)
    found = int(days.steps_between(low, high)["views"].sum())
    whole = held[:low_day].sum(), held[:high_day].sum()
    assert found == whole[1] - whole[0]
    assert max(abs(first - low_day), abs(until - high_day)) <= 7 * weeks // 2
    inside = [amount for place, amount in enumerate(amounts) if edges[0] <= place <= edges[1]]
    assert (first, until - first) == (min(max(edges[0], 0), len(amounts)), len(inside))


def test_places_are_picked_and_held_in_the_smallest_numbers():
    amounts = np.arange(12).reshape(2, 6)
    days = RunningDays.of(MONDAY, 2, (3, 2), [(0, {"views": amounts, "dwell_ms": amounts * 1000})])
    found = days.by_weekday(MONDAY, MONDAY + dt.timedelta(days=1), np.array([0, 2]))["views"]
    assert found[:2].tolist() == [[[0, 1], [4, 5]], [[6, 7], [10, 11]]]
    assert [held.dtype for held in days.sums.values()] == [np.uint8, np.uint16]
    assert days.nbytes == 2 * 7 * 6 * (1 + 2)
