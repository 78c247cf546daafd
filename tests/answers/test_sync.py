"""Sync health over files as they are loaded: match rates, persons, conflicts, lost hours, days that came twice."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest

from answers import all_addresses
from answers.periods import context
from answers.registry import ask
from schema.errors import RefusedError
from schema.filters import parse_filters
from schema.scope import LOCAL_OWNER, Scope
from warehouse import api as warehouse

if TYPE_CHECKING:
    from pathlib import Path

    from answers.answer import Answer

all_addresses()

DAY = dt.date(2026, 3, 2)
STORES = """store_id,name,type,agent_id,city,lat,lng,datum
S1,One,franchise,AG1,Suzhou,31.30,120.60,WGS-84
S2,Two,franchise,AG2,Wuxi,31.57,120.29,WGS-84
"""


def load(folder: Path, **files: str) -> None:
    """Import typed tables as one batch."""
    paths = []
    for name, text in files.items():
        paths.append(folder / f"{name}.csv")
        paths[-1].write_text(text, encoding="utf-8")
    report = warehouse.import_files(paths, zone="UTC", currency="EUR", trusted=True)
    assert sum(source.quarantined for source in report.sources) == 0, report


def told(name: str, scope: Scope = LOCAL_OWNER, query: str = "", **options: Any) -> Answer:
    snapshot = warehouse.open_snapshot("real")
    assert snapshot is not None
    marts = warehouse.load_marts(snapshot, scope)
    return ask(name, context(parse_filters(query), scope, snapshot, marts, page="sync", all_data=True), **options)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty data folder."""
    monkeypatch.setenv("CATCHLIGHT_HOME", str(tmp_path / "home"))
    return tmp_path


def till(customers: list[str], *, store: str = "S1") -> str:
    """One order a customer at a till; nobody is the empty text."""
    rows = [f"T{n},{who},2026-03-02 10:{n % 60:02}:{n // 60:02},pos,{store},10.00" for n, who in enumerate(customers)]
    return "\n".join(["order_id,customer_id,order_date,channel,store_id,amount", *rows]) + "\n"


def identities(rows: str) -> str:
    return f"id_type,id_hash,customer_id,app_id,verified\n{rows}"


def test_the_worked_example_of_a_hundred_orders_at_the_till(home: Path) -> None:
    linked = "".join(f"openid,o-{n},M{n},app,true\n" for n in range(60))
    load(home, stores=STORES, orders=till([*(f"M{n}" for n in range(80)), *[""] * 20]), identities=identities(linked))
    match = told("sync/match").table
    assert match.rows() == [("S1", "pos", 100, 80, 60, 0.8, 0.75, 0.6)]
    assert told("sync/channels").table.rows() == [("pos", 100, 80, 60, 0.8, 0.75, 0.6)]
    assert told("sync/causes").table.rows() == [("no_customer", 20, 0), ("undescribed", 20, 20)]


def test_a_till_member_with_the_telephone_of_a_wechat_account_is_known_online(home: Path) -> None:
    both = identities("phone,H1,TILL,,true\nphone,H1,MINI,,true\nunionid,U1,MINI,,true\n")
    load(home, stores=STORES, orders=till(["TILL", "OTHER"]), identities=both)
    assert told("sync/match").table["unified"].to_list() == [1]
    assert told("sync/persons").table.rows() == [(2, 1, 2, 0, 0, 0, 0)]


def test_five_registrations_of_the_worked_example_are_two_people_and_a_conflict(home: Path) -> None:
    rows = (
        "openid,o1,A,app,true\nunionid,U1,A,,true\nphone,H1,B,,true\ncard,C1,B,,true\nphone,H1,C,,true\nunionid,U1,C,,true\n"
        "phone,H1,D,,true\ncard,C2,D,,true\nunionid,U2,E,,true\nphone,H1,E,,true\n"
    )
    load(home, identities=identities(rows), orders=till(list("ABCDE"), store=""))
    assert told("sync/persons").table.rows() == [(5, 2, 4, 1, 0, 1, 0)]
    conflicts = told("sync/conflicts")
    assert conflicts.n == 1
    assert set(conflicts.table["kind"]) == {"two_unionids"}
    by_customer = dict(conflicts.table.select("customer_id", "person").iter_rows())
    assert set(by_customer) == set("BCDE")
    assert by_customer["B"] == by_customer["C"] == by_customer["D"] != by_customer["E"]


