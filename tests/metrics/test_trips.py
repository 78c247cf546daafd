from __future__ import annotations

import datetime as dt

import h3
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from metrics import trips
from metrics.flows import leakage
from metrics.trips import Trips
from schema.errors import UsageError

FIRST = dt.date(2026, 2, 1)
PLACES = pl.DataFrame(
    [
        ("West", "Wick", "A1", 0.0, 0.0, None, None),
        ("Mid", "Wick", None, 0.0, 0.04, dt.date(2026, 2, 10), None),
        ("East", "Eastham", "A2", 0.0, 0.1, None, dt.date(2026, 2, 20)),
        ("Lost", None, "A2", None, None, None, None),
    ],
    schema={"store_id": pl.String, "city": pl.String, "agent_id": pl.String, "lat": pl.Float64, "lng": pl.Float64,
            "opened_on": pl.Date, "closed_on": pl.Date},
    orient="row",
)  # fmt: skip


def _person(key: int, lng: float | None, src: str) -> dict[str, object]:
    cell = None if lng is None else int(h3.str_to_int(h3.latlng_to_cell(0.001, lng, 9)))
    return {"customer_key": key, "home_cell": cell, "home_lat": None if lng is None else 0.001, "home_lng": lng,
            "home_src": src, "is_staff": False}  # fmt: skip


PEOPLE = pl.DataFrame(
    [_person(1, 0.01, "given"), _person(2, 0.02, "given"), _person(3, 0.06, "fix"), _person(4, 0.09, "city"),
     _person(5, None, "given"), _person(6, 0.031, "given")]
)  # fmt: skip
ORDER = {"order_key": pl.Int64, "customer_key": pl.Int64, "local_on": pl.Date, "net_minor": pl.Int64,
         "store_id": pl.String, "channel": pl.String, "is_staff": pl.Boolean}  # fmt: skip


def _orders(rows: list[tuple[int | None, int, str | None, str, bool]]) -> pl.DataFrame:
    told = [
        (number, key, FIRST + dt.timedelta(days=day), 100, store, channel, staff)
        for number, (key, day, store, channel, staff) in enumerate(rows)
    ]
    return pl.DataFrame(told, schema=ORDER, orient="row")


ROWS = st.lists(
    st.tuples(
        st.sampled_from([None, 1, 2, 3, 4, 5, 6]),
        st.integers(0, 27),
        st.sampled_from([None, "West", "Mid", "East", "Lost", "Gone"]),
        st.sampled_from(["pos", "pos", "pos", "app"]),
        st.booleans(),
    ),
    max_size=40,
)


def test_an_order_away_from_the_nearest_store_is_lost_there_and_won_here():
    rows = _orders([(1, 0, "West", "pos", False), (1, 1, "East", "pos", False), (3, 2, "East", "pos", False)])
    found = Trips.of(rows, PEOPLE, PLACES)
    table = found.leakage(found.among(slice(0, 3), None), PLACES, "store")
    assert table.select("group", "orders", "away", "leakage", "received", "inflow").rows() == [
        ("West", 2, 1, 0.5, 1, 0.0),
        ("East", 1, 0, 0.0, 2, 0.5),
    ]
    # 0.09° to East less 0.01° to West: about 8.9 km out of the way
    assert table["median_detour_m"][0] == pytest.approx(8_895, abs=15)
    assert table["median_inflow_detour_m"].to_list()[1] == table["median_detour_m"][0]


def test_the_median_of_two_detours_lies_between_them():
    rows = _orders([(1, 0, "East", "pos", False), (2, 0, "East", "pos", False), (2, 0, "Lost", "pos", False)])
    found = Trips.of(rows, PEOPLE, PLACES)
    table = found.leakage(found.among(slice(0, 3), None), PLACES, "city").filter(pl.col("group") == "Wick")
    assert table["away"].to_list() == [3]
    assert table["median_detour_m"][0] == pytest.approx((8_895 + 6_671) / 2, abs=15)


def test_only_what_lies_in_the_stretch_and_is_chosen_counts():
    rows = _orders([(1, day, "East", "pos", False) for day in range(5)])
    found = Trips.of(rows, PEOPLE, PLACES)
    some = found.among(slice(1, 4), pl.Series([True, False, True]))
    assert sorted(found.row[some].tolist()) == [1, 3]
    assert found.leakage(some, PLACES, "agent").rows()[0][:3] == ("A1", 2, 2)


def test_a_group_that_is_none_of_them_is_refused():
    found = Trips.of(_orders([]), PEOPLE, PLACES)
    with pytest.raises(UsageError, match="none of city, store, agent"):
        found.leakage(found.among(slice(0, 0), None), PLACES, "region")


@settings(deadline=None, max_examples=150)
@given(rows=ROWS, start=st.integers(0, 40), size=st.integers(0, 40), keep=st.data(),
       by=st.sampled_from(["city", "store", "agent"]), coded=st.booleans())  # fmt: skip
def test_leakage_of_some_rows_is_that_of_those_orders_alone(rows, start, size, keep, by, coded):
    orders = _orders(rows)
    lying = orders.with_columns(pl.col("store_id", "channel").cast(pl.Categorical).cast(pl.Enum(["East", "Gone", "Lost", "Mid", "West", "app", "pos"]))) if coded else orders  # fmt: skip
    found = Trips.of(lying, PEOPLE, PLACES)
    stretch = slice(min(start, len(rows)), min(start + size, len(rows)))
    height = stretch.stop - stretch.start
    mask = keep.draw(st.none() | st.lists(st.booleans(), min_size=height, max_size=height))
    chosen = None if mask is None else pl.Series(mask, dtype=pl.Boolean)
    here = orders[stretch] if chosen is None else orders[stretch].filter(chosen)
    told = found.leakage(found.among(stretch, chosen), PLACES, by)
    assert_frame_equal(told, leakage(here, PEOPLE, PLACES, by=by), check_exact=True)


def test_trips_made_piece_by_piece_are_those_made_at_once(monkeypatch):
    rows = _orders([(key, day, store, "pos", False) for key in (1, 2, 3) for day in (0, 12, 25)
                    for store in ("West", "East", "Lost")])  # fmt: skip
    whole = Trips.of(rows, PEOPLE, PLACES)
    monkeypatch.setattr(trips, "_AT_ONCE", 4)
    parts = Trips.of(rows, PEOPLE, PLACES)
    assert parts.row.tolist() == whole.row.tolist()
    assert parts.near.tolist() == whole.near.tolist()
    assert parts.store.tolist() == whole.store.tolist()
