"""A presenter reads of groups of ten people and more, and never of a single one."""

import datetime as dt

import polars as pl
import pytest

from answers import all_addresses
from answers.answer import Answer
from answers.groups import FEW, SAID, SINGLE, is_thinned, presented, sample
from answers.presenting import one_level
from answers.registry import ADDRESSES, Result

all_addresses()
ROWS = ("customer_id", "order_id", "quarantine_id")


def shown(name, people=1_000, **columns):
    return presented(name, Result(pl.DataFrame(columns), people, "customers"))


def test_every_address_says_what_it_tells_of_people():
    assert set(ADDRESSES) == set(SAID)


@pytest.mark.parametrize("name", sorted(ADDRESSES))
def test_every_column_that_an_address_names_is_one_it_promises_or_has(name):
    says = SAID[name]
    if says is None:
        return
    extra = {
        "previous_orders",
        "orders",
        "customers",
        "viewers",
        "mature_viewers",
        "buyers",
        "year_ago",
        "observed",
        "linger_rate",
    }
    named = {
        *says.counts,
        *says.within,
        *says.null,
        *says.without,
        *(c for pair in (*says.parts, *says.rates) for c in pair),
    }
    assert named <= {*ADDRESSES[name].columns, *extra}


@pytest.mark.parametrize("name", sorted(ADDRESSES))
def test_an_address_with_rows_of_single_people_is_not_presented(name):
    if any(column in ADDRESSES[name].columns for column in ROWS):
        assert SAID[name] is None or "customer_id" in SAID[name].without


def test_an_address_that_says_nothing_shows_nothing():
    found = shown("new/address", customer_id=["C1"], net_minor=[100])
    assert (found.table.height, found.n, found.notes) == (0, 0, (SINGLE,))
    assert found.table.columns == ["customer_id", "net_minor"]


def test_a_small_group_goes_and_takes_the_next_smallest_with_it():
    found = shown("catchment/homes", home_src=["a", "b", "c", "d"], customers=[100, 40, 12, 3])
    assert found.table["customers"].to_list() == [100, 40]
    assert found.notes == (FEW,)


def test_groups_of_ten_and_more_and_empty_ones_stay():
    found = shown("catchment/homes", home_src=["a", "b"], customers=[10, 0])
    assert found.table["customers"].to_list() == [10, 0]
    assert found.notes == ()


def test_each_store_has_a_total_of_its_own():
    found = shown("catchment/cells", store_id=["S1", "S1", "S1", "S2"], cell=list("abcd"), customers=[30, 20, 9, 15])
    assert found.table.rows() == [("S1", "a", 30), ("S2", "d", 15)]


def test_what_is_left_of_a_group_is_no_small_group_either():
    found = shown("catchment/penetration", cell=list("abc"), members=[40, 12, 60], buyers=[20, 10, 50])
    assert found.table["cell"].to_list() == ["c"], "b alone could be computed from the totals of both columns"


def test_a_rate_from_which_a_few_could_be_counted_is_not_told():
    found = shown("catchment/actual", cell=["a", "b", "c"], orders=[308, 200, 300], leakage=[0.01, 0.5, 0.99])
    assert found.table["leakage"].to_list() == [None, 0.5, None]


def test_overlap_is_told_without_the_counts_behind_it():
    found = shown(
        "catchment/overlap", a=["S1", "S2"], b=["S2", "S1"], overlap_index=[0.4, 0.4], shared_buyers=[0.2, 0.5],
        customers_b_in_ta_a=[0.5, 0.8], n_a=[308, 200], n_b=[200, 308],
    )  # fmt: skip
    assert found.table["overlap_index"].to_list() == [0.4, 0.4]
    for column in ("n_a", "n_b", "shared_buyers", "customers_b_in_ta_a"):
        assert found.table[column].to_list() == [None, None]


def test_overlap_is_told_between_agents_and_all_else_between_stores():
    known = {"by": ("store", "agent")}
    assert one_level("catchment/overlap", known, "agent") == ""
    assert one_level("catchment/overlap", known, None).startswith("Presenters see agents alone here")
    assert one_level("catchment/flow", known, "agent").startswith("Presenters see stores alone here")
    assert one_level("catchment/flow", known, None) == ""


@pytest.mark.parametrize(
    ("visitors", "rows"), [([100, 60, 40], 3), ([100, 60, 4], 0), ([100, 60, 55], 0), ([100, 60, 60], 3)]
)
def test_steps_that_differ_by_a_few_are_not_shown_at_all(visitors, rows):
    assert shown("overview/funnel", step=["viewed", "cart", "kept"], visitors=visitors).table.height == rows


def test_a_key_figure_of_a_few_is_a_dash():
    found = shown(
        "overview/kpis", kpi=["a", "b"], value=[0.5, 0.2], previous=[0.1, 0.1], year_ago=[0.1, 0.2], n=[9, 10]
    )
    assert found.table["value"].to_list() == [None, 0.2]
    assert found.table["n"].to_list() == [None, 10]


def test_figures_that_count_people_are_not_told_week_by_week():
    kpis = ["orders", "new_members", "dwell_minutes"]
    found = shown("overview/weekly", week_on=[1] * 3, kpi=kpis, value=[900.0, 90.0, 80.0])
    assert found.table["kpi"].to_list() == ["dwell_minutes"]


def test_the_curve_of_shares_has_points_at_least_ten_people_apart():
    points = [0.0, 0.01, 0.1, 0.15, 0.2, 0.95, 1.0]
    found = shown("purchases/lorenz", people=100, customers_share=points, net_share=points)
    assert found.table["customers_share"].to_list() == [0.0, 0.1, 0.2, 1.0]
    assert shown("purchases/lorenz", people=9, customers_share=points, net_share=points).table.is_empty()


def test_the_curve_of_those_who_came_back_moves_by_ten_people_and_more():
    found = shown(
        "purchases/second", day=[1, 2, 3, 4], at_risk=[100, 96, 88, 80], events=[4, 8, 3, 9], censored=[0, 0, 5, 0],
        survival=[0.96, 0.88, 0.85, 0.75],
    )  # fmt: skip
    assert found.table["day"].to_list() == [2, 4]
    assert found.table["events"].to_list() == [None, None]


def test_a_rush_is_presented_without_the_customer():
    found = shown("sharing/anomalies", kind=["guide_rush", "self"], n=[43, 1], customer_id=["C1", "C2"])
    assert found.table.rows() == [("guide_rush", 43, None)]


def of_people(n, *notes):
    day = dt.date(2026, 3, 1)
    return Answer("x/y", pl.DataFrame(), "", n, "customers", day, day, 1, notes=notes)


def test_what_was_left_out_is_a_dash_and_not_none():
    assert sample(of_people(3_947)) == "n = 3,947 customers"
    assert sample(of_people(0)) == "n = 0 customers"
    assert sample(of_people(0, "Something else.", FEW)) == "n = — customers"
    assert sample(of_people(12, FEW)) == "n = 12 customers"


def test_an_answer_is_thinned_where_groups_of_it_are_left_out():
    assert is_thinned(of_people(12, "Something else.", FEW))
    assert not is_thinned(of_people(12, "Something else."))
