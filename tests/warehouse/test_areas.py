import datetime as dt

import pytest

from schema.scope import LOCAL_OWNER
from tests.warehouse.typed import marts, store, table, take
from warehouse import api

pytestmark = pytest.mark.usefixtures("data_folder")

CELL, NEXT = "89309a6d2cbffff", "89309a6d2cfffff"
STORES = table("stores", store("S1", 31.1, 121.0))


def territory(territory_id, *, row=1, **more):
    return {
        "territory_id": territory_id, "agent_id": "AS1", "store_id": "S1", "kind": "radius_m", "value": "500",
        "valid_from": dt.date(2026, 1, 1), "_row": row, "_minor": 0, **more,
    }  # fmt: skip


def way(cell, store_id="S1", *, row=1, metres=100.0):
    return {"cell": cell, "store_id": store_id, "distance_m": metres, "_row": row, "_minor": 0}


def test_territories_and_ways_become_marts_and_newer_ones_replace_older():
    take(
        STORES,
        table("territories", territory("T1"), territory("T2", row=2)),
        table("travel", way(CELL), way(NEXT, row=2)),
    )
    again = take(
        table("territories", territory("T1", value="800"), territory("T2", row=2), file="b.csv"),
        table("travel", way(CELL, metres=90.0), file="c.csv"),
    )
    assert [(s.accepted, s.updated, s.duplicate) for s in again.sources] == [(1, 1, 1), (1, 1, 0)]
    found = marts()
    assert found.territories.select("territory_id", "value").rows() == [("T1", "800"), ("T2", "500")]
    assert found.travel.rows() == [(int(CELL, 16), "S1", 90.0, None), (int(NEXT, 16), "S1", 100.0, None)]
    assert api.status("real")["rows"] == {"stores": 1, "territories": 2, "travel": 2, "source_runs": 5, "settings": 3}


def test_areas_of_stores_that_nobody_describes_are_w06():
    report = take(
        STORES,
        table("territories", territory("T1"), territory("T2", row=2, store_id="S9")),
        table("travel", way(CELL), way(CELL, "S9", row=2), way(NEXT, "S8", row=3)),
    )
    assert [s.codes for s in report.sources] == [{}, {"W06": 1}, {"W06": 2}]
    assert marts().travel.height == 3


def test_files_of_areas_are_imported_like_any_other(tmp_path):
    (tmp_path / "stores.csv").write_text("store_id,name,lat,lng\nS1,One,51.5,-0.1\n")
    (tmp_path / "ways.csv").write_text(f"h3,store,distance (km)\n{CELL},S1,1.5\n{CELL},S1,1.5\n")
    (tmp_path / "areas.csv").write_text("agent_id,store_id,radius\nA1,S1,500\nA1,S1,-5\n")
    report = api.import_files([tmp_path / name for name in ("stores.csv", "ways.csv", "areas.csv")])
    assert [(s.shape, s.rows_in, s.accepted, s.duplicate, s.quarantined) for s in report.sources] == [
        ("stores", 1, 1, 0, 0),
        ("travel", 2, 1, 1, 0),
        ("territories", 2, 1, 0, 1),
    ]
    assert marts().travel["distance_m"].to_list() == [1500.0]
    assert marts().territories.select("kind", "value").rows() == [("radius_m", "500")]
    assert api.quarantine("real", LOCAL_OWNER, None)["code"].to_list() == ["E02"]
