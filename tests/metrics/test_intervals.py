import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.intervals import wilson, wilson_low_high


def test_nine_of_a_hundred_and_twenty():
    assert wilson(9, 120) == (pytest.approx(0.0400, abs=5e-5), pytest.approx(0.1364, abs=6e-5))


def test_nobody_asked_is_not_zero():
    assert wilson(0, 0) == (None, None)


def test_more_than_all_is_refused():
    with pytest.raises(ValueError, match=r"^3 of 2 is not a share\.$"):
        wilson(3, 2)


@given(st.integers(0, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_columns_agree_with_numbers_and_hold_the_share(pair):
    k, n = pair
    low, high = pl.DataFrame({"k": [k], "n": [n]}).select(wilson_low_high("k", "n")).row(0)
    expected = wilson(k, n)
    if n == 0:
        assert (low, high) == (None, None)
        return
    assert (low, high) == (pytest.approx(expected[0], abs=1e-12), pytest.approx(expected[1], abs=1e-12))
    assert low - 1e-12 <= k / n <= high + 1e-12
