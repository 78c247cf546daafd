import datetime as dt

import polars as pl
import pytest

from metrics.cells import cell_of
from schema.errors import UsageError
from schema.geodesy import EARTH_RADIUS_M
from schema.scope import LOCAL_OWNER
from tests.warehouse.typed import customer, fix, marts, store, table, take
from warehouse import api
from warehouse.coarsen import kept_since
from warehouse.pruning import prune

NOW = dt.datetime.now(dt.UTC)


def days_ago(days):
    return (NOW - dt.timedelta(days=days)).strftime("%Y-%m-%d %H:%M")


EXACT = (31.0123456, 121.0345678)


def two(days=(31, 29)):
    """A shop, and two people with a position each, so many days old."""
    return [
        table("stores", store("S1", 31.0, 121.0)),
        table("customers", customer("C1", registered_at=NOW), customer("C2", row=2)),
        table("location_fixes", *[
            fix(f"F{n}", *EXACT, customer=f"C{n}", when=days_ago(age), row=n, accuracy_m=20.0, src="address")
            for n, age in enumerate(days, 1)
        ]),
    ]  # fmt: skip


def fixes():
    return api.open_snapshot("real").read("location_fixes").sort("fix_id")


def metres(a, b):
    """Plane distance, good to a metre within a few hundred."""
    north = (a[0] - b[0]) * 3.141592653589793 / 180 * EARTH_RADIUS_M
    east = (a[1] - b[1]) * 3.141592653589793 / 180 * EARTH_RADIUS_M * 0.857
    return (north**2 + east**2) ** 0.5


def test_a_position_of_31_days_is_the_middle_of_its_cell_and_one_of_29_is_exact(data_folder):
    take(*two())
    old, young = fixes().select("lat", "lng", "accuracy_m").rows()
    assert young == (*EXACT, 20.0)
    assert old[2] == 221.0
    assert old[:2] != EXACT
    assert 0 < metres(old, EXACT) < 215
    same = pl.DataFrame({"lat": [old[0], EXACT[0]], "lng": [old[1], EXACT[1]]})
    assert cell_of(same, "lat", "lng", 9).n_unique() == 1


def test_a_stored_position_grows_coarse_at_a_rebuild_and_homes_stay_in_their_cells(data_folder, monkeypatch):
    monkeypatch.setenv("CATCHLIGHT_KEEP_FIXES_DAYS", "-1")
    take(*two())
    before = marts().people.sort("customer_key")
    assert fixes()["lat"].to_list() == [EXACT[0]] * 2
    monkeypatch.setenv("CATCHLIGHT_KEEP_FIXES_DAYS", "0")
    api.rebuild("real")
    assert EXACT[0] not in fixes()["lat"].to_list()
    after = marts().people.sort("customer_key")
    assert before["home_cell"].null_count() == 0
    assert after["home_cell"].to_list() == before["home_cell"].to_list()
    assert after["home_lat"].to_list() != before["home_lat"].to_list()
    api.rebuild("real")
    assert fixes().equals(api.open_snapshot("real", 2).read("location_fixes").sort("fix_id"))


def test_no_file_holds_the_exact_point_once_older_versions_are_pruned(data_folder, monkeypatch):
    monkeypatch.setenv("CATCHLIGHT_KEEP_FIXES_DAYS", "-1")
    take(*two())
    monkeypatch.setenv("CATCHLIGHT_KEEP_FIXES_DAYS", "30")
    api.rebuild("real")
    prune(data_folder / "real/warehouse", now=NOW + dt.timedelta(hours=25))
    held = list((data_folder / "real/warehouse/location_fixes").glob("*.parquet"))
    assert len(held) == 1
    assert pl.read_parquet(held[0]).filter(pl.col("fix_id") == "F1")["lat"].to_list() != [EXACT[0]]


def test_the_same_file_again_is_a_duplicate_whether_stored_coarse_or_exact(data_folder, monkeypatch):
    take(*two())
    assert [s.duplicate for s in take(*two()).sources] == [1, 2, 2]
    monkeypatch.setenv("CATCHLIGHT_KEEP_FIXES_DAYS", "0")
    report = take(*two())
    assert [(s.duplicate, s.quarantined) for s in report.sources] == [(1, 0), (2, 0), (2, 0)]


