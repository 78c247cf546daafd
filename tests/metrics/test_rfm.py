import datetime as dt

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.rfm import SEGMENTS, is_sufficient, rfm, rfm_cells, rfm_movement, rfm_segments
from schema.errors import UsageError

AS_OF = dt.date(2026, 11, 15)
SCHEMA = {
    "customer_key": pl.Int64,
    "local_on": pl.Date,
    "currency": pl.String,
    "net_minor": pl.Int64,
    "is_kept": pl.Boolean,
}


def orders(*rows):
    """Rows are (customer, iso day, net yuan); 0 is fully refunded."""
    table = [(who, dt.date.fromisoformat(day), "CNY", net * 100, net > 0) for who, day, net in rows]
    return pl.DataFrame(table, schema=SCHEMA, orient="row")


FIVE = orders(
    (1, "2026-11-10", 1299),
    (1, "2026-10-01", 899),
    (2, "2026-05-19", 2499),
    (3, "2026-11-14", 300),
    (3, "2026-11-14", 500),
    (4, "2026-11-01", 0),
    (5, "2025-11-14", 9999),
)


def test_five_customers_are_scored_as_written_down():
    scored = rfm(FIVE, as_of=AS_OF)
    assert scored.select("customer_key", "recency_days", "frequency", "monetary_minor").rows() == [
        (1, 5, 2, 219_800),
        (2, 180, 1, 249_900),
        (3, 1, 1, 80_000),
        (5, 366, None, None),
    ]
    assert scored.select("r", "f", "m", "segment").rows() == [
        (5, 2, 3, "promising"),
        (3, 1, 3, "fading"),
        (5, 1, 2, "new"),
        (1, None, None, "lapsed"),
    ]


@pytest.mark.parametrize(
    ("days_ago", "r"), [(1, 5), (30, 5), (31, 4), (90, 4), (91, 3), (180, 3), (181, 2), (365, 2), (366, 1)]
)
def test_recency_bins_include_their_edge(days_ago, r):
    day = (AS_OF - dt.timedelta(days=days_ago)).isoformat()
    assert rfm(orders((1, day, 10)), as_of=AS_OF)["r"].to_list() == [r]


@pytest.mark.parametrize(("yuan", "m"), [(499, 1), (500, 2), (1499, 2), (1500, 3), (3000, 4), (5999, 4), (6000, 5)])
def test_money_bins_exclude_their_edge(yuan, m):
    assert rfm(orders((1, "2026-11-01", yuan)), as_of=AS_OF)["m"].to_list() == [m]


@pytest.mark.parametrize(("days", "f"), [(1, 1), (2, 2), (3, 3), (4, 4), (5, 4), (6, 5), (9, 5)])
def test_frequency_counts_order_days(days, f):
    table = orders(*[(1, f"2026-10-0{day}", 10) for day in range(1, days + 1)])
    assert rfm(table, as_of=AS_OF)["f"].to_list() == [f]


@pytest.mark.parametrize(
    ("days_ago", "times", "yuan", "segment"),
    [
        (10, 6, 1000, "champions"),
        (100, 3, 600, "loyal"),
        (40, 1, 9000, "loyal"),
        (40, 1, 400, "new"),
        (40, 2, 100, "promising"),
        (200, 2, 800, "at_risk"),
        (200, 1, 100, "fading"),
        (100, 1, 100, "fading"),
    ],
)
def test_groups_are_tried_in_order(days_ago, times, yuan, segment):
    days = [AS_OF - dt.timedelta(days=days_ago + extra) for extra in range(times)]
    assert rfm(orders(*[(1, day.isoformat(), yuan) for day in days]), as_of=AS_OF)["segment"].item() == segment


def test_quintiles_never_split_equal_values():
    table = orders(*[(who, "2026-11-01", 100) for who in range(1, 8)], *[(8, f"2026-11-0{d}", 900) for d in (2, 3)])
    scored = rfm(table, as_of=AS_OF, preset="quintiles")
    assert scored.select("r", "f", "m").rows() == [(1, 1, 1)] * 7 + [(5, 5, 5)]
    assert scored["segment"].to_list() == ["fading"] * 7 + ["champions"]


