import dataclasses
import datetime as dt
import hashlib

import polars as pl
import pytest

from ledger import store
from ledger.accrue import accrue
from ledger.rules import save_rules
from ledger.simulate import HEAD_OFFICE, Scenario, scenario_now, simulate
from records import database
from schema.errors import UsageError
from schema.scope import LOCAL_OWNER
from schema.settings import data_home
from schema.sharing import BindingPolicy, Rule, standard_rules
from tests.ledger.world import bind, found, local, order, orders, refund, refunds
from warehouse.api import open_snapshot

SINCE = dt.date(2024, 11, 15)
STANDARD = Scenario(standard_rules(SINCE))
NOVEMBER = local("2026-11-05 09:00:00")


def world():
    """T12's order of a customer of S1, one of S2's bought in a till at S1, one of nobody's, and a refund."""
    found()
    orders(
        order("O1", 128_499, "2026-10-03 10:00:00"),
        order("O2", 20_000, "2026-10-04 10:00:00", customer="C2", channel="pos", selling_store_id="S1"),
        order("O3", 10_000, "2026-10-05 10:00:00", customer="C3"),
        order("O0", 99_999, "2025-10-05 10:00:00"),
    )
    refunds(refund("F1", "O1", 40_000, "2026-10-20 10:00:00"))
    bind("C1", "S1", guide_id="G1")
    bind("C2", "S2")


def with_pool(rule_id, pool_bps):
    rules = tuple(
        dataclasses.replace(rule, pool_bps=pool_bps) if rule.rule_id == rule_id else rule for rule in STANDARD.rules
    )
    return Scenario(rules)


def amounts(table, key="agent_id"):
    return {row[0]: row[1:] for row in table.select(key, "before_minor", "after_minor", "delta_minor").iter_rows()}


def test_the_rules_in_force_give_what_the_ledger_holds(sqlite_home):
    world()
    accrue("real", now=NOVEMBER)
    posted = store.entries("real").filter(pl.col("order_on") >= dt.date(2025, 10, 21))
    held = dict(posted.group_by("agent_id").agg(pl.col("amount_minor").sum()).drop_nulls().rows())
    assert held == {"A1": 10_621, "A2": 600}
    snapshot = open_snapshot("real")
    told = simulate(snapshot, scenario_now(snapshot), scenario_now(snapshot))
    assert amounts(told.agents)["A1"] == (10_621, 10_621, 0)
    assert amounts(told.agents)["A2"] == (600, 600, 0)
    assert (told.winners, told.losers, told.owner_changes, told.orders) == (0, 0, 0, 3)


def test_a_smaller_pool_moves_money_from_agents_to_head_office_to_the_last_unit(sqlite_home):
    world()
    told = simulate(open_snapshot("real"), STANDARD, with_pool("R1", 1_000))
    # 10 % of 128,499 is 12,850: 6,425 + 4,283 + 2,142; of these 40,000/128,499 go back: 2,000 + 1,333 + 666.
    assert amounts(told.agents) == {
        "A1": (10_621, 8_851, -1_770),
        "A2": (600, 600, 0),
        None: (107_278, 109_048, 1_770),
    }
    assert told.agents["name"].to_list() == ["A2", "A1", HEAD_OFFICE]
    assert amounts(told.stores, "store_id") == {"S1": (5_310, 4_425, -885), "S2": (600, 600, 0)}
    assert (told.before.net_minor, told.before.shared_minor, told.before.agents_minor) == (118_499, 12_421, 11_221)
    assert (told.after.shared_minor, told.after.head_office_minor) == (10_651, 109_048)
    assert (told.winners, told.losers) == (0, 1)
    assert told.currency == "CNY"


def test_inequality_is_measured_over_all_agents(sqlite_home):
    world()
    none = Scenario((Rule("N", "Nothing", SINCE, 0, (("store", 10_000),)),))
    told = simulate(open_snapshot("real"), STANDARD, none)
    assert told.before.gini == pytest.approx((10_621 - 600) / (2 * 11_221))
    assert told.after.gini is None
    assert told.after.head_office_minor == 118_499


def test_rules_count_as_if_they_had_held_all_along(sqlite_home):
    world()
    later = tuple(
        dataclasses.replace(rule, effective_from=dt.date(2027, 1, 1)) for rule in with_pool("R1", 1_000).rules
    )
    told = simulate(open_snapshot("real"), STANDARD, Scenario(later))
    assert amounts(told.agents)["A1"] == (10_621, 8_851, -1_770)


def test_what_is_compared_with_is_what_holds_on_the_last_day(sqlite_home):
    world()
    save_rules("real", STANDARD.rules, LOCAL_OWNER)
    next_year = dataclasses.replace(STANDARD.rules[0], pool_bps=100, effective_from=dt.date(2027, 1, 1))
    save_rules("real", (next_year, *STANDARD.rules[1:]), LOCAL_OWNER, today=dt.date(2026, 10, 21))
    now = scenario_now(open_snapshot("real"))
    assert next((rule.rule_id, rule.version, rule.pool_bps) for rule in now.rules) == ("R1", 2, 1_200)
    assert now.policy == BindingPolicy()


def test_only_the_months_asked_for_are_replayed(sqlite_home):
    world()
    snapshot = open_snapshot("real")
    assert simulate(snapshot, STANDARD, STANDARD, months=13).orders == 4
    told = simulate(snapshot, STANDARD, STANDARD, months=1)
    assert (told.first_on, told.end_on) == (snapshot.as_of.replace(month=9), snapshot.as_of)
    with pytest.raises(UsageError) as caught:
        simulate(snapshot, STANDARD, STANDARD, months=0)
    assert str(caught.value) == "0 months in CNY cannot be replayed; give at least 1 month and one of: CNY."
    with pytest.raises(UsageError, match="12 months in USD cannot be replayed"):
        simulate(snapshot, STANDARD, STANDARD, currency="USD")


def test_another_policy_decides_owners_anew_from_the_first_month_on(sqlite_home):
    found()
    orders(
        order("O1", 10_000, "2026-09-03 10:00:00", channel="pos", selling_store_id="S2"),
        order("O2", 10_000, "2026-09-04 10:00:00"),
    )
    bind("C1", "S1")
    bind("C2", "S1")
    bind("C3", "S1")
    takes = Scenario(STANDARD.rules, BindingPolicy(claims=("first_purchase",), protection_days=-1))
    told = simulate(open_snapshot("real"), STANDARD, takes)
    assert amounts(told.agents)["A1"] == (300 + 1_200, 0, -1_500)
    assert amounts(told.agents)["A2"] == (0, 1_200, 1_200)
    assert told.owner_changes == 3


def test_nothing_is_written(sqlite_home):
    world()
    accrue("real", now=NOVEMBER)
    database.dispose("real")
    files = sorted(path for path in data_home("real").rglob("*") if path.is_file())
    before = {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
    assert data_home("real") / "catchlight.db" in before
    said = []
    snapshot = open_snapshot("real")
    changed = dataclasses.replace(with_pool("R1", 900), policy=BindingPolicy(protection_days=-1))
    simulate(snapshot, scenario_now(snapshot), changed, progress=lambda share, text: said.append((share, text)))
    after = sorted(path for path in data_home("real").rglob("*") if path.is_file())
    assert {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in after} == before
    assert [share for share, _ in said] == sorted(share for share, _ in said)
    assert said[-1] == (1.0, "Done")
