"""An agent's what-if replays a whole company: what it tells must not count the orders or customers of others."""

import itertools

import pytest

from answers.periods import context
from answers.registry import ask
from answers.sharing_simulation import CHANGES
from ledger import api as ledger
from ledger.replay import replay
from records import database
from schema.errors import RefusedError
from schema.filters import parse_filters
from schema.scope import LOCAL_OWNER, Scope
from tests.ledger import world
from warehouse.api import load_marts, open_snapshot

A1 = Scope("agent", "wang", "A1")
PRESENTER = Scope("presenter", "guest")
OWNERS = ("protection", "validity", "policy")
"""What would give customers other owners."""


@pytest.fixture(scope="module", params=[1, 4])
def others(request, tmp_path_factory):
    """Two orders at the first agent, and one or four at the other."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CATCHLIGHT_HOME", str(tmp_path_factory.mktemp("books")))
        patch.delenv("CATCHLIGHT_DATABASE", raising=False)
        world.found()
        world.bind("C1", "S1")
        world.bind("C2", "S2")
        world.orders(
            world.order("O1", 10_000, "2026-10-05T12:00", customer="C1", completed="2026-10-06T12:00"),
            world.order("O2", 5_000, "2026-11-09T12:00", customer="C1", completed="2026-11-10T12:00"),
            *[world.order(f"P{n}", 20_000, "2026-11-07T12:00", customer="C2") for n in range(request.param)],
        )
        ledger.publish("real")
        yield request.param
        database.dispose("real")


def answer(scope, **options):
    snapshot = open_snapshot("real")
    asked = context(parse_filters(""), scope, snapshot, load_marts(snapshot, scope), page="sharing")
    return ask("sharing/simulation", asked, **options)


def test_an_agent_counts_own_orders_alone(others):
    assert [answer(A1, months=months).n for months in ("12", "1")] == [2, 1]
    assert answer(LOCAL_OWNER).n == 2 + others


def test_the_amounts_of_an_agent_do_not_move_with_those_of_others(others):
    assert others in {1, 4}
    for months, change in itertools.product(("12", "1"), (None, "pool", "store_share", "agent_share", "guide_share")):
        table = answer(A1, months=months, **({change: "+1"} if change else {})).table
        assert table["before_minor"].to_list() == [1_800 if months == "12" else 600]  # 12 % of 15,000, of 5,000


@pytest.mark.parametrize("scope", [A1, PRESENTER], ids=lambda scope: scope.role)
@pytest.mark.parametrize(("option", "value"), [("protection", "30"), ("validity", "30"), ("policy", "nearest")])
def test_only_head_office_tries_other_owners(others, scope, option, value):
    assert others
    assert option in CHANGES
    with pytest.raises(RefusedError):
        answer(scope, **{option: value})


def test_an_agents_evidence_does_not_hold_the_ledgers_own_numbers(others):
    snapshot = open_snapshot("real")
    key = load_marts(snapshot, A1).bindings["customer_key"][0]
    assert [spell.binding_id for spell in replay(snapshot, A1, key).spells] == ["own-1"]
    assert replay(snapshot, LOCAL_OWNER, key).spells[0].binding_id.startswith("B-")
    assert others
