"""What campaigns' lists bought, counted once by tables and once by hand."""

import datetime as dt

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from metrics.lift_counts import LIST, outcomes, shared_lists

START = dt.date(2026, 10, 1)
ORDER = {
    "customer_key": pl.Int64, "local_on": pl.Date, "is_kept": pl.Boolean, "net_minor": pl.Int64,
    "goods_net_minor": pl.Int64, "refunded_minor": pl.Int64, "currency": pl.String, "is_staff": pl.Boolean,
}  # fmt: skip
WINDOW = {"campaign": pl.String, "from_on": pl.Date, "to_on": pl.Date}


def day(n):
    return START + dt.timedelta(days=n)


LISTS = st.lists(
    st.tuples(st.sampled_from("ab"), st.integers(1, 8), st.booleans()), max_size=20, unique_by=lambda row: row[:2]
)
WINDOWS = st.tuples(*[st.tuples(st.integers(0, 8), st.integers(1, 8))] * 2)
ORDERS = st.lists(
    st.tuples(
        st.none() | st.integers(1, 9), st.integers(-3, 18), st.integers(0, 900), st.integers(0, 900),
        st.sampled_from(["CNY", "USD"]), st.booleans(),
    ),
    max_size=30,
)  # fmt: skip


def frames(lists, spans, orders):
    windows = [(name, day(first), day(first + days)) for name, (first, days) in zip("ab", spans, strict=True)]
    rows = [
        (who, day(on), goods > min(goods, back), goods - min(goods, back), goods, min(goods, back), currency, staff)
        for who, on, goods, back, currency, staff in orders
    ]
    return (
        pl.DataFrame(lists, schema=LIST, orient="row"),
        pl.DataFrame(windows, schema=WINDOW, orient="row"),
        pl.DataFrame(rows, schema=ORDER, orient="row"),
    )


@given(LISTS, WINDOWS, ORDERS)
def test_each_side_is_counted_as_by_hand(lists, spans, orders):
    found = outcomes(*frames(lists, spans, orders), currency="CNY")
    assert found["campaign"].to_list() == ["a", "b"]
    for row, (first, days) in zip(found.iter_rows(named=True), spans, strict=True):
        for is_holdout, name, prefix in ((False, "treated", ""), (True, "holdout", "holdout_")):
            side = {who for campaign, who, held in lists if campaign == row["campaign"] and held == is_holdout}
            mine = [one for one in orders if one[0] in side and first <= one[1] < first + days and not one[5]]
            spent = dict.fromkeys(side, 0)
            for who, _, goods, back, currency, _ in mine:
                spent[who] += (goods - min(goods, back)) * (currency == "CNY")
            assert row[name] == len(side)
            assert row[f"{prefix}converted"] == len({one[0] for one in mine if one[2] > one[3]})
            assert row[f"{prefix}net_minor"] == sum(spent.values())
            assert row[f"{prefix}net_squared"] == sum(one**2 for one in spent.values())
            assert row[f"{prefix}returned_minor"] == sum(min(o[2], o[3]) for o in mine if o[4] == "CNY")


@given(LISTS, WINDOWS)
def test_who_is_on_both_lists_is_counted_once(lists, spans):
    people, windows, _ = frames(lists, spans, [])
    sides = {name: {who: held for campaign, who, held in lists if campaign == name} for name in "ab"}
    both = set(sides["a"]) & set(sides["b"])
    found = shared_lists(people, windows)
    assert found.height == bool(both)
    for row in found.iter_rows(named=True):
        assert row["customers"] == len(both)
        assert row["treated_both"] == sum(not sides["a"][who] and not sides["b"][who] for who in both)
        parts = ("treated_both", "campaign_only", "other_only", "held_out_both")
        assert sum(row[name] for name in parts) == len(both)
        days = set.intersection(*(set(range(first, first + length)) for first, length in spans))
        assert row["shared_days"] == len(days)