def test_a_later_file_adds_a_second_holder_of_a_telephone_and_takes_the_first_from_nobody(home: Path) -> None:
    load(home, orders=till(["A", "B"], store=""), one=identities("phone,H1,A,,true\n"))
    load(home, two=identities("phone,H1,B,,true\n"))
    assert told("sync/persons").table.rows() == [(2, 1, 2, 0, 0, 0, 0)]


def test_a_telephone_nobody_verified_is_counted_and_is_the_cause(home: Path) -> None:
    people = "customer_id,registered_at\nA,2026-01-01 10:00:00\n"
    load(home, customers=people, orders=till(["A"], store=""), ids=identities("phone,H1,A,,false\n"))
    assert told("sync/persons").table["unverified"].to_list() == [1]
    assert told("sync/causes").table.rows() == [("unverified", 1, 1)]


def test_without_identities_the_page_says_so(home: Path) -> None:
    load(home, orders=till(["A"], store=""))
    answer = told("sync/persons")
    assert answer.is_empty
    assert answer.notes == ("No identities are loaded: who is one person on both sides is told by customer ids alone.",)


def test_an_agent_is_told_of_own_stores_and_of_own_customers_identities(home: Path) -> None:
    orders = "\n".join([till(["A", "B"]).rstrip(), "X1,E,2026-03-02 11:00:00,pos,S2,777.00"]) + "\n"
    shared = identities("phone,H1,A,,true\nphone,H1,B,,true\nphone,H2,B,,true\nphone,H2,E,,true\nunionid,U9,E,,true\n")
    load(home, stores=STORES, orders=orders, ids=shared)
    agent = Scope("agent", "wang", "AG1")
    assert told("sync/match", agent).table.rows() == [("S1", "pos", 2, 2, 0, 1.0, 0.0, 0.0)]
    assert told("sync/persons", agent).table.rows() == [(2, 1, 2, 0, 0, 0, 0)]
    assert told("sync/persons").table.rows() == [(3, 1, 3, 0, 0, 0, 0)]
    for name in ("sync/latency", "sync/reconciliation", "sync/loads"):
        with pytest.raises(RefusedError):
            told(name, agent)


def test_nobody_of_an_unknown_role_gets_an_identity(home: Path) -> None:
    load(home, orders=till(["A"], store=""), ids=identities("phone,H1,A,,true\n"))
    snapshot = warehouse.open_snapshot("real")
    assert snapshot is not None
    nobody = Scope("guest", "x")  # type: ignore[arg-type]
    assert warehouse.identities(snapshot, nobody, warehouse.load_marts(snapshot, nobody)).is_empty()


def test_a_presenter_is_told_of_channels_and_of_no_store_or_customer(home: Path) -> None:
    april = "APR,M1,2026-04-09 10:00:00,pos,S1,10.00\nMAY,M1,2026-05-09 10:00:00,pos,S1,10.00\n"
    load(home, stores=STORES, orders=till([f"M{n}" for n in range(40)]) + april)
    guest = Scope("presenter", "guest")
    assert told("sync/channels", guest).table.select("channel", "orders").rows() == [("pos", 41)]
    assert told("sync/match", guest).is_empty
    assert told("sync/conflicts", guest).is_empty


def test_events_that_arrive_late_are_told_by_day_and_channel_and_negative_ones_are_in_no_percentile(home: Path) -> None:
    rows = [f"E{n},V{n},view,2026-03-02 10:00:00,2026-03-02 10:{20 + n:02}:00,app,P1" for n in range(9)]
    rows.append("E99,V99,view,2026-03-02 12:00:00,2026-03-02 11:59:00,app,P1")
    head = "event_id,visitor_id,event_name,event_time,ingested_at,channel,product_id"
    load(home, events="\n".join([head, *rows]) + "\n")
    assert told("sync/latency").table.rows() == [(DAY, "app", 10, 1, 1440.0, 1680.0, 900.0, True)]


def test_reconciliation_gives_our_side_and_says_that_no_bill_is_there(home: Path) -> None:
    load(home, orders=till(["A", "B", ""], store=""))
    answer = told("sync/reconciliation")
    assert answer.table.select("day", "ours_minor", "theirs_minor", "difference_minor", "orders").rows() == [
        (DAY, 3000, None, None, 3)
    ]
    assert answer.table["explanation"].to_list() == ["no_bill"]
    assert answer.notes == ("No bill of a platform is loaded, so theirs and the difference are unknown.",)


