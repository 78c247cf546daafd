import datetime as dt

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.conversion import (
    conversion,
    conversion_by_product,
    funnel,
    interested_people,
    lingered_not_bought,
    quadrant,
)

AS_OF = dt.date(2026, 11, 15)
VISITS = {
    "visitor": pl.Int64,
    "customer_key": pl.Int64,
    "at": pl.Datetime("us", "UTC"),
    "local_on": pl.Date,
    "product_id": pl.String,
    "category": pl.String,
    "dwell_ms": pl.Int64,
    "is_linger": pl.Boolean,
}
LINES = {
    "customer_key": pl.Int64,
    "paid_at": pl.Datetime("us", "UTC"),
    "local_on": pl.Date,
    "product_id": pl.String,
    "category": pl.String,
    "net_minor": pl.Int64,
    "refunded_minor": pl.Int64,
    "is_staff": pl.Boolean,
}


def noon(days_ago):
    """Noon of a day; 1 is the last complete day."""
    return dt.datetime(2026, 11, 15, 12, tzinfo=dt.UTC) - dt.timedelta(days=days_ago)


def visits(*rows):
    """Rows are (customer, days ago, product, dwell_s)."""
    table = [
        (
            abs(who), who if who > 0 else None, noon(ago), noon(ago).date(), product, "wool",
            None if dwell is None else dwell * 1000, None if dwell is None else dwell >= 30,
        )
        for who, ago, product, dwell in rows
    ]  # fmt: skip
    return pl.DataFrame(table, schema=VISITS, orient="row")


def lines(*rows):
    """Rows are (customer, days ago, product) and perhaps refunded of 100."""
    table = [(row[0], noon(row[1]), noon(row[1]).date(), row[2], "wool", 100, (*row, 0)[3], False) for row in rows]
    return pl.DataFrame(table, schema=LINES, orient="row")


def test_viewers_too_young_to_judge_do_not_lower_conversion():
    looks = [(who, 30, "P", 10) for who in range(1, 121)] + [(who, 5, "P", 10) for who in range(121, 201)]
    orders = [(who, 25, "P") for who in range(1, 10)] + [(who, 4, "P") for who in (121, 122, 123)]
    row = conversion_by_product(visits(*looks), lines(*orders), as_of=AS_OF).row(0, named=True)
    assert (row["viewers"], row["mature_viewers"], row["buyers"]) == (200, 120, 9)
    assert row["conversion_rate"] == pytest.approx(0.075)
    assert row["low"] == pytest.approx(0.0400, abs=5e-5)
    assert row["high"] == pytest.approx(0.1364, abs=6e-5)


def test_bought_means_this_product_after_the_view_within_a_fortnight_and_kept():
    looks = [(who, 40, "P", 10) for who in range(1, 8)]
    orders = [
        (1, 40, "P"),  # at once
        (2, 27, "P"),  # 13 days later
        (3, 26, "P"),  # 14 days later: too late
        (4, 41, "P"),  # before
        (5, 39, "Q"),  # another product
        (6, 39, "P", 100),  # fully refunded
        (7, 39, "P", 99),  # partly refunded
    ]
    row = conversion_by_product(visits(*looks), lines(*orders), as_of=AS_OF).row(0, named=True)
    assert row["buyers"] == 3
    assert conversion(visits(*looks), lines(*orders), as_of=AS_OF).row(0, named=True)["buyers"] == 4


def test_staff_and_anonymous_visitors_do_not_convert():
    staff = lines((1, 39, "P")).with_columns(is_staff=pl.lit(value=True))
    row = conversion_by_product(visits((1, 40, "P", 10), (-2, 40, "P", 10)), staff, as_of=AS_OF).row(0, named=True)
    assert (row["viewers"], row["buyers"]) == (1, 0)


def test_a_product_without_mature_viewers_has_no_rate():
    table = conversion_by_product(visits((1, 14, "P", 10), (2, 15, "Q", 10)), lines(), as_of=AS_OF)
    assert table.select("product_id", "mature_viewers", "conversion_rate").rows() == [("P", 0, None), ("Q", 1, 0.0)]


def test_an_instant_counts_by_the_second():
    as_of = noon(1)
    table = conversion_by_product(visits((1, 15, "P", 10), (2, 14, "Q", 10), (3, 1, "R", 10)), lines(), as_of=as_of)
    assert table.select("product_id", "mature_viewers").rows() == [("P", 1), ("Q", 0)]


def test_no_views_give_an_empty_table():
    assert conversion_by_product(visits(), lines(), as_of=AS_OF).is_empty()
    assert conversion(visits(), lines(), as_of=AS_OF).is_empty()


def test_the_quadrant_is_cut_at_the_category_medians():
    table = pl.DataFrame(
        {
            "product_id": ["A", "B", "C", "D", "E", "F"],
            "category": ["wool"] * 5 + ["silk"],
            "median_dwell_s": [50.0, 60.0, 10.0, 20.0, None, 5.0],
            "conversion_rate": [0.10, 0.01, 0.12, 0.02, 0.05, 0.0],
        }
    )
    cut = quadrant(table)
    assert dict(cut.select("product_id", "quadrant").iter_rows()) == {
        "A": "stars",
        "B": "hesitation",
        "C": "impulse",
        "D": "ignored",
        "E": None,
        "F": "hesitation",
    }
    assert cut.filter(pl.col("category") == "wool")["category_median_dwell_s"].to_list() == [35.0] * 5
    assert cut.filter(pl.col("category") == "wool")["category_median_conversion_rate"].to_list() == [0.05] * 5


