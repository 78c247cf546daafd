from __future__ import annotations

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.audience import hints, hints_of
from metrics.owned_pairs import OwnedPairs

ROWS = st.lists(st.tuples(st.integers(0, 11), st.integers(0, 6), st.integers(20_000, 20_030)), max_size=60)


def _pairs(rows: list[tuple[int, int, int]]) -> OwnedPairs:
    who, what, day = (np.array([row[at] for row in rows], np.int32) for at in range(3))
    return OwnedPairs.of(who, what, day, 12, 7)


def test_a_pair_counts_once_from_its_first_day_on():
    found = _pairs([(3, 1, 20_005), (3, 1, 20_002), (3, 2, 20_001), (0, 1, 20_004)])
    assert found.edges.tolist() == [0, 1, 1, 1, 3, 3, 3, 3, 3, 3, 3, 3, 3]
    assert found.counted(None, 20_030).tolist() == [0, 2, 1, 0, 0, 0, 0]
    assert found.counted(None, 20_003).tolist() == [0, 1, 1, 0, 0, 0, 0]
    assert found.counted(np.array([3]), 20_001).tolist() == [0, 0, 1, 0, 0, 0, 0]
    assert found.counted(None, 20_000).tolist() == [0] * 7


def test_nobody_did_anything():
    found = _pairs([])
    assert found.counted(None, 20_000).tolist() == [0] * 7
    assert found.counted(np.array([2, 5]), 20_000).tolist() == [0] * 7


def test_days_may_span_all_that_two_octets_hold():
    found = OwnedPairs.of(np.array([0, 0]), np.array([0, 1]), np.array([0, 65_535]), 1, 2)
    assert found.counted(None, 65_534).tolist() == [1, 0]
    assert found.counted(None, 65_535).tolist() == [1, 1]
    wide = OwnedPairs.of(np.array([0, 0]), np.array([0, 1]), np.array([0, 65_536]), 1, 2)
    assert wide.counted(None, 65_535).tolist() == [1, 0]


@settings(deadline=None)
@given(rows=ROWS, some=st.none() | st.sets(st.integers(0, 11)), until=st.integers(19_999, 20_031))
def test_counts_of_any_people_and_day_are_those_of_distinct_pairs(rows, some, until):
    expected = [0] * 7
    for who, what in {(who, what) for who, what, day in rows if day <= until}:
        expected[what] += some is None or who in some
    chosen = None if some is None else np.array(sorted(some), np.int64)
    assert _pairs(rows).counted(chosen, until).tolist() == expected


@settings(deadline=None)
@given(rows=ROWS, some=st.sets(st.integers(0, 11)))
def test_hints_of_counts_are_those_of_the_rows(rows, some):
    """Each row ten times over, so that twenty people are met."""
    wide = [(who * 10 + copy, what, day) for who, what, day in rows for copy in range(10)]
    inside = [who * 10 + copy for who in sorted(some) for copy in range(10)]
    done = pl.DataFrame(
        {"what": ["bought"] * len(wide), "customer_key": [row[0] for row in wide],
         "product_id": [f"P{row[1]}" for row in wide]},
        schema={"what": pl.String, "customer_key": pl.Int64, "product_id": pl.String},
    )  # fmt: skip
    expected = hints(done, pl.Series(inside, dtype=pl.Int64), 150)
    who, what, day = (np.array([row[at] for row in wide], np.int32) for at in range(3))
    pairs = OwnedPairs.of(who, what, day, 120, 7)
    counted = pl.DataFrame(
        {"what": ["bought"] * 7, "product_id": [f"P{at}" for at in range(7)],
         "people": pairs.counted(np.array(inside, np.int64), 30_000), "everybody": pairs.counted(None, 30_000)}
    )  # fmt: skip
    assert hints_of(counted, len(inside), 150).equals(expected)
