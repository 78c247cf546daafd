"""Distinct customers by store and cell, and what is bought together, are those of the orders of exactly these days."""

import dataclasses
import datetime as dt

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from answers import narrow
from answers.drawing import drawn
from answers.products import bought
from answers.registry import ask
from metrics.catchment import customers_by_cell
from metrics.cells import cell_hex
from metrics.flows import leakage
from metrics.products import attach_products, attached
from metrics.tiers import radii_of, store_customers, trade_area
from schema.scope import LOCAL_OWNER
from tests.answers.test_buyers import AGENT, LAST, STAFF, of, trade
from tests.answers.tiny import asked, person, table
from warehouse.frames import narrow as narrowed

PEOPLE = [
    person(1, 31.30, 120.60, "S1", 400.0), person(2, 31.31, 120.61, "S1", 900.0), person(3, 31.57, 120.29, "S3", 100.0),
    {**person(STAFF, 31.57, 120.29, "S3", 100.0), "is_staff": True}, person(5, 31.30, 120.60, "S1", 400.0),
]  # fmt: skip
QUERIES = (
    "", "from=2026-10-22&to=2026-11-02", "from=2026-11-14&to=2026-11-14", "from=2025-01-01&to=2025-06-30", "store=S1",
    "currency=USD", "channel=app", "city=Suzhou", "agent=A1&channel=pos", "category=Coats", "segment=new", "from=2026-08-15&to=2026-08-17",
)  # fmt: skip


def company(rows, scope):
    """These orders, of people whose homes are known."""
    made = of(rows, LOCAL_OWNER, returns=False)
    return narrowed(dataclasses.replace(made, people=table("people", PEOPLE)), scope)


@pytest.mark.parametrize("scope", [LOCAL_OWNER, AGENT], ids=["owner", "agent"])
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=trade(), query=st.sampled_from(QUERIES))
def test_trade_areas_are_those_of_the_orders_of_these_days(scope, rows, query):
    question = asked(query, page="catchment", rows=company(rows, scope), scope=scope)
    orders, people, places = narrow.orders(question), question.marts.people, question.marts.places
    assumed = bool(orders.height) and orders["store_id"].count() == 0
    customers = store_customers(orders, people, resolution=8, assumed=assumed)
    if scope.role == "agent":
        customers = customers.join(places.select("store_id"), on="store_id", how="semi", maintain_order="left")
    expected = trade_area(customers, places)
    found = ask("catchment/cells", question)
    shown = expected.with_columns(cell_hex(pl.col("cell")).alias("cell"))
    assert_frame_equal(found.table, shown, check_exact=True, check_column_order=False)
    assert_frame_equal(ask("catchment/radii", question).table, radii_of(expected, "store_id"), check_exact=True)
    homes = people.drop_nulls("home_cell").filter(pl.col("home_src") != "city")["customer_key"]
    keys = orders["customer_key"].drop_nulls().unique()
    known = keys.is_in(homes.implode()).sum()
    for by in ("city", "store"):
        expected = leakage(orders, people, places, by=by)
        assert_frame_equal(ask("catchment/leakage", question, by=by).table, expected, check_exact=True)
    mine = narrow.people(question)
    living = customers_by_cell(mine, 6).with_columns(cell_hex(pl.col("cell")).alias("cell"))
    lived = ask("catchment/customers", question, resolution=6)
    assert_frame_equal(lived.table, living)
    at_home = mine.filter(pl.col("home_cell").is_not_null(), pl.col("home_src") != "city").height
    assert (lived.n, lived.coverage) == (mine.height, at_home / mine.height if mine.height else None)
    for address in ("cells", "radii", "leakage", "sales", "penetration", "actual", "dominance"):
        result = ask(f"catchment/{address}", question)
        assert (result.n, result.coverage) == (len(keys), known / len(keys) if len(keys) else None), address


@settings(max_examples=40, deadline=None)
@given(rows=trade(), days=st.tuples(st.integers(0, 500), st.integers(0, 500)))
def test_any_days_count_each_customer_of_a_store_and_cell_once(rows, days):
    rows = company(rows, LOCAL_OWNER)
    first, last = (LAST - dt.timedelta(days=back) for back in sorted(days, reverse=True))
    counted = (
        drawn(rows, "CNY", 8).counted(first, last).select("store_id", "cell", "customers").cast({"store_id": pl.String})
    )
    sold = rows.orders.filter(pl.col("currency") == "CNY", pl.col("local_on").is_between(first, last))
    each = store_customers(sold, rows.people, resolution=8)
    expected = each.group_by("store_id", "cell").agg(customers=pl.col("customer_key").n_unique().cast(pl.Int64))
    assert_frame_equal(counted, expected.cast({"store_id": pl.String}), check_row_order=False)


@pytest.mark.parametrize("product", ["P1", "P2", "P3"])
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=trade(),
    query=st.sampled_from(
        [query for query in QUERIES if "=" not in query or "from" in query or query == "channel=app"]
    ),
)
def test_what_is_bought_together_is_told_by_the_lines_of_these_days(product, rows, query):
    question = asked(query, page="products", rows=company(rows, LOCAL_OWNER))
    expected = attach_products(narrow.lines(question), product, min_n=1)
    days = question.from_on, question.to_on
    held = bought(question.marts, question.currency, *question.filters.channel)
    assert_frame_equal(attached(*held, product, days, min_n=1), expected)
