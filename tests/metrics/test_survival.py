import datetime as dt

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.survival import median_day, reached_by, time_to_second_order

AS_OF = dt.date(2026, 11, 15)
LAST = dt.date(2026, 11, 14)
SCHEMA = {"customer_key": pl.Int64, "local_on": pl.Date, "channel": pl.String, "is_kept": pl.Boolean}


def orders(*rows):
    """Rows are (customer, days before the last complete day) and perhaps channel."""
    table = [(row[0], LAST - dt.timedelta(days=row[1]), (*row, "app")[2], True) for row in rows]
    return pl.DataFrame(table, schema=SCHEMA, orient="row")


FIVE = orders((1, 100), (1, 90), (2, 100), (2, 80), (3, 20), (4, 100), (4, 60), (5, 60))


def test_buyers_who_may_still_come_are_censored_and_not_counted_as_lost():
    curve = time_to_second_order(FIVE, as_of=AS_OF)
    assert curve.select("day", "at_risk", "events", "censored").rows() == [
        (0, 5, 0, 0),
        (10, 5, 1, 0),
        (20, 4, 1, 1),
        (40, 2, 1, 0),
        (60, 1, 0, 1),
    ]
    assert curve["survival"].to_list() == pytest.approx([1, 0.8, 0.6, 0.3, 0.3])
    assert median_day(curve) == 40
    assert reached_by(curve, 45) == pytest.approx(0.7)
    assert reached_by(curve, 9) == 0.0
    assert reached_by(curve, 61) is None


def test_orders_of_one_day_are_one_and_later_orders_change_nothing():
    curve = time_to_second_order(orders((1, 10), (1, 10), (1, 4), (1, 0)), as_of=AS_OF)
    assert curve.select("day", "events").rows() == [(0, 0), (6, 1)]


def test_orders_on_or_after_the_day_are_not_seen():
    curve = time_to_second_order(orders((1, 10), (1, -1)), as_of=AS_OF)
    assert curve.select("day", "events", "censored").rows() == [(0, 0, 0), (10, 0, 1)]
    assert median_day(curve) is None


def test_refunded_orders_do_not_bring_anybody_back():
    table = orders((1, 10), (1, 5)).with_columns(is_kept=pl.Series([True, False]))
    assert time_to_second_order(table, as_of=AS_OF)["events"].sum() == 0


def test_curves_are_compared_by_the_first_order():
    table = orders((1, 30, "live"), (1, 20, "app"), (2, 30, "app"), (3, 0, "pos"))
    curves = time_to_second_order(table, as_of=AS_OF, by="channel")
    assert curves.select("group", "day", "at_risk", "events", "censored", "survival").rows() == [
        ("app", 0, 1, 0, 0, 1.0),
        ("app", 30, 1, 0, 1, 1.0),
        ("live", 0, 1, 0, 0, 1.0),
        ("live", 10, 1, 1, 0, 0.0),
        ("pos", 0, 1, 0, 1, 1.0),
    ]


def test_no_buyers_have_no_curve():
    for by in (None, "channel"):
        curve = time_to_second_order(orders(), as_of=AS_OF, by=by)
        assert curve.is_empty()
        assert median_day(curve) is None
        assert reached_by(curve, 10) is None


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 8), st.integers(0, 60)), max_size=30), st.randoms())
def test_curves_never_rise_and_end_with_nobody_left(rows, random):
    shuffled = list(rows)
    random.shuffle(shuffled)
    curve = time_to_second_order(orders(*rows), as_of=AS_OF)
    assert curve.equals(time_to_second_order(orders(*shuffled), as_of=AS_OF))
    assert curve["survival"].is_sorted(descending=True)
    assert curve["survival"].is_between(0, 1).all()
    assert (curve["events"] + curve["censored"]).sum() == len({who for who, _ in rows})
