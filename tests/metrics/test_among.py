"""Few numbers looked up in many that lie in order."""

from __future__ import annotations

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from metrics.among import among


def test_each_number_is_told_apart() -> None:
    known = pl.Series([2, 5, 9], dtype=pl.Int64)
    assert among(known, pl.Series([1, 2, 3, 9, 10], dtype=pl.Int64)).to_list() == [False, True, False, True, False]
    assert among(known.clear(), pl.Series([1, 2], dtype=pl.Int64)).to_list() == [False, False]
    assert among(known, known.clear()).to_list() == []


_NUMBERS = st.lists(st.integers(-(2**63), 2**63 - 1) | st.integers(0, 5), max_size=20)


@given(known=_NUMBERS, asked=_NUMBERS)
def test_it_says_what_a_set_says(known: list[int], asked: list[int]) -> None:
    found = among(pl.Series(sorted(known), dtype=pl.Int64), pl.Series(asked, dtype=pl.Int64))
    assert found.to_list() == [number in set(known) for number in asked]
