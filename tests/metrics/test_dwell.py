import datetime as dt

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.dwell import (
    block_index,
    dwell_by,
    dwell_by_daypart,
    dwell_by_hour,
    dwell_by_product,
    dwell_coverage,
    dwell_cross,
    unreliable_channels,
)

SCHEMA = {
    "visitor": pl.Int64,
    "local_on": pl.Date,
    "hour_of_week": pl.Int16,
    "channel": pl.String,
    "product_id": pl.String,
    "category": pl.String,
    "dwell_ms": pl.Int64,
    "evidence": pl.String,
    "is_capped": pl.Boolean,
    "is_linger": pl.Boolean,
}


def visits(*rows):
    """Rows are (category, hour_of_week, dwell_s) and perhaps product, channel, visitor."""
    table = []
    for number, row in enumerate(rows):
        category, hour, dwell_s, product, channel, visitor = (*row, *("P", "app", number)[len(row) - 3 :])
        dwell = None if dwell_s is None else int(dwell_s * 1000)
        evidence = "unknown" if dwell is None else "gap"
        linger = None if dwell is None else dwell >= 30_000
        day = dt.date(2026, 11, 9) + dt.timedelta(days=hour // 24)
        table.append((visitor, day, hour, channel, product, category, dwell, evidence, dwell == 180_000, linger))
    return pl.DataFrame(table, schema=SCHEMA, orient="row")


MINUTES = visits(("wool", 20, 600 * 60), ("wool", 10, 400 * 60), ("other", 20, 900 * 60), ("other", 10, 1100 * 60))


def test_wool_draws_a_fifth_more_attention_in_the_evening_than_the_evening_explains():
    cells = dwell_by_hour(MINUTES, by="category")
    assert cells.select("group", "hour_of_week").rows() == [("other", 10), ("other", 20), ("wool", 10), ("wool", 20)]
    assert cells["index"].to_list() == pytest.approx([110, 90, 80, 120])
    assert cells["dwell_s"].to_list() == [66_000, 54_000, 24_000, 36_000]
    assert block_index(MINUTES, by="category", group="wool", hours=[20]) == pytest.approx(120)


def test_a_block_can_be_narrowed_to_months():
    late = MINUTES.with_columns(local_on=pl.lit(dt.date(2026, 3, 1)), dwell_ms=pl.lit(60_000, pl.Int64))
    both = pl.concat([MINUTES, late])
    assert block_index(both, by="category", group="wool", hours=range(20, 23), months=[11]) == pytest.approx(120)
    assert block_index(both, by="category", group="wool", hours=range(20, 23), months=[3]) == pytest.approx(100)
    assert block_index(both, by="category", group="wool", hours=range(20, 23), months=[5]) is None
    assert block_index(both, by="category", group="silk", hours=range(20, 23)) is None


def test_hours_without_views_are_left_out_and_unknown_dwell_is_null():
    cells = dwell_by_hour(visits(("wool", 164, None), (None, 3, 20), (None, 3, 20)), by="category")
    assert cells.select("group", "hour_of_week", "views", "known_views", "dwell_s", "index").rows() == [
        ("Unmapped", 3, 2, 2, 40.0, 100.0),
        ("wool", 164, 1, 0, None, None),
    ]
    assert cells["linger_rate"].to_list() == [0.0, None]


def test_a_channel_of_mostly_unknown_dwell_is_left_out_of_the_index_alone():
    live = [("wool", 20, 100, "P", "live"), ("wool", 10, None, "P", "live")]
    cells = dwell_by_hour(pl.concat([MINUTES, visits(*live)]), by="category")
    assert unreliable_channels(visits(*live)) == ["live"]
    assert unreliable_channels(visits(*live), limit=0.5) == []
    assert cells["index"].to_list() == pytest.approx([110, 90, 80, 120])
    assert cells["views"].to_list() == [1, 1, 2, 2]


def test_short_periods_use_hours_of_working_days_and_weekends():
    cells = dwell_by_daypart(
        visits(("wool", 20, 10), ("wool", 44, 20), ("wool", 119, 5), ("wool", 120, 30)), by="category"
    )
    assert cells.select("is_weekend", "hour", "views", "dwell_s", "median_dwell_s").rows() == [
        (False, 20, 2, 30.0, 15.0),
        (False, 23, 1, 5.0, 5.0),
        (True, 0, 1, 30.0, 30.0),
    ]


def test_products_come_with_median_quartile_total_and_distinct_visitors():
    table = dwell_by_product(
        visits(
            ("wool", 1, 10, "P1", "app", 7),
            ("wool", 1, 20, "P1", "app", 7),
            ("wool", 1, 50, "P1", "app", 8),
            ("wool", 1, None, "P1", "app", 9),
            (None, 1, None, "P2", "app", 9),
            (None, 1, 500, None, "app", 9),
        )
    )
    assert table.columns == [
        "product_id", "category", "views", "known_views", "customers",
        "median_dwell_s", "p75_dwell_s", "total_dwell_s", "linger_rate",
    ]  # fmt: skip
    assert table.rows() == [
        ("P1", "wool", 4, 3, 3, 20.0, 35.0, 80.0, pytest.approx(1 / 3)),
        ("P2", "Unmapped", 1, 0, 1, None, None, None, None),
    ]


def test_any_column_and_any_two_columns_can_divide_dwell():
    table = visits(("wool", 1, 10, "P1", "app"), ("wool", 1, 40, "P1", "h5_site"), ("silk", 1, 20, "P2", "app"))
    assert dwell_by(table, "channel").select("channel", "total_dwell_s").rows() == [("h5_site", 40), ("app", 30)]
    assert dwell_cross(table, "category", "channel").select(
        "row", "column", "median_dwell_s", "linger_rate"
    ).rows() == [
        ("silk", "app", 20.0, 0.0),
        ("wool", "app", 10.0, 0.0),
        ("wool", "h5_site", 40.0, 1.0),
    ]


def test_coverage_says_how_dwell_is_known():
    table = dwell_coverage(visits(("a", 1, 45), ("a", 1, 180), ("a", 1, None), ("a", 1, 2)))
    assert table.rows() == [("app", 4, 3, 0.75, 0, 0, 3, 1, 1)]


def test_no_visits_give_empty_tables():
    none = visits()
    for table in (dwell_by_hour(none, by="category"), dwell_by_product(none), dwell_coverage(none)):
        assert table.is_empty()


rows = st.lists(
    st.tuples(
        st.sampled_from(["wool", "silk", None]),
        st.integers(0, 167),
        st.none() | st.integers(0, 600),
        st.sampled_from(["P1", "P2"]),
        st.sampled_from(["app", "live"]),
        st.integers(0, 3),
    ),
    max_size=30,
)


@settings(max_examples=40, deadline=None)
@given(rows, st.randoms())
def test_row_order_is_irrelevant_and_views_and_dwell_add_up(given_rows, random):
    table = visits(*given_rows)
    shuffled = list(given_rows)
    random.shuffle(shuffled)
    cells = dwell_by_hour(table, by="category")
    assert cells.equals(dwell_by_hour(visits(*shuffled), by="category"))
    assert cells["views"].sum() == len(given_rows)
    assert cells["dwell_s"].sum() == sum(row[2] or 0 for row in given_rows)
