from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest

from metrics.binding import confidence, decide
from schema.errors import ContractError
from schema.sharing import ALWAYS, NEVER, BindingPolicy
from tests.metrics.binding_world import claim, customer, facts, fix, local, order, owner_at, store, told

# u1 stands between S1 (1,180 m north) and S2 (1,215 m south); S3 opens 300 m east of u1
S1 = store("S1", 1_180, opened_on=dt.date(2022, 3, 1))
S2 = store("S2", -1_215, opened_on=dt.date(2024, 5, 1))
S3 = store("S3", 0, 300, opened_on=dt.date(2026, 3, 1))
U1 = customer(1, "2026-01-10 20:00:00", 0)
UNTIL = local("2026-08-01")


def _one(d1: float, d2: float, between: float, accuracy: float) -> float:
    return float(confidence(*(np.array([x], dtype=np.float64) for x in (d1, d2, between, accuracy)))[0])


def test_a_fix_250_m_on_the_near_side_of_the_middle_is_surely_nearer() -> None:
    assert _one(800, 1_200, 1_600, 300) == pytest.approx(0.896, abs=0.0005)


def test_a_rough_fix_far_from_both_stores_is_contested() -> None:
    assert _one(2_100, 2_900, 1_600, 3_000) == pytest.approx(0.735, abs=0.0005)


def test_two_stores_in_one_place_cannot_be_told_apart() -> None:
    assert _one(500, 500, 0, 30) == 0.5


def test_a_fix_half_way_is_even_however_good_it_is() -> None:
    assert _one(500, 500, 1_000, 0) == 0.5
    assert _one(400, 600, 1_000, 0) == 1.0


def test_the_only_store_is_certain() -> None:
    assert _one(500, np.inf, np.nan, 300) == 1.0


def test_two_stores_35_m_apart_in_distance_are_a_tie_that_the_older_one_wins() -> None:
    found = decide(facts([S1, S2, S3], [U1]), [], UNTIL).spells
    columns = ("store_id", "tie_break", "method", "cause", "valid_from", "protected_until")
    assert told(found, *columns) == [
        ("S1", "opened", "geo", "registered", "2026-01-10 20:00:00", "2026-04-10 20:00:00")
    ]
    row = found.row(0, named=True)
    assert (row["dist_m"], row["runner_store_id"], row["runner_dist_m"]) == (
        pytest.approx(1_180, abs=0.1),
        "S2",
        pytest.approx(1_215, abs=0.1),
    )
    assert row["candidates_json"] == '[["S1",1180.0],["S2",1215.0]]'


def test_a_store_that_opens_next_door_changes_nothing() -> None:
    found = decide(facts([S1, S2, S3], [U1]), [], UNTIL).spells
    assert found["store_id"].to_list() == ["S1"]
    assert owner_at(found, 1, "2026-07-31 12:00:00") == "S1"


def test_a_scan_one_second_before_protection_ends_is_refused_and_kept_and_at_the_second_it_is_granted() -> None:
    scans = [claim(1, "2026-04-10 19:59:59", "S2"), claim(1, "2026-04-10 20:00:00", "S2")]
    found = decide(facts([S1, S2, S3], [U1], claims=scans), [], UNTIL)
    assert told(found.spells, "store_id", "cause", "method", "valid_from", "protected_until") == [
        ("S1", "registered", "geo", "2026-01-10 20:00:00", "2026-04-10 20:00:00"),
        ("S2", "takeover", "scan", "2026-04-10 20:00:00", "2026-07-09 20:00:00"),
    ]
    assert told(found.attempts, "at", "claimed_store_id", "owner_store_id", "outcome", "protected_until") == [
        ("2026-04-10 19:59:59", "S2", "S1", "rejected_protected", "2026-04-10 20:00:00"),
        ("2026-04-10 20:00:00", "S2", "S1", "accepted", "2026-04-10 20:00:00"),
    ]


