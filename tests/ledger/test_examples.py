"""The small shop in ``docs/examples`` loads as its README says, and its territories decide when the policy lets them."""

import datetime as dt
from pathlib import Path

from ledger import api, store
from schema.mapping import Mapping
from schema.scope import LOCAL_OWNER
from schema.sharing import BindingPolicy
from warehouse import api as warehouse

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"


def owners(**policy):
    """Customer → the store that owns them."""
    api.save_policy("real", BindingPolicy(effective_from=dt.datetime(2026, 1, 1, tzinfo=dt.UTC), **policy), LOCAL_OWNER)
    api.run("real", by=LOCAL_OWNER, now=dt.datetime(2026, 11, 20, tzinfo=dt.UTC))
    snapshot = warehouse.open_snapshot("real")
    log = store.spells(store.binding_log("real")).join(snapshot.read("customer_keys"), on="customer_key")
    return dict(log.sort("customer_id").select("customer_id", "store_id").iter_rows())


def test_the_shop_loads_without_an_answer_missing_and_again_adds_nothing(sqlite_home):
    folder = EXAMPLES / "shop"
    report = warehouse.import_files([folder], zone="Europe/London", currency="GBP")
    shapes = {one.shape: (one.accepted, one.quarantined) for one in report.sources}
    assert shapes == {"agents": (2, 0), "customers": (6, 0), "orders": (8, 0), "stores": (3, 0), "territories": (3, 0),
                      "travel": (15, 0)}  # fmt: skip
    assert warehouse.import_files([folder]).snapshot is None
    assert owners(choose="territory_first") == {"C1": "S1", "C2": "S2", "C3": "S2", "C4": "S3", "C5": "S2", "C6": "S1"}


def test_by_distance_the_customer_on_promised_ground_is_the_neighbours(sqlite_home):
    warehouse.import_files([EXAMPLES / "shop"], zone="Europe/London", currency="GBP")
    assert owners()["C3"] == "S1"


def test_the_mappings_written_out_say_what_is_detected(sqlite_home):
    for name in ("territories", "travel"):
        mapping = Mapping.read(EXAMPLES / f"{name}.toml")
        assert mapping.shape == name
        report = warehouse.import_files(
            [EXAMPLES / "shop" / f"{name}.csv"], mapping=mapping, zone="Europe/London", currency="GBP"
        )
        assert report.sources[0].quarantined == 0
    rows = warehouse.open_snapshot("real").rows
    assert (rows["territories"], rows["travel"]) == (3, 15)
