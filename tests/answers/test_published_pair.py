"""A presenter's map of two agents: drawn from published groups of ten people and more, never from counts."""

from collections import Counter

import pytest

from answers.registry import ask
from schema.errors import UsageError
from schema.scope import LOCAL_OWNER, Scope
from tests.answers import crowd
from tests.answers.tiny import answer, asked

GUEST = Scope("presenter", "guest")


@pytest.fixture(scope="module")
def world():
    return crowd.company(*crowd.drawn())


def told(world, scope=GUEST, **options):
    return answer("catchment/pair", rows=world, scope=scope, **{"by": "agent", "a": "AG1", "b": "AG2"} | options)


def published(world, agent):
    """Customer-months by cell, from the published rows alone."""
    found = Counter()
    for row in world.neighbours.filter("is_published", agent_id=agent).rows(named=True):
        assert row["persons"] >= 10
        found[f"{row['cell']:x}"] += row["customer_months"]
    return found


def test_two_agents_meet_where_both_are_published(world):
    one, two = (published(world, agent) for agent in ("AG1", "AG2"))
    table = told(world).table
    assert len(one) > 1
    assert set(one) & set(two)
    shares = {row["cell"]: (row["share_a"], row["share_b"]) for row in table.rows(named=True)}
    assert set(shares) == {*one, *two}
    for cell, sides in shares.items():
        wanted = [count[cell] / count.total() if cell in count else None for count in (one, two)]
        assert list(sides) == pytest.approx(wanted)


def test_no_person_of_a_cell_is_counted_for_a_presenter(world):
    found = told(world)
    assert not found.is_empty
    assert all(found.table[name].null_count() == found.table.height for name in ("customers_a", "customers_b", "both"))
    assert "10 people and more" in found.n_label


def test_nothing_chosen_moves_it(world):
    plain = told(world).table
    for resolution in ("5", "8", "9"):
        assert told(world, resolution=resolution).table.equals(plain)
    other = asked("from=2026-09-01&to=2026-09-30", rows=world, scope=GUEST, page="catchment")
    assert other.unknown  # as everywhere, such a link selects nothing
    assert ask("catchment/pair", other, by="agent", a="AG1", b="AG2").is_empty


def test_an_agent_who_is_not_there_is_refused_and_no_pair_is_empty(world):
    with pytest.raises(UsageError, match="No agent AG9 here"):
        told(world, b="AG9")
    assert told(world, a="", b="").is_empty


def test_head_office_still_counts(world):
    assert told(world, LOCAL_OWNER).table["customers_a"].sum() > 0
