"""Binding from stored facts: once, again, late, killed and set right."""

from __future__ import annotations

import datetime as dt
import os
import signal
import subprocess
import sys

import polars as pl
import pytest

from ledger import store
from ledger.bind import bind
from ledger.bind_changes import changes, coarse_candidates
from records import database
from schema.errors import UsageError
from tests.ledger.rows import assertion
from tests.ledger.world import key, local
from tests.warehouse import typed

NOW = local("2026-06-01 12:00:00")
UTC = pl.Datetime("us", "UTC")
# one hundredth of a degree of latitude is 1,112 m: S1 lies 1.1 km north of C1, S2 2.2 km south
S1, S2 = typed.store("S1", 31.21, 121.4), typed.store("S2", 31.18, 121.4)


def _customer(name, registered="2026-01-10 20:00:00", lat=31.2, **more):
    home = {} if lat is None else {"home_lat": lat, "home_lng": 121.4, "home_src": "address", "home_precision_m": 30.0}
    return typed.customer(name, registered_at=local(registered), **(home | more))


def _scan(name, customer, when, shop, **more):
    row = typed.event(name, kind="scan", product=None, customer=customer, store_id=shop, **more)
    moment = local(when)
    return row | {"occurred_at": moment, "local_on": (moment + dt.timedelta(hours=8)).date()}


def _world(*customers, stores=(S1, S2), **tables):
    typed.take(
        typed.table("stores", *stores),
        typed.table("customers", *customers),
        *[typed.table(name, *rows) for name, rows in tables.items()],
    )


def _spells(customer="C1", known_at=None):
    spells = store.spells(store.binding_log("real"), known_at)
    mine = spells.filter(pl.col("customer_key") == key(customer))
    local_time = pl.col("valid_from").dt.convert_time_zone("Asia/Shanghai").dt.strftime("%Y-%m-%d %H:%M:%S")
    return mine.select("store_id", "cause", local_time).rows()


@pytest.mark.usefixtures("database_url")
def test_a_second_run_adds_nothing():
    _world(_customer("C1"), _customer("C2", lat=None), events=[_scan("E1", "C1", "2026-05-01 10:00:00", "S2")])
    first = bind("real", now=NOW, publish=False)
    assert (first.customers, first.new_rows, first.new_attempts) == (2, 3, 1)
    assert first.bound == {"exact": 1, "contested": 0, "provisional": 0, "unassigned": 1}
    assert _spells() == [("S1", "registered", "2026-01-10 20:00:00"), ("S2", "takeover", "2026-05-01 10:00:00")]
    again = bind("real", now=NOW + dt.timedelta(hours=1), publish=False)
    assert (again.new_rows, again.new_attempts, again.changed_owners, again.customers) == (0, 0, 0, 2)


def test_who_owned_a_customer_is_answered_as_it_was_known_then(sqlite_home):
    _world(_customer("C1", lat=None))
    bind("real", now=NOW, publish=False)
    late = typed.fix("F1", 31.2, 121.4, accuracy_m=20.0) | {"fixed_at": local("2026-01-20 09:00:00")}
    typed.take(typed.table("location_fixes", late))
    report = bind("real", now=NOW + dt.timedelta(days=1), publish=False)
    assert (report.changed_owners, report.corrected) == (1, 0)
    assert _spells() == [("S1", "upgraded", "2026-01-10 20:00:00")]
    assert _spells(known_at=NOW) == [(None, "registered", "2026-01-10 20:00:00")]
    at = local("2026-01-15")
    assert store.owner_at("real", key("C1"), at).store_id == "S1"
    assert store.owner_at("real", key("C1"), at, NOW).store_id is None


def test_a_store_whose_place_was_wrong_is_set_right_and_the_rows_say_so(sqlite_home):
    _world(_customer("C1"), _customer("C2", lat=31.17))
    bind("real", now=NOW, publish=False)
    moved = typed.store("S1", 31.3, 121.4)
    typed.take(typed.table("stores", moved, S2, file="stores-2.csv"))
    report = bind("real", now=NOW + dt.timedelta(days=1), publish=False)
    assert (report.changed_owners, report.new_rows) == (1, report.corrected)
    assert _spells("C1") == [("S2", "corrected", "2026-01-10 20:00:00")]
    assert bind("real", now=NOW + dt.timedelta(days=2), publish=False).new_rows == 0


