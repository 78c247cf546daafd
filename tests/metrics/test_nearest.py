from __future__ import annotations

import datetime as dt
import math

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from metrics.nearest import nearest_k, nearest_open_by_epoch, nearest_store
from schema.errors import ContractError

DAY = dt.date(2026, 3, 1)


def stores(*rows: tuple[str, float | None, float | None]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema={"store_id": pl.String, "lat": pl.Float64, "lng": pl.Float64}, orient="row")


def points(*rows: tuple[float | None, float | None]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema={"lat": pl.Float64, "lng": pl.Float64}, orient="row")


def homes(*rows: tuple[int, float | None, float | None]) -> pl.DataFrame:
    schema = {"customer_key": pl.Int64, "home_lat": pl.Float64, "home_lng": pl.Float64}
    return pl.DataFrame(rows, schema=schema, orient="row")


def dated(*rows: tuple[str, float | None, float | None, dt.date | None, dt.date | None]) -> pl.DataFrame:
    schema = {"store_id": pl.String, "lat": pl.Float64, "lng": pl.Float64, "opened_on": pl.Date, "closed_on": pl.Date}
    return pl.DataFrame(rows, schema=schema, orient="row")


def spells(people: pl.DataFrame, places: pl.DataFrame) -> list[tuple[object, ...]]:
    return nearest_open_by_epoch(people, places).drop("distance_m").rows()


def metres(lat1: float, lng1: float, lat2: float, lng2: float) -> float:
    a, b = math.radians(lat1), math.radians(lat2)
    half = math.sin((b - a) / 2) ** 2 + math.cos(a) * math.cos(b) * math.sin(math.radians(lng2 - lng1) / 2) ** 2
    return 2 * 6_371_008.8 * math.asin(math.sqrt(half))


def first_of(distances: list[tuple[float, str]]) -> str:
    nearest = min(distances)[0]
    return min(store for distance, store in distances if distance - nearest <= 0.001)


def test_the_nearest_store_and_its_distance() -> None:
    found = nearest_store(points((0.0, 0.01), (0.0, 0.09)), stores(("west", 0.0, 0.0), ("east", 0.0, 0.1)))
    assert found["nearest_store_id"].to_list() == ["west", "east"]
    assert found["nearest_m"].to_list() == pytest.approx([1111.95, 1111.95], abs=0.005)


def test_nearest_is_on_the_globe_not_on_the_paper() -> None:
    across_the_date_line = nearest_store(points((0.0, 179.9)), stores(("paper", 0.0, 170.0), ("globe", 0.0, -179.9)))
    assert across_the_date_line["nearest_store_id"].item() == "globe"


def test_among_equally_near_stores_the_smaller_id_wins_in_any_order() -> None:
    around = [("d", 0.0, 0.1), ("b", 0.0, -0.1), ("c", 0.1, 0.0), ("a", -0.1, 0.0), ("e", 0.1, 0.0), ("z", 3.0, 3.0)]
    for turn in range(len(around)):
        found = nearest_store(points((0.0, 0.0)), stores(*around[turn:], *around[:turn]))
        assert found["nearest_store_id"].item() == "a"


def test_two_stores_at_one_address_are_told_apart_by_id() -> None:
    found = nearest_store(points((1.0, 1.0)), stores(("S2", 1.0, 1.0), ("S1", 1.0, 1.0)))
    assert found.row(0) == (1.0, 1.0, "S1", 0.0)


def test_no_position_means_no_nearest_store() -> None:
    found = nearest_store(points((None, 1.0), (1.0, None), (1.0, 1.0)), stores(("S1", 1.0, 1.0), ("S2", None, None)))
    assert found["nearest_store_id"].to_list() == [None, None, "S1"]
    assert found["nearest_m"].to_list() == [None, None, 0.0]


def test_no_stores_means_no_nearest_store() -> None:
    found = nearest_store(points((1.0, 1.0)), stores())
    assert found.row(0) == (1.0, 1.0, None, None)
    assert nearest_store(points(), stores(("S1", 1.0, 1.0))).is_empty()


def test_a_missing_column_is_refused() -> None:
    with pytest.raises(ContractError) as refused:
        nearest_store(pl.DataFrame({"lat": [1.0]}), stores())
    assert str(refused.value) == "points: the column lng is missing; there are: lat."


def test_the_few_nearest_come_in_order_and_each_once() -> None:
    three = stores(("far", 0.0, 0.3), ("twin-b", 0.0, 0.1), ("twin-a", 0.0, 0.1))
    found = nearest_k(points((0.0, 0.0), (None, 0.0), (0.0, 0.29)), three, 2)
    assert found.select("lng", "rank", "near_store_id").rows() == [
        (0.0, 1, "twin-a"),
        (0.0, 2, "twin-b"),
        (0.29, 1, "far"),
        (0.29, 2, "twin-a"),
    ]
    assert found["near_m"][0] == pytest.approx(11119.5, abs=0.05)


