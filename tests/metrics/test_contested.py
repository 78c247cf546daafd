"""The contested strip between two stores."""

from __future__ import annotations

import datetime as dt

import h3
import numpy as np
import polars as pl
import pytest

from metrics.binding_choice import confidence
from metrics.contested import bound_now, contested_cells, contested_homes

KM = 1 / 111.195
LAT, LNG = 31.0, 121.0
STORES = pl.DataFrame({"store_id": ["a", "b"], "lat": [LAT, LAT + 4 * KM], "lng": [LNG, LNG]})


def person(key: int, km: float, doubt: float | None = 100.0, src: str = "address") -> dict[str, object]:
    lat = LAT + km * KM
    return {
        "customer_key": key, "home_src": src, "home_lat": lat, "home_lng": LNG, "home_precision_m": doubt,
        "home_cell": int(h3.latlng_to_cell(lat, LNG, 9), 16), "is_staff": False,
    }  # fmt: skip


def test_t15_confidence_is_the_normal_chance_of_being_on_this_side() -> None:
    # 1.9 and 2.1 km, stores 4 km apart: 100 m to the middle; σ = 151 m / 1.5096 = 100.03 m; Φ(0.9997) = 0.8413.
    found = confidence(np.array([1_900.0]), np.array([2_100.0]), np.array([4_000.0]), np.array([151.0]))
    assert found[0] == pytest.approx(0.8413, abs=1e-4)


def test_t15_two_stores_at_one_place_are_even_and_a_single_store_is_sure() -> None:
    found = confidence(
        np.array([500.0, 5.0]), np.array([500.0, np.inf]), np.array([0.0, np.nan]), np.array([100.0] * 2)
    )
    assert found.tolist() == [0.5, 1.0]


def test_homes_near_the_middle_are_contested() -> None:
    people = pl.DataFrame([person(1, 1.98), person(2, 0.5), person(3, 2.01, None), person(4, 2.0, 10.0, "city")])
    sure = contested_homes(people, STORES)
    assert sure["customer_key"].to_list() == [1, 2, 3]
    # 20 m to the middle, σ = 66.24 m: Φ(0.302) = 0.6187
    assert sure["confidence"].to_list() == pytest.approx([0.6187, 1.0, 0.56], abs=2e-3)
    cells = contested_cells(sure, 7)
    assert cells["contested"].sum() == 2
    assert cells["customers"].sum() == 3


def test_one_store_leaves_nothing_to_contest() -> None:
    sure = contested_homes(pl.DataFrame([person(1, 1.98)]), STORES.head(1))
    assert sure["confidence"].to_list() == [1.0]


def test_without_stores_or_homes_there_is_nothing() -> None:
    people = pl.DataFrame([person(1, 1.98)])
    assert contested_homes(people, STORES.clear()).is_empty()
    assert contested_cells(contested_homes(people.clear(), STORES), 8).is_empty()


def test_what_the_ledger_calls_contested_counts_whatever_its_confidence() -> None:
    cell = int(h3.latlng_to_cell(LAT, LNG, 9), 16)
    rows = pl.DataFrame(
        {"customer_key": [1, 2, 3], "cell": [cell] * 3, "confidence": [0.9, None, 0.79], "status":
         ["contested", "exact", "exact"]}
    )  # fmt: skip
    assert contested_cells(rows, 8).select("customers", "contested", "share").rows() == [(3, 2, 2 / 3)]


def test_a_spell_holds_from_its_first_instant_to_before_its_last() -> None:
    at = dt.datetime(2026, 5, 1, tzinfo=dt.UTC)
    hour = dt.timedelta(hours=1)
    rows = pl.DataFrame(
        {
            "customer_key": [1, 2, 3, 4],
            "valid_from": [at, at - hour, at + hour, at - hour],
            "valid_to": [None, at, None, at + hour],
        }
    )
    assert bound_now(rows, at)["customer_key"].to_list() == [1, 4]
