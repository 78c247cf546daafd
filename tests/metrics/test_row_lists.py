"""Rows listed by their values are those that a look at every row finds, in one block or in many."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.row_lists import CutColumn, RowLists


@given(
    codes=st.lists(st.integers(0, 3), max_size=40),
    value=st.integers(0, 2),
    edges=st.tuples(st.integers(0, 40), st.integers(0, 40)),
)
def test_lists_find_what_a_look_at_every_row_finds(codes, value, edges):
    start, stop = sorted(min(edge, len(codes)) for edge in edges)
    lists = RowLists.of(np.array(codes, np.uint8), 3)
    assert lists.rows(value, start, stop).tolist() == [row for row in range(start, stop) if codes[row] == value]


@pytest.mark.parametrize(
    ("start", "stop"), [(0, 200_000), (65_535, 65_537), (65_536, 131_072), (70_000, 70_000), (3, 199_999)]
)
def test_many_rows_are_kept_in_two_bytes_each(start, stop):
    codes = (np.arange(200_000, dtype=np.uint32) * 7 % 11).astype(np.uint8)
    lists = RowLists.of(codes, 10)
    assert lists.low.dtype == np.uint16
    assert lists.nbytes < 2.01 * 200_000
    for value in (0, 9):
        assert lists.rows(value, start, stop).tolist() == (np.flatnonzero(codes[start:stop] == value) + start).tolist()


def test_values_that_have_no_row_are_empty():
    assert RowLists.of(np.array([2, 2], np.uint8), 2).rows(1, 0, 2).tolist() == []
    assert RowLists.of(np.zeros(0, np.uint8), 2).rows(0, 0, 0).tolist() == []


@given(parts=st.lists(st.lists(st.integers(-9, 9), max_size=6), max_size=6), seed=st.integers(0, 99))
def test_a_column_in_pieces_is_read_as_if_it_were_one(parts, seed):
    whole = np.array([number for part in parts for number in part], np.int64)
    rows = np.flatnonzero(np.random.default_rng(seed).random(len(whole)) < 0.5)
    cut = CutColumn([np.array(part, np.int64) for part in parts])
    assert cut.of(rows).tolist() == whole[rows].tolist()
