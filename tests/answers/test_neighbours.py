"""Agents compare catchments from published groups alone."""

import datetime as dt

import polars as pl
import pytest

from schema.errors import UsageError
from schema.scope import Scope
from tests.answers import crowd
from tests.answers.tiny import COMPANY, answer
from warehouse.frames import narrow

AG1 = Scope("agent", "wang", "AG1")
HERE, THERE, FAR = 608840872615739391, 608840872984838143, 608840871692992511
MAY, JUNE = dt.date(2026, 5, 1), dt.date(2026, 6, 1)


def unit(agent, cell, months, *, start=MAY, end=JUNE, published=True):
    return {
        "agent_id": agent, "agent_name": f"Agent {agent}", "cell": cell, "from_on": start, "to_on": end,
        "customer_months": months, "persons": months, "apart": months, "is_published": published,
    }  # fmt: skip


PUBLISHED = pl.DataFrame(
    [
        unit("AG1", HERE, 30),
        unit("AG1", THERE, 10),
        unit("AG2", HERE, 20),
        unit("AG2", THERE, 10),
        unit("AG2", THERE, 10, start=JUNE, end=dt.date(2026, 7, 1)),
        unit("AG2", HERE, 99, start=JUNE, end=dt.date(2026, 7, 1), published=False),
        unit("AG2", FAR, 99, start=dt.date(2024, 9, 1), end=dt.date(2024, 11, 1)),
        unit("AG3", FAR, 50),
    ]
)
OWNERS = crowd.with_neighbours(COMPANY, PUBLISHED)
THEIRS = narrow(OWNERS, AG1)


def mine(name, query="", **options):
    return answer(f"catchment/{name}", query, rows=THEIRS, scope=AG1, **options)


def test_an_agent_reads_the_overlap_with_each_neighbour_from_published_cells():
    rows = mine("neighbours").table.select("agent_id", "agent_name", "overlap_index", "shared_cells", "n_units").rows()
    assert rows == [("AG2", "Agent AG2", 0.75, 2, 5)]  # min(.75, .5) + min(.25, .5); AG3 meets nobody


def test_the_owner_reads_every_pair_from_both_sides():
    table = answer("catchment/neighbours", rows=OWNERS).table
    assert table.select("of_agent_id", "agent_id", "overlap_index").rows() == [
        ("AG1", "AG2", 0.75),
        ("AG2", "AG1", 0.75),
    ]


def test_a_place_filter_of_the_owner_names_whose_neighbours():
    table = answer("catchment/neighbours", "store=S3", rows=OWNERS).table
    assert table["of_agent_id"].to_list() == ["AG2"]


def test_the_cells_of_a_pair_say_each_sides_share_and_the_askers_own_customers():
    found = mine("neighbour_cells", **{"with": "AG2"})
    assert found.table.rows() == [
        (f"{HERE:x}", 0.75, 0.5, 0.5, 30),
        (f"{THERE:x}", 0.25, 0.5, 0.25, 10),
    ]
    theirs = answer("catchment/neighbour_cells", rows=OWNERS, **{"with": "AG2", "of": "AG1"})
    assert theirs.table.equals(found.table)


def test_it_is_labelled_with_what_it_was_computed_from():
    assert "From published cells alone, customer-months, r7" in mine("neighbours").definition
    assert mine("neighbours").notes == ("Over the last 24 closed months, whatever the period and filters chosen.",)


def test_before_anybody_is_bound_it_says_why_there_is_nothing():
    assert answer("catchment/neighbours", rows=crowd.company([], [])).notes[-1] == (
        "Nobody is bound yet: nothing is published of neighbours before."
    )


@pytest.mark.parametrize("options", [{"of": "AG2", "with": "AG1"}, {"of": "AG9"}])
def test_an_agent_cannot_ask_as_another(options):
    with pytest.raises(UsageError) as error:
        mine("neighbour_cells", **options)
    assert str(error.value) == f"No agent {options['of']} here."


def test_a_neighbour_that_is_not_published_is_as_unknown_as_one_that_does_not_exist():
    with pytest.raises(UsageError, match="No agent AG9 here"):
        mine("neighbour_cells", **{"with": "AG9"})


def test_without_a_pair_there_are_no_cells():
    assert mine("neighbour_cells").is_empty
    assert answer("catchment/neighbour_cells", rows=OWNERS).is_empty


def test_an_agent_gets_neither_withdrawn_groups_nor_the_counts_that_decided():
    assert THEIRS.neighbours.height == PUBLISHED.height - 1
    assert THEIRS.neighbours["is_published"].all()
    assert THEIRS.neighbours["persons"].null_count() == THEIRS.neighbours["apart"].null_count() == 7


def test_a_role_nobody_knows_gets_nothing():
    assert narrow(OWNERS, Scope("guest", "x")).neighbours.is_empty()


def test_the_published_share_is_of_ones_own_customers():
    orders, people = crowd.drawn()
    world = crowd.company(orders, people)
    own = answer("catchment/neighbours", rows=narrow(world, AG1), scope=AG1).table
    for_owner = answer("catchment/neighbours", rows=world).table.filter(pl.col("of_agent_id") == "AG1")
    assert own["published_share"].to_list() == for_owner["published_share"].to_list()
    visits = {
        (row["customer_key"], row["local_on"].month)
        for row in orders
        if row["agent_id"] == "AG1" and row["channel"] == "pos" and row["local_on"] < dt.date(2026, 11, 1)
    }
    shown = world.neighbours.filter(pl.col("agent_id") == "AG1")["customer_months"].sum()
    assert own["published_share"][0] == pytest.approx(shown / len(visits))
