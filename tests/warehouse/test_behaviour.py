"""Marts of behaviour are files of months and days: only what changed is made anew, and all equal a rebuild."""

from __future__ import annotations

import datetime as dt
import random

import polars as pl
import pytest

from tests.warehouse.typed import customer, event, marts, spell_of, store, table, take
from warehouse import api
from warehouse.behaviour import BEHAVIOUR
from warehouse.storage import files_by_month

pytestmark = pytest.mark.usefixtures("data_folder")

STORES = table("stores", store("S1", 31.2, 121.4), store("S2", 30.2, 120.2))
START = dt.datetime(2026, 1, 20, tzinfo=dt.UTC)


def stamp(moment: dt.datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S.%f")


def evening(name: str, *moments: str, kind: str = "view", **more: object) -> list[dict[str, object]]:
    """Events of one visitor at these instants (UTC)."""
    return [event(f"{name}{n}", when=when, kind=kind, anon=name, **more) for n, when in enumerate(moments)]


def numbers() -> dict[str, int]:
    """The inode of every behaviour file of the newest snapshot: the same file under another name has the same."""
    snapshot = api.open_snapshot("real")
    assert snapshot is not None
    return {
        f"{name}/{file.stem}": file.stat().st_ino
        for name in BEHAVIOUR
        for file in (snapshot.marts_folder / name).glob("*.parquet")
    }


def remade(before: dict[str, int]) -> set[str]:
    """The visits files of the newest snapshot that are not those of before."""
    return {
        name.removeprefix("visits/")
        for name, inode in numbers().items()
        if name.startswith("visits/") and before.get(name) != inode
    }


def as_rebuilt() -> None:
    """The marts are those that a rebuild from the stored tables makes."""
    now = marts()
    api.rebuild("real")
    anew = marts()
    for name in ("visits", "actions", "people", "goods"):
        found, wanted = getattr(now, name), getattr(anew, name)
        assert found.equals(wanted), (name, found, wanted)


def test_the_newest_month_lies_in_days_and_all_others_in_months():
    take(table("events", *evening("a", "2026-01-05 04:00:00", "2026-02-01 04:00:00", "2026-02-03 04:00:00")))
    assert sorted(numbers()) == [
        "actions/2026-01", "actions/2026-02-01", "actions/2026-02-03",
        "visits/2026-01", "visits/2026-02-01", "visits/2026-02-03",
    ]  # fmt: skip


def test_another_day_makes_its_own_file_and_that_of_the_day_before_where_somebody_looked_on():
    days = [f"2026-02-{n:02d} 04:00:00" for n in range(1, 8)]
    take(table("events", *evening("a", "2026-01-05 04:00:00", *days), *evening("c", "2026-02-08 15:59:00")))
    before = numbers()
    take(table("events", *evening("b", "2026-02-09 04:00:00"), file="more.csv"))
    assert remade(before) == {"2026-02-09"}
    as_rebuilt()
    before = numbers()
    take(table("events", event("c9", when="2026-02-08 16:01:00", kind="leave", anon="c"), file="late.csv"))
    assert remade(before) == {"2026-02-08"}  # the day of the late event itself has no other look
    as_rebuilt()


def test_a_view_before_midnight_ends_with_the_event_after_it_whenever_that_comes():
    # local midnight is 16:00 UTC: 31 January 23:59 and 1 February 00:01
    take(table("events", *evening("a", "2026-01-31 15:59:00"), *evening("b", "2026-02-20 04:00:00")))
    assert marts().visits.filter(pl.col("local_on") == dt.date(2026, 1, 31))["dwell_ms"].to_list() == [None]
    take(table("events", event("late", when="2026-01-31 16:01:00", kind="leave", anon="a"), file="more.csv"))
    visits = marts().visits.filter(pl.col("local_on") == dt.date(2026, 1, 31))
    assert (visits["dwell_ms"].to_list(), visits["evidence"].to_list()) == ([120_000], ["gap"])
    as_rebuilt()


def test_a_session_over_midnight_is_one_session():
    take(
        table(
            "events", *evening("a", "2026-01-31 15:50:00", "2026-01-31 16:10:00"), *evening("b", "2026-02-20 04:00:00")
        )
    )
    first, second = marts().visits.filter(pl.col("local_on") < dt.date(2026, 2, 2))["session"]
    assert first == second


def test_another_category_reaches_old_visits_and_the_thresholds_of_later_months():
    slow = [event(f"s{n}", when=f"2026-01-{n + 1:02d} 04:00:00", anon=f"s{n}", fg_ms=90_000) for n in range(9)]
    later = [event(f"l{n}", when=f"2026-02-{n + 1:02d} 04:00:00", anon=f"l{n}", fg_ms=60_000) for n in range(9)]
    newest = evening("n", "2026-03-20 04:00:00")
    take(table("events", *slow, *later, *newest))
    unmapped = marts().visits.filter(pl.col("dwell_ms") == 60_000)
    assert (unmapped["category"].null_count(), unmapped["is_linger"].to_list()) == (9, [False] * 9)
    take(table("products", {"product_id": "P1", "category": "Coats", "_row": 1, "_minor": 0}))
    assert marts().visits["category"].unique().to_list() == ["Coats"]
    as_rebuilt()


def test_another_owner_reaches_the_files_of_that_customer_alone():
    who = table("customers", customer("C1"), customer("C2"))
    one = evening("a", "2026-01-05 04:00:00", customer="C1")
    two = evening("b", "2026-02-05 04:00:00", customer="C2")
    take(STORES, who, table("events", *one, *two, *evening("n", "2026-03-20 04:00:00")))
    keys = dict(api.open_snapshot("real").read("customer_keys").iter_rows())
    before = numbers()
    api.publish_books("real", {"bindings": spell_of(keys["C1"], "S1", "2025-12-01 00:00")}, sequence={"bindings": 1})
    assert remade(before) == {"2026-01"}
    assert marts().visits["owner_store_id"].to_list() == ["S1", None, None]
    as_rebuilt()


def test_an_owner_of_later_days_leaves_the_files_of_earlier_ones():
    who = table("customers", customer("C1"))
    views = evening("a", "2026-01-05 04:00:00", "2026-02-05 04:00:00", customer="C1")
    take(STORES, who, table("events", *views, *evening("n", "2026-03-20 04:00:00")))
    key = api.open_snapshot("real").read("customer_keys")["customer_key"][0]
    before = numbers()
    api.publish_books("real", {"bindings": spell_of(key, "S1", "2026-02-01 00:00")}, sequence={"bindings": 1})
    assert remade(before) == {"2026-02"}
    assert marts().visits["owner_store_id"].to_list() == [None, "S1", None]
    as_rebuilt()


def test_staff_leave_every_file():
    take(table("events", *evening("a", "2026-01-05 04:00:00", customer="C1"), *evening("b", "2026-02-20 04:00:00")))
    take(table("customers", customer("C1", is_staff=True)))
    assert marts().visits["customer_key"].to_list() == [None]
    as_rebuilt()


def stored_files() -> list[int]:
    """How many files each month of stored events has."""
    snapshot = api.open_snapshot("real")
    assert snapshot is not None
    return [len(names) for names in files_by_month(snapshot.folder, "events", snapshot.versions["events"]).values()]


def test_new_events_lie_in_a_file_of_their_own_until_a_month_has_eight():
    for n in range(8):
        take(table("events", *evening(f"a{n}", f"2026-02-{n + 1:02d} 04:00:00"), file=f"day{n}.csv"))
    assert stored_files() == [8]
    before = numbers()
    take(table("events", *evening("b", "2026-02-20 04:00:00"), file="more.csv"))
    assert stored_files() == [1]
    assert remade(before) == {"2026-02-20"}
    as_rebuilt()


def test_a_late_event_between_others_of_its_day_is_put_where_it_belongs():
    take(table("events", *evening("a", "2026-02-01 04:00:00", "2026-02-01 04:02:00")))
    assert marts().visits["dwell_ms"].to_list() == [120_000, None]
    late = event("late", when="2026-02-01 04:01:00", kind="leave", anon="a")
    take(table("events", late, file="late.csv"))
    assert marts().visits["dwell_ms"].to_list() == [60_000, None]
    as_rebuilt()


def test_nothing_new_takes_every_file_over():
    take(table("events", *evening("a", "2026-01-05 04:00:00", "2026-02-01 04:00:00")))
    before = numbers()
    take(STORES)
    assert remade(before) == set()


def test_hour_stamps_of_one_source_are_judged_over_all_its_months():
    hours = [
        event(f"h{n}", when=f"2026-{n // 12 + 1:02d}-{n % 12 + 1:02d} 0{n % 2 + 4}:00:00", anon="h") for n in range(24)
    ]
    take(table("events", *hours))
    assert marts().visits["dwell_ms"].null_count() == 24
    take(table("events", *evening("m", "2026-02-20 04:00:00", "2026-02-20 04:01:00"), file="minutes.csv"))
    assert marts().visits["dwell_ms"].drop_nulls().to_list() == [60_000]
    as_rebuilt()


@pytest.mark.parametrize("seed", range(6))
def test_any_order_of_imports_gives_what_a_rebuild_gives(seed: int):
    world = random.Random(seed)  # noqa: S311  (repeatable, not secret)
    kinds = ["view", "view", "view", "ping", "leave", "cart", "activity", "hide"]
    rows = []
    for n in range(400):
        moment = START + dt.timedelta(minutes=world.choice([world.randrange(90_000), 16_000 + world.randrange(90)]))
        who = world.randrange(9)
        rows.append(
            event(
                f"e{n}", when=stamp(moment), kind=world.choice(kinds), anon=f"a{who}", product=f"P{world.randrange(5)}",
                customer=f"C{who}" if who < 4 else None, fg_ms=world.choice([None, None, 20_000, 700_000]),
            )
        )  # fmt: skip
    parts = [rows[start : start + 60] for start in range(0, len(rows), 60)]
    if seed % 2:
        world.shuffle(parts)
    else:
        parts = [sorted(rows, key=lambda row: row["occurred_at"])[start : start + 60] for start in range(0, 400, 60)]
    others = [
        STORES,
        table("customers", *[customer(f"C{n}", home_lat=31.2 - n / 3, home_lng=121.4, home_src="address") for n in range(4)]),
        table("products", *[{"product_id": f"P{n}", "category": f"K{n % 2}", "_row": n + 1, "_minor": 0} for n in range(3)]),
        table("customers", customer("C3", is_staff=True), file="staff.csv"),
        table("products", {"product_id": "P0", "category": "K9", "_row": 1, "_minor": 0}, file="again.csv"),
    ]  # fmt: skip
    for n, part in enumerate(parts):
        take(table("events", *part, file=f"part{n}.csv"))
        if n < len(others):
            take(others[n])
    as_rebuilt()
