"""An agent with a script asks everything: whether others' hidden customers exist changes no byte of any answer."""

import pytest

from answers import all_addresses
from answers.registry import ADDRESSES
from schema.marts import MARTS
from tests.attacks import attacker, world
from warehouse.frames import narrow

all_addresses()

SEEDS = (11, 12)
STEP = 4
"""The four companies of the long run share the pairs of settings among them."""

NUMBERED = {"order_key", "session"}
"""Row numbers of the whole company that are in the frames, never in an answer."""


def states(seed, agent):
    """The company with and without all hidden customers of the other agent."""
    orders, people = world.drawn(seed)
    whole = world.company(orders, people)
    gone = world.hidden(orders, people, whole, agent)
    return whole, world.company(orders, people, gone), gone


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("agent", world.AGENTS)
def test_no_row_that_an_agent_reads_counts_others(seed, agent):
    whole, fewer, gone = states(seed, agent)
    assert len(gone) >= 5
    assert whole.orders.height > fewer.orders.height
    before, after = (narrow(rows, attacker.scope_of(agent)) for rows in (whole, fewer))
    for name in MARTS:
        one, two = (getattr(rows, name).drop(NUMBERED, strict=False) for rows in (before, after))
        assert one.equals(two), name


@pytest.mark.parametrize("agent", world.AGENTS)
def test_no_answer_counts_others(agent):
    whole, fewer, _ = states(11, agent)
    pairs = [(rows, world.snapshot_of(rows)) for rows in (whole, fewer)]
    found, asked = attacker.differences(pairs, agent, ["", "from=2026-09-01&to=2026-09-28"])
    assert asked > len(ADDRESSES)
    assert found == []


@pytest.mark.long
@pytest.mark.parametrize("seed", [*SEEDS, 13, 14])
@pytest.mark.parametrize("agent", world.AGENTS)
def test_no_answer_to_any_pair_of_settings_counts_others(seed, agent):
    whole, fewer, _ = states(seed, agent)
    pairs = [(rows, world.snapshot_of(rows)) for rows in (whole, fewer)]
    queries = attacker.PAIRS[seed % STEP :: STEP]
    found, asked = attacker.differences(pairs, agent, queries)
    print(f"{asked} questions, {len(found)} tell of others")  # noqa: T201
    assert found == []
