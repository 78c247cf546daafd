"""One person is one customer wherever customers are counted, and stays two registrations in the ledger's answers."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import polars as pl
import pytest

from answers.customers import key_of
from answers.periods import context
from schema.errors import UsageError
from schema.filters import parse_filters
from schema.scope import LOCAL_OWNER, Scope
from tests.answers.test_sync import STORES, identities, load, told
from warehouse import api as warehouse

if TYPE_CHECKING:
    from pathlib import Path

ORDERS = """order_id,customer_id,order_date,channel,store_id,amount
T1,TILL,2026-03-02 10:00:00,pos,S1,10.00
T2,MINI,2026-03-05 10:00:00,wechat_mini,,20.00
T3,OTHER,2026-03-06 10:00:00,pos,S2,40.00
"""
CUSTOMERS = """customer_id,registered_at,home_lat,home_lng,datum
TILL,2026-02-02 10:00:00,,,WGS-84
MINI,2026-01-01 10:00:00,31.31,120.61,WGS-84
OTHER,2026-02-03 10:00:00,31.58,120.30,WGS-84
"""
EVENTS = """event_id,visitor_id,customer_id,event_name,event_time,channel,product_id
E1,V1,MINI,view,2026-03-04 10:00:00,wechat_mini,P1
E2,V2,TILL,view,2026-03-04 11:00:00,app,P1
E3,V3,,view,2026-03-04 12:00:00,app,P1
"""
SAME = "phone,H1,TILL,,true\nphone,H1,MINI,,true\nunionid,U1,MINI,,true\n"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty data folder."""
    monkeypatch.setenv("CATCHLIGHT_HOME", str(tmp_path / "home"))
    return tmp_path


def everything(home: Path, same: str = SAME) -> None:
    load(home, stores=STORES, customers=CUSTOMERS, orders=ORDERS, events=EVENTS, ids=identities(same))


def test_two_registrations_with_one_telephone_are_one_buyer_with_two_order_days(home: Path) -> None:
    everything(home)
    summary = told("purchases/summary").table.row(0, named=True)
    assert (summary["orders"], summary["buyers"], summary["repeat_rate"]) == (3, 2, 0.5)
    assert told("purchases/frequency").table.rows() == [(1, 1), (2, 1)]


def test_a_person_registered_first_lives_where_one_of_them_does_and_looked_as_one(home: Path) -> None:
    everything(home)
    snapshot = warehouse.open_snapshot("real")
    assert snapshot is not None
    marts = warehouse.load_marts(snapshot, LOCAL_OWNER)
    assert marts.people.height == 2
    one = marts.people.filter(pl.col("home_lat") == 31.31).row(0, named=True)
    assert str(one["registered_on"]) == "2026-01-01"
    assert one["owner_store_id"] == one["nearest_store_id"] == "S1"
    members = marts.visits.drop_nulls("customer_key")
    assert members["visitor"].to_list() == members["customer_key"].to_list() == [one["customer_key"]] * 2
    assert marts.visits["visitor"].n_unique() == 2
    apart = warehouse.registrations(marts)
    assert (apart.people.height, apart.visits["visitor"].n_unique()) == (3, 3)


def test_without_what_joined_them_everybody_stands_alone_again(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    everything(home)
    monkeypatch.setenv("CATCHLIGHT_PERSONS", "apart")
    assert told("purchases/summary").table["buyers"].to_list() == [3]
    monkeypatch.setenv("CATCHLIGHT_PERSONS", "perhaps")
    with pytest.raises(UsageError, match="must be joined or apart"):
        told("purchases/summary")


def test_files_in_another_order_make_the_same_persons_and_a_later_identity_joins_what_was_there(home: Path) -> None:
    load(home, ids=identities("phone,H1,MINI,,true\nunionid,U1,MINI,,true\n"), orders=ORDERS)
    assert told("purchases/summary").table["buyers"].to_list() == [3]
    load(home, late=identities("phone,H1,TILL,,true\n"))
    load(home, stores=STORES, customers=CUSTOMERS, events=EVENTS)
    assert told("purchases/summary").table["buyers"].to_list() == [2]
    before = told("purchases/frequency").table
    warehouse.rebuild("real")
    assert told("purchases/frequency").table.equals(before)


def test_an_agent_joins_only_whom_they_see_and_the_owner_of_a_row_stays(home: Path) -> None:
    everything(home, f"{SAME}card,C1,TILL,,true\ncard,C1,OTHER,,true\n")
    assert told("purchases/summary").table["buyers"].to_list() == [1]
    agent = Scope("agent", "wang", "AG2")
    summary = told("purchases/summary", agent).table.row(0, named=True)
    assert (summary["orders"], summary["buyers"]) == (1, 1)
    snapshot = warehouse.open_snapshot("real")
    assert snapshot is not None
    marts = warehouse.load_marts(snapshot, LOCAL_OWNER)
    apart = warehouse.registrations(marts)
    owners = ["owner_store_id", "owner_agent_id"]
    assert marts.orders.select(owners).equals(apart.orders.select(owners))


def test_both_registrations_are_found_by_their_own_ids(home: Path) -> None:
    everything(home)
    snapshot = warehouse.open_snapshot("real")
    assert snapshot is not None
    marts = warehouse.load_marts(snapshot, LOCAL_OWNER)
    asked = context(parse_filters(""), LOCAL_OWNER, snapshot, marts, page="sharing")
    assert key_of(asked, "TILL") != key_of(asked, "MINI")


def test_a_test_customer_joins_nobody(home: Path) -> None:
    people = "customer_id,registered_at,is_test\nTILL,2026-01-01,true\nMINI,2026-01-01,false\nOTHER,2026-01-01,false\n"
    chain = "phone,H1,TILL,,true\nphone,H1,MINI,,true\nphone,H2,TILL,,true\nphone,H2,OTHER,,true\n"
    load(home, customers=people, orders=ORDERS, ids=identities(chain))
    assert told("purchases/summary").table["buyers"].to_list() == [2]


def test_who_opted_out_under_one_registration_is_not_written_to_under_another(home: Path) -> None:
    people = """customer_id,registered_at,consent_marketing_at,opted_out_at
TILL,2026-01-01,2026-01-01,
MINI,2026-01-01,2026-01-01,2026-02-01
OTHER,2026-01-01,2026-01-01,
"""
    load(home, customers=people, orders=ORDERS, ids=identities(SAME))
    snapshot = warehouse.open_snapshot("real")
    assert snapshot is not None
    now = dt.datetime(2026, 6, 1, tzinfo=dt.UTC)
    assert warehouse.consenting(snapshot, LOCAL_OWNER, at=now)["customer_id"].to_list() == ["OTHER"]
