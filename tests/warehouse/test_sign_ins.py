"""Events before sign-in in the marts: increments equal a rebuild, in any order; pieces equal the whole; people stay apart."""

import datetime as dt
import random

import polars as pl
import pytest

from schema.scope import LOCAL_OWNER, Scope
from tests.warehouse.test_behaviour import as_rebuilt, numbers, remade, stamp
from tests.warehouse.test_visit_pieces import at, both, events
from tests.warehouse.typed import customer, event, marts, spell_of, store, table, take
from warehouse import api
from warehouse.behaviour import read_behaviour
from warehouse.event_marks import Events
from warehouse.signed import joined_by, sign_ins_between

pytestmark = pytest.mark.usefixtures("data_folder")

STORES = table("stores", store("S1", 31.2, 121.4), store("S2", 30.2, 120.2, row=2))
DAY = dt.date(2026, 3, 1)


def look(name, when, who=None, *, device="d", **more):
    return event(name, when=f"2026-{when}", anon=device, customer=who, **more)


def keys():
    return dict(api.open_snapshot("real").read("customer_keys").iter_rows())


def seen():
    """Event time → whose the view is, by the id of the source; None is an anonymous visitor."""
    ids = {key: name for name, key in keys().items()}
    visits = marts().visits
    return {f"{at:%m-%d %H:%M}": ids.get(key) for at, key in visits.select("at", "customer_key").iter_rows()}


def test_a_visit_that_begins_anonymous_and_ends_signed_in_is_one_visit_of_one_person():
    take(table(
        "events", look("e1", "03-01 04:00:00"), look("e2", "03-01 04:01:00", product="P2"),
        look("e3", "03-01 04:01:30", "C1", product="P3"), look("e4", "03-01 04:01:50", "C1", kind="cart", product="P3"),
        look("e5", "03-01 04:02:00", "C1", kind="leave"), look("e6", "03-01 03:59:00", kind="share"),
    ))  # fmt: skip
    found = marts()
    key = keys()["C1"]
    assert found.visits.select("visitor", "customer_key", "dwell_ms", "before_sign_in").rows() == [
        (key, key, 60_000, True), (key, key, 30_000, True), (key, key, 30_000, False),
    ]  # fmt: skip
    assert found.visits["session"].n_unique() == 1
    assert found.actions.select("type", "customer_key", "before_sign_in").rows() == [
        ("share", key, True), ("cart", key, False),
    ]  # fmt: skip


def test_a_sign_in_that_arrives_late_remakes_its_days_alone_and_without_it_the_looks_are_the_devices():
    days = [look(f"{month}-{day}", f"{month}-{day} 04:00:00", device="x") for month in ("01", "02", "03")
            for day in ("03", "10", "17")]  # fmt: skip
    take(table("events", *days, look("a1", "03-10 05:00:00"), look("a2", "01-10 05:00:00")))
    before = numbers()
    assert set(seen().values()) == {None}
    take(table("events", look("a3", "03-10 09:00:00", "C1", kind="scan"), file="late.csv"))
    assert remade(before) == {"2026-03-10"}
    assert {when for when, who in seen().items() if who} == {"03-10 05:00"}
    as_rebuilt()
    before = numbers()
    take(table("events", look("a4", "01-10 09:00:00", "C1"), file="later.csv"))
    assert remade(before) & {"2026-01", "2026-03-10"} == {"2026-01"}
    assert {when for when, who in seen().items() if who} == {"01-10 05:00", "01-10 09:00", "03-10 05:00"}
    as_rebuilt()


def test_staff_who_sign_in_take_their_looks_before_along():
    take(STORES, table("customers", customer("C1", is_staff=True)))
    take(table("events", look("e1", "03-01 04:00:00"), look("e2", "03-01 04:05:00", "C1"),
               look("e3", "03-01 04:00:00", device="other")))  # fmt: skip
    assert marts().visits.height == 1
    as_rebuilt()


