import datetime as dt

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.cohorts import cohort_retention, gini, lorenz, top_share

SCHEMA = {"customer_key": pl.Int64, "local_on": pl.Date, "net_minor": pl.Int64, "is_kept": pl.Boolean}


def orders(*rows):
    """Rows are (customer, iso day, net)."""
    table = [(who, dt.date.fromisoformat(day), net, True) for who, day, net in rows]
    return pl.DataFrame(table, schema=SCHEMA, orient="row")


FIVE = orders(*[(who, "2026-10-01", net) for who, net in enumerate((100, 200, 300, 400, 1000))])


def test_a_month_that_is_not_over_has_no_retention():
    table = orders(
        (1, "2026-09-05", 9), (1, "2026-09-20", 9), (1, "2026-11-02", 9), (2, "2026-09-30", 9), (3, "2026-10-01", 9)
    )
    september, october, november = (dt.date(2026, month, 1) for month in (9, 10, 11))
    assert cohort_retention(table, as_of=dt.date(2026, 11, 15)).rows() == [
        (september, 0, 2, 2, 1.0),
        (september, 1, 2, 0, 0.0),
        (september, 2, 2, 1, None),
        (october, 0, 1, 1, 1.0),
        (october, 1, 1, 0, None),
    ]
    assert cohort_retention(table, as_of=november)["retention"].to_list() == [1.0, 0.0, 1.0]


def test_cohorts_cross_the_turn_of_the_year():
    table = orders((1, "2025-12-31", 9), (1, "2026-01-01", 9))
    assert cohort_retention(table, as_of=dt.date(2026, 2, 1)).rows() == [
        (dt.date(2025, 12, 1), 0, 1, 1, 1.0),
        (dt.date(2025, 12, 1), 1, 1, 1, 1.0),
    ]


def test_the_best_fifth_brings_half_of_the_money():
    assert top_share(FIVE) == pytest.approx(0.5)
    assert gini(FIVE) == pytest.approx(0.40)
    curve = lorenz(FIVE)
    assert curve["customers_share"].to_list() == pytest.approx([0, 0.2, 0.4, 0.6, 0.8, 1])
    assert curve["net_share"].to_list() == pytest.approx([0, 0.05, 0.15, 0.3, 0.5, 1])


def test_a_customer_across_the_edge_counts_in_part():
    assert top_share(FIVE, top=0.3) == pytest.approx((1000 + 200) / 2000)
    assert top_share(FIVE, top=1.0) == pytest.approx(1)


def test_equal_customers_are_equal_and_many_need_no_more_than_101_points():
    table = orders(*[(who, "2026-10-01", 50) for who in range(1234)])
    assert gini(table) == pytest.approx(0)
    assert lorenz(table).height == 101
    assert top_share(table) == pytest.approx(0.2)


def test_no_buyers_have_no_curve_and_no_number():
    assert lorenz(orders()).is_empty()
    assert top_share(orders()) is None
    assert gini(orders()) is None
    assert cohort_retention(orders(), as_of=dt.date(2026, 11, 15)).is_empty()


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(1, 9),
            st.sampled_from(["2026-08-03", "2026-09-30", "2026-10-01", "2026-11-14"]),
            st.integers(1, 900),
        ),
        min_size=1,
        max_size=25,
    ),
    st.randoms(),
)
def test_curves_rise_below_the_diagonal_and_row_order_is_irrelevant(rows, random):
    shuffled = list(rows)
    random.shuffle(shuffled)
    curve = lorenz(orders(*rows))
    assert curve.equals(lorenz(orders(*shuffled)))
    assert curve["net_share"].is_sorted()
    assert (curve["net_share"] <= curve["customers_share"] + 1e-9).all()
    assert 0 <= gini(orders(*rows)) < 1
    triangle = cohort_retention(orders(*rows), as_of=dt.date(2026, 11, 15))
    assert triangle.equals(cohort_retention(orders(*shuffled), as_of=dt.date(2026, 11, 15)))
    own = triangle.filter(pl.col("month") == 0)
    assert own["active"].to_list() == own["customers"].to_list()
    assert own["customers"].sum() == len({who for who, _, _ in rows})
