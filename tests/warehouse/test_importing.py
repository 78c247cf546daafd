import polars as pl
import pytest

from schema.coding import spelled
from schema.marts import MARTS
from schema.scope import LOCAL_OWNER
from tests.warehouse.typed import Source, event, frame, line, order, orders_file, refund, take
from warehouse.frames import load_marts
from warehouse.snapshots import latest_number, open_snapshot

pytestmark = pytest.mark.usefixtures("data_folder")
H1, H2, H3 = ("1" * 32, "2" * 32, "3" * 32)


def totals():
    marts = load_marts(open_snapshot("real"), LOCAL_OWNER)
    return marts.orders.height, marts.lines.height, marts.orders["net_minor"].sum(), marts.visits.height


def test_an_import_publishes_a_snapshot_with_every_mart_in_its_contract():
    report = take(orders_file("a.csv", line("O1", H1), line("O1", H2, product="P2", net=50)))
    assert report.snapshot == 1
    marts = load_marts(open_snapshot("real"), LOCAL_OWNER)
    for name, contract in MARTS.items():
        contract.validate(spelled(getattr(marts, name)))
    assert totals() == (1, 2, 150, 0)


def test_the_same_file_twice_adds_nothing_and_publishes_nothing():
    source = orders_file("a.csv", line("O1", H1), line("O2", H2))
    take(source)
    again = take(source)
    assert again.snapshot is None
    assert latest_number("real") == 1
    assert (again.sources[0].duplicate, again.sources[0].duplicate_minor) == (2, 200)
    assert totals() == (2, 2, 200, 0)


def test_an_order_split_over_two_files_is_continued():
    take(orders_file("a.csv", line("O1", H1)))
    take(orders_file("b.csv", line("O1", H2, product="P2", net=30)))
    assert totals() == (1, 2, 130, 0)


def test_an_edited_line_replaces_the_order_as_a_whole():
    take(orders_file("a.csv", line("O1", H1, net=100), line("O1", H2, product="P2", net=50)))
    report = take(orders_file("a2.csv", line("O1", H3, net=80), line("O1", H2, product="P2", net=50)))
    assert (report.sources[0].updated, report.sources[0].duplicate) == (1, 1)
    assert totals() == (1, 2, 130, 0)


def test_a_later_body_of_an_order_replaces_the_earlier_one_and_moves_month():
    take(Source("o.csv", "orders", {"orders": frame([order("O1", row=1, minor=100)])}))
    later = Source(
        "o.csv", "orders", {"orders": frame([order("O1", row=1, minor=120, net=120, when="2026-04-05 04:00")])}
    )
    report = take(later)
    assert (report.sources[0].accepted, report.sources[0].updated) == (1, 1)
    assert open_snapshot("real").read("orders").select("month", "goods_net_minor").rows() == [("2026-04", 120)]


def test_an_event_with_another_body_for_its_id_is_set_aside():
    take(Source("e.csv", "events", {"events": frame([event("E1")])}))
    report = take(Source("f.csv", "events", {"events": frame([event("E1", product="P2"), event("E2", row=2)])}))
    assert report.sources[0].codes == {"E03": 1}
    assert report.sources[0].quarantined == 1
    assert open_snapshot("real").read("quarantine")["code"].to_list() == ["E03"]


def test_a_refund_waits_for_its_order_and_is_released():
    first = take(Source("r.csv", "refunds", {"refunds": frame([refund("R1", "O1", goods=40)])}))
    assert first.sources[0].codes == {"E04": 1}
    second = take(orders_file("a.csv", line("O1", H1)))
    assert second.released == 1
    snapshot = open_snapshot("real")
    assert snapshot.read("quarantine").height == 0
    assert snapshot.read("orphan_refunds").height == 0
    assert totals()[2] == 60


def test_a_refund_of_a_whole_order_is_shared_out_to_the_last_unit():
    lines = [line("O1", h, product=p, net=n) for h, p, n in ((H1, "P1", 50), (H2, "P2", 30), (H3, "P3", 20))]
    take(orders_file("a.csv", *lines), Source("r.csv", "refunds", {"refunds": frame([refund("R1", "O1", goods=7)])}))
    marts = load_marts(open_snapshot("real"), LOCAL_OWNER)
    assert marts.lines.sort("product_id")["refunded_minor"].to_list() == [4, 2, 1]


def test_a_dry_run_tells_and_writes_nothing(data_folder):
    report = take(orders_file("a.csv", line("O1", H1)), dry_run=True)
    assert (report.snapshot, report.sources[0].accepted) == (None, 1)
    assert latest_number("real") is None


def test_views_become_visits_with_dwell():
    rows = [
        event("E1"),
        event("E2", when="2026-03-01 12:00:45", product="P2", row=2),
        event("E2", when="2026-03-01 12:00:45", product="P2", row=3),
    ]
    report = take(Source("e.csv", "events", {"events": frame(rows)}))
    assert report.sources[0].duplicate == 1
    visits = load_marts(open_snapshot("real"), LOCAL_OWNER).visits
    assert visits["dwell_ms"].to_list() == [45000, None]


def test_customers_have_random_positive_keys_and_facts_hold_no_ids():
    take(orders_file("a.csv", line("O1", H1)))
    snapshot = open_snapshot("real")
    assert "customer_id" not in snapshot.read("orders").columns
    keys = snapshot.read("customer_keys")
    assert keys["customer_id"].to_list() == ["C1"]
    assert keys["customer_key"].item() > 0
    assert isinstance(snapshot.read("orders").filter(pl.col("customer_key") == keys["customer_key"].item()).height, int)
