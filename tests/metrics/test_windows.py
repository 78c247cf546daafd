"""Sums over stretches of days and counts at instants are those of each stretch and instant by itself."""

import datetime as dt

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.conversion import conversion, conversion_by
from metrics.standing import Standing
from metrics.windows import window_sums
from schema.errors import ContractError

FIRST = dt.date(2026, 11, 1)
UTC = pl.Datetime("us", "UTC")


def on(number):
    return FIRST + dt.timedelta(days=number)


def at(hour):
    return dt.datetime(2026, 11, 1, tzinfo=dt.UTC) + dt.timedelta(hours=hour)


def rows(*pairs):
    return pl.DataFrame(
        [(None if number is None else on(number), value) for number, value in pairs],
        schema={"local_on": pl.Date, "value": pl.Int64},
        orient="row",
    )


def stretches(*pairs):
    table = [(at(a) if a is not None else None, at(b) if b is not None else None) for a, b in pairs]
    return pl.DataFrame(table, schema={"since": UTC, "until": UTC}, orient="row")


def test_both_ends_of_a_stretch_belong_to_it():
    table = rows((0, 1), (1, 10), (1, 100), (2, 1_000), (9, 7), (None, 5))
    sums = window_sums(table, [(on(1), on(2)), (on(0), on(1)), (on(3), on(8))], total=pl.col("value").sum())
    assert sums == [{"total": 1_110}, {"total": 111}, {"total": 0}]


def test_no_rows_and_no_stretches_are_no_error():
    assert window_sums(rows(), [(on(0), on(3))], total=pl.col("value").sum()) == [{"total": 0}]
    assert window_sums(rows((0, 1)), [], total=pl.col("value").sum()) == []


def test_rows_without_a_day_are_refused():
    with pytest.raises(ContractError, match="local_on"):
        window_sums(pl.DataFrame({"value": [1]}), [(on(0), on(1))], total=pl.col("value").sum())


@given(
    st.lists(st.tuples(st.integers(0, 30), st.integers(-1_000, 1_000)), max_size=60),
    st.lists(st.tuples(st.integers(-5, 35), st.integers(0, 9)), min_size=1, max_size=6),
)
def test_a_stretch_is_the_sum_of_its_rows(pairs, starts):
    windows = [(on(start), on(start + length)) for start, length in starts]
    expected = [sum(v for d, v in pairs if start <= d <= start + length) for start, length in starts]
    found = window_sums(rows(*pairs), windows, total=pl.col("value").sum())
    assert [row["total"] for row in found] == expected


def test_a_stretch_holds_at_its_first_instant_and_not_at_its_last():
    standing = Standing.of([stretches((0, 10), (5, None), (None, 9), (7, 7), (8, 2))])
    assert [standing.at(at(hour)) for hour in (-1, 0, 4, 5, 9, 10, 99)] == [0, 1, 1, 2, 2, 1, 1]


def test_what_is_taken_away_counts_less_while_it_holds():
    standing = Standing.of([stretches((0, None), (0, None))], less=[stretches((3, 6))])
    assert [standing.at(at(hour)) for hour in (0, 3, 5, 6)] == [2, 1, 1, 2]
    assert Standing.of([]).at(at(0)) == 0


def test_each_week_converts_as_if_it_were_alone():
    views = [(1, 0, "P1"), (1, 8, "P1"), (2, 1, "P2"), (3, 8, "P1"), (3, 9, "P2"), (None, 9, "P1")]
    bought = [(1, 9), (2, 16), (3, 30)]
    visits = pl.DataFrame(
        [(who, at(24 * day), on(day), product, None, on(day // 7 * 7)) for who, day, product in views],
        schema={"customer_key": pl.Int64, "at": UTC, "local_on": pl.Date, "product_id": pl.String,
                "category": pl.String, "week_on": pl.Date},
        orient="row",
    )  # fmt: skip
    lines = pl.DataFrame(
        [(who, at(24 * day), "P9", 100, 0) for who, day in bought],
        schema={"customer_key": pl.Int64, "paid_at": UTC, "product_id": pl.String, "net_minor": pl.Int64,
                "refunded_minor": pl.Int64},
        orient="row",
    )  # fmt: skip
    table = conversion_by(visits, lines, "week_on", as_of=on(60))
    assert table.select("week_on", "viewers", "buyers").rows() == [(on(0), 2, 1), (on(7), 2, 1)]
    for week in (on(0), on(7)):
        alone = conversion(visits.filter(week_on=week), lines, as_of=on(60))
        assert table.filter(week_on=week).drop("week_on").equals(alone)
