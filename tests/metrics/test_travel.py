"""Ways by an uploaded matrix, and straight lines where it has none."""

from __future__ import annotations

import datetime as dt

import h3
import numpy as np
import polars as pl
import pytest

from metrics.flow_groups import flow_groups, travel_trips
from metrics.travel import MOST_CANDIDATES, metres_between, metres_between_rows, reach
from schema.errors import UsageError

LAT, LNG = 31.0, 121.0
CELL = int(h3.latlng_to_cell(LAT, LNG, 9), 16)
PARENT = int(h3.cell_to_parent(h3.latlng_to_cell(LAT, LNG, 9), 7), 16)
KM = 1 / 111.195
HOME = pl.DataFrame({"lat": [LAT], "lng": [LNG], "cell": [CELL]})


def stores(*rows: tuple[str, float]) -> pl.DataFrame:
    return pl.DataFrame(
        [{"store_id": name, "lat": LAT + km * KM, "lng": LNG, "agent_id": f"AG-{name}", "city": "A"}
         for name, km in rows],
        schema={"store_id": pl.String, "lat": pl.Float64, "lng": pl.Float64, "agent_id": pl.String,
                "city": pl.String},
    ).with_columns(opened_on=pl.lit(None, pl.Date), closed_on=pl.lit(None, pl.Date))  # fmt: skip


def matrix(*rows: tuple[int, str, float | None, float | None]) -> pl.DataFrame:
    schema = {"cell": pl.Int64, "store_id": pl.String, "distance_m": pl.Float64, "duration_s": pl.Float64}
    return pl.DataFrame(list(rows), schema=schema, orient="row")


def test_without_a_matrix_ways_are_straight() -> None:
    ways = reach(HOME, stores(("b", 2), ("a", 1)))
    assert ways.stores["store_id"].to_list() == ["a", "b"]
    assert ways.metres[0] == pytest.approx([1_000, 2_000], rel=1e-4)
    assert ways.travelled == 0.0


def test_the_matrix_replaces_the_pairs_it_names_and_the_rest_stay_straight() -> None:
    ways = reach(HOME, stores(("a", 1), ("b", 2)), matrix((CELL, "a", 7_000, None), (CELL, "zzz", 1, None)))
    assert ways.metres[0] == pytest.approx([7_000, 2_000], rel=1e-4)
    assert ways.travelled == 0.5


def test_a_coarse_cell_serves_the_homes_in_it_and_a_finer_one_wins() -> None:
    both = matrix((PARENT, "a", 5_000, None), (PARENT, "b", 6_000, None), (CELL, "b", 9_000, None))
    assert reach(HOME, stores(("a", 1), ("b", 2)), both).metres[0].tolist() == [5_000, 9_000]


def test_seconds_become_metres_at_the_median_pace_of_the_straight_lines() -> None:
    # 1,000 m in 100 s is 10 m/s, 2,000 m in 400 s is 5 m/s: 7.5 m/s.
    ways = reach(HOME, stores(("a", 1), ("b", 2)), matrix((CELL, "a", None, 100), (CELL, "b", None, 400)))
    assert ways.metres[0] == pytest.approx([750, 3_000], rel=1e-4)


def test_seconds_become_metres_at_the_pace_of_the_matrix_where_it_has_both() -> None:
    both = matrix((CELL, "a", 1_200, 100), (CELL, "b", None, 400))
    assert reach(HOME, stores(("a", 1), ("b", 2)), both).metres[0] == pytest.approx([1_200, 4_800], rel=1e-4)


def test_a_home_without_a_cell_keeps_its_straight_line() -> None:
    nowhere = HOME.with_columns(cell=pl.lit(None, pl.Int64))
    assert reach(nowhere, stores(("a", 1)), matrix((CELL, "a", 7_000, None))).travelled == 0.0


def test_of_very_many_stores_only_the_nearest_are_compared() -> None:
    many = stores(*((f"s{number:03}", float(number)) for number in range(1, 101)))
    ways = reach(HOME, many)
    assert ways.index.shape == (1, MOST_CANDIDATES)
    assert ways.metres.max() == pytest.approx(MOST_CANDIDATES * 1_000, rel=1e-3)


def test_no_homes_and_no_stores_are_no_ways() -> None:
    assert reach(HOME.clear(), stores(("a", 1))).metres.shape == (0, 1)
    assert reach(HOME, stores()).metres.shape == (1, 0)


def test_metres_between_places() -> None:
    here, there = np.array([LAT]), np.array([LAT + KM])
    assert metres_between(here, np.array([LNG]), there, np.array([LNG]))[0, 0] == pytest.approx(1_000, rel=1e-4)
    assert metres_between_rows(here, np.array([LNG]), here, np.array([LNG])).tolist() == [0.0]


ORDERS = pl.DataFrame(
    {
        "order_key": [1, 2, 3],
        "customer_key": [1, 1, 1],
        "local_on": [dt.date(2026, 1, 1)] * 3,
        "channel": ["pos", "pos", "app"],
        "store_id": ["a", "b", "a"],
        "net_minor": [100, 200, 400],
        "is_staff": [False] * 3,
    }
)
PEOPLE = pl.DataFrame(
    {"customer_key": [1], "home_src": ["address"], "home_lat": [LAT], "home_lng": [LNG], "home_cell": [CELL]}
)


def test_by_road_another_store_may_be_the_nearest() -> None:
    places = stores(("a", 1), ("b", 2))
    straight, _ = travel_trips(ORDERS, PEOPLE, places, matrix())
    assert flow_groups(straight, places)["nearest"].to_list() == ["a", "a"]
    trips, share = travel_trips(ORDERS, PEOPLE, places, matrix((CELL, "a", 9_000, None)))
    table = flow_groups(trips, places)
    assert table.select("nearest", "actual", "customers", "net_minor", "orders", "share").rows() == [
        ("b", "a", 1, 100, 1, 0.5),
        ("b", "b", 1, 200, 1, 0.5),
    ]
    assert table["median_detour_m"].to_list() == pytest.approx([7_000, 0], abs=1)
    assert share == 0.5


def test_a_store_that_is_not_open_is_not_the_nearest_by_road_either() -> None:
    places = stores(("a", 1), ("b", 2)).with_columns(
        closed_on=pl.when(pl.col("store_id") == "a").then(pl.lit(dt.date(2025, 1, 1)))
    )
    trips, _ = travel_trips(ORDERS, PEOPLE, places, matrix((CELL, "a", 10, None)))
    assert trips["nearest_store_id"].to_list() == ["b", "b"]
    assert trips["actual_m"].to_list() == pytest.approx([10, 2_000], rel=1e-3)


def test_flows_between_agents_and_an_unknown_store_has_no_group() -> None:
    places = stores(("a", 1))
    trips, _ = travel_trips(ORDERS, PEOPLE, places, matrix())
    assert flow_groups(trips, places, "agent").select("nearest", "actual", "orders").rows() == [
        ("AG-a", "AG-a", 1),
        ("AG-a", None, 1),
    ]
    with pytest.raises(UsageError, match="by='shape' is none of store, agent, city"):
        flow_groups(trips, places, "shape")