@pytest.mark.usefixtures("database_url")
def test_a_new_address_and_a_lost_point_change_nothing():
    _world(_customer("C1"), _customer("C2"))
    bind("real", now=NOW, publish=False)
    typed.take(typed.table("customers", _customer("C1", lat=31.15), _customer("C2", lat=None), file="moved.csv"))
    report = bind("real", now=NOW + dt.timedelta(days=1), publish=False)
    assert (report.new_rows, report.changed_owners, report.bound["exact"]) == (0, 0, 2)
    assert _spells("C1") == _spells("C2") == [("S1", "registered", "2026-01-10 20:00:00")]


def test_who_moved_stays_when_a_store_is_set_right_and_the_others_do_not(sqlite_home):
    _world(_customer("C1"), _customer("C2"))
    bind("real", now=NOW, publish=False)
    typed.take(typed.table("customers", _customer("C1"), _customer("C2", lat=31.25), file="moved.csv"))
    typed.take(typed.table("stores", typed.store("S1", 31.3, 121.4), S2, file="stores-2.csv"))
    report = bind("real", now=NOW + dt.timedelta(days=1), publish=False)
    assert (report.new_rows, report.changed_owners) == (1, 1)
    assert _spells("C1") == [("S2", "corrected", "2026-01-10 20:00:00")]
    assert _spells("C2") == [("S1", "registered", "2026-01-10 20:00:00")]


def test_a_home_given_too_late_does_not_better_nobodys_customer(sqlite_home):
    _world(_customer("C1", lat=None), _customer("C2", lat=None))
    bind("real", now=NOW, publish=False)
    known = [_customer(who, updated_at=local(f"2026-02-{day} 20:00:00")) for who, day in (("C1", "09"), ("C2", "10"))]
    typed.take(typed.table("customers", *known, file="homes.csv"))
    bind("real", now=NOW + dt.timedelta(days=1), publish=False)
    assert _spells("C1") == [("S1", "upgraded", "2026-01-10 20:00:00")]
    assert _spells("C2") == [(None, "registered", "2026-01-10 20:00:00")]
    assert bind("real", now=NOW + dt.timedelta(days=2), publish=False).new_rows == 0


def test_the_ledger_tells_distances_in_tens_of_metres_and_chances_in_thousandths(sqlite_home):
    _world(_customer("C1", lat=31.1953, home_precision_m=800.0), stores=(S1, S2, typed.store('S"3\\', 31.1, 121.4)))
    bind("real", now=NOW, publish=False)
    row = store.binding_log("real").row(0, named=True)
    assert (row["dist_m"], row["runner_store_id"], row["runner_dist_m"]) == (1_630.0, "S2", 1_700.0)
    assert row["confidence"] == 0.525  # 33.4 m from the middle at sigma 529.9 m
    assert row["candidates_json"] == '[["S1",1630.0],["S2",1700.0],["S\\"3\\\\",10600.0]]'
    assert bind("real", now=NOW, publish=False).new_rows == 0


def test_candidates_in_metres_are_coarsened_before_they_are_written():
    told = pl.Series(['[["S1",1184.9],["S2",5.1]]', '[["S,5]",100.0],["a\\"],[",12346.0]]', '[["S1",0.0]]', None])
    assert coarse_candidates(told).to_list() == [
        '[["S1",1180.0],["S2",10.0]]', '[["S,5]",100.0],["a\\"],[",12350.0]]', '[["S1",0.0]]', None,
    ]  # fmt: skip


def test_an_order_moves_the_term_and_keeps_what_was_said(sqlite_home):
    _world(_customer("C1"))
    bind("real", now=NOW, publish=False)
    paid = typed.order("O1", row=1, minor=0) | {"paid_at": local("2026-05-01 10:00:00")}
    typed.take(typed.table("orders", paid))
    report = bind("real", now=NOW + dt.timedelta(days=1), publish=False)
    assert (report.new_rows, report.changed_owners, report.corrected) == (1, 0, 0)
    row = store.spells(store.binding_log("real")).row(0, named=True)
    assert (row["cause"], row["bound_at"]) == ("registered", NOW)
    assert row["expires_at"] == local("2027-05-01 10:00:00")


def test_waits_are_measured_for_registrations_that_arrived_in_time(sqlite_home):
    people = [_customer(f"C{n}", f"2026-05-01 10:00:0{n}") for n in range(1, 5)]
    _world(*people)
    told = pl.DataFrame(
        {
            "customer_key": [key(f"C{n}") for n in range(1, 5)],
            "arrived_at": [local(t) for t in ("2026-05-01 10:00:05",) * 3 + ("2026-05-01 11:00:00",)],
            "bound_at": [local(f"2026-05-01 10:{t}") for t in ("00:21", "02:02", "00:00", "00:30")],
        },
        schema_overrides={"arrived_at": UTC, "bound_at": UTC},
    )
    report = bind("real", now=NOW, arrivals=told, publish=False)
    assert (report.measured, report.historic, report.negative) == (2, 1, 1)
    assert (report.p50_s, report.timely_share) == (70.0, 0.5)


