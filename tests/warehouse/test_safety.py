import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schema.errors import BusyError, RefusedError, StorageError
from schema.marts import MARTS
from schema.scope import LOCAL_OWNER, Scope
from tests.warehouse.typed import Source, event, frame, line, order, orders_file, refund
from warehouse import api
from warehouse.frames import narrow
from warehouse.storage import writer_lock

ROOT = Path(__file__).parents[2]
H1, H2, H3 = ("1" * 32, "2" * 32, "3" * 32)

FILES = [
    orders_file("a.csv", line("O1", H1), line("O2", H2, product="P2", net=50)),
    orders_file("b.csv", line("O1", H3, product="P3", net=30), line("O3", H1, net=70)),
    Source("r.csv", "refunds", {"refunds": frame([refund("R1", "O3", goods=20), refund("R2", "O1", goods=10, row=2)])}),
    Source("e.csv", "events", {"events": frame([event("E1"), event("E2", when="2026-03-01 12:00:30", row=2)])}),
]


def summary():
    marts = api.load_marts(api.open_snapshot("real"), LOCAL_OWNER)
    return (
        marts.orders.height,
        marts.lines.height,
        int(marts.orders["net_minor"].sum()),
        int(marts.refunds["goods_minor"].sum()),
        marts.visits.height,
    )


@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(0, 3), max_size=3), st.permutations(range(4)))
def test_any_order_and_repetition_of_the_same_files_gives_the_same_totals(tmp_path_factory, again, turn):
    folder = tmp_path_factory.mktemp("home")
    before = os.environ.get("CATCHLIGHT_HOME")
    os.environ["CATCHLIGHT_HOME"] = str(folder)
    try:
        for index in [*turn, *again]:
            report = api.import_tables([FILES[index]])
            for s in report.sources:
                assert s.rows_in == s.accepted + s.duplicate + s.quarantined
                assert s.rows_in_minor == s.accepted_minor + s.duplicate_minor + s.quarantined_minor
        assert summary() == (3, 4, 220, 30, 2)
    finally:
        if before is None:
            del os.environ["CATCHLIGHT_HOME"]
        else:
            os.environ["CATCHLIGHT_HOME"] = before


def test_a_second_writer_is_told_to_wait(data_folder):
    message = "Another import is writing the real data. Wait until it is done and try again."
    with writer_lock("real"), pytest.raises(BusyError) as caught:
        api.import_tables(FILES)
    assert str(caught.value) == message


def test_a_data_folder_that_is_a_file_is_a_storage_error(data_folder):
    (data_folder / "real").write_text("in the way")
    with pytest.raises(StorageError):
        api.import_tables(FILES)


def test_rebuilt_marts_equal_those_of_the_import(data_folder):
    api.import_tables(FILES)
    first = api.load_marts(api.open_snapshot("real"), LOCAL_OWNER)
    assert api.rebuild("real") == 2
    second = api.load_marts(api.open_snapshot("real"), LOCAL_OWNER)
    for name in MARTS:
        assert getattr(first, name).equals(getattr(second, name)), name


def test_an_agent_sees_own_stores_and_own_customers_alone(data_folder):
    stores = [
        {
            "store_id": f"S{i}",
            "agent_id": f"A{i}",
            "lat": 31.0 + i,
            "lng": 121.0,
            "accepts_binding": True,
            "_row": i,
            "_minor": 0,
        }
        for i in (1, 2)
    ]
    people = [
        {
            "customer_id": f"C{i}",
            "home_lat": 31.0 + i,
            "home_lng": 121.0,
            "is_staff": False,
            "is_test": False,
            "_row": i,
            "_minor": 0,
        }
        for i in (1, 2)
    ]
    sold = [
        order("O1", customer="C1", selling_store_id="S1", row=1),
        order("O2", customer="C2", selling_store_id="S2", row=2),
        order("O3", customer="C2", selling_store_id="S1", row=3),
        order("O4", customer=None, selling_store_id="S1", row=4),
    ]
    looked = [event("E1", customer="C1"), event("E2", customer="C2", row=2), event("E3", row=3)]
    api.import_tables(
        [
            Source("s.csv", "stores", {"stores": frame(stores)}),
            Source("c.csv", "customers", {"customers": frame(people)}),
            Source("o.csv", "orders", {"orders": frame(sold)}),
            Source("e.csv", "events", {"events": frame(looked)}),
        ]
    )
    snapshot = api.open_snapshot("real")
    keys = dict(api.customer_ids(snapshot, LOCAL_OWNER).select("customer_id", "customer_key").iter_rows())
    mine = api.load_marts(snapshot, Scope("agent", agent_id="A1"))
    assert mine.orders.height == 2
    assert set(mine.people["customer_key"]) == set(keys.values())
    assert mine.visits["customer_key"].to_list() == [keys["C1"]]
    assert mine.places["store_id"].to_list() == ["S1"]
    other = api.load_marts(snapshot, Scope("agent", agent_id="A2"))
    assert other.orders.height == 2
    assert set(other.people["customer_key"]) == {keys["C2"]}
    nobody = api.load_marts(snapshot, Scope("agent", agent_id="A9"))
    assert (nobody.orders.height, nobody.people.height, nobody.places.height) == (0, 0, 0)
    with pytest.raises(RefusedError, match=r"^Customer ids are head office's alone\.$"):
        api.customer_ids(snapshot, Scope("agent", agent_id="A1"))