def test_interest_halves_in_a_week():
    looks = visits((1, 8, "P", 120), (1, 1, "P", 40))
    people = interested_people(looks, lines(), as_of=AS_OF)
    assert people.rows() == [(1, "P", "wool", 160.0, pytest.approx(100.0), 2)]
    at_noon = interested_people(looks, lines(), as_of=noon(1) + dt.timedelta(microseconds=1))
    assert at_noon["interest"].to_list() == pytest.approx([100.0], abs=0.001)


def test_a_minute_in_all_is_interest_even_without_a_linger_and_less_is_not():
    looks = visits(*[(1, 2, "P", 20)] * 3, *[(2, 2, "P", 19)] * 3, (3, 2, "P", None))
    assert interested_people(looks, lines(), as_of=AS_OF)["customer_key"].to_list() == [1]


def test_who_ordered_since_the_first_linger_is_not_interested_any_more():
    looks = visits((1, 9, "P", 40), (2, 9, "P", 40), (3, 9, "P", 40), (4, 9, "P", 40), (-5, 9, "P", 40))
    orders = lines((1, 8, "P"), (2, 10, "P"), (3, 8, "Q"), (4, 8, "P", 100))
    assert interested_people(looks, orders, as_of=AS_OF)["customer_key"].to_list() == [2, 3]
    assert interested_people(looks, orders, as_of=AS_OF, by="category")["customer_key"].to_list() == [2]
    assert lingered_not_bought(looks, orders, as_of=AS_OF).rows() == [("P", 2, pytest.approx(80 * 0.5 ** (8 / 7)), 2)]


def test_lingering_longer_ago_than_a_fortnight_is_forgotten():
    assert lingered_not_bought(visits((1, 15, "P", 99)), lines(), as_of=AS_OF).is_empty()
    assert lingered_not_bought(visits((1, 14, "P", 99)), lines(), as_of=AS_OF)["people"].to_list() == [1]


def actions(*who):
    return pl.DataFrame(
        {"visitor": list(who), "type": ["cart"] * len(who)}, schema={"visitor": pl.Int64, "type": pl.String}
    )


def test_each_step_of_the_funnel_counts_people_of_the_step_before():
    looks = visits((1, 9, "P", 40), (2, 9, "P", 40), (3, 9, "P", 40), (4, 9, "P", 10), (-9, 9, "P", 50))
    table = funnel(looks, actions(1, 2, 4, 9, 77), lines((1, 8, "P"), (2, 8, "P", 100), (3, 8, "P"), (88, 8, "P")))
    assert table.rows() == [
        ("viewed", 5, 1.0),
        ("lingered", 4, 0.8),
        ("cart", 3, 0.6),
        ("ordered", 2, 0.4),
        ("kept", 1, 0.2),
    ]


def test_whoever_was_given_something_and_paid_for_nothing_did_not_order():
    gift = lines((1, 8, "P"), (2, 8, "P")).with_columns(
        net_minor=pl.when(pl.col("customer_key") == 2).then(0).otherwise("net_minor")
    )
    table = funnel(visits((1, 9, "P", 40), (2, 9, "P", 40)), actions(1, 2), gift)
    assert table["visitors"].to_list() == [2, 2, 2, 1, 1]


def test_a_step_without_any_evidence_is_unknown_and_not_zero():
    table = funnel(visits((1, 9, "P", None), (2, 9, "P", None)), actions(), lines((1, 8, "P")))
    assert table["visitors"].to_list() == [2, None, None, 1, 1]
    assert funnel(visits(), actions(1), lines()).is_empty()


looks_given = st.lists(
    st.tuples(st.integers(1, 6), st.integers(1, 30), st.sampled_from(["P", "Q"]), st.none() | st.integers(0, 90)),
    max_size=25,
)
orders_given = st.lists(
    st.tuples(st.integers(1, 6), st.integers(1, 30), st.sampled_from(["P", "Q"]), st.sampled_from([0, 50, 100])),
    max_size=12,
)


@settings(max_examples=40, deadline=None)
@given(looks_given, orders_given, st.lists(st.integers(1, 6), max_size=6), st.randoms())
def test_steps_only_shrink_buyers_are_mature_viewers_and_row_order_is_irrelevant(looks, bought, carts, random):
    mixed, sold = list(looks), list(bought)
    random.shuffle(mixed)
    random.shuffle(sold)
    table = conversion_by_product(visits(*looks), lines(*bought), as_of=AS_OF)
    assert table.equals(conversion_by_product(visits(*mixed), lines(*sold), as_of=AS_OF))
    assert (table["buyers"] <= table["mature_viewers"]).all()
    assert (table["mature_viewers"] <= table["viewers"]).all()
    people = interested_people(visits(*looks), lines(*bought), as_of=AS_OF)
    assert people.equals(interested_people(visits(*mixed), lines(*sold), as_of=AS_OF))
    narrow = interested_people(visits(*looks), lines(*bought), as_of=AS_OF, by="category")
    assert set(narrow["customer_key"]) <= set(people["customer_key"])
    steps = funnel(visits(*looks), actions(*carts), lines(*bought))["visitors"].drop_nulls()
    assert steps.is_sorted(descending=True)


def test_interest_is_the_same_to_the_last_digit_whatever_the_order_of_the_rows():
    # found by the property above: the order of addition decided the last digit of Σ dwell · 0.5^(age ÷ 7)
    looks = [(1, 1, "Q", 6), (1, 2, "Q", 1), (1, 2, "Q", 30), *[(1, 1, "P", None)] * 6]
    as_given = interested_people(visits(*looks), lines(), as_of=AS_OF)
    assert all(
        interested_people(visits(*looks[turn:], *looks[:turn]), lines(), as_of=AS_OF).equals(as_given)
        for turn in range(len(looks))
    )
