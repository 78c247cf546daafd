import polars as pl
import pytest

from schema.scope import LOCAL_OWNER, Scope
from tests.warehouse.typed import Source, event, fix, line, orders_file, refund, table, take
from warehouse import api

pytestmark = pytest.mark.usefixtures("data_folder")
H1, H2 = ("1" * 32, "2" * 32)


def with_bad_rows(name, *, first=5):
    """One good order and three rows that no loader could use, two of them identical."""
    bad = [(first, '{"id": "7"}', 300), (first + 1, '{"id": "7"}', 300), (first + 2, '{"id": "8"}', 0)]
    aside = pl.DataFrame(
        [
            {"_row": row, "code": "E02", "column": "price", "value": "x", "payload": payload, "_minor": minor}
            for row, payload, minor in bad
        ]
    )
    source = orders_file(name, line("O1", H1))
    return Source(name, source.shape, source.tables, quarantine=aside)


def aside():
    return api.quarantine("real", LOCAL_OWNER, None)


def test_the_same_content_under_another_name_and_place_adds_nothing():
    take(with_bad_rows("whole.parquet"))
    again = take(with_bad_rows("day.csv", first=1))
    assert again.snapshot is None
    assert (again.sources[0].quarantined, again.sources[0].quarantined_minor) == (3, 600)
    assert aside()["source"].to_list() == ["whole.parquet"] * 3


def test_identical_rows_of_one_file_are_set_aside_apart():
    take(with_bad_rows("a.csv"))
    assert aside()["row"].to_list() == [5, 6, 7]


def test_an_agent_sees_no_raw_rows():
    take(with_bad_rows("a.csv"))
    assert api.quarantine("real", Scope("agent", agent_id="A1"), None).height == 0


def test_an_event_with_a_known_id_and_another_body_is_e03_in_whatever_month_it_lies():
    take(table("events", event("E1")))
    other = [event("E1", product="P2"), event("E1", when="2026-05-01 12:00:00", row=2), event("E1", row=3)]
    report = take(table("events", *other, event("E2", row=4), file="f.csv"))
    told = report.sources[0]
    assert (told.accepted, told.duplicate, told.quarantined, told.codes) == (1, 1, 2, {"E03": 2})
    late = take(table("events", event("E2", when="2026-07-01 12:00:00"), file="g.csv"))
    assert late.sources[0].codes == {"E03": 1}
    assert aside()["code"].to_list() == ["E03"] * 3
    kept = api.open_snapshot("real").read("events").select("event_id", "product_id")
    assert sorted(kept.rows()) == [("E1", "P1"), ("E2", "P1")]


def test_the_first_of_two_bodies_in_one_batch_stays():
    report = take(table("events", event("E1"), event("E1", product="P2", row=2), event("E1", row=3)))
    told = report.sources[0]
    assert (told.accepted, told.duplicate, told.quarantined) == (1, 1, 1)


def test_a_fix_waits_for_its_customer_and_comes_out_of_quarantine():
    first = take(
        table("location_fixes", fix("F1", 31.0, 121.0, customer="C1"), fix("F2", 31.0, 121.0, customer="C2", row=2))
    )
    assert first.sources[0].codes == {"E04": 2}
    assert take(table("location_fixes", fix("F1", 31.0, 121.0, customer="C1"), file="again.csv")).snapshot is None
    second = take(orders_file("a.csv", line("O1", H1)))
    assert second.released == 1
    assert aside().select("code", "table").rows() == [("E04", "location_fixes")]
    snapshot = api.open_snapshot("real")
    assert snapshot.read("location_fixes")["fix_id"].to_list() == ["F1"]
    assert snapshot.read("orphan_location_fixes")["fix_id"].to_list() == ["F2"]


def test_a_refund_that_waits_in_two_files_is_one_refund_when_its_order_comes():
    take(table("refunds", refund("R1", "O1", goods=40), file="r1.csv"))
    assert take(table("refunds", refund("R1", "O1", goods=40), file="r2.csv")).snapshot is None
    report = take(table("refunds", refund("R1", "O1", goods=40), file="r3.csv"), orders_file("a.csv", line("O1", H1)))
    assert report.released == 1
    assert aside().height == 0
    assert api.open_snapshot("real").read("refunds")["goods_minor"].to_list() == [40]
