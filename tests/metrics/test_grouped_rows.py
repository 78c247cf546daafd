"""Rows picked by their values are those that a look at every row finds."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from metrics.grouped_rows import GroupedRows


def picked(codes, wanted, start, stop):
    """Rows of a stretch that have one of the values."""
    held = GroupedRows.of(np.array(codes, dtype=np.uint8), 4)
    return held.rows(*held.within(np.array(wanted, dtype=np.intp), start, stop)).tolist()


def test_rows_come_in_their_own_order_and_only_from_the_stretch():
    codes = [2, 0, 2, 1, 0, 2]
    assert picked(codes, [0, 2], 0, 6) == [0, 1, 2, 4, 5]
    assert picked(codes, [0, 2], 1, 5) == [1, 2, 4]
    assert picked(codes, [3], 0, 6) == []
    assert picked(codes, [], 0, 6) == []
    assert picked([], [0], 0, 0) == []


@given(
    codes=st.lists(st.integers(0, 3), max_size=40),
    wanted=st.sets(st.integers(0, 3)),
    edges=st.tuples(st.integers(0, 40), st.integers(0, 40)),
)
def test_picking_finds_what_a_look_at_every_row_finds(codes, wanted, edges):
    start, stop = sorted(min(edge, len(codes)) for edge in edges)
    expected = [row for row in range(start, stop) if codes[row] in wanted]
    assert picked(codes, sorted(wanted), start, stop) == expected
