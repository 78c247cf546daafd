"""An agent's answers hold their own stores and customers, and nothing of anybody else."""

import polars as pl
import pytest

from answers.registry import ADDRESSES
from schema.errors import RefusedError, UsageError
from schema.marts import Marts
from schema.scope import Scope
from tests.answers.tiny import COMPANY, answer
from warehouse.frames import narrow

AG1 = Scope("agent", "wang", "AG1")
THEIRS = narrow(COMPANY, AG1)
FOREIGN = {"S3", "AG2", "Wuxi", "Shop S3", "Shop S2", "Agent AG2"}
OF_ALL_STORES = {"sync/decisions", "sync/latency", "sync/loads", "sync/reconciliation"}
ASKED = [name for name in sorted(ADDRESSES) if not name.startswith("data/") and name not in OF_ALL_STORES]


def mine(name, query="", **options):
    return answer(name, query, rows=THEIRS, scope=AG1, **options)


def words(table):
    """Every text in a table."""
    return {value for column in table.select(pl.col(pl.String)) for value in column.drop_nulls()}


@pytest.mark.parametrize("name", ASKED)
def test_no_answer_to_an_agent_names_a_foreign_store_city_or_agent(name):
    # S2 may be named as the place where the agent's own member was: an order or a view of theirs.
    options = {"a": "S1", "b": "S1"} if name == "catchment/pair" else {}
    found = mine(name, **options)
    assert not words(found.table) & FOREIGN
    assert not any(word in note for note in found.notes for word in FOREIGN)


@pytest.mark.parametrize("name", sorted(OF_ALL_STORES))
def test_what_is_about_all_stores_is_refused_to_an_agent(name):
    with pytest.raises(RefusedError):
        mine(name)


def test_an_agent_sees_orders_of_their_stores_and_of_their_members_anywhere():
    table = mine("purchases/summary", "from=2026-11-01&to=2026-11-14").table
    assert table["net_minor"].to_list() == [15_000]  # without the anonymous order; member 2's came back in full
    assert table["orders"].to_list() == [3]
    assert table["orders_without_customer"].to_list() == [0]


def test_an_agent_sees_views_of_their_members_and_no_anonymous_ones():
    assert mine("dwell/coverage").n == 2


@pytest.mark.parametrize("query", ["store=S3", "agent=AG2", "city=Wuxi"])
def test_a_foreign_store_in_the_link_is_as_unknown_as_one_that_does_not_exist(query):
    name, value = query.split("=")
    found = mine("overview/trend", query)
    assert found.is_empty
    assert found.notes == (f"No {name} {value} here.",)


@pytest.mark.parametrize("other", ["S3", "S9"])
def test_a_store_that_an_agent_may_not_see_has_no_pair(other):
    with pytest.raises(UsageError) as error:
        mine("catchment/pair", a="S1", b=other)
    assert str(error.value) == f"No store {other} here."


def test_an_agent_reads_pseudonyms_that_stay_the_same_not_ids():
    once, again = mine("catchment/nearest").table, mine("catchment/nearest").table
    assert once.equals(again)
    assert once["customer_id"].to_list() == ["C-0000000001", "C-0000000002"]


def test_pseudonyms_of_other_viewers_are_the_same_for_the_same_person():
    reader = Scope("agent", "reader", "AG1")
    table = answer("catchment/nearest", scope=reader).table
    assert table.rows() == [
        ("C-0000000001", "S1", 146.0),
        ("C-0000000002", "S1", 438.0),
        ("C-0000000003", "S3", 146.0),
    ]


def test_a_negative_or_large_key_gives_a_pseudonym_too():
    people = COMPANY.people.with_columns(customer_key=pl.Series([-(2**62), 2**62 + 5, 3, 4], dtype=pl.Int64))
    rows = Marts(
        **{name: getattr(COMPANY, name) for name in Marts.__slots__ if name not in {"people", "__weakref__"}},
        people=people,
    )
    table = answer("catchment/nearest", rows=rows, scope=Scope("agent", "reader", "AG1")).table
    assert table["customer_id"].to_list() == ["C-0000000000", "C-0000000003", "C-0000000005"]


def test_a_trade_area_is_only_told_of_ones_own_stores():
    assert mine("catchment/cells").table["store_id"].unique().to_list() == ["S1"]
    assert mine("catchment/radii").table["store_id"].to_list() == ["S1"]
    assert mine("catchment/overlap", by="store").is_empty


def test_agents_are_not_told_of_collisions_with_others():
    assert mine("catchment/overlap", by="agent").is_empty
    assert "overlap" not in mine("overview/findings").table["kind"].to_list()
