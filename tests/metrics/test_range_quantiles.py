"""Quantiles of stretches are those that sorting them gives."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.range_quantiles import RangeQuantiles


def told(values, stretches, groups, shares):
    columns = tuple(np.array([part[at] for part in stretches], np.int64) for at in range(3))
    return RangeQuantiles.of(np.array(values, np.int64)).quantiles(columns, groups, shares)


def test_a_median_lies_between_the_middle_two_and_nothing_has_none():
    (median, upper) = told([5, 1, 9, 3, 600_000], [(0, 2, 0), (3, 4, 0), (1, 5, 1)], 3, (0.5, 0.75))
    assert median.tolist()[:2] == [3.0, 6.0]  # 1, 3, 5 and 1, 3, 9, 600,000
    assert upper.tolist()[:2] == [4.0, 9 + 0.25 * (600_000 - 9)]
    assert np.isnan(median[2])


@st.composite
def columns(draw):
    values = draw(st.lists(st.integers(0, draw(st.sampled_from([0, 3, 70, 600_000, 2**31 - 1]))), max_size=40))
    edges = st.integers(0, len(values))
    parts = draw(st.lists(st.tuples(edges, edges, st.integers(0, 3)), max_size=6))
    return values, [(min(start, stop), max(start, stop), group) for start, stop, group in parts]


@given(drawn=columns(), shares=st.sampled_from([(0.5,), (0.5, 0.75), (0.0, 1.0)]))
def test_quantiles_of_any_stretches_are_those_of_their_numbers_in_order(drawn, shares):
    values, parts = drawn
    found = told(values, parts, 4, shares)
    for group in range(4):
        mine = [number for start, stop, of in parts if of == group for number in values[start:stop]]
        for share, quantiles in zip(shares, found, strict=True):
            if mine:
                assert quantiles[group] == pytest.approx(np.quantile(mine, share), rel=1e-15)
            else:
                assert np.isnan(quantiles[group])


@given(drawn=columns(), limit=st.sampled_from([0, 1, 3, 4, 64, 70, 71, 2**31]))
def test_numbers_below_a_limit_are_counted_in_each_stretch(drawn, limit):
    values, parts = drawn
    low, high = (np.array([part[at] for part in parts], np.int64) for at in (0, 1))
    found = RangeQuantiles.of(np.array(values, np.int64)).below(low, high, limit)
    assert found.tolist() == [sum(number < limit for number in values[start:stop]) for start, stop, _ in parts]


def test_many_numbers_are_told_as_they_are_and_weigh_as_many_bits_as_they_have():
    values = np.random.default_rng(7).integers(0, 1000, 300_000)
    held = RangeQuantiles.of(values)
    (median,) = held.quantiles((np.array([3, 65_530]), np.array([299_990, 131_077]), np.array([0, 1])), 2, (0.5,))
    assert median.tolist() == [np.median(values[3:299_990]), np.median(values[65_530:131_077])]
    assert held.nbytes < 300_000 * 10 / 8 * 1.3
