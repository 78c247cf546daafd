"""Positions: two columns, one column, a geohash; three datums; impossible ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl
import pytest

from loaders.load import Loaded, build
from loaders.places import decode_geohash, likely_china
from loaders.table import RawTable
from loaders.work import Defaults
from schema.errors import NeedsAnswerError
from schema.mapping import Mapping

if TYPE_CHECKING:
    from collections.abc import Mapping as MappingLike
    from collections.abc import Sequence


def stores(columns: MappingLike[str, Sequence[str | None]], **fields: object) -> Loaded:
    """Load stores from typed columns with canonical names."""
    raw = RawTable("stores.csv", pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String)))
    mapping = Mapping("stores", columns={name: name for name in columns}, **fields)  # type: ignore[arg-type]
    return build(raw, mapping, Defaults())


def test_a_geohash_is_the_middle_of_its_cell() -> None:
    lat, lng = decode_geohash(pl.Series(["ezs42", "u4pruydqqvj", "a!", None]))
    assert [None if v is None else round(v, 3) for v in lat] == [42.605, 57.649, None, None]
    assert [None if v is None else round(v, 3) for v in lng] == [-5.603, 10.407, None, None]


def test_a_gcj_position_is_moved_to_wgs_and_the_raw_one_kept() -> None:
    loaded = stores({"store_id": ["S1"], "lat": ["39.910103"], "lng": ["116.403744"]}, datum="GCJ-02")
    row = loaded.tables["stores"].row(0, named=True)
    assert (round(row["lat"], 4), round(row["lng"], 4)) == (39.9087, 116.3975)
    assert (row["lat_raw"], row["lng_raw"], row["datum_raw"]) == (39.910103, 116.403744, "GCJ-02")


def test_positions_in_china_without_a_datum_are_asked_about() -> None:
    with pytest.raises(
        NeedsAnswerError, match=r"^stores\.csv: which datum are its positions on\? 1 lie in mainland"
    ) as asked:
        stores({"store_id": ["S1", "S2"], "lat": ["31.2", "35.6"], "lng": ["121.5", "139.7"]})
    assert (asked.value.key, asked.value.choices) == ("datum", ("GCJ-02", "WGS-84", "BD-09"))


def test_positions_elsewhere_need_no_datum() -> None:
    loaded = stores({"store_id": ["S1", "S2"], "lat": ["40.7", "37.5"], "lng": ["-74.0", "127.0"]})
    assert loaded.tables["stores"]["lat"].to_list() == [40.7, 37.5]


def test_a_datum_column_decides_row_by_row() -> None:
    columns = {
        "store_id": ["S1", "S2", "S3"],
        "lat": ["31.2"] * 3,
        "lng": ["121.5"] * 3,
        "datum_raw": ["wgs84", "gcj02", "?"],
    }
    loaded = stores(columns)
    lat = loaded.tables["stores"]["lat"].to_list()
    assert lat[0] == 31.2
    assert lat[1] != 31.2
    assert loaded.quarantine.select("_row", "code").rows() == [(3, "E08")]


@pytest.mark.parametrize(
    ("lat", "lng", "message"),
    [
        ("0", "0", "lat lies at 0, 0, where no shop is."),
        ("121.5", "31.2", "lat is out of range; latitude and longitude look swapped."),
        ("200", "10", "lat is out of range."),
        ("31.2", "", "lat has no counterpart: a position needs latitude and longitude."),
        ("north", "10", "lat is not a number of degrees."),
    ],
)
def test_an_impossible_position_sets_its_row_aside(lat: str, lng: str, message: str) -> None:
    loaded = stores({"store_id": ["S1"], "lat": [lat], "lng": [lng or None]}, datum="WGS-84")
    assert loaded.quarantine["message"].to_list() == [message]


def test_a_swap_within_range_is_seen_beside_the_other_stores() -> None:
    lat, lng = ["40.7", "40.8", "40.6", "40.9", "40.5", "-74.0"], ["-74.0", "-74.1", "-73.9", "-74.2", "-74.0", "40.7"]
    loaded = stores({"store_id": list("abcdef"), "lat": lat, "lng": lng})
    assert loaded.quarantine.select("_row", "code", "value", "message").rows() == [
        (6, "E07", "-74.0, 40.7", "lat lies far from all others; latitude and longitude look swapped.")
    ]


@pytest.mark.parametrize("text", ["40.7,-74.0", "(40.7; -74.0)", "POINT(-74.0 40.7)"])
def test_one_column_may_hold_both(text: str) -> None:
    row = stores({"store_id": ["S1"], "latlng": [text]}).tables["stores"].row(0, named=True)
    assert (row["lat"], row["lng"]) == (40.7, -74.0)


def test_a_decimal_comma_in_degrees_is_read() -> None:
    row = stores({"store_id": ["S1"], "lat": ["52,52"], "lng": ["13,40"]}).tables["stores"].row(0, named=True)
    assert (row["lat"], row["lng"]) == (52.52, 13.4)


def test_china_is_not_its_rectangle() -> None:
    lat = pl.Series([31.2, 37.5, 13.7, 28.6, 35.7, None])
    lng = pl.Series([121.5, 127.0, 100.5, 77.2, 139.7, None])
    assert likely_china(lat, lng).to_list() == [True, False, False, False, False, False]
