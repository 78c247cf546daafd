import datetime as dt

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.dwell import dwell_coverage
from metrics.linger import with_linger
from metrics.overview import dwell_totals
from metrics.sessions import sessionise
from schema.errors import ContractError

SCHEMA = {
    "event_id": pl.String,
    "visitor": pl.Int64,
    "occurred_at": pl.Datetime("us", "UTC"),
    "seq": pl.Int64,
    "type": pl.String,
    "product_id": pl.String,
    "fg_ms": pl.Int64,
}


def at(clock, day=15):
    hour, minute, second = (int(part) for part in clock.split(":"))
    return dt.datetime(2026, 11, day, hour, minute, second, tzinfo=dt.UTC)


def events(*rows):
    """Rows are (id, clock, type, product) and perhaps fg_ms; one visitor, in the order given."""
    table = [
        (row[0], 1, row[1] if isinstance(row[1], dt.datetime) else at(row[1]), None, *row[2:4], (*row, None)[4])
        for row in rows
    ]
    return pl.DataFrame(table, schema=SCHEMA, orient="row")


EVENING = events(
    ("e1", "20:00:00", "view", "P1"),
    ("e2", "20:00:45", "view", "P2"),
    ("e3", "20:06:45", "cart", "P2"),
    ("e4", "20:07:00", "view", "P3"),
    ("e4", "20:07:00", "view", "P3"),
    ("e5", "20:40:00", "view", "P1"),
    ("e6", "20:40:02", "leave", None),
)


def test_an_evening_of_four_views_in_two_sessions():
    views = sessionise(EVENING)
    assert views["product_id"].to_list() == ["P1", "P2", "P3", "P1"]
    assert views["session"].to_list() == [0, 0, 0, 1]
    assert views["dwell_ms"].to_list() == [45_000, 195_000, None, 2_000]
    assert views["evidence"].to_list() == ["gap", "gap", "unknown", "gap"]
    assert views["is_capped"].to_list() == [False, True, False, False]
    assert views["dwell_ms"].sum() == 242_000
    assert views["dwell_ms"].median() == 45_000


def test_thirty_minutes_exactly_is_the_same_session():
    views = sessionise(events(("a", "20:00:00", "view", "P1"), ("b", "20:30:00", "view", "P2")))
    assert views["session"].to_list() == [0, 0]
    assert views["dwell_ms"].to_list() == [180_000, None]


def test_a_second_more_than_thirty_minutes_is_a_new_session():
    views = sessionise(events(("a", "20:00:00", "view", "P1"), ("b", "20:30:01", "view", "P2")))
    assert views["session"].to_list() == [0, 1]
    assert views["dwell_ms"].to_list() == [None, None]


def test_midnight_does_not_split_a_session():
    views = sessionise(events(("a", at("23:59:50"), "view", "P1"), ("b", at("00:00:10", 16), "leave", None)))
    assert views["dwell_ms"].to_list() == [20_000]


def test_foreground_time_wins_over_the_gap_and_a_tab_left_open_is_capped():
    views = sessionise(
        events(
            ("a", "20:00:00", "view", "P1", 30_000),
            ("b", "20:05:00", "view", "P2", 900_000),
            ("c", "20:06:00", "view", "P3", 0),
        )
    )
    assert views["dwell_ms"].to_list() == [30_000, 600_000, 0]
    assert views["evidence"].to_list() == ["measured"] * 3
    assert views["is_capped"].to_list() == [False, True, False]


def test_pings_prove_five_seconds_and_ten_for_each_further_slot():
    views = sessionise(
        events(
            ("a", "20:00:00", "view", "P1"),
            ("b", "20:00:05", "ping", "P1"),
            ("c", "20:00:15", "ping", "P1"),
            ("d", "20:00:17", "ping", "P1"),
            ("e", "20:00:25", "ping", "P1"),
            ("f", "20:09:00", "view", "P2"),
            ("g", "20:09:05", "ping", "P2"),
            ("h", "20:09:30", "view", "P3"),
        )
    )
    assert views["dwell_ms"].to_list() == [25_000, 5_000, None]
    assert views["evidence"].to_list() == ["pings", "pings", "unknown"]


def test_pings_before_any_view_belong_to_nothing():
    assert sessionise(events(("a", "20:00:00", "ping", None))).is_empty()


def test_pings_of_a_later_session_do_not_lengthen_an_earlier_view():
    views = sessionise(events(("a", "20:00:00", "view", "P1"), ("b", "21:00:00", "ping", "P1")))
    assert views["dwell_ms"].to_list() == [None]


def test_hide_ends_a_view_and_other_events_do_not():
    views = sessionise(
        events(
            ("a", "20:00:00", "view", "P1"),
            ("b", "20:00:10", "activity", "P1"),
            ("c", "20:00:20", "hide", "P1"),
            ("d", "20:09:00", "view", "P2"),
            ("e", "20:10:00", "cart", "P2"),
        )
    )
    assert views["dwell_ms"].to_list() == [20_000, None]


