from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import polars as pl

from metrics.binding import decide
from metrics.cells import cell_text
from schema.sharing import BindingPolicy
from tests.metrics.binding_world import at_m, claim, customer, facts, local, order, store, territory, told

if TYPE_CHECKING:
    from collections.abc import Sequence

    from metrics.binding import BindingFacts

UNTIL = local("2026-12-01")
NEAR, FAR = store("S1", 1_000, agent_id="A"), store("S2", -3_000, agent_id="B", district="Gusu")
U1 = customer(1, "2026-01-10 20:00:00", 0)
TERRITORY_FIRST = [BindingPolicy(choose="territory_first")]


def _owner(
    world: BindingFacts, policies: Sequence[BindingPolicy] = (), until: dt.datetime = UNTIL
) -> list[tuple[str | None, ...]]:
    return decide(world, list(policies), until).spells.select("store_id", "method", "tie_break").rows()


def _cell(resolution: int) -> str:
    import polars_h3  # noqa: PLC0415

    here = at_m(0)
    point = pl.DataFrame({"lat": [here["lat"]], "lng": [here["lng"]]})
    return cell_text(point.select(polars_h3.latlng_to_cell("lat", "lng", resolution, return_dtype=pl.Int64)).item())


def test_a_radius_around_a_store_comes_before_distance_only_where_the_policy_says_so() -> None:
    around = [territory("T1", "radius_m", "3000.5", store_id="S2", agent_id="B")]
    assert _owner(facts([NEAR, FAR], [U1], territories=around)) == [("S1", "geo", "")]
    assert _owner(facts([NEAR, FAR], [U1], territories=around), TERRITORY_FIRST) == [("S2", "territory", "")]
    too_small = [territory("T1", "radius_m", "2999", store_id="S2", agent_id="B")]
    assert _owner(facts([NEAR, FAR], [U1], territories=too_small), TERRITORY_FIRST) == [("S1", "geo", "")]


def test_cells_of_different_size_hold_a_place_each_at_its_own_resolution() -> None:
    for resolution in (6, 9):
        cells = [territory("T1", "h3_set", f"880000 {_cell(resolution)}", agent_id="B")]
        assert _owner(facts([NEAR, FAR], [U1], territories=cells), TERRITORY_FIRST) == [("S2", "territory", "")]
    elsewhere = [territory("T1", "h3_set", "8831aa5091fffff", agent_id="B")]
    assert _owner(facts([NEAR, FAR], [U1], territories=elsewhere), TERRITORY_FIRST) == [("S1", "geo", "")]


def test_a_district_is_that_of_the_nearest_store() -> None:
    gusu = [territory("T1", "district", "gusu", agent_id="A")]
    south = customer(1, "2026-01-10 20:00:00", -2_000)
    assert _owner(facts([NEAR, FAR], [south], territories=gusu), TERRITORY_FIRST) == [("S1", "territory", "")]
    assert _owner(facts([NEAR, FAR], [U1], territories=gusu), TERRITORY_FIRST) == [("S1", "geo", "")]


def test_of_several_territories_the_nearest_store_wins() -> None:
    third = store("S3", -2_000, agent_id="B")
    both = [
        territory("T1", "radius_m", "9000", store_id="S2", agent_id="B"),
        territory("T2", "radius_m", "9000", store_id="S3", agent_id="B"),
    ]
    assert _owner(facts([NEAR, FAR, third], [U1], territories=both), TERRITORY_FIRST) == [("S3", "territory", "")]


def test_territories_that_protect_something_else_or_do_not_hold_yet_do_not_count() -> None:
    delivery = territory("T1", "radius_m", "9000", store_id="S2", protects="opening delivery")
    later = territory("T2", "radius_m", "9000", store_id="S2", valid_from=dt.date(2026, 1, 11))
    over = territory("T3", "radius_m", "9000", store_id="S2", valid_to=dt.date(2026, 1, 10))
    unread = territory("T4", "radius_m", "nine", store_id="S2")
    world = facts([NEAR, FAR], [U1], territories=[delivery, later, over, unread])
    assert _owner(world, TERRITORY_FIRST) == [("S1", "geo", "")]


