"""Bindings against the plain reading of the specification in ``oracle.py``, over small worlds."""

from __future__ import annotations

import datetime as dt
from typing import Any

import hypothesis
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.binding import decide
from schema.sharing import BindingPolicy
from tests.ledger import oracle
from tests.metrics.binding_world import at_m, facts, local

START = local("2024-02-27")
DAYS = 700
STORES = ("S1", "S2", "S3", "S4")
UTC = dt.UTC

_hours = st.one_of(st.integers(0, 24 * 8).map(lambda n: n * 24 * 15), st.integers(0, DAYS * 24))
_when = _hours.map(lambda hours: START + dt.timedelta(hours=hours))
_near = st.sampled_from([-660, -600, -540, -60, -30, 0, 30, 60, 61, 600, 86_400 * 10])
_place = st.tuples(st.integers(-6, 6), st.integers(-6, 6)).map(lambda p: at_m(p[0] * 700.0, p[1] * 700.0))
_who = st.integers(1, 4)
_day = st.one_of(st.none(), st.integers(-100, DAYS).map(lambda n: dt.date(2024, 2, 27) + dt.timedelta(days=n)))


@st.composite
def _worlds(draw: st.DrawFn) -> dict[str, list[dict[str, Any]]]:
    """Rows as the facts hold them; acts fall near somebody's registration, at round hours or anywhere."""
    stores = [
        {"store_id": one, **draw(_place), "opened_on": draw(_day), "closed_on": draw(_day),
         "agent_id": draw(st.sampled_from(["A", "B", None])), "accepts_binding": draw(st.integers(0, 9)) > 0}
        for one in STORES
    ]  # fmt: skip
    people, registered = [], {}
    for key in range(1, 5):
        registered[key] = draw(_when)
        row: dict[str, Any] = {"customer_key": key, "registered_at": registered[key]}
        home = draw(st.one_of(st.none(), _place))
        if home:
            row |= {"home_lat": home["lat"], "home_lng": home["lng"], "home_src": "address"}
            row["home_precision_m"] = draw(st.sampled_from([None, 30.0, 900.0]))
        people.append(row)

    def act() -> dict[str, Any]:
        who = draw(_who)
        late = draw(st.one_of(st.none(), _near))
        return {
            "customer_key": who,
            "at": draw(_when) if late is None else registered[who] + dt.timedelta(seconds=late),
        }

    fixes = [
        {"fix_id": f"F{n}", **draw(_place), "accuracy_m": draw(st.sampled_from([None, 50.0, 800.0])),
         "src": draw(st.sampled_from(["gps", "address", "fuzzy", "ip"])), **act()}
        for n in range(draw(st.integers(0, 7)))
    ]  # fmt: skip
    claims = [
        {"store_id": draw(st.sampled_from([*STORES, "S9"])), "guide_id": draw(st.sampled_from([None, "G1"])),
         "method": draw(st.sampled_from(["scan", "scan", "guide", "manual"])), **act()}
        for _ in range(draw(st.integers(0, 12)))
    ]  # fmt: skip
    orders = [{"store_id": draw(st.sampled_from([*STORES, None])), **act()} for _ in range(draw(st.integers(0, 8)))]
    return {"stores": stores, "people": people, "fixes": fixes, "claims": claims, "orders": orders}


_policies = st.builds(
    BindingPolicy,
    protection_days=st.sampled_from([-2, -1, 0, 30, 90]),
    validity_days=st.sampled_from([-1, 60, 365]),
    tie_m=st.sampled_from([0.0, 50.0, 900.0]),
    far_m=st.sampled_from([2_000.0, 50_000.0]),
    handover_m=st.sampled_from([1_000.0, 10_000.0]),
    claims=st.sampled_from([(), ("scan",), ("scan", "guide")]),
)


def _plain(world: dict[str, list[dict[str, Any]]], until: dt.datetime) -> dict[str, Any]:
    """The same world in the oracle's words."""

    def place(row: dict[str, Any]) -> tuple[float, float]:
        return row["lat"], row["lng"]

    def midnight(day: dt.date | None) -> dt.datetime | None:
        return None if day is None else local(day.isoformat())

    return {
        "until": until,
        "stores": [
            {"id": s["store_id"], "at": place(s), "opened": midnight(s["opened_on"]), "agent": s["agent_id"],
             "closed": midnight(s["closed_on"]), "accepts": s["accepts_binding"]} for s in world["stores"]
        ],
        "people": [
            {"who": p["customer_key"], "registered": p["registered_at"],
             "home": (p["home_lat"], p["home_lng"]) if "home_lat" in p else None,
             "precision": p.get("home_precision_m") or 100.0} for p in world["people"]
        ],
        "fixes": [
            {"id": f["fix_id"], "who": f["customer_key"], "at": f["at"], "place": place(f), "src": f["src"],
             "accuracy": f["accuracy_m"]} for f in world["fixes"]
        ],
        "claims": [
            {"who": c["customer_key"], "at": c["at"], "store": c["store_id"], "guide": c["guide_id"],
             "method": c["method"]} for c in _distinct(world["claims"])
        ],
        "orders": [{"who": o["customer_key"], "at": o["at"], "shop": o["store_id"]} for o in world["orders"]],
    }  # fmt: skip


def _distinct(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return list({tuple(sorted(row.items(), key=lambda item: item[0])): row for row in rows}.values())


def _compare(world: dict[str, list[dict[str, Any]]], policy: BindingPolicy, until: dt.datetime) -> None:
    renamed = {
        "fixes": [{**f, "fixed_at": f["at"]} for f in world["fixes"]],
        "orders": [{**o, "paid_at": o["at"]} for o in world["orders"]],
    }
    for rows in renamed.values():
        for row in rows:
            row.pop("at")
    decided = decide(
        facts(world["stores"], world["people"], claims=_distinct(world["claims"]), **renamed), [policy], until
    )
    spells, attempts = oracle.histories(_plain(world, until), policy)
    never = dt.datetime.max.replace(tzinfo=UTC)
    wanted = [
        (s["who"], s["owner"], s["status"], s["since"], s["cause"], None if s["protected"] == never else s["protected"],
         s["guide"] if s["owner"] else None)
        for s in spells
    ]  # fmt: skip
    columns = ["customer_key", "store_id", "status", "valid_from", "cause", "protected_until", "guide_id"]
    assert decided.spells.select(columns).rows() == wanted
    told = decided.attempts.select(
        "customer_key", "at", "claimed_store_id", "method", "owner_store_id", "outcome"
    ).rows()
    assert told == attempts


@settings(max_examples=80, deadline=None)
@given(_worlds(), _policies, st.integers(0, DAYS + 400))
def test_bindings_are_what_a_plain_reading_of_the_rules_says(
    world: dict[str, list[dict[str, Any]]], policy: BindingPolicy, days: int
) -> None:
    _compare(world, policy, START + dt.timedelta(days=days, hours=7))


@pytest.mark.long
@settings(max_examples=10_000, deadline=None, suppress_health_check=list(hypothesis.HealthCheck))
@given(_worlds(), _policies, st.integers(0, DAYS + 400))
def test_ten_thousand_worlds_bind_as_a_plain_reading_says(
    world: dict[str, list[dict[str, Any]]], policy: BindingPolicy, days: int
) -> None:
    _compare(world, policy, START + dt.timedelta(days=days, hours=7))
