import datetime as dt
import os

import pytest

from schema.errors import StorageError
from schema.scope import LOCAL_OWNER
from tests.warehouse.typed import event, line, orders_file, table, take
from warehouse import api
from warehouse.pruning import prune

H1, H2, H3 = ("1" * 32, "2" * 32, "3" * 32)


def files(folder):
    return {p for p in (folder / "real/warehouse").rglob("*.parquet") if "_delta_log" not in p.parts}


def later(hours):
    return dt.datetime.now(dt.UTC) + dt.timedelta(hours=hours)


@pytest.fixture
def three(data_folder):
    for number, key in enumerate((H1, H2, H3)):
        take(orders_file(f"{number}.csv", line(f"O{number}", key)), table("events", event(f"E{number}")))
    return data_folder


def test_a_replaced_snapshot_stays_readable_for_a_day(three):
    assert prune(three / "real/warehouse", now=later(23.9)) == []
    for number in (1, 2, 3):
        snapshot = api.open_snapshot("real", number)
        assert api.load_marts(snapshot, LOCAL_OWNER).orders.height == number
        assert snapshot.read("order_lines").height == number


def test_after_a_day_only_the_newest_stays_and_its_tables_are_whole(three):
    before = files(three)
    assert prune(three / "real/warehouse", now=later(24.1)) == [1, 2]
    snapshot = api.open_snapshot("real")
    assert api.load_marts(snapshot, LOCAL_OWNER).orders.height == 3
    assert (snapshot.read("orders").height, snapshot.read("events").height) == (3, 3)
    left = files(three)
    assert left < before
    assert {p.name for p in (three / "real/warehouse/marts").iterdir()} == {"3"}
    assert len([p for p in left if p.parent.parent.name == "orders"]) == 1
    assert take(orders_file("3.csv", line("O3", H3))).snapshot == 4
    assert api.load_marts(api.open_snapshot("real"), LOCAL_OWNER).orders.height == 4


def test_a_pruned_snapshot_says_so(three):
    snapshot = api.open_snapshot("real", 1)
    prune(three / "real/warehouse", now=later(25))
    with pytest.raises(StorageError) as caught:
        api.load_marts(snapshot, LOCAL_OWNER)
    said = "Snapshot 1 of the real data was replaced over a day ago; load the newest one."
    assert str(caught.value) == said


def test_files_of_an_import_that_was_killed_are_swept_up(three):
    stray = three / "real/warehouse/orders/month=2026-03/dead.parquet"
    stray.write_bytes(b"half a file")
    prune(three / "real/warehouse", now=later(25))
    assert not stray.exists()


def test_the_history_of_snapshots_is_one_small_file(three):
    prune(three / "real/warehouse", now=later(50))
    assert [api.open_snapshot("real", n).number for n in (1, 2, 3)] == [1, 2, 3]
    assert api.latest_number("real") == 3


def test_dropped_files_that_nobody_accepted_go_away_after_a_day(data_folder):
    incoming = data_folder / "real/incoming"
    incoming.mkdir(parents=True)
    old, young = incoming / "old", incoming / "young"
    old.write_text("x")
    young.write_text("x")
    yesterday = later(-25).timestamp()
    os.utime(old, (yesterday, yesterday))
    take(orders_file("a.csv", line("O1", H1)))
    assert (old.exists(), young.exists()) == (False, True)