def test_an_imported_customer_arrived_when_the_import_did(sqlite_home):
    _world(_customer("C1"))
    report = bind("real", now=dt.datetime.now(dt.UTC), publish=False)
    assert (report.measured, report.historic) == (0, 1)
    arrived = store.spells(store.binding_log("real"))["arrived_at"][0]
    assert dt.datetime.now(dt.UTC) - arrived < dt.timedelta(minutes=5)


def test_test_customers_and_the_unregistered_are_left_out_and_staff_is_bound(sqlite_home):
    _world(_customer("C1", is_test=True), _customer("C2", is_staff=True), {**_customer("C3"), "registered_at": None})
    assert bind("real", now=NOW, publish=False).customers == 1


def test_a_phone_in_the_shop_that_tells_of_a_scan_again_is_one_claim(sqlite_home):
    def shop(name, when, where):
        fix = typed.fix(name, 31.18, 121.4, src="store_scan", context_store_id=where)
        return fix | {"fixed_at": local(when)}

    _world(
        _customer("C1"),
        events=[_scan("E1", "C1", "2026-05-01 10:00:00", "S2")],
        location_fixes=[shop("F1", "2026-05-01 10:09:59", "S2"), shop("F2", "2026-05-01 10:10:01", "S2")],
    )
    bind("real", now=NOW, publish=False)
    tried = store.attempts("real")
    assert tried.select("method", "outcome").rows() == [("scan", "accepted"), ("scan", "no_change")]


def test_a_guides_code_without_a_store_claims_for_the_guides_store(sqlite_home):
    _world(
        _customer("C1"),
        guides=[{"guide_id": "G1", "store_id": "S2", "_row": 1, "_minor": 0}],
        events=[_scan("E1", "C1", "2026-05-01 10:00:00", None, guide_id="G1")],
    )
    bind("real", now=NOW, publish=False)
    assert store.attempts("real").select("method", "claimed_store_id", "guide_id").rows() == [("guide", "S2", "G1")]


def test_without_data_there_is_nobody_to_bind(sqlite_home):
    with pytest.raises(UsageError, match="Import customers and stores first"):
        bind("real")


def test_a_spell_that_never_was_is_taken_back_by_asserting_the_one_before_it():
    start = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    empty = {"order": 0, "known_at": start}
    row = assertion(1, "2026-01-01") | empty
    later = assertion(1, "2026-02-01", store="S2", cause="takeover") | {"registered_at": start}
    log = pl.DataFrame([row, later], infer_schema_length=None).with_columns(
        seq=pl.int_range(1, 3), recorded_at="bound_at"
    )
    log = log.with_columns(
        [pl.lit(None, kind).alias(name) for name, kind in store.BINDING_LOG.items() if name not in log.columns]
    ).select([pl.col(name).cast(kind) for name, kind in store.BINDING_LOG.items()])
    decided = (
        log.head(1)
        .with_columns(order=pl.lit(0, pl.Int64), known_at="valid_from")
        .drop("seq", "recorded_at", "bound_at", "arrived_at")
    )
    nobody = pl.DataFrame(schema={"customer_key": pl.Int64, "arrived_at": UTC, "bound_at": UTC})
    found = changes(decided, store.spells(log), nobody, start)
    assert found.select("store_id", "cause").rows() == [("S1", "registered")]


_KILLED = """
import datetime as dt, ledger.bind as b, os, signal
b._AT_ONCE = 5
append, count = b.store.append_bindings, [0]
def dying(*args, **more):
    count[0] += 1
    if count[0] == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return append(*args, **more)
b.store.append_bindings = dying
b.bind("real", now=dt.datetime(2026, 6, 1, 4, tzinfo=dt.UTC), publish=False)
"""


def test_what_a_killed_run_wrote_stands_and_the_next_one_adds_the_rest(sqlite_home):
    _world(*[_customer(f"C{n:02}") for n in range(20)])
    database.dispose("real")
    killed = subprocess.run([sys.executable, "-c", _KILLED], env=os.environ | {"PYTHONPATH": "."}, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert store.binding_log("real").height == 10
    assert bind("real", now=NOW, publish=False).new_rows == 10
    log = store.binding_log("real")
    assert (log.height, log["customer_key"].n_unique()) == (20, 20)