def test_a_day_that_comes_again_under_other_ids_is_told_and_one_under_the_same_ids_is_dropped(home: Path) -> None:
    once = till([f"M{n}" for n in range(8)])
    load(home, stores=STORES, orders=once)
    load(home, again=f"{once}NEW,M1,2026-03-02 15:00:00,pos,S1,10.00\n")
    assert told("sync/doubles").is_empty
    assert told("sync/loads").table.select("duplicate", "waiting").rows() == [(8, 0)]
    load(home, twice=once.replace("\nT", "\nZ"))
    assert told("sync/doubles").table.rows() == [(DAY, "S1", "pos", 17, 8, 8000)]


@pytest.mark.parametrize(
    "name", ["sync/latency", "sync/reconciliation", "sync/persons", "sync/match", "sync/conflicts"]
)
def test_a_store_that_nobody_knows_selects_nothing(name: str, home: Path) -> None:
    head = "event_id,visitor_id,event_name,event_time,ingested_at,channel,product_id"
    events = f"{head}\nE1,V1,view,2026-03-02 10:00:00,2026-03-02 10:00:05,app,P1\n"
    ids = identities("unionid,U1,M0,,true\nphone,H1,M0,,true\nunionid,U2,M1,,true\nphone,H1,M1,,true\n")
    load(home, stores=STORES, orders=till(["M0", "M1"]), events=events, ids=ids)
    assert told(name).table.height
    assert told(name, query="store=S9").is_empty


def test_what_was_paid_is_that_of_the_stores_asked_for(home: Path) -> None:
    load(home, stores=STORES, orders=till(["M0", "M1"]) + "X1,,2026-03-02 11:00:00,pos,S2,777.00\n")
    assert told("sync/reconciliation", query="store=S2").table["ours_minor"].to_list() == [77_700]
    assert told("sync/reconciliation").table["ours_minor"].to_list() == [79_700]


def test_what_came_back_is_told_by_channel_and_by_the_agent_who_sold_it(home: Path) -> None:
    orders = (
        till([f"M{n}" for n in range(4)])
        + "X1,M9,2026-03-02 11:00:00,live,S2,30.00\nLATE,M9,2026-06-02 11:00:00,pos,S2,1.00\n"
    )
    refunds = "refund_id,order_id,refund_date,amount,reason\nR1,T1,2026-03-06 10:00:00,10.00,size\nR2,X1,2026-03-12 11:00:00,15.00,late\n"
    load(home, stores=STORES, orders=orders, refunds=refunds)
    rows = told("sync/after_sales", query="from=2026-03-01&to=2026-03-31").table
    columns = ["group", "orders", "refunded_orders", "refund_rate", "median_days", "reason"]
    assert rows.select(columns).rows() == [("pos", 4, 1, 0.25, 4.0, "size"), ("live", 1, 1, 0.5, 10.0, "late")]
    by_agent = told("sync/after_sales", query="from=2026-03-01&to=2026-03-31", by="agent").table
    assert by_agent.select("group", "orders", "refunded_minor").rows() == [("AG1", 4, 1000), ("AG2", 1, 1500)]
    mine = told("sync/after_sales", Scope("agent", "wang", "AG1"), "from=2026-03-01&to=2026-03-31", by="agent").table
    assert mine["group"].to_list() == ["AG1"]


def test_a_product_that_costs_more_on_one_channel_is_told_by_name(home: Path) -> None:
    rows = [f"A{n},M1,2026-03-02 10:0{n}:00,pos,P1,1,10.00" for n in range(5)]
    rows += [f"B{n},M1,2026-03-02 11:0{n}:00,live,P1,1,12.00" for n in range(5)]
    lines = "\n".join(["order_id,customer_id,order_date,channel,product_id,qty,unit_price", *rows]) + "\n"
    load(home, lines=lines, products="product_id,name,category\nP1,Wool coat,Coats\n")
    found = told("sync/mismatches")
    assert found.n == 1
    assert found.table.select(
        "kind", "name", "channel", "other_channel", "low_minor", "high_minor", "lines"
    ).rows() == [("price", "Wool coat", "live", "pos", 1000, 1200, 10)]