def test_orders_one_second_apart_belong_to_the_old_and_the_new_owner() -> None:
    found = decide(facts([S1, S2, S3], [U1], claims=[claim(1, "2026-04-10 20:00:00", "S2")]), [], UNTIL).spells
    assert owner_at(found, 1, "2026-04-10 19:59:59") == "S1"
    assert owner_at(found, 1, "2026-04-10 20:00:00") == "S2"


def test_somebody_next_to_a_store_that_is_not_open_yet_belongs_to_an_open_one() -> None:
    u3 = customer(3, "2026-02-27 12:00:00", 0, 300)
    u4 = customer(4, "2026-02-28 23:59:59", 0, 300)
    u5 = customer(5, "2026-03-01 00:00:00", 0, 300)
    found = decide(facts([S1, S2, S3], [u3, u4, u5]), [], UNTIL).spells
    assert found["store_id"].to_list() == ["S1", "S1", "S3"]


def test_without_a_usable_fix_a_customer_is_nobodys() -> None:
    ip = fix(1, "2026-01-10 20:00:00", 0, src="ip")
    scanned = fix(1, "2026-01-10 20:00:00", 0, src="store_scan", context_store_id="S1")
    found = decide(facts([S1, S2], [customer(1, "2026-01-10 20:00:00")], fixes=[ip, scanned]), [], UNTIL).spells
    assert told(found, "store_id", "status", "method", "expires_at") == [(None, "unassigned", None, None)]


def test_farther_than_50_km_from_every_store_a_customer_is_nobodys() -> None:
    near, far = customer(1, "2026-01-10 20:00:00", 51_179), customer(2, "2026-01-10 20:00:00", 51_181)
    found = decide(facts([S1, S2], [near, far]), [], UNTIL).spells
    assert found.select("store_id", "status").rows() == [("S1", "exact"), (None, "unassigned")]


def test_a_customer_who_never_registered_is_not_bound() -> None:
    nobody = {**customer(2, "2026-01-10", 0), "registered_at": None}
    later = customer(3, "2026-08-01 00:00:00", 0)
    assert decide(facts([S1], [nobody, later]), [], UNTIL).spells.is_empty()


def test_the_code_scanned_just_before_registering_decides_whatever_the_distance() -> None:
    scans = [claim(1, "2026-01-10 19:50:00", "S2", "guide", "G7")]
    found = decide(facts([S1, S2], [U1], claims=scans), [], UNTIL)
    assert found.spells.select("store_id", "status", "method", "guide_id", "runner_store_id").rows() == [
        ("S2", "exact", "guide", "G7", "S1")
    ]
    assert found.attempts.is_empty()


@pytest.mark.parametrize("at", ["2026-01-10 19:49:59", "2026-01-10 20:01:01"])
def test_a_code_scanned_too_early_or_too_late_does_not_register_anybody(at: str) -> None:
    found = decide(facts([S1, S2], [U1], claims=[claim(1, at, "S2")]), [], UNTIL).spells
    assert found["method"].to_list() == ["geo"]


def test_a_store_visited_in_the_last_30_days_wins_a_tie() -> None:
    visits = [claim(1, "2025-12-11 20:00:00", "S2")]
    found = decide(facts([S1, S2], [U1], claims=visits), [], UNTIL).spells
    assert found.select("store_id", "tie_break").rows() == [("S2", "visited")]
    too_old = [claim(1, "2025-12-11 19:59:59", "S2")]
    found = decide(facts([S1, S2], [U1], claims=too_old), [], UNTIL).spells
    assert found.select("store_id", "tie_break").rows() == [("S1", "opened")]


def test_of_equally_old_stores_at_one_place_the_smaller_id_wins_and_the_binding_is_contested() -> None:
    shops = [store(f"M{n:02}", 100, opened_on=dt.date(2020, 1, 1)) for n in range(40, 0, -1)]
    found = decide(facts(shops, [U1]), [], UNTIL).spells
    assert found.select("store_id", "tie_break", "confidence", "status").rows() == [
        ("M01", "store_id", 0.5, "contested")
    ]


