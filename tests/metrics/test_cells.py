from __future__ import annotations

import h3
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.cells import cell_area_km2, cell_centre, cell_hex, cell_of, cell_resolution, cell_text, parent
from schema.errors import ContractError, UsageError

CELL = pl.col("cell")
lats, lngs = st.floats(-90, 90), st.floats(-180, 180)


def one(cell: int | None) -> pl.DataFrame:
    return pl.DataFrame({"cell": [cell]}, schema={"cell": pl.Int64})


def test_a_place_lies_in_the_cell_that_every_other_h3_names() -> None:
    square = pl.DataFrame({"lat": [39.9087], "lng": [116.3975]})
    cells = cell_of(square, "lat", "lng", 8)
    assert cells.dtype == pl.Int64
    assert cell_text(cells[0]) == "8831aa4281fffff"


def test_a_place_off_the_globe_has_no_cell() -> None:
    nowhere = pl.DataFrame({"y": [None, 91.0, 0.0, float("nan")], "x": [0.0, 0.0, 181.0, 0.0]})
    assert cell_of(nowhere, "y", "x", 9).to_list() == [None, None, None, None]


def test_cells_have_a_text_that_maps_read() -> None:
    cells = pl.DataFrame({"cell": [0x8831AA5091FFFFF, None]})
    assert cells.select(cell_hex(CELL))["cell"].to_list() == ["8831aa5091fffff", None]


def test_a_coarse_cell_has_no_finer_parent() -> None:
    city = one(0x8531AA53FFFFFFF)
    assert city.select(cell_resolution(CELL)).item() == 5
    assert city.select(parent(CELL, 8)).item() is None
    assert city.select(parent(CELL, 5)).item() == 0x8531AA53FFFFFFF
    assert one(None).select(parent(CELL, 5)).item() is None


def test_a_cell_has_a_middle_and_the_table_keeps_its_order() -> None:
    cells = pl.DataFrame({"cell": [0x8831AA5091FFFFF, None, 0x8828308281FFFFF, 0x8831AA5091FFFFF], "n": [1, 2, 3, 4]})
    middle = cell_centre(cells)
    assert middle["n"].to_list() == [1, 2, 3, 4]
    assert middle["lat"].to_list() == pytest.approx([39.9766, None, 37.7735, 39.9766], abs=0.0001)
    assert middle.select("lat", "lng").row(0) == pytest.approx(h3.cell_to_latlng("8831aa5091fffff"))
    assert middle.select("lat", "lng").row(1) == (None, None)


@pytest.mark.parametrize(("lat", "lng", "km2"), [(39.9042, 116.4074, 0.526), (23.1291, 113.2644, 0.723)])
def test_a_cell_of_one_resolution_is_smaller_in_beijing_than_in_guangzhou(lat: float, lng: float, km2: float) -> None:
    cell = h3.str_to_int(h3.latlng_to_cell(lat, lng, 8))
    assert one(cell).select(cell_area_km2(CELL)).item() == pytest.approx(km2, abs=0.0006)


def test_a_missing_column_is_named_with_those_there_are() -> None:
    with pytest.raises(ContractError) as refused:
        cell_of(pl.DataFrame({"lat": [1.0]}), "lat", "lng", 9)
    assert str(refused.value) == "places: the column lng is missing; there are: lat."


def test_a_resolution_that_does_not_exist_is_refused() -> None:
    with pytest.raises(UsageError) as refused:
        parent(CELL, 16)
    assert str(refused.value) == "resolution 16 does not exist; choose one from 0 to 15."


@given(lat=lats, lng=lngs, fine=st.integers(0, 15), coarse=st.integers(0, 15))
def test_a_parent_by_its_bits_is_the_parent_by_the_library(lat: float, lng: float, fine: int, coarse: int) -> None:
    cell = h3.latlng_to_cell(lat, lng, fine)
    found = one(h3.str_to_int(cell)).select(parent(CELL, coarse).alias("up"), cell_resolution(CELL).alias("at"))
    expected = h3.str_to_int(h3.cell_to_parent(cell, coarse)) if coarse <= fine else None
    assert found.row(0) == (expected, fine)


@given(lat=lats, lng=lngs, resolution=st.integers(0, 15))
def test_indexing_and_text_agree_with_the_library(lat: float, lng: float, resolution: int) -> None:
    cell = cell_of(pl.DataFrame({"lat": [lat], "lng": [lng]}), "lat", "lng", resolution)
    text = h3.latlng_to_cell(lat, lng, resolution)
    assert cell_text(cell[0]) == text
    assert cell.to_frame().select(cell_hex(CELL)).item() == text
