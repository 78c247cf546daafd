"""Rows sorted as single numbers tell quantiles and first rows as sorting their columns does."""

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.packed import firsts, packed, quantiles

ROWS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 600_000)), max_size=40)
WIDE = 2**40
"""Two such numbers do not fit into 64 bits."""


def columns(rows):
    return np.array([row[0] for row in rows], int), np.array([row[1] for row in rows], int)


@settings(max_examples=60, deadline=None)
@given(rows=ROWS, share=st.sampled_from([0.25, 0.5, 0.75]), most=st.sampled_from([600_000, 2**62]))
def test_quantiles_are_those_of_polars(rows, share, most):
    group, value = columns([*rows, (5, most)])
    (found,) = quantiles(group, 7, value, [share])
    told = pl.DataFrame({"group": group, "value": value}).group_by("group").agg(
        pl.col("value").quantile(share, "linear")
    )  # fmt: skip
    expected = dict(told.iter_rows())
    assert [None if np.isnan(one) else one for one in found] == [expected.get(number) for number in range(7)]


@settings(max_examples=60, deadline=None)
@given(rows=ROWS, most=st.sampled_from([600_000, WIDE]))
def test_the_first_row_of_each_pair_is_found(rows, most):
    left, right = columns(rows)
    seen = {}
    for place, pair in enumerate(rows):
        seen.setdefault(pair, place)
    assert firsts((left, most), (right, most)).tolist() == [seen[pair] for pair in sorted(seen)]


def test_what_64_bits_do_not_hold_is_not_packed():
    ones = np.array([1])
    assert packed((ones, WIDE), (ones, WIDE)) is None
    assert packed((ones, 3), (np.array([5]), 7)).tolist() == [0b1101]
