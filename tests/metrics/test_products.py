import datetime as dt

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.products import (
    attach_products,
    band_width,
    buyers_by_purchases,
    days_from_view_to_order,
    discount_depth,
    price_bands,
    product_hours,
    product_summary,
    returns_by,
    views_by_hour,
)

LINES = {
    "order_key": pl.Int64,
    "customer_key": pl.Int64,
    "paid_at": pl.Datetime("us", "UTC"),
    "local_on": pl.Date,
    "hour_of_week": pl.Int16,
    "channel": pl.String,
    "product_id": pl.String,
    "category": pl.String,
    "qty": pl.Float64,
    "gross_minor": pl.Int64,
    "discount_minor": pl.Int64,
    "net_minor": pl.Int64,
    "refunded_minor": pl.Int64,
    "is_staff": pl.Boolean,
}
VISITS = {
    "visitor": pl.Int64,
    "customer_key": pl.Int64,
    "at": pl.Datetime("us", "UTC"),
    "local_on": pl.Date,
    "hour_of_week": pl.Int16,
    "product_id": pl.String,
    "category": pl.String,
    "dwell_ms": pl.Int64,
    "is_linger": pl.Boolean,
}


def noon(day):
    return dt.datetime(2026, 11, day, 12, tzinfo=dt.UTC)


def line(customer, day, net, *, order=None, product="P", qty=1.0, discount=0, refunded=0, channel="app", hour=20):
    return {
        "order_key": order or hash((customer, day)) % 1_000_000,
        "customer_key": customer,
        "paid_at": noon(day),
        "local_on": noon(day).date(),
        "hour_of_week": hour,
        "channel": channel,
        "product_id": product,
        "category": "wool",
        "qty": qty,
        "gross_minor": net + discount,
        "discount_minor": discount,
        "net_minor": net,
        "refunded_minor": refunded,
        "is_staff": False,
    }


def lines(*rows):
    return pl.DataFrame(rows, schema=LINES)


def visits(*rows):
    """Rows are (customer, day, dwell_s); one product P."""
    table = [
        (
            who,
            who,
            noon(day),
            noon(day).date(),
            10,
            "P",
            None,
            None if s is None else s * 1000,
            None if s is None else s >= 30,
        )
        for who, day, s in rows
    ]
    return pl.DataFrame(table, schema=VISITS, orient="row")


SOLD = lines(
    line(1, 1, 1000, order=1),
    line(1, 1, 1000, order=1, qty=2.0, discount=1000),
    line(2, 2, 1000, order=2, refunded=1000, channel="live"),
    line(None, 3, 900, order=3, discount=100, hour=3),
    line(3, 3, 0, order=4),
    line(3, 4, 700, order=5, product="Q"),
)


def test_one_product_in_one_row():
    row = product_summary(SOLD, visits((1, 1, 40), (1, 1, None), (9, 1, 20)), "P").row(0, named=True)
    assert row == {
        "product_id": "P",
        "category": "wool",
        "orders": 3,
        "buyers": 1,
        "units": 5.0,
        "gross_minor": 5000,
        "discount_minor": 1100,
        "refunded_minor": 1000,
        "net_minor": 2900,
        "average_price_minor": 780,
        "units_per_order": pytest.approx(5 / 3),
        "return_rate": pytest.approx(1000 / 3900),
        "views": 3,
        "known_views": 2,
        "viewers": 2,
        "median_dwell_s": 30.0,
        "linger_rate": 0.5,
    }


def test_a_product_only_looked_at_has_no_price_and_one_unknown_has_no_row():
    row = product_summary(lines(), visits((1, 1, None)), "P").row(0, named=True)
    assert (row["category"], row["orders"], row["net_minor"]) == ("Unmapped", 0, 0)
    assert (row["average_price_minor"], row["units_per_order"], row["return_rate"]) == (None, None, None)
    assert (row["views"], row["median_dwell_s"]) == (1, None)
    assert product_summary(SOLD, visits(), "X").is_empty()


def test_hours_count_orders_and_views():
    assert product_hours(SOLD, "P").rows() == [(3, 1), (20, 2)]
    assert views_by_hour(visits((1, 1, 40), (2, 1, None)), "P").rows() == [(10, 2, 1, 40.0)]
    assert views_by_hour(visits((1, 1, None)), "P").rows() == [(10, 1, 0, None)]


def test_purchases_are_days_on_which_a_member_kept_it():
    table = lines(
        line(1, 1, 10), line(1, 1, 10), line(1, 2, 10), line(2, 1, 10), line(3, 1, 10, refunded=10), line(None, 1, 9)
    )
    assert buyers_by_purchases(table, "P").rows() == [(1, 1), (2, 1)]


def test_days_from_the_first_view_to_the_first_order_after_it():
    seen = visits((1, 5, 1), (1, 7, 1), (2, 5, 1), (3, 5, 1), (4, 5, 1))
    table = lines(line(1, 8, 10), line(1, 9, 10), line(2, 5, 10), line(3, 4, 10), line(3, 8, 10), line(4, 4, 10))
    assert days_from_view_to_order(seen, table, "P").rows() == [(0, 1), (3, 2)]


def test_lift_compares_with_everybody_who_bought():
    # 100 members: 40 bought P, 30 bought Q, 24 both; 20 × R with P by 10 only
    rows = [line(who, 1, 10) for who in range(40)]
    rows += [line(who, 1, 10, product="Q") for who in (*range(24), *range(50, 56))]
    rows += [line(who, 1, 10, product="R") for who in range(10)]
    rows += [line(who, 1, 10, product="S") for who in range(40, 100)]
    table = attach_products(lines(*rows), "P")
    assert table.rows() == [("Q", 24, pytest.approx(0.24 / (0.40 * 0.30)), pytest.approx(0.6))]
    assert attach_products(lines(*rows), "P", min_n=10)["product_id"].to_list() == ["R", "Q"]
    assert attach_products(lines(*rows), "X").is_empty()


def test_prices_of_a_unit_fall_into_bands_of_round_width():
    table = lines(line(1, 1, 1000), line(1, 1, 1999), line(1, 1, 4000, qty=2.0), line(1, 1, 9900), line(1, 1, 0))
    assert price_bands(table, "P").rows() == [(1000, 500, 1.0), (1500, 500, 1.0), (2000, 500, 2.0), (9500, 500, 1.0)]
    assert price_bands(lines(), "P").is_empty()


@given(st.integers(0, 10**12))
def test_bands_are_few_and_no_finer_than_needed(span):
    assert span // band_width(span) < 20


def test_discounts_are_seen_by_tenths():
    table = lines(
        line(1, 1, 1000), line(1, 1, 900, discount=100), line(1, 1, 850, discount=150), line(1, 1, 300, discount=700)
    )
    assert discount_depth(table, "P").rows() == [(0.0, 1.0, 1000), (0.1, 2.0, 1750), (0.7, 1.0, 300)]


def test_returns_are_compared_by_channel():
    assert returns_by(SOLD, "P", "channel").rows() == [("live", 1, 1000, 1000, 1.0), ("app", 3, 2900, 0, 0.0)]
    assert returns_by(SOLD, None, "product_id").select("product_id", "lines").rows() == [("P", 4), ("Q", 1)]


def test_a_product_never_sold_gives_empty_tables():
    for table in (product_hours(SOLD, "X"), buyers_by_purchases(SOLD, "X"), returns_by(SOLD, "X", "channel")):
        assert table.is_empty()
    assert discount_depth(SOLD, "X").is_empty()
    assert days_from_view_to_order(visits(), SOLD, "P").is_empty()
