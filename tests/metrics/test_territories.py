"""Promised ground: what it covers, and who stands on it."""

from __future__ import annotations

import datetime as dt

import h3
import polars as pl
import pytest

from metrics.breaches import breaches
from metrics.territories import in_force, inside, territory_cells
from schema.marts import MARTS

KM = 1 / 111.195
LAT, LNG = 31.0, 121.0
DAY = dt.date(2026, 6, 1)


def places(*rows: tuple[str, str | None, float, str]) -> pl.DataFrame:
    """(store, agent, kilometres north, district)."""
    return pl.DataFrame(
        [
            {"store_id": store, "agent_id": agent, "lat": LAT + km * KM, "lng": LNG, "district": district, "city": "C",
             "opened_on": dt.date(2024, 1, 1)}
            for store, agent, km, district in rows
        ],
        schema={"store_id": pl.String, "agent_id": pl.String, "lat": pl.Float64, "lng": pl.Float64,
                "district": pl.String, "city": pl.String, "opened_on": pl.Date},
    )  # fmt: skip


STORES = places(("S1", "AG1", 0, "North"), ("S2", "AG2", 2, "North"), ("S3", None, 30, " South "))


def territory(name: str, kind: str, value: str, **more: object) -> dict[str, object]:
    return {"territory_id": name, "agent_id": "AG1", "kind": kind, "value": value, "protects": "opening", **more}


def territories(*rows: dict[str, object]) -> pl.DataFrame:
    schema = MARTS["territories"].create_empty().schema
    return pl.DataFrame([{name: row.get(name) for name in schema} for row in rows], schema=schema)


def points(*kms: float) -> pl.DataFrame:
    return pl.DataFrame({"lat": [LAT + km * KM for km in kms], "lng": [LNG] * len(kms)}, schema={"lat": pl.Float64,
                        "lng": pl.Float64})  # fmt: skip


def cell(km: float, resolution: int) -> str:
    return str(h3.latlng_to_cell(LAT + km * KM, LNG, resolution))


def test_a_radius_holds_what_is_near_its_store() -> None:
    round_s1 = territories(territory("T", "radius_m", "1500", store_id="S1"))
    assert inside(points(0, 1.4, 1.6), round_s1, STORES)["row"].to_list() == [0, 1]


@pytest.mark.parametrize("row", [
    territory("T", "radius_m", "1500"),
    territory("T", "radius_m", "1500", store_id="S9"),
    territory("T", "radius_m", "near", store_id="S1"),
    territory("T", "h3_set", "no cells here ffffffffffffffffff"),
    territory("T", "district", "West"),
])  # fmt: skip
def test_what_cannot_be_drawn_holds_nothing(row: dict[str, object]) -> None:
    assert inside(points(0, 1), territories(row), STORES).is_empty()
    assert territory_cells(territories(row), STORES, points(0, 1)).is_empty()


def test_a_set_of_cells_holds_each_at_its_own_resolution() -> None:
    some = territories(territory("T", "h3_set", f"{cell(0, 9)} {cell(30, 7)} nonsense"))
    assert inside(points(0, 10, 30), some, STORES)["row"].to_list() == [0, 2]
    drawn = territory_cells(some, STORES, points())
    assert drawn.height == 1 + 7  # the parent of the fine one, and the seven children of the coarse one


def test_a_district_or_city_holds_what_is_nearest_to_its_stores() -> None:
    held = territories(territory("S", "district", "south"), territory("T", "district", " NORTH"))
    assert inside(points(1, 29), held, STORES).rows() == [(0, "T"), (1, "S")]
    whole = territories(territory("T", "district", "c"))
    assert inside(points(1, 29), whole, STORES).height == 2
    drawn = territory_cells(held, STORES, points(29))
    assert drawn.filter(pl.col("territory_id") == "S").height == 2  # the home's cell and the store's


def test_cells_of_a_radius_have_their_middle_within_it_and_hold_the_store() -> None:
    drawn = territory_cells(territories(territory("T", "radius_m", "3000", store_id="S1")), STORES, points())
    area = 3.14159 * 9.0
    assert drawn.height * h3.cell_area(cell(0, 8), unit="km^2") == pytest.approx(area, rel=0.12)
    assert int(cell(0, 8), 16) in drawn["cell"].to_list()
    tiny = territory_cells(territories(territory("T", "radius_m", "1", store_id="S1")), STORES, points())
    assert tiny["cell"].to_list() == [int(cell(0, 8), 16)]


def test_a_territory_holds_from_its_first_day_to_before_its_last() -> None:
    rows = territories(
        territory("A", "district", "x", valid_from=DAY, valid_to=DAY + dt.timedelta(days=1)),
        territory("B", "district", "x", valid_to=DAY),
        territory("C", "district", "x", valid_from=DAY + dt.timedelta(days=1)),
        territory("D", "district", "x", protects="binding delivery"),
    )
    assert in_force(rows, DAY)["territory_id"].to_list() == ["A", "D"]
    assert in_force(rows, DAY, "binding")["territory_id"].to_list() == ["D"]


def bound(*rows: tuple[str | None, str | None, float]) -> pl.DataFrame:
    return pl.DataFrame(
        [(store, agent, int(cell(km, 9), 16)) for store, agent, km in rows],
        schema={"store_id": pl.String, "agent_id": pl.String, "cell": pl.Int64},
        orient="row",
    )


def test_stores_bindings_and_territories_of_others_are_breaches() -> None:
    held = territories(
        territory("T1", "radius_m", "3000", store_id="S1", protects="opening binding", valid_from=dt.date(2025, 1, 1)),
        territory("T2", "radius_m", "3000", store_id="S2", agent_id="AG2", protects="delivery"),
    )
    customers = bound(("S2", "AG2", 0.5), ("S2", "AG2", 1.0), ("S1", "AG1", 0.1), (None, None, 0.2), ("S3", None, 0.3))
    table = breaches(held, STORES, territory_cells(held, STORES, points()), customers, DAY)
    common = table.filter(pl.col("kind") == "overlap")["count"].to_list()
    assert table.select("territory_id", "kind", "other_agent_id", "other_id", "is_earlier").rows() == [
        ("T1", "binding", "AG2", None, None),
        ("T1", "binding", None, None, None),
        ("T1", "overlap", "AG2", "T2", True),
        ("T1", "store", "AG2", "S2", True),
        ("T2", "overlap", "AG1", "T1", False),
    ]
    assert table["count"].to_list() == [2, 1, common[0], 1, common[0]]
    assert common[0] > 0


def test_nothing_promised_is_nothing_broken() -> None:
    none = territories()
    assert breaches(none, STORES, territory_cells(none, STORES, points(0)), bound(), DAY).is_empty()
