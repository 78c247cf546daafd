from __future__ import annotations

import datetime as dt

import h3
import polars as pl
import pytest

from metrics.catchment import (
    customers_by_cell,
    distance_bands,
    flow_matrix,
    home_coverage,
    interest_minus_sales,
    interest_minus_sales_by_store,
    leakage,
    nearest_vs_actual,
    penetration,
    pick_resolution,
    sales_by_cell,
)
from metrics.flows import store_trips
from schema.errors import UsageError

FEBRUARY, OPENING = dt.date(2026, 2, 1), dt.date(2026, 3, 1)
NEAR_WEST, NEAR_EAST = (0.0, 0.02), (0.0, 0.08)
"""On the equator between the stores West (0°) and East (0.1°), which lie 11,119.5 m apart."""


def cell(at: tuple[float, float], resolution: int = 9) -> int:
    return int(h3.str_to_int(h3.latlng_to_cell(*at, resolution)))


PLACES = pl.DataFrame(
    [
        ("West", "Wick", "A1", 0.0, 0.0, None),
        ("East", "Eastham", "A2", 0.0, 0.1, OPENING),
        ("Lost", "Eastham", "A2", None, None, None),
    ],
    schema={
        "store_id": pl.String,
        "city": pl.String,
        "agent_id": pl.String,
        "lat": pl.Float64,
        "lng": pl.Float64,
        "opened_on": pl.Date,
    },
    orient="row",
).with_columns(closed_on=pl.lit(None, pl.Date))


def person(
    key: int, at: tuple[float, float] | None, src: str | None = "given", *, staff: bool = False
) -> dict[str, object]:
    fine = cell(at, 5 if src == "city" else 9) if at else None
    lat, lng = at or (None, None)
    return {
        "customer_key": key,
        "home_cell": fine,
        "home_lat": lat,
        "home_lng": lng,
        "home_src": src,
        "is_staff": staff,
    }


PEOPLE = pl.DataFrame(
    [
        person(1, NEAR_WEST),
        person(2, NEAR_WEST),
        person(3, NEAR_EAST),
        person(4, NEAR_EAST, "city"),
        person(5, None, None),
        person(6, NEAR_WEST, staff=True),
    ]
)


def orders(*rows: tuple[int | None, dt.date, str, str | None, int]) -> pl.DataFrame:
    schema = {
        "customer_key": pl.Int64,
        "local_on": pl.Date,
        "channel": pl.String,
        "store_id": pl.String,
        "net_minor": pl.Int64,
    }
    table = pl.DataFrame(rows, schema=schema, orient="row").with_row_index("order_key").cast({"order_key": pl.Int64})
    staff, kept = pl.col("customer_key") == 6, pl.col("net_minor") > 0
    return table.with_columns(currency=pl.lit("CNY"), is_staff=staff.fill_null(value=False), is_kept=kept)


SOLD = orders(
    (1, OPENING, "pos", "West", 100),
    (1, OPENING, "pos", "East", 200),
    (2, OPENING, "web", "West", 400),
    (3, FEBRUARY, "pos", "West", 800),
    (3, OPENING, "pos", "West", 1600),
    (4, OPENING, "pos", "East", 3200),
    (6, OPENING, "pos", "East", 6400),
    (None, OPENING, "pos", "East", 12800),
)


def test_customers_are_counted_where_their_home_is_known_well_enough() -> None:
    assert customers_by_cell(PEOPLE, 8).rows() == [(cell(NEAR_WEST, 8), 2), (cell(NEAR_EAST, 8), 1)]
    assert customers_by_cell(PEOPLE, 5)["customers"].sum() == 4


def test_money_lives_where_its_buyers_do_and_keeps_staff() -> None:
    assert sales_by_cell(SOLD, PEOPLE, 8).rows() == [
        (cell(NEAR_WEST, 8), 3, 4, 7100),
        (cell(NEAR_EAST, 8), 1, 2, 2400),
    ]


def test_money_of_two_currencies_is_not_added_up() -> None:
    mixed = pl.concat([SOLD, SOLD.with_columns(currency=pl.lit("EUR"))])
    with pytest.raises(UsageError) as refused:
        sales_by_cell(mixed, PEOPLE, 8)
    assert str(refused.value) == "orders: holds 2 currencies (CNY, EUR); choose one with the filter currency."


def test_penetration_is_buyers_among_located_members() -> None:
    returned = orders((1, OPENING, "pos", "West", 100), (1, OPENING, "web", None, 100), (3, OPENING, "pos", "West", 0))
    assert penetration(returned, PEOPLE, 8).rows() == [
        (cell(NEAR_WEST, 8), 2, 1, 0.5),
        (cell(NEAR_EAST, 8), 1, 0, 0.0),
    ]