def drawn(seed, count=240):
    """Events of five devices that two or three customers use, in visits of all lengths, around midnights and months."""
    world = random.Random(seed)  # noqa: S311  (repeatable, not secret)
    moments = dict.fromkeys(range(5), dt.datetime(2026, 1, 28, 10, tzinfo=dt.UTC))
    rows = []
    for n in range(count):
        device = world.randrange(5)
        moments[device] += dt.timedelta(minutes=world.choice([0, 1, 5, 29, 30, 31, 200, 800]))
        who = world.choice([None, None, None, f"C{device}", f"C{device}", f"C{(device + 1) % 3}"])
        rows.append(event(
            f"e{n}", when=stamp(moments[device]), anon=f"d{device}", customer=who, product=f"P{world.randrange(3)}",
            kind=world.choice(["view", "view", "ping", "leave", "cart", "hide"]),
        ))  # fmt: skip
    return rows


@pytest.mark.parametrize("seed", range(4))
def test_any_order_of_imports_gives_what_all_at_once_gives(seed, tmp_path, monkeypatch):
    rows = drawn(seed)
    ids = [customer(f"C{n}", row=n + 1) for n in range(5)]
    take(STORES, table("customers", *ids), key_seed=3)
    world = random.Random(seed)  # noqa: S311  (as above)
    world.shuffle(rows)
    for n in range(0, len(rows), 60):
        take(table("events", *rows[n : n + 60], file=f"part{n}.csv"))
    found = marts()
    assert found.visits["before_sign_in"].sum() > 10
    as_rebuilt()
    monkeypatch.setenv("CATCHLIGHT_HOME", str(tmp_path / "another"))
    take(STORES, table("customers", *ids), key_seed=3)
    take(table("events", *rows))
    anew = marts()
    assert found.visits.equals(anew.visits)
    assert found.actions.equals(anew.actions)


@pytest.mark.parametrize("rows_at_once", [1, 40, 10_000])
def test_told_in_parts_it_is_what_all_devices_at_once_say(rows_at_once):
    take(table("events", *drawn(9)))
    snapshot = api.open_snapshot("real")
    stored = Events.stored(snapshot.folder, snapshot.versions["events"])
    first, after = dt.date(2026, 1, 1), dt.date(2026, 12, 31)
    told = sign_ins_between(stored, first, after, rows_at_once)
    named = joined_by(stored.between(first, after), told)
    wanted = read_behaviour(snapshot.marts_folder, "visits")
    found = named.filter(pl.col("type") == "view").sort("local_on", pl.col("occurred_at"), "anon_id")
    assert told["event_id"].n_unique() == told.height > 20
    assert found["before_sign_in"].sum() == wanted["before_sign_in"].sum() > 10
    columns = ["customer_key", "occurred_at", "product_id", "before_sign_in"]
    assert (
        found.select(columns).sort(columns).equals(wanted.rename({"at": "occurred_at"}).select(columns).sort(columns))
    )


@pytest.mark.parametrize("rows_at_once", [1, 15, 70])
def test_a_sign_in_in_a_later_piece_gives_the_looks_of_earlier_ones_to_their_member(tmp_path, rows_at_once):
    world = random.Random(rows_at_once)  # noqa: S311  (repeatable, not secret)
    rows = []
    for device in range(6):
        minute = 3 * 1440 + world.randrange(1440)
        for _ in range(40):
            minute += world.choice([0, 5, 29, 31, 100, 500])
            who = world.choice([None, None, None, device + 1, device + 1, 1 + (device + 1) % 3])
            rows.append({"occurred_at": at(minute), "anon_id": f"d{device}", "customer_key": who, "product_id": "P1",
                         "type": world.choice(["view", "view", "cart", "leave"])})  # fmt: skip
    (tmp_path / "pieces").mkdir()
    views, actions = both(events(rows), tmp_path / "pieces", rows_at_once, left_out=(4,))
    assert views["before_sign_in"].sum() > 5
    assert actions["before_sign_in"].sum() > 0


