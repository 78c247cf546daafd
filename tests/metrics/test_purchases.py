import datetime as dt

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.purchases import (
    anonymous_share,
    half_up,
    orders_per_customer,
    price_paid,
    purchase_gaps,
    purchase_summary,
)

ORDERS = {
    "order_key": pl.Int64,
    "customer_key": pl.Int64,
    "local_on": pl.Date,
    "currency": pl.String,
    "goods_net_minor": pl.Int64,
    "refunded_minor": pl.Int64,
    "net_minor": pl.Int64,
    "is_purchase": pl.Boolean,
    "is_kept": pl.Boolean,
    "is_staff": pl.Boolean,
}
REFUNDS = {"order_key": pl.Int64, "customer_key": pl.Int64, "currency": pl.String, "goods_minor": pl.Int64}


def orders(*rows):
    """Rows are (customer, day of November, goods, refunded) and perhaps currency."""
    table = []
    for number, row in enumerate(rows):
        who, day, goods, refunded = row[:4]
        currency = row[4] if len(row) > 4 else "CNY"
        on = dt.date(2026, 11, day)
        kept = goods > refunded
        table.append((number, who, on, currency, goods, refunded, goods - refunded, goods > 0, kept, False))
    return pl.DataFrame(table, schema=ORDERS, orient="row")


def refunds(*rows):
    return pl.DataFrame(rows, schema=REFUNDS, orient="row")


NOVEMBER = orders(
    (1, 1, 1000, 0),
    (1, 1, 500, 0),  # the same day: one order-day
    (2, 2, 700, 700),  # fully refunded: no buyer
    (3, 3, 300, 100),
    (3, 9, 300, 0),
    (4, 3, 0, 0),  # a gift is no purchase
    (None, 4, 250, 0),
)
RETURNS = refunds((None, 9, "CNY", 40), (2, 2, "CNY", 700), (None, None, "CNY", 5))


def test_the_summary_adds_up_to_the_fen():
    row = purchase_summary(NOVEMBER, RETURNS).row(0, named=True)
    assert row == {
        "orders": 6,
        "order_days": 4,
        "buyers": 2,
        "orders_without_customer": 1,
        "gross_minor": 3050,
        "refunds_minor": 845,  # 700 + 100 on orders, 45 that name none
        "net_minor": 2205,
        "average_order_value_minor": 368,  # 367.5 half up
        "repeat_rate": 0.5,
        "repeat_rate_orders": 1.0,
        "currency": "CNY",
    }


def test_known_members_leave_anonymous_orders_and_returns_out():
    row = purchase_summary(NOVEMBER, RETURNS, members="known").row(0, named=True)
    assert (row["orders"], row["orders_without_customer"]) == (5, 0)
    assert (row["gross_minor"], row["refunds_minor"], row["net_minor"]) == (2800, 840, 1960)
    assert row["average_order_value_minor"] == 392


def test_currencies_are_never_added():
    table = purchase_summary(orders((1, 1, 1000, 0), (1, 2, 900, 0, "EUR")), refunds((None, 1, "USD", 10)))
    assert table.select("currency", "orders", "gross_minor", "net_minor", "buyers", "repeat_rate").rows() == [
        ("CNY", 1, 1000, 1000, 1, 0.0),
        ("EUR", 1, 900, 900, 1, 0.0),
        ("USD", 0, 0, -10, 0, None),
    ]
    assert table["average_order_value_minor"].to_list() == [1000, 900, None]


def test_staff_are_in_the_money_and_not_among_the_buyers():
    table = orders((1, 1, 1000, 0), (1, 2, 1000, 0)).with_columns(is_staff=pl.lit(value=True))
    row = purchase_summary(table, refunds()).row(0, named=True)
    assert (row["orders"], row["net_minor"], row["buyers"], row["repeat_rate"]) == (2, 2000, 0, None)
    assert orders_per_customer(table).is_empty()


def test_nothing_bought_is_an_empty_table():
    assert purchase_summary(orders(), refunds()).is_empty()
    assert orders_per_customer(orders()).is_empty()
    assert purchase_gaps(orders()).is_empty()
    assert anonymous_share(orders()) is None


def test_halves_are_rounded_up_in_integers():
    table = pl.DataFrame({"part": [1, 3, -1, 7, 5], "count": [2, 2, 2, 3, 0]})
    assert table.select(mean=half_up(pl.col("part"), pl.col("count")))["mean"].to_list() == [1, 2, 0, 2, None]


def test_orders_of_one_day_merge_in_frequency_and_gaps():
    assert orders_per_customer(NOVEMBER).rows() == [(1, 1), (2, 1)]
    table = orders((1, 1, 9, 0), (1, 11, 9, 0), (1, 11, 9, 0), (1, 21, 9, 0), (2, 1, 9, 0), (2, 4, 9, 0), (3, 4, 9, 0))
    assert purchase_gaps(table).rows() == [(3, 1), (10, 2)]


def test_anonymous_orders_are_told():
    assert anonymous_share(NOVEMBER) == pytest.approx(1 / 6)


def test_price_paid_is_of_one_unit_and_the_latest():
    noon = dt.datetime(2026, 11, 1, 12, tzinfo=dt.UTC)
    rows = [("P", 1.0, 1000, 0), ("P", 2.0, 1801, 1), ("P", 1.0, 0, 2), ("Q", 0.5, 300, 0), (None, 1.0, 5, 0)]
    lines = pl.DataFrame(
        {
            "product_id": [row[0] for row in rows],
            "currency": ["CNY"] * len(rows),
            "qty": [row[1] for row in rows],
            "net_minor": [row[2] for row in rows],
            "paid_at": [noon + dt.timedelta(days=row[3]) for row in rows],
        }
    )
    # 1801 for two is 900.5 each, 901 half up; the median of 1000 and 901 is 950.5, 950 half to even
    assert price_paid(lines).rows() == [("P", "CNY", 3.0, 950, 901), ("Q", "CNY", 0.5, 600, 600)]


order_rows = st.lists(
    st.tuples(st.none() | st.integers(1, 4), st.integers(1, 28), st.integers(0, 500), st.just(0)), max_size=20
)


@settings(max_examples=40, deadline=None)
@given(order_rows, st.randoms())
def test_row_order_is_irrelevant_and_counts_add_up(rows, random):
    shuffled = list(rows)
    random.shuffle(shuffled)
    table = orders(*rows)
    summary = purchase_summary(table, refunds())
    assert summary.equals(purchase_summary(orders(*shuffled), refunds()))
    frequency = orders_per_customer(table)
    assert frequency.equals(orders_per_customer(orders(*shuffled)))
    buyers = frequency["customers"].sum()
    days = (frequency["orders"] * frequency["customers"]).sum()
    assert purchase_gaps(table)["gaps"].sum() == days - buyers
    if rows:
        assert summary["buyers"].item() == buyers
        assert summary["net_minor"].item() == sum(row[2] for row in rows)