def test_a_trip_is_measured_against_the_store_that_was_open_then() -> None:
    trips = store_trips(SOLD, PEOPLE, PLACES)
    assert trips.select("customer_key", "store_id", "nearest_store_id").rows() == [
        (1, "West", "West"),
        (1, "East", "West"),
        (3, "West", "West"),
        (3, "West", "East"),
    ]
    assert trips["actual_m"].to_list() == pytest.approx([2223.90, 8895.60, 8895.60, 8895.60], abs=0.01)
    assert trips["detour_m"].to_list() == pytest.approx([0.0, 6671.70, 0.0, 6671.70], abs=0.01)


def test_a_store_that_opens_or_closes_between_two_orders_changes_the_nearest_one() -> None:
    closing = PLACES.with_columns(closed_on=pl.when(pl.col("store_id") == "East").then(pl.lit(dt.date(2026, 4, 1))))
    days = [FEBRUARY, OPENING, dt.date(2026, 3, 31), dt.date(2026, 4, 1)]
    for some in (days, days[:1], days[1:3], days[3:]):
        trips = store_trips(orders(*((3, day, "pos", "West", 1) for day in some)), PEOPLE, closing)
        expected = ["East" if day in days[1:3] else "West" for day in some]
        assert trips["nearest_store_id"].to_list() == expected


def test_a_store_without_position_is_away_without_a_detour() -> None:
    trips = store_trips(orders((1, OPENING, "pos", "Lost", 100)), PEOPLE, PLACES)
    assert trips.select("nearest_store_id", "actual_m", "detour_m").row(0) == ("West", None, None)


def test_leakage_is_seen_from_the_nearest_store_and_inflow_from_the_selling_one() -> None:
    table = leakage(SOLD, PEOPLE, PLACES, by="store")
    columns = ("group", "orders", "away", "leakage", "inflow", "received")
    assert table.select(columns).rows() == [
        ("West", 3, 1, pytest.approx(1 / 3), pytest.approx(1 / 3), 3),
        ("East", 1, 1, 1.0, 1.0, 1),
    ]
    assert table["median_detour_m"].to_list() == pytest.approx([6671.70, 6671.70], abs=0.01)
    assert table["median_inflow_detour_m"].to_list() == pytest.approx([6671.70, 6671.70], abs=0.01)


def test_leakage_by_city_and_by_agent_name_their_groups() -> None:
    assert leakage(SOLD, PEOPLE, PLACES, by="city")["group"].to_list() == ["Wick", "Eastham"]
    assert leakage(SOLD, PEOPLE, PLACES, by="agent")["group"].to_list() == ["A1", "A2"]


def test_a_store_that_only_receives_has_no_leakage_but_inflow() -> None:
    table = leakage(orders((1, OPENING, "pos", "East", 100)), PEOPLE, PLACES, by="store")
    assert table.select("group", "orders", "leakage", "inflow", "received").rows() == [
        ("West", 1, 1.0, None, 0),
        ("East", 0, None, 1.0, 1),
    ]


def test_leakage_by_something_else_is_refused() -> None:
    with pytest.raises(UsageError) as refused:
        leakage(SOLD, PEOPLE, PLACES, by="moon")
    assert str(refused.value) == "by='moon' is none of city, store, agent."


def test_a_cell_shows_where_most_of_its_orders_went_and_where_they_might_have() -> None:
    assert nearest_vs_actual(SOLD, PEOPLE, PLACES, 8).rows() == sorted(
        [
            (cell(NEAR_WEST, 8), "East", "West", 2, 0.5),
            (cell(NEAR_EAST, 8), "West", "East", 2, 0.5),
        ]
    )


def test_flows_join_the_nearest_store_to_the_actual_one() -> None:
    assert flow_matrix(SOLD, PEOPLE, PLACES).rows() == [
        ("West", "West", 2, 2, 900),
        ("East", "West", 1, 1, 1600),
        ("West", "East", 1, 1, 200),
    ]


def test_no_located_order_gives_empty_tables() -> None:
    none = SOLD.clear()
    assert leakage(none, PEOPLE, PLACES).is_empty()
    assert nearest_vs_actual(none, PEOPLE, PLACES, 8).is_empty()
    assert flow_matrix(none, PEOPLE, PLACES).is_empty()
    assert sales_by_cell(none, PEOPLE, 8).is_empty()


