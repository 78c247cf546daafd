import json

import polars as pl
import pytest

from schema.geodesy import wgs84_to_gcj02
from tests.warehouse.typed import at, customer, event, fix, line, marts, orders_file, store, table, take
from warehouse import api

pytestmark = pytest.mark.usefixtures("data_folder")

SQUARE = (31.2304, 121.4737)
ON_A_MAP = pl.select(
    *[c.alias(n) for c, n in zip(wgs84_to_gcj02(pl.lit(SQUARE[0]), pl.lit(SQUARE[1])), "ab", strict=True)]
)
SCANS = [fix(f"F{n}", *SQUARE, src="store_scan", context_store_id="S1", row=n) for n in range(1, 6)]


def shifted(**more):
    return store("S1", *ON_A_MAP.row(0), **more)


def test_an_event_that_arrives_more_than_a_day_late_is_w01():
    late = event("E1", ingested_at=at("2026-03-02 12:00:01"))
    day = event("E2", ingested_at=at("2026-03-02 12:00:00"), row=2)
    assert take(table("events", late, day)).sources[0].codes == {"W01": 1}


def test_the_same_event_that_arrives_again_later_is_a_duplicate():
    take(table("events", event("E1", ingested_at=at("2026-03-01 13:00"))))
    again = take(table("events", event("E1", ingested_at=at("2026-03-01 14:00")), file="again.csv"))
    assert (again.snapshot, again.sources[0].duplicate) == (None, 1)


def test_a_store_that_moves_more_than_200_m_is_w04_and_stands_where_it_is_now():
    take(table("stores", store("S1", 31.0, 121.0), store("S2", 31.5, 121.0, row=2)))
    moved = take(table("stores", store("S1", 31.0019, 121.0), store("S2", 31.5017, 121.0, row=2), file="b.csv"))
    assert moved.sources[0].codes == {"W04": 1}  # 211 m and 189 m
    assert moved.sources[0].updated == 2
    assert marts().places["lat"].to_list() == [31.0019, 31.5017]


def test_a_store_drawn_where_a_map_shifts_it_is_w05_in_the_report_and_the_runs():
    stores = table("stores", shifted(), store("S2", 31.5, 121.0, row=2))
    report = take(stores, table("customers", customer("C1")), table("location_fixes", *SCANS))
    assert [s.codes for s in report.sources] == [{"W05": 1}, {}, {}]
    runs = api.source_runs(api.open_snapshot("real"))
    assert [json.loads(codes) for codes in runs["codes"]] == [{"W05": 1}, {}, {}]
    assert marts().places["is_datum_suspect"].to_list() == [True, False]


def test_scans_that_are_known_already_tell_of_stores_that_come_later():
    take(table("customers", customer("C1")), table("location_fixes", *SCANS))
    assert take(table("stores", shifted())).sources[0].codes == {"W05": 1}


def test_positions_that_are_no_scans_say_nothing_of_a_store():
    elsewhere = [scan | {"src": "gps"} for scan in SCANS]
    report = take(table("stores", shifted()), table("customers", customer("C1")), table("location_fixes", *elsewhere))
    assert [s.codes for s in report.sources] == [{}, {}, {}]


def test_a_store_that_was_corrected_is_suspect_no_more():
    take(table("stores", shifted()), table("customers", customer("C1")), table("location_fixes", *SCANS))
    assert take(table("stores", store("S1", *SQUARE), file="right.csv")).sources[0].codes == {"W04": 1}
    assert marts().places["is_datum_suspect"].to_list() == [False]


def test_a_product_that_no_table_describes_is_w06_once_a_table_describes_any():
    assert take(orders_file("a.csv", line("O1", "1" * 32))).sources[0].codes == {}
    products = table("products", {"product_id": "P9", "name": "Hat", "_row": 1, "_minor": 0})
    told = take(products, orders_file("b.csv", line("O2", "2" * 32), line("O2", "3" * 32, product="P9")))
    assert [s.codes for s in told.sources] == [{}, {"W06": 1}]
