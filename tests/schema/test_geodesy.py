from __future__ import annotations

import polars as pl
import prcoords
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from schema.errors import UsageError
from schema.geodesy import (
    bd09_to_gcj02,
    bd09_to_wgs84,
    gcj02_to_bd09,
    gcj02_to_wgs84,
    haversine_m,
    in_mainland_bounds,
    to_wgs84,
    wgs84_to_gcj02,
)

LAT, LNG = pl.col("lat"), pl.col("lng")
MILLIMETRE_IN_DEGREES = 1e-8


def place(lat: float | None, lng: float | None) -> pl.DataFrame:
    return pl.DataFrame({"lat": [lat], "lng": [lng]}, schema={"lat": pl.Float64, "lng": pl.Float64})


def metres(a: pl.DataFrame, b: pl.DataFrame) -> float:
    both = a.with_columns(lat2=b["lat"], lng2=b["lng"])
    return float(both.select(haversine_m(LAT, LNG, pl.col("lat2"), pl.col("lng2"))).item())


def test_t20_the_square_in_beijing_moves_555_metres_on_a_mainland_map() -> None:
    wgs = place(39.9087, 116.3975)
    gcj = wgs.select(*wgs84_to_gcj02(LAT, LNG))
    bd = gcj.select(*gcj02_to_bd09(LAT, LNG))
    assert gcj.row(0) == pytest.approx((39.910103, 116.403744), abs=5e-7)
    assert metres(wgs, gcj) == pytest.approx(554.9, abs=0.05)
    assert bd.row(0) == pytest.approx((39.916442, 116.410117), abs=1e-6)


def test_t20_the_way_back_errs_by_less_than_a_millimetre() -> None:
    wgs = place(39.9087, 116.3975)
    gcj = wgs.select(*wgs84_to_gcj02(LAT, LNG))
    bd = gcj.select(*gcj02_to_bd09(LAT, LNG))
    assert metres(wgs, gcj.select(*gcj02_to_wgs84(LAT, LNG))) < 0.001
    assert metres(gcj, bd.select(*bd09_to_gcj02(LAT, LNG))) < 0.001
    assert metres(wgs, bd.select(*bd09_to_wgs84(LAT, LNG))) < 0.001


def test_t20_a_hundredth_of_a_degree_of_latitude_is_1112_metres() -> None:
    assert metres(place(31.0, 121.0), place(31.01, 121.0)) == pytest.approx(1111.95, abs=0.005)


def test_t20_a_hundredth_of_a_degree_of_longitude_at_31_north_is_953_metres() -> None:
    assert metres(place(31.0, 121.0), place(31.0, 121.01)) == pytest.approx(953.13, abs=0.005)


def test_the_far_side_of_the_earth_is_half_a_circumference_away() -> None:
    assert metres(place(0.0, 0.0), place(0.0, 180.0)) == pytest.approx(20_015_115, abs=1)


def test_the_date_line_is_no_border() -> None:
    assert metres(place(0.0, 179.995), place(0.0, -179.995)) == pytest.approx(1111.95, abs=0.005)


@pytest.mark.parametrize(("lat", "lng"), [(48.8566, 2.3522), (-33.8688, 151.2093), (90.0, 0.0)])
def test_nothing_shifts_outside_the_mainland_rectangle(lat: float, lng: float) -> None:
    there = place(lat, lng)
    assert not there.select(in_mainland_bounds(LAT, LNG)).item()
    for convert in (wgs84_to_gcj02, gcj02_to_wgs84, gcj02_to_bd09, bd09_to_gcj02, bd09_to_wgs84):
        assert_frame_equal(there.select(*convert(LAT, LNG)), there, check_exact=True)


def test_an_unknown_coordinate_stays_unknown_and_takes_its_partner_along() -> None:
    pairs = pl.concat([place(None, 116.4), place(39.9, None), place(None, None)])
    nothing = pl.concat([place(None, None)] * 3)
    assert_frame_equal(pairs.select(*gcj02_to_wgs84(LAT, LNG)), nothing)
    assert_frame_equal(to_wgs84(pairs, "lat", "lng", "BD-09"), nothing)


def test_a_table_is_converted_in_place_of_its_two_columns() -> None:
    stores = pl.DataFrame({"store_id": ["S1", "S2"], "y": [39.910103, 48.8566], "x": [116.403744, 2.3522]})
    converted = to_wgs84(stores, "y", "x", "GCJ-02")
    assert converted.columns == ["store_id", "y", "x"]
    assert converted["y"].to_list() == pytest.approx([39.9087, 48.8566], abs=1e-6)
    assert converted["x"].to_list() == pytest.approx([116.3975, 2.3522], abs=1e-6)
    assert stores["y"][0] == 39.910103


def test_whole_degrees_are_read_as_degrees() -> None:
    whole = pl.DataFrame({"lat": [10], "lng": [200]})
    assert to_wgs84(whole, "lat", "lng", "WGS-84").row(0) == (10.0, 200.0)


def test_a_position_of_unknown_datum_is_unusable() -> None:
    assert to_wgs84(place(39.9, 116.4), "lat", "lng", "unknown").row(0) == (None, None)


def test_a_misspelt_datum_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UsageError) as refused:
        to_wgs84(place(39.9, 116.4), "lat", "lng", "WGS84")
    assert str(refused.value) == (
        "lat, lng: the datum 'WGS84' is not known; declare one of WGS-84, GCJ-02, BD-09, unknown."
    )


def test_an_empty_table_stays_empty() -> None:
    empty = place(1.0, 1.0).clear()
    assert_frame_equal(to_wgs84(empty, "lat", "lng", "GCJ-02"), empty)
    assert_frame_equal(empty.select(*gcj02_to_wgs84(LAT, LNG)), empty)


@given(lat=st.floats(1, 55), lng=st.floats(73, 137))
def test_both_shifts_agree_with_an_independent_converter(lat: float, lng: float) -> None:
    gcj = prcoords.wgs_gcj(prcoords.Coords(lat, lng))
    bd = prcoords.gcj_bd(gcj)
    ours = place(lat, lng).select(*wgs84_to_gcj02(LAT, LNG))
    assert ours.row(0) == pytest.approx(tuple(gcj), abs=1e-10)
    assert ours.select(*gcj02_to_bd09(LAT, LNG)).row(0) == pytest.approx(tuple(bd), abs=1e-10)


@given(lat=st.floats(1, 55), lng=st.floats(73, 137))
def test_there_and_back_is_the_same_place(lat: float, lng: float) -> None:
    gcj = place(lat, lng).select(*wgs84_to_gcj02(LAT, LNG))
    bd = gcj.select(*gcj02_to_bd09(LAT, LNG))
    assert to_wgs84(gcj, "lat", "lng", "GCJ-02").row(0) == pytest.approx((lat, lng), abs=MILLIMETRE_IN_DEGREES)
    assert to_wgs84(bd, "lat", "lng", "BD-09").row(0) == pytest.approx((lat, lng), abs=MILLIMETRE_IN_DEGREES)
