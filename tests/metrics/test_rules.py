import datetime as dt

import polars as pl
import pytest

from metrics.rules import as_day, earlier_than, kept_lines, kept_purchases, labelled, require
from schema.errors import ContractError

NOON = dt.datetime(2026, 11, 1, 12, tzinfo=dt.UTC)


def test_a_day_before_another_leaves_room_for_whole_days():
    table = pl.DataFrame(
        {"local_on": [dt.date(2026, 10, 31), dt.date(2026, 11, 1), dt.date(2026, 11, 14), dt.date(2026, 11, 15)]}
    )
    as_of = dt.date(2026, 11, 15)
    assert table.select(earlier_than(as_of)).to_series().to_list() == [True, True, True, False]
    assert table.select(earlier_than(as_of, days=14)).to_series().to_list() == [True, False, False, False]


def test_an_instant_is_exclusive_now_and_inclusive_for_a_distance():
    table = pl.DataFrame({"at": [NOON, NOON + dt.timedelta(days=14)]})
    as_of = NOON + dt.timedelta(days=14)
    for instant in (as_of, as_of.replace(tzinfo=None), as_of.astimezone(dt.timezone(dt.timedelta(hours=8)))):
        assert table.select(earlier_than(instant)).to_series().to_list() == [True, False]
        assert table.select(earlier_than(instant, days=14)).to_series().to_list() == [True, False]
    assert as_day(as_of) == dt.date(2026, 11, 15)


def test_staff_anonymous_and_refunded_orders_make_no_buyer():
    orders = pl.DataFrame(
        {
            "customer_key": [1, None, 3, 4],
            "is_kept": [True, True, False, True],
            "is_staff": [False, False, False, True],
        }
    )
    assert kept_purchases(orders)["customer_key"].to_list() == [1]
    lines = pl.DataFrame({"customer_key": [1, 2, None], "net_minor": [5, 5, 5], "refunded_minor": [4, 5, 0]})
    assert kept_lines(lines)["customer_key"].to_list() == [1]


def test_no_category_is_unmapped_and_a_page_is_no_product():
    table = pl.DataFrame({"category": [None, "wool"], "product_id": ["P", None], "channel": [None, "app"]})
    assert labelled(table, "category")["category"].to_list() == ["Unmapped", "wool"]
    assert labelled(table, "product_id").height == 1
    assert labelled(table, "channel")["channel"].to_list() == [None, "app"]


def test_a_missing_column_is_named_beside_those_there_are():
    with pytest.raises(ContractError, match=r"^visits: the column dwell_ms is missing; there are: at, channel\.$"):
        require(pl.DataFrame({"at": [], "channel": []}), "visits", "at", "dwell_ms")