def test_a_month_without_devices_that_sign_in_asks_for_nothing():
    take(table("events", look("e1", "03-01 04:00:00"), look("e2", "03-01 05:00:00", device="e")))
    snapshot = api.open_snapshot("real")
    stored = Events.stored(snapshot.folder, snapshot.versions["events"])
    assert sign_ins_between(stored, DAY, dt.date(2026, 3, 2)).is_empty()


def test_an_agent_reads_the_looks_before_sign_in_of_their_own_customers_alone():
    take(STORES, table("customers", customer("C1"), customer("C2", row=2)))
    take(table(
        "events",
        look("e1", "03-02 04:00:00", store_id="S2"), look("e2", "03-02 04:05:00", "C1"),
        look("e3", "03-02 04:00:00", device="two", store_id="S2"), look("e4", "03-02 04:05:00", "C2", device="two"),
        look("e5", "03-02 09:00:00", "C1", store_id="S2"),
    ))  # fmt: skip
    known = keys()
    spells = pl.concat([spell_of(known["C1"], "S1", "2026-03-01"), spell_of(known["C2"], "S2", "2026-03-01")])
    api.publish_books("real", {"bindings": spells}, sequence={"bindings": 1})
    one, two = (api.load_marts(api.open_snapshot("real"), Scope("agent", agent_id=f"AS{n}")).visits for n in (1, 2))
    assert one.select("customer_key", "before_sign_in").rows() == [
        (known["C1"], True), (known["C1"], False), (known["C1"], False),
    ]  # fmt: skip
    # that an anonymous visitor of their shop was another's customer is not for them to know; whoever was named there was
    assert sorted(two.filter(pl.col("customer_key") == known["C1"])["before_sign_in"]) == [False]
    assert two.filter(pl.col("customer_key") == known["C2"])["before_sign_in"].to_list() == [True, False]


def test_marts_of_a_format_before_open_and_the_next_write_makes_them_anew(data_folder, monkeypatch):
    monkeypatch.setattr("warehouse.snapshots.MART_FORMAT", 5)
    take(table("events", look("e1", "03-01 04:00:00"), look("e2", "03-01 04:05:00", "C1", kind="cart")))
    folder = data_folder / "real/warehouse/marts/1"
    for name in ("visits", "actions"):
        (file,) = (folder / name).glob("*.parquet")
        pl.read_parquet(file).drop("before_sign_in").write_parquet(file)
    assert marts().visits["before_sign_in"].to_list() == [False]
    monkeypatch.undo()
    monkeypatch.setenv("CATCHLIGHT_HOME", str(data_folder))
    take(STORES)
    assert marts().visits["before_sign_in"].to_list() == [True]
    as_rebuilt()


def test_looks_of_somebody_forgotten_go_to_nobody_else():
    rows = [look("e1", "03-01 04:00:00"), look("e2", "03-01 04:05:00", "C1"), look("e3", "03-01 08:00:00"),
            look("e4", "03-01 08:01:00", "C2", kind="scan")]  # fmt: skip
    take(STORES, table("customers", customer("C1"), customer("C2", row=2)), table("events", *rows))
    key = keys()["C1"]
    assert seen() == {"03-01 04:00": "C1", "03-01 04:05": "C1", "03-01 08:00": "C2"}
    api.forget("real", "C1", by=LOCAL_OWNER)
    # they lie with the rest of the visits under a key that leads to nobody, as before
    assert marts().visits.sort("at")["customer_key"].to_list()[:2] == [key, key]
    assert seen() == {"03-01 04:00": None, "03-01 04:05": None, "03-01 08:00": "C2"}
    take(table("events", *rows, file="again.csv"))
    assert seen() == {"03-01 04:00": None, "03-01 04:05": None, "03-01 08:00": "C2"}
    later = [look("f1", "03-05 04:00:00"), look("f2", "03-05 04:05:00", "C1"), look("f3", "03-05 04:06:00"),
             look("f4", "03-05 09:00:00", "C2")]  # fmt: skip
    take(table("events", *later, file="later.csv"))
    assert {when: who for when, who in seen().items() if when > "03-02"} == {"03-05 09:00": "C2"}
    as_rebuilt()