def test_at_one_instant_the_sequence_decides_and_without_one_the_old_page_closes_first():
    rows = [
        ("z", 1, at("20:00:00"), 1, "view", "P1", None),
        ("y", 1, at("20:00:30"), 2, "view", "P2", None),
        ("x", 1, at("20:00:30"), 1, "leave", "P1", None),
        ("w", 2, at("20:00:00"), None, "view", "P1", None),
        ("a", 2, at("20:00:30"), None, "view", "P2", None),
        ("v", 2, at("20:00:30"), None, "leave", "P1", None),
    ]
    views = sessionise(pl.DataFrame(rows, schema=SCHEMA, orient="row"))
    assert views["dwell_ms"].to_list() == [30_000, None, 30_000, None]


def test_visitors_do_not_share_sessions():
    rows = [
        ("a", -9_000_000_000_000_000_000, at("20:00:00"), None, "view", "P1", None),
        ("b", 9_000_000_000_000_000_000, at("20:00:10"), None, "view", "P1", None),
    ]
    views = sessionise(pl.DataFrame(rows, schema=SCHEMA, orient="row"))
    assert views["session"].to_list() == [0, 1]
    assert views["dwell_ms"].to_list() == [None, None]


def test_times_too_far_apart_to_pack_are_sorted_all_the_same():
    far = [
        ("a", visitor, dt.datetime(year, 1, 1, 0, 0, 0, micros, tzinfo=dt.UTC), None, kind, "P1", None)
        for visitor in range(40)
        for year, micros, kind in ((9999, 7, "leave"), (9999, 1, "view"), (1, 3, "view"))
    ]
    table = pl.DataFrame(far, schema=SCHEMA, orient="row").with_columns(event_id=pl.int_range(pl.len()).cast(pl.String))
    views = sessionise(table)
    assert views.height == 80
    assert views["visitor"].is_sorted()
    assert views["evidence"].to_list() == ["unknown", "gap"] * 40


def test_other_columns_are_kept_and_no_events_give_an_empty_table():
    views = sessionise(EVENING.with_columns(channel=pl.lit("app")))
    assert views["channel"].to_list() == ["app"] * 4
    empty = sessionise(EVENING.clear())
    assert empty.is_empty()
    assert empty.columns[-5:] == ["session", "session_at", "dwell_ms", "evidence", "is_capped"]
    assert empty.schema == sessionise(EVENING).schema


def test_a_missing_column_is_named():
    with pytest.raises(
        ContractError,
        match=r"^events: the column visitor, occurred_at, seq, type, product_id, fg_ms is missing; there are: event_id\.$",
    ):
        sessionise(pl.DataFrame({"event_id": [], "visitor": [], "occurred_at": []}).select("event_id"))


event_rows = st.lists(
    st.tuples(
        st.integers(0, 3),
        st.integers(0, 7200),
        st.sampled_from(["view", "view", "ping", "leave", "hide", "cart"]),
        st.none() | st.integers(0, 900_000),
    ),
    max_size=25,
)


@settings(max_examples=60, deadline=None)
@given(event_rows, st.randoms())
def test_row_order_is_irrelevant_and_dwell_is_bounded(rows, random):
    table = pl.DataFrame(
        [
            (f"e{number}", visitor, at("00:00:00") + dt.timedelta(seconds=second), None, kind, "P", fg)
            for number, (visitor, second, kind, fg) in enumerate(rows)
        ],
        schema=SCHEMA,
        orient="row",
    )
    shuffled = list(range(len(rows)))
    random.shuffle(shuffled)
    views = sessionise(table)
    assert views.equals(sessionise(table[shuffled]))
    assert views.equals(sessionise(table[shuffled].sort("occurred_at", maintain_order=True)))
    assert views.height == sum(kind == "view" for _, _, kind, _ in rows)
    assert views.filter(pl.col("dwell_ms").is_null() != (pl.col("evidence") == "unknown")).is_empty()
    assert views.filter((pl.col("evidence") != "gap") & (pl.col("dwell_ms") > 600_000)).is_empty()


def test_the_evening_has_three_of_four_dwells_known_and_two_of_three_linger():
    views = sessionise(EVENING).with_columns(
        local_on=pl.lit(dt.date(2026, 11, 15)), category=pl.lit("wool"), channel=pl.lit("app")
    )
    coverage = dwell_coverage(views).row(0, named=True)
    assert (coverage["views"], coverage["known_views"], coverage["coverage"], coverage["capped"]) == (4, 3, 0.75, 1)
    assert with_linger(views)["is_linger"].to_list() == [True, True, None, False]
    assert dwell_totals(with_linger(views))["linger_rate"].item() == pytest.approx(2 / 3)
