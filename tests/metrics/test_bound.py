"""Owners at an instant, how they came about and whose claim runs out."""

import datetime as dt

import polars as pl
import pytest

from metrics.bound import attempts_by_month, expiring, funnel, in_force, methods
from schema.errors import ContractError
from tests.answers.tiny import ATTEMPTS, BINDINGS, day, noon, spell, table

SPELLS = table("bindings", BINDINGS)
NOON = noon(day("2026-11-01"))


def members(*keys):
    return pl.DataFrame({"customer_key": list(keys)}, schema={"customer_key": pl.Int64})


def test_a_spell_holds_from_its_first_instant_and_not_at_its_end():
    just_before = in_force(SPELLS, NOON - dt.timedelta(microseconds=1))
    assert just_before.filter(customer_key=2)["store_id"].to_list() == ["S2"]
    assert in_force(SPELLS, NOON).filter(customer_key=2)["store_id"].to_list() == ["S1"]
    assert in_force(SPELLS, NOON).height == 4


def test_the_instant_may_be_told_in_any_zone():
    shanghai = dt.timezone(dt.timedelta(hours=8))
    assert in_force(SPELLS, dt.datetime(2026, 11, 1, 12, tzinfo=shanghai)).equals(in_force(SPELLS, NOON))


def test_the_funnel_tells_how_sure_each_owner_is():
    spells = table(
        "bindings",
        [*BINDINGS, spell(6, 5, "S1", "2026-10-01", status="provisional", method="city", cell=None)],
    )
    assert funnel(members(1, 2, 3, 4, 5, 6), spells, noon(day("2026-11-14"))).rows() == [
        ("registered", 6, 1.0),
        ("located", 3, 0.5),
        ("bound", 4, 4 / 6),
        ("exact", 2, 2 / 6),
        ("contested", 1, 1 / 6),
        ("provisional", 1, 1 / 6),
        ("unassigned", 1, 1 / 6),
    ]


def test_the_funnel_counts_only_the_members_asked_about_at_that_instant():
    rows = dict(funnel(members(2, 3), SPELLS, noon(day("2026-10-31"))).select("step", "customers").rows())
    assert (rows["registered"], rows["bound"], rows["exact"], rows["contested"]) == (2, 2, 2, 0)


def test_a_funnel_of_nobody_has_no_shares():
    table_ = funnel(members(), SPELLS, NOON)
    assert table_["customers"].to_list() == [0] * 7
    assert table_["share"].null_count() == 7


def test_methods_and_causes_are_counted_most_customers_first():
    held = in_force(SPELLS, noon(day("2026-11-14")))
    assert methods(held).rows() == [("geo", "registered", 2), ("scan", "takeover", 1), (None, "registered", 1)]


def test_a_binding_expires_within_thirty_days_but_not_at_their_end():
    now = noon(day("2026-11-15"))
    at = {
        1: now,
        2: now + dt.timedelta(days=30) - dt.timedelta(microseconds=1),
        3: now + dt.timedelta(days=30),
        4: now - dt.timedelta(seconds=1),
        5: None,
    }
    held = table("bindings", [spell(key, key, "S1", "2026-01-01", expires_at=end) for key, end in at.items()])
    assert expiring(held, now).rows() == [("S1", "AG1", 2, now)]
    assert expiring(held.clear(), now).is_empty()


def test_attempts_are_counted_by_local_month():
    late = {**ATTEMPTS[0], "at": dt.datetime(2026, 10, 31, 16, 30, tzinfo=dt.UTC)}  # 00:30 on 1 November in Shanghai
    found = attempts_by_month(table("attempts", [*ATTEMPTS, late]), zone="Asia/Shanghai")
    assert found.rows() == [
        ("2026-03", "scan", "rejected_protected", 1, 1),
        ("2026-11", "scan", "accepted", 1, 1),
        ("2026-11", "scan", "rejected_protected", 1, 1),
    ]


def test_a_claim_on_somebody_unnamed_is_an_attempt_on_no_known_customer():
    found = attempts_by_month(table("attempts", [{**ATTEMPTS[0], "customer_key": None}]), zone="Asia/Shanghai")
    assert found.select("attempts", "customers").rows() == [(1, 0)]


def test_a_missing_column_is_named():
    with pytest.raises(ContractError, match="bindings: the column valid_to is missing"):
        in_force(SPELLS.drop("valid_to"), NOON)
