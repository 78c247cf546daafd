"""Hours that fell silent, and days that came twice."""

from __future__ import annotations

import datetime as dt

import polars as pl

from metrics.lost_hours import doubled_days, missing_hours

MONDAY = dt.date(2026, 3, 2)
DAYS = [MONDAY + dt.timedelta(days=n) for n in range(70)]


def counts(rows: int = 20, *, without: tuple[tuple[dt.date, int], ...] = ()) -> pl.DataFrame:
    """Ten weeks of a source that speaks from 9 to 20."""
    hours = [(day, hour) for day in DAYS for hour in range(9, 21) if (day, hour) not in without]
    return pl.DataFrame(
        {"source": "till", "local_on": [d for d, _ in hours], "hour": [h for _, h in hours], "rows": rows},
        schema={"source": pl.String, "local_on": pl.Date, "hour": pl.Int64, "rows": pl.Int64},
    )


def test_two_silent_hours_are_found_with_what_they_would_have_had() -> None:
    day = DAYS[30]
    found = missing_hours(counts(without=((day, 14), (day, 15))), DAYS[0], DAYS[-1])
    assert found.rows() == [(day, "till", 14, 2, 40.0)]


def test_nights_and_quiet_sources_are_not_missing() -> None:
    assert missing_hours(counts(), DAYS[0], DAYS[-1]).is_empty()
    day = DAYS[30]
    assert missing_hours(counts(2, without=((day, 14), (day, 15))), DAYS[0], DAYS[-1]).is_empty()


def test_a_whole_day_that_is_gone_is_one_stretch() -> None:
    day = DAYS[40]
    gone = tuple((day, hour) for hour in range(9, 21))
    assert missing_hours(counts(without=gone), DAYS[0], DAYS[-1]).rows() == [(day, "till", 9, 12, 240.0)]


def test_only_the_days_asked_for_are_told() -> None:
    day = DAYS[30]
    assert missing_hours(counts(without=((day, 14), (day, 15))), DAYS[31], DAYS[-1]).is_empty()


def test_no_rows_have_no_missing_hours() -> None:
    assert missing_hours(counts().clear(), DAYS[0], DAYS[-1]).is_empty()


def orders(minutes: list[int], who: list[int | None]) -> pl.DataFrame:
    start = dt.datetime(2026, 3, 2, 3, tzinfo=dt.UTC)
    return pl.DataFrame(
        {
            "local_on": MONDAY, "store_id": "S1", "channel": "pos", "customer_key": who, "goods_net_minor": 10_000,
            "paid_at": [start + dt.timedelta(minutes=m) for m in minutes],
        },
        schema_overrides={"customer_key": pl.Int64},
    )  # fmt: skip


def test_a_day_under_two_sets_of_ids_is_told_with_its_money() -> None:
    twice = orders([0, 1, 2, 3, 4, 5] * 2, [1, 2, None, 4, 5, 6] * 2)
    assert doubled_days(twice).rows() == [(MONDAY, "S1", "pos", 12, 6, 60_000)]


def test_a_few_equal_orders_are_no_doubled_day() -> None:
    assert doubled_days(orders([0, 0, 1, 2, 3], [1, 1, 2, 3, 4])).is_empty()
    assert doubled_days(orders(list(range(12)), [None] * 12)).is_empty()
