import datetime as dt

import polars as pl
import pytest

from metrics.overview import change, dwell_totals, new_members, online_share, ranking, return_rate, trend
from schema.errors import UsageError

SCHEMA = {
    "local_on": pl.Date,
    "city": pl.String,
    "channel": pl.String,
    "currency": pl.String,
    "goods_net_minor": pl.Int64,
    "refunded_minor": pl.Int64,
    "net_minor": pl.Int64,
    "is_purchase": pl.Boolean,
}


def orders(*rows):
    """Rows are (iso day, city, goods, refunded) and perhaps channel."""
    table = [
        (dt.date.fromisoformat(row[0]), row[1], (*row, "app")[4], "CNY", row[2], row[3], row[2] - row[3], row[2] > 0)
        for row in rows
    ]
    return pl.DataFrame(table, schema=SCHEMA, orient="row")


def test_days_without_orders_are_real_zeros():
    table = orders(("2026-11-01", "A", 100, 0), ("2026-11-01", "A", 50, 20), ("2026-11-03", "A", 0, 0))
    assert trend(table).rows() == [
        (dt.date(2026, 11, 1), 130, 2),
        (dt.date(2026, 11, 2), 0, 0),
        (dt.date(2026, 11, 3), 0, 0),
    ]


def test_weeks_start_on_monday():
    table = orders(("2026-11-01", "A", 100, 0), ("2026-11-02", "A", 50, 0), ("2026-11-08", "A", 5, 0))
    assert trend(table, period="week").rows() == [(dt.date(2026, 10, 26), 100, 1), (dt.date(2026, 11, 2), 55, 2)]
    assert trend(table, period="month").rows() == [(dt.date(2026, 11, 1), 155, 3)]


def test_a_ranking_keeps_groups_of_either_period_and_names_no_growth_from_nothing():
    now = orders(("2026-11-01", "A", 150, 0), ("2026-11-01", "B", 150, 0), ("2026-11-01", None, 10, 0))
    before = orders(("2026-10-01", "B", 100, 0), ("2026-10-01", "C", 40, 0), ("2026-10-01", None, 20, 0))
    assert ranking(now, before, by="city").rows() == [
        ("B", 150, 100, 0.5),
        ("A", 150, 0, None),
        (None, 10, 20, -0.5),
        ("C", 0, 40, -1.0),
    ]


def test_young_orders_do_not_flatter_the_return_rate():
    table = orders(("2026-10-16", "A", 300, 100), ("2026-10-17", "A", 700, 0), ("2026-09-01", "A", 100, 100))
    row = return_rate(table, as_of=dt.date(2026, 11, 15)).row(0, named=True)
    assert row == {
        "return_rate": 0.5,
        "refunded_minor": 200,
        "goods_minor": 400,
        "orders": 2,
        "from_on": dt.date(2026, 9, 1),
        "to_on": dt.date(2026, 10, 16),
    }
    assert return_rate(table, as_of=dt.date(2026, 9, 1)).is_empty()


def test_several_currencies_are_refused():
    table = orders(("2026-11-01", "A", 1, 0), ("2026-11-01", "A", 1, 0))
    table = table.with_columns(currency=pl.Series(["CNY", "EUR"]))
    with pytest.raises(UsageError, match=r"^orders: holds 2 currencies \(CNY, EUR\); choose one with the filter"):
        trend(table)


def test_dwell_totals_know_what_is_unknown():
    table = pl.DataFrame({"dwell_ms": [90_000, 30_000, None], "is_linger": [True, False, None]})
    assert dwell_totals(table).rows() == [(3, 2, 2.0, 0.5, pytest.approx(2 / 3))]
    assert dwell_totals(table[2:]).select("dwell_minutes", "linger_rate").rows() == [(None, None)]
    assert dwell_totals(table.clear()).is_empty()


def test_online_is_what_needs_no_shop():
    table = orders(
        ("2026-11-01", "A", 30, 0, "live"), ("2026-11-01", "A", 60, 0, "pos"), ("2026-11-01", "A", 10, 0, "phone")
    )
    assert online_share(table) == pytest.approx(0.3)
    assert online_share(orders()) is None


def test_new_members_are_counted_by_local_day_without_staff():
    days = [dt.date(2026, 11, 1), dt.date(2026, 11, 14), dt.date(2026, 11, 15), None, dt.date(2026, 11, 2)]
    people = pl.DataFrame({"registered_on": days, "is_staff": [False] * 4 + [True]})
    assert new_members(people, dt.date(2026, 11, 1), dt.date(2026, 11, 14)) == 2
    assert new_members(people[3:4], dt.date(2026, 11, 1), dt.date(2026, 11, 14)) is None


def test_growth_from_nothing_is_unknown():
    assert change(110, 100) == pytest.approx(0.1)
    assert change(1, 0) is None
    assert change(None, 5) is None


def test_no_orders_give_empty_tables():
    assert trend(orders()).is_empty()
    assert ranking(orders(), orders(), by="city").is_empty()