def test_quintiles_of_ten_different_customers_hold_two_each():
    table = orders(*[(who, f"2026-10-{who + 10}", who * 10) for who in range(1, 11)])
    scored = rfm(table, as_of=AS_OF, preset="quintiles")
    assert scored["r"].to_list() == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]
    assert scored["m"].to_list() == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]
    assert scored["f"].to_list() == [1] * 10


def test_lost_exists_only_by_quintiles():
    many = [(who, f"2026-10-{who + 10}", 100) for who in range(2, 11)]
    table = orders((1, "2026-01-05", 900), (1, "2026-01-06", 900), *many)
    scored = rfm(table, as_of=AS_OF, preset="quintiles")
    assert scored.row(0, named=True)["segment"] == "lost"


def test_cells_and_groups_hold_every_customer_once():
    scored = rfm(FIVE, as_of=AS_OF)
    assert rfm_cells(scored).rows() == [
        (5, 2, 3, "promising", 1, 219_800),
        (5, 1, 2, "new", 1, 80_000),
        (3, 1, 3, "fading", 1, 249_900),
        (1, None, None, "lapsed", 1, None),
    ]
    assert rfm_segments(scored).select("segment", "customers", "net_minor").rows() == [
        ("new", 1, 80_000),
        ("promising", 1, 219_800),
        ("fading", 1, 249_900),
        ("lapsed", 1, None),
    ]


def test_movement_follows_customers_from_group_to_group():
    before, after = rfm(FIVE, as_of=dt.date(2026, 10, 2)), rfm(FIVE, as_of=AS_OF)
    assert before.select("customer_key", "segment").rows() == [(1, "new"), (2, "fading"), (5, "at_risk")]
    assert rfm_movement(before, after).rows() == [
        ("new", "promising", 1),
        ("at_risk", "lapsed", 1),
        ("fading", "fading", 1),
        (None, "new", 1),
    ]


def test_money_of_two_currencies_is_refused():
    table = FIVE.with_columns(currency=pl.Series(["CNY", "EUR"] + ["CNY"] * 5))
    with pytest.raises(
        UsageError, match=r"^orders: holds 2 currencies \(CNY, EUR\); choose one with the filter currency\.$"
    ):
        rfm(table, as_of=AS_OF)


def test_few_buyers_or_a_short_time_are_flagged():
    long = [(who, day, 10) for who in range(500) for day in ("2026-01-01", "2026-06-29")]
    assert is_sufficient(orders(*long))
    assert not is_sufficient(orders(*long[2:]))
    assert not is_sufficient(orders(*[(who, "2026-01-01", 10) for who in range(600)]))
    assert not is_sufficient(orders())


def test_no_orders_give_empty_tables():
    for preset in ("fixed", "quintiles"):
        scored = rfm(orders(), as_of=AS_OF, preset=preset)
        assert scored.is_empty()
        assert rfm_cells(scored).is_empty()
        assert rfm_segments(scored).is_empty()


order_rows = st.lists(
    st.tuples(
        st.integers(1, 12),
        st.dates(dt.date(2025, 6, 1), dt.date(2026, 11, 14)).map(dt.date.isoformat),
        st.integers(0, 90).map(lambda tens: tens * 100),
    ),
    max_size=30,
)


@settings(max_examples=50, deadline=None)
@given(order_rows, st.sampled_from(["fixed", "quintiles"]), st.randoms())
def test_equal_customers_get_equal_scores_whatever_the_order_of_rows(rows, preset, random):
    shuffled = list(rows)
    random.shuffle(shuffled)
    scored = rfm(orders(*rows), as_of=AS_OF, preset=preset)
    assert scored.equals(rfm(orders(*shuffled), as_of=AS_OF, preset=preset))
    assert scored["segment"].is_in(SEGMENTS).all()
    active = scored.filter(pl.col("frequency").is_not_null())
    for value, score in (("recency_days", "r"), ("frequency", "f"), ("monetary_minor", "m")):
        assert active.group_by(value).agg(pl.col(score).n_unique()).filter(pl.col(score) > 1).is_empty()
        assert active[score].is_between(1, 5).all()
    assert rfm_cells(scored)["customers"].sum() == scored.height