def test_a_fix_older_than_ten_minutes_is_provisional() -> None:
    u = customer(1, "2026-01-10 20:00:00")
    close = decide(facts([S1, S2], [u], fixes=[fix(1, "2026-01-10 19:50:00", 500)]), [], UNTIL).spells
    old = decide(facts([S1, S2], [u], fixes=[fix(1, "2026-01-10 19:49:59", 500)]), [], UNTIL).spells
    assert (close["status"][0], old["status"][0], old["store_id"][0]) == ("exact", "provisional", "S1")


def test_the_first_exact_fix_within_30_days_replaces_a_rough_one_from_registration_on() -> None:
    u = customer(1, "2026-01-10 20:00:00")
    fixes = [
        fix(1, "2026-01-10 20:00:00", 500, src="fuzzy", accuracy_m=2_500),
        fix(1, "2026-02-09 20:00:00", -1_000),
        fix(1, "2026-02-09 20:00:01", 1_000),
    ]
    found = decide(facts([S1, S2], [u], fixes=fixes), [], UNTIL).spells
    assert told(found, "store_id", "status", "cause", "valid_from", "protected_until", "known_at") == [
        ("S1", "provisional", "registered", "2026-01-10 20:00:00", "2026-04-10 20:00:00", "2026-01-10 20:00:00"),
        ("S2", "exact", "upgraded", "2026-01-10 20:00:00", "2026-04-10 20:00:00", "2026-02-09 20:00:00"),
    ]


def test_a_customer_taken_over_from_nobody_keeps_that_owner_when_a_fix_comes_later() -> None:
    u = customer(1, "2026-01-10 20:00:00")
    world = facts([S1, S2], [u], fixes=[fix(1, "2026-01-30 20:00:00", 1_000)], claims=[claim(1, "2026-01-20", "S2")])
    found = decide(world, [], UNTIL).spells
    assert found.select("store_id", "cause").rows() == [(None, "registered"), ("S2", "takeover")]


def test_a_binding_without_an_order_for_365_days_is_decided_anew() -> None:
    found = decide(facts([S1, S2, S3], [U1]), [], local("2027-02-01")).spells
    assert told(found, "store_id", "cause", "valid_from", "protected_until", "expires_at") == [
        ("S1", "registered", "2026-01-10 20:00:00", "2026-04-10 20:00:00", "2027-01-10 20:00:00"),
        ("S3", "expired", "2027-01-10 20:00:00", "2027-04-10 20:00:00", "2028-01-10 20:00:00"),
    ]


def test_an_order_renews_validity_but_not_protection() -> None:
    paid = [order(1, "2026-06-01 10:00:00"), order(1, "2027-06-01 09:59:59")]
    found = decide(facts([S1, S2, S3], [U1], orders=paid), [], local("2028-01-01")).spells
    assert told(found, "store_id", "protected_until", "expires_at") == [
        ("S1", "2026-04-10 20:00:00", "2028-05-31 09:59:59")
    ]
    too_late = [order(1, "2026-06-01 10:00:00"), order(1, "2027-06-01 10:00:00")]
    found = decide(facts([S1, S2, S3], [U1], orders=too_late), [], local("2028-01-01")).spells
    assert told(found, "store_id", "valid_from", "expires_at") == [
        ("S1", "2026-01-10 20:00:00", "2027-06-01 10:00:00"),
        ("S3", "2027-06-01 10:00:00", "2028-05-31 10:00:00"),
    ]