def test_fewer_stores_than_asked_for_are_all_there_are() -> None:
    assert nearest_k(points((0.0, 0.0)), stores(("S1", 0.0, 0.0)), 5)["near_store_id"].to_list() == ["S1"]
    assert nearest_k(points((0.0, 0.0)), stores(), 5).is_empty()


def test_a_store_that_opens_nearer_takes_over_on_its_first_day() -> None:
    places = dated(("S1", 0.0, 0.0, None, None), ("S3", 0.0, 0.05, DAY, None))
    people = homes((1, 0.0, 0.04), (2, 0.0, 0.01), (3, None, None))
    assert spells(people, places) == [(1, None, DAY, "S1"), (1, DAY, None, "S3"), (2, None, None, "S1")]


def test_a_store_that_closes_hands_its_customers_to_the_next_one() -> None:
    places = dated(("S1", 0.0, 0.0, None, DAY), ("S2", 0.0, 0.1, None, None))
    found = nearest_open_by_epoch(homes((1, 0.0, 0.01)), places)
    assert found.drop("distance_m").rows() == [(1, None, DAY, "S1"), (1, DAY, None, "S2")]
    assert found["distance_m"].to_list() == pytest.approx([1111.95, 10007.56], abs=0.01)


def test_before_the_first_opening_nobody_has_a_store() -> None:
    shut = dt.date(2026, 9, 1)
    assert spells(homes((1, 0.0, 0.0)), dated(("S1", 0.0, 0.1, DAY, shut))) == [(1, DAY, shut, "S1")]


def test_one_that_closes_on_the_day_another_opens_leaves_no_gap() -> None:
    places = dated(("old", 0.0, 0.0, None, DAY), ("new", 0.0, 0.0, DAY, None))
    assert spells(homes((1, 0.0, 0.0)), places) == [(1, None, DAY, "old"), (1, DAY, None, "new")]


def test_a_store_that_closed_before_it_opened_was_never_there() -> None:
    earlier = dt.date(2026, 2, 1)
    assert spells(homes((1, 0.0, 0.0)), dated(("S1", 0.0, 0.0, DAY, earlier), ("S2", 0.0, 0.0, DAY, DAY))) == []


def test_no_stores_and_no_homes_give_no_spells() -> None:
    assert spells(homes((1, 0.0, 0.0)), dated()) == []
    assert spells(homes(), dated(("S1", 0.0, 0.0, None, None))) == []


grid = st.integers(-3, 3).map(lambda step: step / 100)
days = st.none() | st.integers(0, 5).map(lambda n: DAY + dt.timedelta(days=n))
shops = st.lists(st.tuples(grid, grid, days, days), min_size=0, max_size=8)
people_of = st.lists(st.tuples(grid, grid), min_size=1, max_size=5)


@given(shops=shops, people=people_of)
def test_every_day_agrees_with_comparing_all_stores(
    shops: list[tuple[float, float, dt.date | None, dt.date | None]], people: list[tuple[float, float]]
) -> None:
    places = dated(*((f"S{row}", *shop) for row, shop in enumerate(shops)))
    found = nearest_open_by_epoch(homes(*((key, *home) for key, home in enumerate(people))), places)
    for key, (lat, lng) in enumerate(people):
        mine = found.filter(pl.col("customer_key") == key)
        for n in range(-2, 8):
            day = DAY + dt.timedelta(days=n)
            open_now = [
                (metres(lat, lng, *shop[:2]), f"S{row}")
                for row, shop in enumerate(shops)
                if (shop[2] is None or shop[2] <= day) and (shop[3] is None or day < shop[3])
            ]
            held = [
                store
                for _, start, end, store, _ in mine.iter_rows()
                if (start is None or start <= day) and (end is None or day < end)
            ]
            assert held == ([first_of(open_now)] if open_now else [])


@given(shops=shops.filter(bool), people=people_of)
def test_nearest_agrees_with_comparing_all_and_row_order_is_irrelevant(
    shops: list[tuple[float, float, dt.date | None, dt.date | None]], people: list[tuple[float, float]]
) -> None:
    places = stores(*((f"S{row}", lat, lng) for row, (lat, lng, *_) in enumerate(shops)))
    found = nearest_store(points(*people), places)
    for lat, lng, store, distance in found.iter_rows():
        far = [(metres(lat, lng, *shop[:2]), f"S{row}") for row, shop in enumerate(shops)]
        assert store == first_of(far)
        assert distance == pytest.approx(min(far)[0], abs=0.001)
    assert_frame_equal(found, nearest_store(points(*people), places.reverse()))
    first = nearest_k(points(*people), places, 3).filter(pl.col("rank") == 1)
    assert first["near_store_id"].to_list() == found["nearest_store_id"].to_list()