def test_a_territory_breaks_a_tie_before_a_visit_does() -> None:
    one, two = store("S1", 1_000, agent_id="A"), store("S2", -1_040, agent_id="B")
    around = [territory("T1", "radius_m", "2000", store_id="S2", agent_id="B")]
    visit = [claim(1, "2026-01-01 10:00:00", "S1")]
    assert _owner(facts([one, two], [U1], claims=visit, territories=around)) == [("S2", "geo", "territory")]
    assert _owner(facts([one, two], [U1], claims=visit)) == [("S1", "geo", "visited")]


def test_huff_prefers_a_store_four_times_as_large_at_less_than_twice_the_distance() -> None:
    small, large = store("S1", 1_000, area_m2=100.0), store("S2", -1_900, area_m2=400.0)
    assert _owner(facts([small, large], [U1]), [BindingPolicy(choose="huff")]) == [("S2", "geo", "")]
    larger_away = store("S2", -2_100, area_m2=400.0)
    assert _owner(facts([small, larger_away], [U1]), [BindingPolicy(choose="huff")]) == [("S1", "geo", "")]
    assert _owner(facts([small, large], [U1]), [BindingPolicy(choose="huff", huff_beta=3.0)]) == [("S1", "geo", "")]


def test_where_sellers_take_the_first_purchase_moves_the_customer_and_later_ones_do_after_protection() -> None:
    paid = [
        order(1, "2026-01-20 10:00:00"),
        order(1, "2026-02-01 10:00:00", "S2"),
        order(1, "2026-03-01 10:00:00", "S1"),
        order(1, "2026-05-02 10:00:00", "S1"),
    ]
    found = decide(facts([NEAR, FAR], [U1], orders=paid), [BindingPolicy(choose="seller_takes")], UNTIL)
    assert told(found.spells, "store_id", "method", "cause", "valid_from", "protected_until") == [
        ("S1", "geo", "registered", "2026-01-10 20:00:00", "2026-04-10 20:00:00"),
        ("S2", "first_purchase", "takeover", "2026-02-01 10:00:00", "2026-05-02 10:00:00"),
        ("S1", "first_purchase", "takeover", "2026-05-02 10:00:00", "2026-07-31 10:00:00"),
    ]
    assert found.attempts["outcome"].to_list() == ["accepted", "rejected_protected", "accepted"]


def test_the_first_purchase_is_one_claim_among_others_where_the_policy_hears_it() -> None:
    paid = [order(1, "2026-02-01 10:00:00", "S2"), order(1, "2026-05-01 10:00:00", "S2")]
    heard = [BindingPolicy(claims=("first_purchase",))]
    found = decide(facts([NEAR, FAR], [U1], orders=paid), heard, UNTIL)
    assert found.attempts.select("outcome", "method").rows() == [("rejected_protected", "first_purchase")]
    assert decide(facts([NEAR, FAR], [U1], orders=paid), [], UNTIL).attempts.is_empty()


def test_where_only_the_city_is_known_the_policys_store_has_the_customer_provisionally() -> None:
    people = [customer(1, "2026-01-10 20:00:00", city="Suzhou "), customer(2, "2026-01-10 20:00:00", city="Wuxi")]
    policy = BindingPolicy(cities=(("suzhou", "S2"),))
    found = decide(facts([NEAR, FAR], people), [policy], UNTIL).spells
    assert found.select("store_id", "status", "method").rows() == [
        ("S2", "provisional", "city"),
        (None, "unassigned", None),
    ]
    shut = store("S2", -3_000, closed_on=dt.date(2026, 1, 1))
    assert _owner(facts([NEAR, shut], people[:1]), [policy]) == [(None, None, "")]
