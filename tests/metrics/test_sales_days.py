"""Running sums tell of any days what the rows of these days add up to."""

import datetime as dt

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from metrics.sales_days import SalesDays

FIRST = dt.date(1970, 1, 11)


def of(rows, cells=3):
    day, cell, net = (np.array(column, np.int64) for column in zip(*rows, strict=True))
    return SalesDays.of(day, cell, cells, {"net": net, "rows": None})


def told(sums, start, end):
    found = sums.between(FIRST + dt.timedelta(days=start - 10), FIRST + dt.timedelta(days=end - 10))
    return found["net"].tolist(), found["rows"].tolist()


def test_three_sales_on_two_days():
    sums = of([(10, 0, 500), (10, 2, 70), (12, 0, -20)])
    assert told(sums, 10, 12) == ([480, 0, 70], [2, 0, 1])
    assert told(sums, 11, 12) == ([-20, 0, 0], [1, 0, 0])
    assert told(sums, 0, 9) == told(sums, 13, 99) == told(sums, 12, 10) == ([0, 0, 0], [0, 0, 0])


def test_sums_too_large_for_floating_point_are_exact():
    large = (1 << 53) + 1
    assert told(of([(10, 0, large), (11, 0, 2)]), 10, 11)[0] == [large + 2, 0, 0]


@given(
    rows=st.lists(st.tuples(st.integers(10, 16), st.integers(0, 2), st.integers(-99, 99)), min_size=1, max_size=30),
    start=st.integers(5, 20),
    end=st.integers(5, 20),
)
def test_any_days_add_up_as_their_rows(rows, start, end):
    inside = [row for row in rows if start <= row[0] <= end]
    nets = [sum(net for _, at, net in inside if at == cell) for cell in range(3)]
    assert told(of(rows), start, end) == (nets, [sum(at == cell for _, at, _ in inside) for cell in range(3)])