def test_a_closing_store_hands_its_customers_to_its_agents_nearest_with_their_rights() -> None:
    closing = store("S1", 0, opened_on=dt.date(2022, 3, 1), closed_on=dt.date(2026, 2, 1), agent_id="A")
    rival = store("S2", 500, agent_id="B")
    sister = store("S4", 9_000, agent_id="A")
    found = decide(facts([closing, rival, sister], [U1]), [], UNTIL).spells
    columns = ("store_id", "agent_id", "method", "cause", "valid_from", "protected_until", "expires_at")
    assert told(found, *columns)[1] == (
        "S4", "A", "store_closed", "store_closed", "2026-02-01 00:00:00", "2026-04-10 20:00:00", "2027-01-10 20:00:00",
    )  # fmt: skip
    far_sister = store("S4", 10_500, agent_id="A")
    found = decide(facts([closing, rival, far_sister], [U1]), [], UNTIL).spells
    assert found["store_id"].to_list() == ["S1", "S2"]


def test_protection_may_last_for_ever_or_not_at_all() -> None:
    scan = [claim(1, "2026-01-10 20:05:00", "S2")]
    never = decide(facts([S1, S2], [U1], claims=scan), [BindingPolicy(protection_days=NEVER)], UNTIL)
    assert never.spells.select("store_id", "protected_until").rows() == [("S1", None)]
    assert never.attempts.select("outcome", "protected_until").rows() == [("rejected_protected", None)]
    always = decide(facts([S1, S2], [U1], claims=scan), [BindingPolicy(protection_days=ALWAYS)], UNTIL)
    assert always.spells["store_id"].to_list() == ["S1", "S2"]


def test_a_decision_by_head_office_overrides_protection_from_its_instant_on() -> None:
    ruling = [claim(1, "2026-01-10 20:00:00", "S2", "manual")]
    found = decide(facts([S1, S2], [U1], claims=ruling), [], UNTIL)
    assert told(found.spells, "store_id", "cause", "valid_from", "protected_until") == [
        ("S1", "registered", "2026-01-10 20:00:00", "2026-04-10 20:00:00"),
        ("S2", "manual", "2026-01-10 20:00:00", "2026-04-10 20:00:00"),
    ]


def test_claims_for_ones_own_store_a_closed_one_or_by_an_unheard_method_change_nothing() -> None:
    shut = store("S5", 5_000, closed_on=dt.date(2026, 4, 1))
    full = store("S6", 5_000, accepts_binding=False)
    tries = [
        claim(1, "2026-05-01 10:00:00", "S1"),
        claim(1, "2026-05-01 11:00:00", "S5"),
        claim(1, "2026-05-01 12:00:00", "S6"),
        claim(1, "2026-05-01 13:00:00", "S9"),
        claim(1, "2026-05-01 14:00:00", "S2", "guide", "G1"),
    ]
    found = decide(facts([S1, S2, shut, full], [U1], claims=tries), [BindingPolicy(claims=("scan",))], UNTIL)
    assert found.attempts["outcome"].to_list() == ["no_change", *["rejected_policy"] * 4]
    assert found.spells["store_id"].to_list() == ["S1"]


def test_a_policy_counts_from_its_day_on() -> None:
    old = BindingPolicy(version=1, protection_days=90)
    new = BindingPolicy(version=2, effective_from=local("2026-02-01"), protection_days=30)
    people = [U1, customer(2, "2026-02-01 00:00:00", 0)]
    found = decide(facts([S1, S2], people), [new, old], UNTIL).spells
    assert told(found, "policy_version", "protected_until") == [
        (1, "2026-04-10 20:00:00"),
        (2, "2026-03-03 00:00:00"),
    ]


def test_a_missing_column_is_named() -> None:
    world = facts([S1], [U1])
    broken = type(world)(world.customers.drop("city"), world.fixes, world.claims, world.orders, world.stores)
    with pytest.raises(ContractError, match="customers: the column city is missing"):
        decide(broken, [], UNTIL)


def test_without_stores_everybody_is_nobodys() -> None:
    found = decide(facts([], [U1], claims=[claim(1, "2026-05-01", "S1")]), [], UNTIL)
    assert found.spells["status"].to_list() == ["unassigned"]
    assert found.attempts["outcome"].to_list() == ["rejected_policy"]
    assert decide(facts([], []), [], UNTIL).spells.schema["valid_from"] == pl.Datetime("us", "UTC")
