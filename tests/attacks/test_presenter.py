"""A presenter with a script reads every table they may: no group of one to nine, shown or computed."""

import dataclasses

import polars as pl
import pytest

from answers import all_addresses
from answers.groups import presented
from answers.registry import Result
from metrics.suppression import K
from tests.answers.tiny import person
from tests.attacks import guest, world

all_addresses()

SEEDS = (11, pytest.param(12, marks=pytest.mark.long))
PARENTS = {"S1": {"AG1", "Suzhou"}, "S2": {"AG2", "Suzhou"}, "S3": {"AG2", "Wuxi"}, "P1": {"Coats"}, "P2": {"Scarves"}}
NO_SHARES = ("catchment/flow", "catchment/pair", "catchment/overlap")
"""Shares of a whole that is not the count beside them."""

NO_PEOPLE = {("purchases/frequency", "orders"), ("sharing/statement", "entries")}
"""How often customers bought, a row's name; and lines of an agent's account."""


@pytest.fixture(scope="module", params=SEEDS)
def tables(request):
    """Every table of a company with a store of few orders, in which nobody knows where some of the customers live."""
    orders, people = world.drawn(request.param)
    at_thin = [row for row in orders if row[4] == "S2" and row[2].month == 10]
    orders = [row for row in orders if row not in at_thin[4:]]
    homeless = [
        person(row["customer_key"], None, None, row["owner_store_id"], None) if row["customer_key"] % 45 == 7 else row
        for row in people
    ]
    rows = world.company(orders, homeless)
    found = guest.everything(rows, world.snapshot_of(rows))
    assert len(found) > 150
    assert sum(one.shown.height for one in found) > 500
    assert sum(one.whole.height - one.shown.height for one in found) > 100
    return found


def about_people(found):
    return [one for one in found if (one[0], one[2]) not in NO_PEOPLE]


def test_no_small_group_is_shown(tables):
    assert about_people(guest.small_ones(tables)) == []


def test_the_script_finds_what_is_not_hidden(tables):
    bare = [dataclasses.replace(one, shown=one.whole) for one in tables]
    assert len(about_people(guest.small_ones(bare))) > 50


def test_the_script_finds_a_group_that_a_running_share_gives_away(tables):
    cells = next(one for one in tables if one.name == "catchment/cells" and not one.options)
    rows = pl.DataFrame({"store_id": ["S1", "S1"], "customers": [60, 30], "cumulative_share": [60 / 95, 90 / 95]})
    planted = dataclasses.replace(cells, shown=rows, coverage=None)
    assert [few for *_, few in guest.by_shares([planted])] == [5]


def test_no_total_gives_away_what_is_hidden(tables):
    assert about_people(guest.by_totals(tables)) == []
    assert guest.by_what_is_left(tables) == []


def test_no_part_of_a_shown_group_gives_away_what_is_hidden(tables):
    assert guest.by_parts(tables, PARENTS) == []


def test_no_other_answer_tells_what_is_hidden(tables):
    assert guest.beside_each_other(tables) == []


def test_no_percentage_gives_away_a_small_group(tables):
    assert [one for one in guest.by_shares(tables) if one[0] not in NO_SHARES] == []


@pytest.mark.parametrize(("coverage", "kept"), [(0.97, None), (0.05, None), (0.9, 0.9), (1.0, 1.0), (0.0, 0.0)])
def test_a_coverage_that_counts_few_is_not_told(coverage, kept):
    table = pl.DataFrame({"cell": ["a", "b"], "customers": [40, 50]})
    assert presented("catchment/customers", Result(table, 100, "customers", coverage)).coverage == kept


def test_a_total_is_not_told_beside_rows_of_nobody():
    table = pl.DataFrame({"cell": ["a", "b"], "customers": [5, 0]})
    assert presented("catchment/customers", Result(table, 5, "customers")).n == 0
    assert presented("catchment/customers", Result(table.with_columns(customers=pl.lit(0)), 0, "customers")).n == 0
    assert presented("catchment/customers", Result(table.with_columns(customers=pl.lit(K)), 20, "customers")).n == 20


def test_stores_are_not_told_beside_the_cities_they_are_part_of(tables):
    ranked = {
        dict(one.options)["by"]: one for one in tables if one.name == "overview/ranking" and len(one.options) == 1
    }
    assert ranked["store_id"].whole.select("group", "orders").rows()[-1] == ("S2", 4)
    assert ranked["city"].shown.height == 2
    assert ranked["store_id"].shown.is_empty()
    assert ranked["agent_id"].shown.is_empty()


def test_no_week_counts_people(tables):
    told = next(one for one in tables if one.name == "overview/weekly")
    assert {"orders", "buyers"} & set(told.whole["kpi"])
    assert not {"orders", "buyers", "new_members", "average_order_value_minor"} & set(told.shown["kpi"])
    assert "net_minor" in told.shown["kpi"]