def test_an_unknown_role_sees_nothing(data_folder):
    api.import_tables(FILES)
    whole = api.load_marts(api.open_snapshot("real"), LOCAL_OWNER)
    assert narrow(whole, Scope("stranger")).orders.height == 0


WRITER = """
import sys
from pathlib import Path
from warehouse import api
print("ready", flush=True)
api.import_files([Path(p) for p in sys.argv[1:]], zone="UTC", currency="CNY", trusted=True)
"""
ROWS = 50


def _csv(folder, number):
    """Fifty orders of 1.00 each, which no other file has."""
    path = folder / f"{number}.csv"
    first = number * ROWS
    rows = [f"{i},2026-03-0{1 + i % 9} 12:00:00,C{i % 50},P{i % 7},1,1.00,CNY" for i in range(first, first + ROWS)]
    path.write_text("order_id,order_date,customer_id,product,quantity,price,currency\n" + "\n".join(rows) + "\n")
    return path


def _killed_after(path, seconds):
    """Import in a process of its own, killed so long after its work began; returns whether it was still at it."""
    with subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        started = time.monotonic()
        if seconds is None:
            process.wait()
            return time.monotonic() - started
        time.sleep(seconds)
        process.send_signal(signal.SIGKILL)
    return process.returncode == -signal.SIGKILL


def _state():
    """How many files the newest snapshot holds, by every table that can tell."""
    snapshot = api.open_snapshot("real")
    marts = api.load_marts(snapshot, LOCAL_OWNER)
    stored = [snapshot.read(name) for name in ("orders", "order_lines")]
    counts = {marts.orders.height, marts.lines.height, *(table.height for table in stored)}
    money = {int(marts.orders["net_minor"].sum()), int(stored[1]["net_minor"].sum())}
    assert len(counts) == 1
    assert money == {max(counts) * 100}
    return counts.pop() // ROWS


def _kills(folder, number, monkeypatch):
    """Kill imports anywhere between their first step and their last; returns how many died and how many got through."""
    monkeypatch.setenv("CATCHLIGHT_HOME", str(folder / "home"))
    monkeypatch.chdir(ROOT)
    whole = _killed_after(_csv(folder, 0), None)
    chance = random.Random(7)  # noqa: S311
    done, died = 1, 0
    for _ in range(number):
        died += _killed_after(_csv(folder, done), chance.uniform(0, 1.2 * whole))
        now = _state()
        assert now in {done, done + 1}
        done = now
    files = [_csv(folder, n) for n in range(done + 1)]
    api.import_files(files, zone="UTC", currency="CNY", trusted=True)
    assert _state() == done + 1
    return died, done - 1


def test_killed_imports_leave_the_old_or_the_new_snapshot(tmp_path, monkeypatch):
    _kills(tmp_path, 3, monkeypatch)


@pytest.mark.long
def test_a_hundred_kills_lose_and_double_nothing(tmp_path, monkeypatch, capsys):
    died, through = _kills(tmp_path, 100, monkeypatch)
    with capsys.disabled():
        print(f"\n100 kills: {died} imports died at work, {through} had published")  # noqa: T201
    assert died > 20