def test_a_position_near_a_shop_stays_no_home_and_a_home_near_by_stays_one(data_folder, monkeypatch):
    """140 m and 160 m from the shop: whatever the cell's middle is, only the second counts as a home."""
    monkeypatch.setenv("CATCHLIGHT_KEEP_FIXES_DAYS", "-1")
    step = 180 / 3.141592653589793 / EARTH_RADIUS_M
    for number in range(12):
        lat = 31.0 + number / 50
        take(
            table("stores", store(f"S{number}", lat, 121.0)),
            table("customers", customer(f"N{number}"), customer(f"H{number}", row=2)),
            table("location_fixes",
                  fix(f"N{number}", lat + 140 * step, 121.0, customer=f"N{number}", src="address", when=days_ago(40)),
                  fix(f"H{number}", lat + 160 * step, 121.0, customer=f"H{number}", src="address", when=days_ago(40), row=2)),
        )  # fmt: skip
    before = marts().people.sort("customer_key").select("customer_key", "home_cell").rows()
    assert sum(cell is None for _, cell in before) == 12
    monkeypatch.setenv("CATCHLIGHT_KEEP_FIXES_DAYS", "30")
    api.rebuild("real")
    assert marts().people.sort("customer_key").select("customer_key", "home_cell").rows() == before


def test_a_scan_of_a_shops_code_keeps_its_point(data_folder):
    rows = two()
    scan = fix("F3", 31.0001, 121.0001, when=days_ago(99), row=3, src="store_scan", context_store_id="S1")
    rows[2] = table("location_fixes", scan)
    take(*rows)
    assert fixes()["lat"].to_list() == [31.0001]


def test_a_waiting_position_grows_coarse_too(data_folder):
    rows = two()
    take(rows[0], table("location_fixes", fix("F1", *EXACT, customer="LATER", when=days_ago(31))))
    waiting = api.open_snapshot("real").read("orphan_location_fixes")
    assert waiting["lat"].to_list() != [EXACT[0]]
    released = take(table("customers", customer("LATER"))).released
    assert (released, fixes().height) == (1, 1)


def test_the_demo_keeps_its_positions_and_a_strange_setting_is_refused(monkeypatch):
    assert kept_since("demo") is None
    monkeypatch.setenv("CATCHLIGHT_KEEP_FIXES_DAYS", "soon")
    with pytest.raises(UsageError, match="CATCHLIGHT_KEEP_FIXES_DAYS is 'soon'; it must be a whole number of days"):
        kept_since("real")


def test_whom_the_ledger_bound_stays_bound_when_the_point_grows_coarse(data_folder, monkeypatch):
    from ledger.bind import bind  # noqa: PLC0415

    monkeypatch.setenv("CATCHLIGHT_KEEP_FIXES_DAYS", "-1")
    people = [customer(f"C{n}", row=n, registered_at=NOW - dt.timedelta(days=40)) for n in range(20)]
    # along the border between two shops 1,112 m apart: a cell's middle lies on either side of it
    points = [fix(f"F{n}", 31.004 + n * 0.0001, 121.0 + n * 0.0007, customer=f"C{n}", when=days_ago(40), row=n,
                  accuracy_m=10.0) for n in range(20)]  # fmt: skip
    take(
        table("stores", store("S1", 31.0, 121.0), store("S2", 31.01, 121.0, row=2)),
        table("customers", *people),
        table("location_fixes", *points),
    )
    bind("real")
    bound = marts().bindings.select("customer_key", "store_id", "valid_from").sort("customer_key").rows()
    assert len({store for _, store, _ in bound}) == 2
    monkeypatch.setenv("CATCHLIGHT_KEEP_FIXES_DAYS", "30")
    api.rebuild("real")
    assert fixes()["accuracy_m"].min() == 211.0
    report = bind("real")
    assert (report.new_rows, report.changed_owners) == (0, 0)
    assert marts().bindings.select("customer_key", "store_id", "valid_from").sort("customer_key").rows() == bound
    assert api.load_marts(api.open_snapshot("real"), LOCAL_OWNER).bindings.height == len(bound)
