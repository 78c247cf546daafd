"""Complaints: worked by hand, and against a count of each day on its own."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from metrics.complaints import complaint_groups, open_at

DAY0 = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
TIME = pl.Datetime("us", "UTC")


def day(n: float) -> dt.datetime:
    """So many days after 1 March."""
    return DAY0 + dt.timedelta(days=n)


def told(*rows: tuple[int | None, str | None, float, float | None, str | None]) -> pl.DataFrame:
    """Customer, channel, days of opening and closing, and kind."""
    return pl.DataFrame(
        [(who, where, day(a), None if b is None else day(b), kind) for who, where, a, b, kind in rows],
        schema={
            "customer_key": pl.Int64,
            "channel": pl.String,
            "opened_at": TIME,
            "closed_at": TIME,
            "kind": pl.String,
        },
        orient="row",
    )


def test_a_complaint_is_open_from_just_after_it_is_made_until_it_is_settled():
    rows = told((1, "app", 0, 4, None), (2, "app", 4, None, None), (3, "app", 2, None, None), (3, "app", 3, 9, None),
                (None, "app", 0, None, None), (4, "app", 0, 3.9, None))  # fmt: skip
    assert open_at(rows, day(4)).to_list() == [1, 3]
    assert open_at(rows, day(4.1)).to_list() == [2, 3]
    assert open_at(rows, DAY0).to_list() == []


def test_groups_worked_by_hand():
    """Of app two were made (days 1 and 9), two settled in the period after 3 and 1 days: 2 in the middle."""
    rows = told(
        (1, "app", -2, 1, "late"), (2, "app", 1, 2, "late"), (3, "app", 9, None, "torn"), (4, "pos", -5, None, "rude"),
        (5, "pos", -9, -8, "rude"), (6, "live", 10, None, "late"), (7, None, 3, None, "late"),
    )  # fmt: skip
    orders = pl.DataFrame({"channel": ["app"] * 8 + ["web"]})
    found = complaint_groups(rows, orders, "channel", (DAY0, day(10)))
    assert found.rows() == [("app", 2, 1, 2, 2.0, 8, 0.25, "late"), ("pos", 0, 1, 0, None, 0, None, None)]
    assert complaint_groups(rows.clear(), orders, "channel", (DAY0, day(10))).is_empty()


def test_days_of_a_zone_are_its_own():
    """Midnight of 5 March in Shanghai is 16:00 UTC of the 4th."""
    rows = told((1, "app", 3 + 15 / 24, None, "late"), (2, "app", 3 + 17 / 24, None, "late"))
    day5 = dt.datetime(2026, 3, 5, tzinfo=ZoneInfo("Asia/Shanghai"))
    assert open_at(rows, day5).to_list() == [1]
    orders = pl.DataFrame({"channel": ["app"]})
    days = day5 - dt.timedelta(days=1), day5
    assert complaint_groups(rows, orders, "channel", days)["complaints"].to_list() == [1]


SPANS = st.lists(
    st.tuples(st.integers(1, 5), st.sampled_from(["app", "pos"]), st.integers(-5, 15), st.none() | st.integers(0, 9)),
    max_size=30,
)


@given(SPANS)
def test_what_is_open_at_the_end_is_what_was_open_and_made_less_what_was_settled(spans):
    rows = told(*[(who, where, a, None if wait is None else a + wait, "x") for who, where, a, wait in spans])
    found = complaint_groups(rows, pl.DataFrame({"channel": ["app"]}), "channel", (DAY0, day(10)))
    before = sum(a < 0 and (wait is None or a + wait >= 0) for _, _, a, wait in spans)
    sums = found.select(pl.col("complaints", "open", "settled").sum()).row(0)
    assert before + sums[0] - sums[2] == sums[1]
    one_by_one = {who for who, _, a, wait in spans if a < 10 and (wait is None or a + wait >= 10)}
    assert open_at(rows, day(10)).to_list() == sorted(one_by_one)
