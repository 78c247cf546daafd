"""A new address or a lost point never re-binds a customer whose binding is valid."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

from ledger.spells import spells as spells_of
from metrics.binding import BindingFacts, Decided, decide
from metrics.binding_pinned import PINNED
from schema.sharing import BindingPolicy
from tests.metrics.binding_world import UTC, claim, customer, facts, fix, local, order, store, told

if TYPE_CHECKING:
    from collections.abc import Sequence

# S1 lies a kilometre north of the old home, S2 a kilometre south of the new one, ten kilometres away
S1, S2 = store("S1", 1_000, agent_id="A"), store("S2", -11_000, agent_id="B")
REGISTERED = "2026-01-10 20:00:00"
OLD, NEW = customer(1, REGISTERED, 0), customer(1, REGISTERED, -10_000)
NOWHERE = customer(1, REGISTERED)
UNTIL = local("2026-08-01")
GROUNDS = ["dist_m", "runner_store_id", "runner_dist_m", "accuracy_m", "confidence", "cell", "candidates_json"]


def _held(found: Decided) -> pl.DataFrame:
    """What the ledger says when it holds just these spells."""
    never = pl.lit(None, UTC)
    log = found.spells.with_row_index("seq", offset=1)
    log = log.with_columns(arrived_at=never, bound_at="known_at", recorded_at="known_at")
    visible = spells_of(log)["binding_id"].str.slice(2).cast(pl.UInt32)
    return log.filter(pl.col("seq").is_in(visible.implode())).select(PINNED.names())


def _again(
    before: BindingFacts, after: BindingFacts, until: dt.datetime = UNTIL, *, later: dt.datetime | None = None,
    policies: Sequence[BindingPolicy] = (),
) -> tuple[Decided, Decided]:  # fmt: skip
    first = decide(before, policies, until)
    return first, decide(dataclasses.replace(after, pinned=_held(first)), policies, later or until)


def _owners(found: Decided) -> list[tuple[Any, ...]]:
    return told(found.spells, "store_id", "cause", "valid_from")


def test_a_customer_who_moves_keeps_the_store_and_the_grounds_of_then() -> None:
    first, again = _again(facts([S1, S2], [OLD]), facts([S1, S2], [NEW]))
    assert _owners(again) == [("S1", "registered", REGISTERED)]
    assert again.spells.select(GROUNDS).rows() == first.spells.select(GROUNDS).rows()
    assert (first.spells["is_pinned"][0], again.spells["is_pinned"][0]) == (False, True)


def test_from_the_facts_alone_the_new_home_decides() -> None:
    assert _owners(decide(facts([S1, S2], [NEW]), [], UNTIL)) == [("S2", "registered", REGISTERED)]


def test_a_lost_point_keeps_the_store() -> None:
    at_home = fix(1, REGISTERED, 0)
    first, again = _again(facts([S1, S2], [NOWHERE], fixes=[at_home]), facts([S1, S2], [NOWHERE]))
    assert _owners(again) == _owners(first) == [("S1", "registered", REGISTERED)]
    assert again.spells["status"].to_list() == ["exact"]


def test_a_point_that_became_its_cells_centre_keeps_the_store() -> None:
    # both points lie in one cell, half way between the stores, and the later one is known to 200 m only
    near = [store("S1", 1_150), store("S2", -850)]
    sharp, coarse = fix(1, REGISTERED, 201, accuracy_m=20.0), fix(1, REGISTERED, 99, accuracy_m=200.0)
    scratch = decide(facts(near, [NOWHERE], fixes=[coarse]), [], UNTIL).spells
    first, again = _again(facts(near, [NOWHERE], fixes=[sharp]), facts(near, [NOWHERE], fixes=[coarse]))
    assert first.spells["cell"].to_list() == scratch["cell"].to_list()
    assert (scratch["store_id"][0], _owners(again)) == ("S2", [("S1", "registered", REGISTERED)])


def test_after_validity_the_new_home_decides() -> None:
    _, again = _again(facts([S1, S2], [OLD]), facts([S1, S2], [NEW]), later=local("2027-02-01"))
    assert _owners(again) == [("S1", "registered", REGISTERED), ("S2", "expired", "2027-01-10 20:00:00")]


def test_what_was_decided_after_validity_stands_too_when_the_home_changes_again() -> None:
    until, third = local("2027-02-01"), customer(1, REGISTERED, 40_000)
    moved = dataclasses.replace(facts([S1, S2], [NEW]), pinned=_held(decide(facts([S1, S2], [OLD]), [], UNTIL)))
    then = decide(moved, [], until)
    again = decide(dataclasses.replace(facts([S1, S2], [third]), pinned=_held(then)), [], until)
    assert _owners(again) == _owners(then) == [
        ("S1", "registered", REGISTERED), ("S2", "expired", "2027-01-10 20:00:00"),
    ]  # fmt: skip


def test_a_stores_corrected_place_counts_again_for_those_whose_place_is_unchanged() -> None:
    stays, moves = customer(1, REGISTERED, 0), customer(2, REGISTERED, 0)
    went = customer(2, REGISTERED, -5_000)
    corrected = store("S1", 30_000, agent_id="A")
    _, again = _again(facts([S1, S2], [stays, moves]), facts([corrected, S2], [stays, went]))
    assert again.spells.select("customer_key", "store_id", "is_pinned").rows() == [(1, "S2", False), (2, "S1", True)]


def test_a_customer_who_moved_can_still_be_taken_over_after_protection() -> None:
    scans = [claim(1, "2026-04-10 19:59:59", "S2"), claim(1, "2026-04-10 20:00:00", "S2")]
    _, again = _again(facts([S1, S2], [OLD]), facts([S1, S2], [NEW], claims=scans))
    assert _owners(again) == [("S1", "registered", REGISTERED), ("S2", "takeover", "2026-04-10 20:00:00")]
    assert again.attempts["outcome"].to_list() == ["rejected_protected", "accepted"]


def test_a_takeover_that_the_ledger_holds_is_not_told_anew_after_a_move() -> None:
    scans = [claim(1, "2026-05-01 10:00:00", "S2")]
    first, again = _again(facts([S1, S2], [OLD], claims=scans), facts([S1, S2], [NEW], claims=scans))
    assert again.spells.drop("is_pinned").rows() == first.spells.drop("is_pinned").rows()


def test_a_code_scanned_with_registration_that_arrives_late_counts_whatever_the_place() -> None:
    scans = [claim(1, "2026-01-10 19:55:00", "S2")]
    _, again = _again(facts([S1, S2], [OLD]), facts([S1, S2], [NEW], claims=scans))
    assert again.spells.select("store_id", "method").rows() == [("S2", "scan")]


def test_a_closing_store_hands_on_customers_who_moved_with_their_rights() -> None:
    closing = S1 | {"closed_on": dt.date(2026, 3, 1)}
    third = store("S3", 40_000, agent_id="C")
    _, again = _again(facts([S1, S2, third], [OLD]), facts([closing, S2, third], [NEW]))
    assert told(again.spells, "store_id", "cause", "protected_until", "expires_at")[1] == (
        "S2", "store_closed", "2026-04-10 20:00:00", "2027-01-10 20:00:00",
    )  # fmt: skip
    paid = [order(1, "2026-02-01 10:00:00")]
    _, renewed = _again(facts([S1], [OLD]), facts([S1], [NEW], orders=paid))
    assert told(renewed.spells, "expires_at") == [("2027-02-01 10:00:00",)]


def test_a_hand_over_that_the_ledger_holds_stands_when_the_customer_moves_later() -> None:
    closing = S1 | {"closed_on": dt.date(2026, 3, 1)}
    near, away = store("S3", 2_000, agent_id="C"), S2
    first, again = _again(facts([closing, near, away], [OLD]), facts([closing, near, away], [NEW]))
    assert _owners(again) == _owners(first)
    assert [row[:2] for row in _owners(again)] == [("S1", "registered"), ("S3", "store_closed")]


def test_a_hand_over_is_decided_anew_where_another_store_hands_over() -> None:
    closing = [S1 | {"closed_on": dt.date(2026, 6, 1)}, S2 | {"closed_on": dt.date(2026, 6, 1)}]
    heirs = [store("S3", 2_000, agent_id="A"), store("S4", -12_000, agent_id="B")]
    late = [claim(1, "2026-05-01 10:00:00", "S2")]
    first, again = _again(facts([*closing, *heirs], [OLD]), facts([*closing, *heirs], [NEW], claims=late))
    assert first.spells["store_id"].to_list() == ["S1", "S3"]
    assert again.spells["store_id"].to_list() == ["S1", "S2", "S4"]


@pytest.mark.parametrize(("known", "owner"), [("2026-02-09 20:00:00", "S2"), ("2026-02-09 20:00:01", "S1")])
def test_a_home_known_within_30_days_betters_a_rough_place_and_a_later_one_does_not(known: str, owner: str) -> None:
    rough = fix(1, REGISTERED, 0, src="fuzzy", accuracy_m=2_500.0)
    moved = facts([S1, S2], [NEW], fixes=[rough])
    moved = dataclasses.replace(moved, customers=moved.customers.with_columns(home_known_at=pl.lit(local(known), UTC)))
    first, again = _again(facts([S1, S2], [NOWHERE], fixes=[rough]), moved)
    assert first.spells.select("store_id", "status").rows() == [("S1", "provisional")]
    assert again.spells["store_id"][-1] == owner


def test_nobodys_customer_whose_home_is_known_too_late_waits_for_the_end_of_validity() -> None:
    moved = facts([S1, S2], [NEW])
    known = pl.lit(local("2026-06-01"), UTC)
    moved = dataclasses.replace(moved, customers=moved.customers.with_columns(home_known_at=known))
    _, again = _again(facts([S1, S2], [NOWHERE]), moved, later=local("2027-02-01"))
    assert _owners(again) == [(None, "registered", REGISTERED), ("S2", "expired", "2027-01-10 20:00:00")]


def test_nobodys_customer_is_not_given_away_for_a_time_before_the_home_was_known() -> None:
    moved = facts([S1, S2], [NEW])
    known = pl.lit(local("2027-06-01"), UTC)
    moved = dataclasses.replace(moved, customers=moved.customers.with_columns(home_known_at=known))
    _, again = _again(facts([S1, S2], [NOWHERE]), moved, local("2027-05-01"), later=local("2028-02-01"))
    assert _owners(again) == [(None, "registered", REGISTERED), ("S2", "expired", "2028-01-10 20:00:00")]


def test_a_fix_in_time_still_betters_a_provisional_place_that_is_lost() -> None:
    rough, sharp = fix(1, REGISTERED, 0, src="fuzzy", accuracy_m=2_500.0), fix(1, "2026-01-20 10:00:00", -10_000)
    _, again = _again(facts([S1, S2], [NOWHERE], fixes=[rough]), facts([S1, S2], [NOWHERE], fixes=[sharp]))
    assert again.spells.select("store_id", "status", "cause").rows() == [
        ("S1", "provisional", "registered"),
        ("S2", "exact", "upgraded"),
    ]


def test_a_bettered_decision_stands_when_its_fix_is_lost() -> None:
    rough, sharp = fix(1, REGISTERED, 0, src="fuzzy", accuracy_m=2_500.0), fix(1, "2026-01-20 10:00:00", -10_000)
    world = facts([S1, S2], [NOWHERE], fixes=[rough, sharp])
    for left in ([rough], []):
        _, again = _again(world, facts([S1, S2], [NOWHERE], fixes=left))
        assert again.spells.select("store_id", "status", "cause").rows() == [("S2", "exact", "upgraded")]


def test_where_only_the_city_was_known_another_city_changes_nothing() -> None:
    policy = [BindingPolicy(cities=(("Suzhou", "S1"), ("Wuxi", "S2")))]
    before, after = customer(1, REGISTERED, city="Suzhou"), customer(1, REGISTERED, city="Wuxi")
    _, again = _again(facts([S1, S2], [before]), facts([S1, S2], [after]), policies=policy)
    assert _owners(again) == [("S1", "registered", REGISTERED)]
    not_yet = S1 | {"opened_on": dt.date(2026, 2, 1)}
    _, again = _again(facts([S1, S2], [before]), facts([not_yet, S2], [before]), policies=policy)
    assert _owners(again) == [(None, "registered", REGISTERED)]


def test_a_decision_for_a_store_that_is_not_known_any_more_does_not_stand() -> None:
    _, again = _again(facts([S1, S2], [OLD]), facts([S2], [NEW]))
    assert _owners(again) == [("S2", "registered", REGISTERED)]


def test_what_validity_gave_to_a_store_stays_its_own_when_the_point_is_lost() -> None:
    opens_later = store("S1", 1_000, opened_on=dt.date(2026, 6, 1))
    until = local("2028-02-01")
    first, again = _again(facts([opens_later], [OLD]), facts([opens_later], [NOWHERE]), until)
    assert _owners(first)[:2] == [(None, "registered", REGISTERED), ("S1", "expired", "2027-01-10 20:00:00")]
    assert _owners(again) == _owners(first)


def test_a_rough_place_that_is_still_kept_does_not_undo_what_validity_gave_before_the_home_was_known() -> None:
    rough = fix(1, REGISTERED, 0, src="fuzzy", accuracy_m=2_500.0)
    taken = [claim(1, "2026-04-10 20:00:00", "S2")]
    moved = facts([S1, S2], [NEW], fixes=[rough], claims=taken)
    known = pl.lit(local("2027-06-01"), UTC)
    moved = dataclasses.replace(moved, customers=moved.customers.with_columns(home_known_at=known))
    first, again = _again(facts([S1, S2], [NOWHERE], fixes=[rough], claims=taken), moved, local("2027-06-01"))
    assert [row[:2] for row in _owners(first)] == [("S1", "registered"), ("S2", "takeover"), ("S1", "expired")]
    assert _owners(again) == _owners(first)
