"""Sync on the demo through the page's own answers: shared telephones, the stuck job, files that came twice, bills, returns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

from answers import all_addresses
from answers.periods import context
from answers.registry import ask
from schema.filters import parse_filters
from schema.scope import LOCAL_OWNER
from warehouse import api as warehouse

if TYPE_CHECKING:
    from answers.answer import Answer

all_addresses()


def told(name: str, query: str = "", **options: Any) -> Answer:
    snapshot = warehouse.open_snapshot("demo")
    assert snapshot is not None
    marts = warehouse.load_marts(snapshot, LOCAL_OWNER)
    asked = context(parse_filters(query), LOCAL_OWNER, snapshot, marts, page=name.partition("/")[0], all_data=True)
    return ask(name, asked, **options)


def test_thirty_seven_telephones_are_of_two_wechat_accounts_and_nobody_is_merged(truth: dict[str, Any]) -> None:
    planted = truth["P13"]["planted"]
    conflicts = told("sync/conflicts")
    assert conflicts.n == planted["conflicts"] == 37
    assert set(conflicts.table["kind"]) == {planted["kind"]} == {"two_unionids"}
    assert sorted(conflicts.table["customer_id"]) == planted["customers"]
    apart = conflicts.table.group_by("conflict").agg(pl.col("person").n_unique())["person"]
    assert set(apart) == {2}
    persons = told("sync/persons").table.row(0, named=True)
    assert (persons["conflicts"], persons["joined"], persons["shared"]) == (37, 0, 0)
    assert persons["customers"] == persons["persons"]


def test_the_stuck_job_bound_three_hundred_and_twelve_late_on_the_day_of_the_promotion(truth: dict[str, Any]) -> None:
    planted = truth["P6"]["planted"]
    day = told("sharing/timeliness", f"from={planted['on']}&to={planted['on']}").table.row(0, named=True)
    assert day["late"] == planted["late"] == 312
    assert day["p95_s"] > 2 * 3_600


def test_the_file_that_was_sent_twice_adds_nothing_and_every_day_agrees_with_the_bill(truth: dict[str, Any]) -> None:
    loads = told("sync/loads").table
    assert loads["duplicate"].to_list() == [truth["P8"]["planted"]["duplicates"]] == [214]
    bill = told("sync/reconciliation")
    assert bill.coverage == 1.0
    assert set(bill.table["difference_minor"]) == {0}
    assert set(bill.table["source"]) == {"shop", "till"}
    assert bill.table["their_orders"].to_list() == bill.table["orders"].to_list()
    assert bill.n == truth["about"]["valid_orders"]


def test_returns_by_channel_are_those_that_are_planted(truth: dict[str, Any]) -> None:
    found = dict(told("sync/after_sales").table.select("group", "refund_rate").iter_rows())
    for channel, rate in truth["P9"]["measured"].items():
        assert found[channel] == pytest.approx(rate, abs=0.005), channel
    assert found["live"] > found["wechat_mini"] > found["pos"]


def test_complaints_are_those_that_were_made_and_nine_in_ten_are_settled(truth: dict[str, Any]) -> None:
    measured = truth["complaints"]["measured"]
    found = told("sync/complaints")
    assert int(found.table["complaints"].sum()) == measured["made"]
    assert int(found.table["open"].sum()) == measured["open"]
    assert 0 < measured["open"] < measured["made"] / 10
    median = found.table.filter(pl.col("group") == "wechat_mini")["median_days"].item()
    assert 1.5 < median < 3.5
    live, till = (found.table.filter(pl.col("group") == name)["complaint_rate"].item() for name in ("live", "pos"))
    assert live > 4 * till


def test_whoever_complained_is_reached_again_once_it_is_settled(truth: dict[str, Any]) -> None:
    reach = told("audiences/reach", who=("cohort:never", "or", "not:cohort:never"))
    complaining = dict(reach.table.iter_rows())["complaint"]
    assert 0 < complaining <= truth["complaints"]["measured"]["members_with_open"]


def test_every_look_before_sign_in_joins_its_member_and_all_other_devices_stay_anonymous(truth: dict[str, Any]) -> None:
    planted = truth["sign_ins"]["planted"]
    row = told("sync/sign_ins").table.row(0, named=True)
    assert (row["joined"], row["customers"], row["devices"]) == (
        planted["looks"],
        planted["members"],
        planted["devices"],
    )
    assert planted["looks"] > 5_000
    assert planted["members"] > 1_000
