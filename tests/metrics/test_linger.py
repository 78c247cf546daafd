import datetime as dt

import polars as pl

from metrics.linger import linger_thresholds, with_linger

SCHEMA = {"category": pl.String, "local_on": pl.Date, "dwell_ms": pl.Int64}


def visits(*rows):
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


JULY = [("wool", dt.date(2026, 7, day), dwell) for day, dwell in ((3, 10_000), (5, 20_000), (9, 40_000), (30, 60_000))]


def test_a_month_is_judged_by_the_upper_quartile_of_the_ninety_days_before_it():
    table = visits(
        *JULY,
        ("wool", dt.date(2026, 7, 4), None),
        ("wool", dt.date(2026, 10, 1), 44_999),
        ("wool", dt.date(2026, 8, 2), 45_000),
    )
    assert linger_thresholds(table).rows() == [
        ("wool", dt.date(2026, 7, 1), 30_000),  # no history
        ("wool", dt.date(2026, 8, 1), 45_000),  # P75 of 10, 20, 40, 60 s
        ("wool", dt.date(2026, 10, 1), 45_000),  # from 3 July on: 10, 20, 40, 60 and August's 45 s
    ]


def test_quick_looks_never_set_the_bar_below_fifteen_seconds():
    table = visits(("silk", dt.date(2026, 7, 1), 2_000), ("silk", dt.date(2026, 8, 1), 15_000))
    assert linger_thresholds(table)["threshold_ms"].to_list() == [30_000, 15_000]
    assert with_linger(table)["is_linger"].to_list() == [False, True]


def test_history_older_than_ninety_days_does_not_count():
    table = visits(("silk", dt.date(2026, 7, 2), 100_000), ("silk", dt.date(2026, 10, 5), 40_000))
    assert linger_thresholds(table)["threshold_ms"].to_list() == [30_000, 30_000]
    edge = visits(("silk", dt.date(2026, 7, 3), 100_000), ("silk", dt.date(2026, 10, 5), 40_000))
    assert linger_thresholds(edge)["threshold_ms"].to_list() == [30_000, 100_000]


def test_unknown_dwell_is_neither_linger_nor_not_and_rows_keep_their_order():
    table = visits(
        (None, dt.date(2026, 7, 2), 31_000), ("a", dt.date(2026, 7, 1), None), (None, dt.date(2026, 6, 1), 29_000)
    )
    assert with_linger(table)["is_linger"].to_list() == [True, None, False]
    assert with_linger(table).drop("is_linger").equals(table)


def test_no_visits_have_no_thresholds():
    assert linger_thresholds(visits()).is_empty()
    assert with_linger(visits()).columns == ["category", "local_on", "dwell_ms", "is_linger"]
