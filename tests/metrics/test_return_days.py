from __future__ import annotations

import datetime as dt

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from metrics import buyer_measures as measures
from metrics import return_days
from metrics.buyers import OrderRows

FIRST = dt.date(2026, 1, 1)
ROWS = st.lists(
    st.tuples(st.integers(1, 5), st.integers(0, 40), st.booleans(), st.sampled_from([False, False, False, True])),
    max_size=40,
)


def _rows(told: list[tuple[int, int, bool, bool]]) -> OrderRows:
    days = [FIRST + dt.timedelta(days=day) for _, day, _, _ in told]
    return OrderRows.of(
        pl.DataFrame(
            {
                "customer_key": [row[0] for row in told],
                "local_on": days,
                "paid_at": days,
                "order_key": range(len(told)),
                "net_minor": 100,
                "is_kept": [row[2] for row in told],
                "is_purchase": True,
                "is_staff": [row[3] for row in told],
            },
            schema_overrides={"customer_key": pl.Int64, "local_on": pl.Date, "paid_at": pl.Date,
                              "order_key": pl.Int64, "net_minor": pl.Int64, "is_kept": pl.Boolean,
                              "is_purchase": pl.Boolean, "is_staff": pl.Boolean},
        )
    )  # fmt: skip


def _day(number: int) -> dt.date:
    return FIRST + dt.timedelta(days=number)


def test_gaps_and_returns_of_three_buyers():
    """1 comes on days 0, 3 and 10; 2 on days 1 and 1; 3 on day 2 and, after the period, on day 12."""
    days = [(1, 0), (1, 3), (1, 10), (2, 1), (2, 1), (3, 2), (3, 12)]
    rows = _rows([(who, day, True, False) for who, day in days])
    assert measures.gaps_of(rows, _day(0), _day(10)).rows() == [(3, 1), (7, 1)]
    assert measures.gaps_of(rows, _day(1), _day(12)).rows() == [(7, 1), (10, 1)]
    table, followed = measures.second_of(rows, _day(0), _day(10))
    assert followed == 3
    # 1 came back after 3 days; 3 was last seen on day 10, 8 days on, and 2 after 9
    assert table.select("day", "at_risk", "events", "censored").rows() == [
        (0, 3, 0, 0), (3, 3, 1, 0), (8, 2, 0, 1), (9, 1, 0, 1),
    ]  # fmt: skip
    assert measures.second_of(rows, _day(2), _day(12))[1] == 1


@settings(deadline=None, max_examples=150)
@given(told=ROWS, days=st.tuples(st.integers(-5, 50), st.integers(-5, 50)), most=st.sampled_from([5, 2_000]))
def test_any_days_tell_the_same_from_squares_as_from_rows(told, days, most):
    rows, (first, last) = _rows(told), (_day(day) for day in sorted(days))
    held = return_days.MOST_DAYS
    return_days.MOST_DAYS = most
    try:
        assert_frame_equal(measures.gaps_of(rows, first, last), measures.gaps(rows.kept, first, last))
        table, followed = measures.second_of(rows, first, last)
        expected, many = measures.second(rows, first, last)
        assert followed == many
        assert_frame_equal(table, expected, check_exact=True)
    finally:
        return_days.MOST_DAYS = held
