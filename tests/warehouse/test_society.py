"""People and stores are taken over while no table that describes them changed, and equal a rebuild."""

from __future__ import annotations

import pytest

from schema.marts import MARTS
from tests.warehouse.typed import customer, event, frame, line, marts, order, store, table, take
from warehouse import api

pytestmark = pytest.mark.usefixtures("data_folder")

STORES = table("stores", store("S1", 31.2, 121.4), store("S2", 30.2, 120.2))
HOME = {"home_lat": 31.2, "home_lng": 121.4, "home_src": "address"}


def look(name, *, day, customer=None, file):
    return table("events", event(name, when=f"{day} 14:30:00", customer=customer, anon=name), file=file)


def buy(name, *, customer, status="paid", file):
    source = table("orders", order(name, customer=customer, status=status, row=1, minor=100), file=file)
    source.tables["order_lines"] = frame([line(name, "L1", row=None, _minor=0)])
    return source


def inode(name: str) -> int:
    return (api.open_snapshot("real").marts_folder / f"{name}.parquet").stat().st_ino


def as_rebuilt() -> None:
    now = marts()
    api.rebuild("real")
    anew = marts()
    for name in MARTS:
        found, wanted = getattr(now, name), getattr(anew, name)
        assert found.equals(wanted), (name, found, wanted)


def test_a_day_of_known_people_takes_people_and_stores_over():
    take(STORES, table("customers", customer("C1", **HOME)), look("e1", day="2026-03-01", customer="C1", file="1.csv"))
    before = {name: inode(name) for name in ("people", "places", "neighbours", "bindings", "ground_nearest")}
    take(look("e2", day="2026-03-02", customer="C1", file="2.csv"))
    assert {name: inode(name) for name in before} == before
    assert marts().visits["owner_store_id"].to_list() == ["S1", "S1"]
    as_rebuilt()


def test_somebody_whom_only_an_event_names_joins_the_others():
    take(STORES, table("customers", customer("C1", **HOME)), look("e1", day="2026-03-01", customer="C1", file="1.csv"))
    take(look("e2", day="2026-03-02", customer="C9", file="2.csv"))
    assert sorted(marts().people.select("is_described", "nearest_store_id").rows()) == [(False, None), (True, "S1")]
    as_rebuilt()


def test_somebody_whose_only_order_is_cancelled_is_not_seen_any_more():
    take(STORES, buy("O1", customer="C1", file="1.csv"), buy("O2", customer="C2", file="2.csv"))
    assert marts().people.height == 2
    take(buy("O1", customer="C1", status="cancelled", file="3.csv"))
    assert marts().people["is_described"].to_list() == [False]
    as_rebuilt()


def test_a_store_that_opens_on_the_new_day_is_the_nearest_from_then_on():
    later = store("S3", 31.2, 121.4001, opened_on="2026-03-03")
    opening = table("stores", store("S1", 31.3, 121.4), later)
    opening.tables["stores"] = opening.tables["stores"].with_columns(
        opened_on=opening.tables["stores"]["opened_on"].str.to_date()
    )
    take(opening, table("customers", customer("C1", **HOME)), look("e1", day="2026-03-01", customer="C1", file="1.csv"))
    assert marts().people["nearest_store_id"].to_list() == ["S1"]
    take(look("e2", day="2026-03-03", customer="C1", file="2.csv"))
    assert marts().people.select("nearest_store_id", "owner_store_id").rows() == [("S3", "S3")]
    as_rebuilt()


def test_a_customers_new_address_makes_people_and_owners_anew():
    take(STORES, table("customers", customer("C1", **HOME)), look("e1", day="2026-03-01", customer="C1", file="1.csv"))
    moved = {"home_lat": 30.2, "home_lng": 120.2, "home_src": "address"}
    take(table("customers", customer("C1", **moved), file="moved.csv"))
    assert marts().visits["owner_store_id"].to_list() == ["S2"]
    as_rebuilt()


def test_the_first_days_of_a_month_leave_the_month_before_in_days():
    def days():
        return sorted(file.stem for file in (api.open_snapshot("real").marts_folder / "visits").glob("*.parquet"))

    take(look("e1", day="2026-02-10", file="1.csv"), look("e2", day="2026-02-27", file="2.csv"))
    take(look("e3", day="2026-03-02", file="3.csv"))
    assert days() == ["2026-02-10", "2026-02-27", "2026-03-02"]
    as_rebuilt()
    take(look("e4", day="2026-03-03", file="4.csv"))
    assert days() == ["2026-02", "2026-03-02", "2026-03-03"]
    as_rebuilt()
