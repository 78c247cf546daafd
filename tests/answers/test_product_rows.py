"""What is told of one product is what its lines and views themselves tell, whoever asks and whatever the filters."""

import dataclasses

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from answers import narrow, product_rows
from answers.products import chosen
from answers.registry import ask
from metrics import products as metrics
from schema.scope import LOCAL_OWNER
from tests.answers.test_cubes import FILTERS, views
from tests.answers.test_product_attention import AGENT, of, sales
from tests.answers.tiny import asked, table

QUERIES = (
    *FILTERS,
    "from=2026-10-21&to=2026-11-08&as_of=2026-10-30",
    "category=Coats&channel=pos",
    "model=B2C",
    "currency=USD",
)


def every(rows, lines, scope, *, is_ordered):
    """A company of these rows; lines of several channels and currencies, by day or in no order."""
    more = [
        {**row, "order_key": key, "channel": ("app", "pos")[key % 2], "currency": "USD" if key % 5 == 4 else "CNY",
         "product_id": None if key % 7 == 6 else row["product_id"], "is_staff": key % 9 == 8, "qty": float(key % 3),
         "customer_key": None if key % 8 == 7 else row["customer_key"]}
        for key, row in enumerate(lines)
    ]  # fmt: skip
    made = of(rows, [], scope, is_ordered=is_ordered)
    if is_ordered:
        more.sort(key=lambda row: row["local_on"])
    return dataclasses.replace(made, lines=table("lines", more))


@pytest.mark.parametrize("is_ordered", [True, False], ids=["in order", "in no order"])
@pytest.mark.parametrize("scope", [LOCAL_OWNER, AGENT], ids=["owner", "agent"])
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(views(), max_size=40),
    lines=st.lists(sales(), max_size=16),
    query=st.sampled_from(QUERIES),
    product=st.sampled_from(["P1", "P2", None]),
)
def test_one_product_is_told_as_its_rows_tell_it(is_ordered, scope, rows, lines, query, product):
    question = asked(query, page="products", rows=every(rows, lines, scope, is_ordered=is_ordered), scope=scope)
    sold, seen, later = narrow.lines(question), narrow.visits(question), narrow.later_lines(question)
    best = sold.drop_nulls("product_id").group_by("product_id").agg(pl.col("net_minor").sum())
    best = best.sort("net_minor", "product_id", descending=[True, False])["product_id"].to_list()
    which = chosen(question, product)
    if not (product or question.filters.product):
        assert which == [*best, ""][0]
    named = {} if product is None else {"product": product}
    expected = {
        "products/summary": metrics.product_summary(sold, seen, which),
        "products/hours": metrics.product_hours(sold, which),
        "products/views": metrics.views_by_hour(seen, which),
        "products/frequency": metrics.buyers_by_purchases(sold, which),
        "products/days": metrics.days_from_view_to_order(seen, later, which),
        "products/amount": metrics.price_bands(sold, which),
        "products/returns": metrics.returns_by(sold, which, "channel").rename({"channel": "group"}),
    }
    ours = sold.filter(pl.col("product_id") == which)
    known = ours["customer_key"].drop_nulls()
    for address, table_of in expected.items():
        found = ask(address, question, **named)
        assert_frame_equal(found.table.select(table_of.columns), table_of, check_exact=True)
        assert (found.n, found.coverage) == (known.n_unique(), len(known) / ours.height if ours.height else None), (
            address
        )
    people = question.marts.people.join(known.unique().alias("customer_key").to_frame(), on="customer_key", how="semi")
    homes = ask("products/buyers", question, **named)
    assert homes.n == known.n_unique()
    assert homes.table["customers"].sum() == people.drop_nulls("home_cell").filter(pl.col("home_src") != "city").height
    assert ask("products/distance", question, **named).n == known.n_unique()


def test_lines_of_a_product_are_those_of_all_lines():
    question = asked(all_data=True)
    whole = narrow.lines(question).filter(pl.col("product_id") == "P2")
    found = product_rows.lines(question, "P2")
    assert_frame_equal(found, whole.select(found.columns))
    assert whole.height > 0
    assert product_rows.lines(question, "not a product").height == 0