def looks(*rows: tuple[int | None, str, int | None]) -> pl.DataFrame:
    schema = {"customer_key": pl.Int64, "product_id": pl.String, "dwell_ms": pl.Int64}
    table = pl.DataFrame(rows, schema=schema, orient="row")
    return table.with_columns(category=pl.lit("coats"), owner_store_id=owner())


def bought(*rows: tuple[int | None, str, int, int]) -> pl.DataFrame:
    schema = {"customer_key": pl.Int64, "product_id": pl.String, "net_minor": pl.Int64, "refunded_minor": pl.Int64}
    table = pl.DataFrame(rows, schema=schema, orient="row")
    return table.with_columns(
        category=pl.lit("coats"), owner_store_id=owner(), currency=pl.lit("CNY"), is_staff=pl.lit(value=False)
    )


def owner() -> pl.Expr:
    return pl.when(pl.col("customer_key") == 3).then(pl.lit("East")).otherwise(pl.lit("West"))


LOOKS = looks(
    (1, "P1", 60_000), (2, "P2", 20_000), (3, "P1", 20_000), (3, "P1", None), (6, "P1", 9_000), (None, "P1", 9)
)
BOUGHT = bought((1, "P1", 300, 100), (3, "P1", 600, 0), (2, "P2", 200, 0), (None, "P1", 900, 0))


def test_interest_minus_sales_compares_shares_of_each_whole() -> None:
    table = interest_minus_sales(LOOKS, BOUGHT, PEOPLE, 8).sort("difference", descending=True)
    assert table["cell"].to_list() == [cell(NEAR_WEST, 8), cell(NEAR_EAST, 8)]
    assert table["dwell_share"].to_list() == pytest.approx([0.8, 0.2])
    assert table["sales_share"].to_list() == pytest.approx([0.4, 0.6])
    assert table["difference"].to_list() == pytest.approx([0.4, -0.4])


def test_interest_minus_sales_of_one_product_and_by_store() -> None:
    table = interest_minus_sales_by_store(LOOKS, BOUGHT, PEOPLE, product="P1").sort("owner_store_id")
    assert table.columns == ["owner_store_id", "dwell_share", "sales_share", "difference"]
    assert table["dwell_share"].to_list() == pytest.approx([0.25, 0.75])
    assert table["sales_share"].to_list() == pytest.approx([0.75, 0.25])
    assert interest_minus_sales_by_store(LOOKS, BOUGHT, PEOPLE, category="hats").is_empty()


def test_without_any_dwell_there_is_no_share_of_it() -> None:
    table = interest_minus_sales(LOOKS.clear(), BOUGHT, PEOPLE, 8)
    assert table["dwell_share"].to_list() == [None, None]
    assert table["difference"].to_list() == [None, None]


def test_home_coverage_counts_every_way_and_the_unknown() -> None:
    assert home_coverage(PEOPLE).rows() == [
        ("given", 4, pytest.approx(4 / 6)),
        ("city", 1, pytest.approx(1 / 6)),
        (None, 1, pytest.approx(1 / 6)),
    ]


def test_distances_fall_in_bands_an_edge_in_the_farther_one() -> None:
    people = pl.DataFrame({"nearest_m": [0.0, 499.9, 500.0, 1500.0, 60_000.0, None]})
    table = distance_bands(people)
    assert table["band"].to_list() == [
        *("0–0.5 km", "0.5–1 km", "1–2 km", "2–3 km", "3–5 km", "5–10 km", "10–20 km", "20–50 km", "≥ 50 km"),
    ]
    assert table["customers"].to_list() == [2, 1, 1, 0, 0, 0, 0, 0, 1]
    assert table["share"][0] == pytest.approx(0.4)


def test_no_distances_give_bands_without_shares() -> None:
    table = distance_bands(pl.DataFrame({"nearest_m": []}, schema={"nearest_m": pl.Float64}))
    assert table["customers"].sum() == 0
    assert table["share"].null_count() == 9


@pytest.mark.parametrize(
    ("bounds", "resolution"),
    [
        ((31.0, 121.0, 31.1, 121.1), 9),
        ((30.9, 121.2, 31.4, 121.7), 8),
        ((30.5, 120.5, 31.5, 121.5), 7),
        ((-60.0, -180.0, 80.0, 180.0), 4),
        ((-17.0, 179.9, -16.9, -179.9), 9),
    ],
)
def test_the_larger_the_extent_the_coarser_the_map(bounds: tuple[float, float, float, float], resolution: int) -> None:
    assert pick_resolution(bounds) == resolution
