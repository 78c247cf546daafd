"""What products hold and sell is told from numbers as the views and lines themselves tell it."""

import dataclasses
import datetime as dt

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from answers import narrow, product_attention
from answers.figures import conversion_of
from answers.periods import mature, over
from answers.registry import ask
from metrics.conversion import conversion, conversion_by_product
from metrics.dwell import dwell_by_product
from schema.scope import LOCAL_OWNER, Scope
from tests.answers.test_cubes import DAY, FILTERS, views
from tests.answers.tiny import COMPANY, asked, line, noon, order, table, visit
from warehouse.frames import narrow as narrowed

AGENT = Scope("agent", agent_id="AG2")


@st.composite
def sales(draw):
    """Lines of a few orders near the days of the views; some of them given back."""
    on = DAY + dt.timedelta(days=draw(st.sampled_from([0, 1, 2, 9, 14, 15, 23])))
    who, net = draw(st.sampled_from([1, 2, 3])), 900
    back = draw(st.sampled_from([0, 900]))
    bought = order(1, who, on.isoformat(), net, back=back, owner=draw(st.sampled_from(["S1", "S3"])))
    return line(bought | {"paid_at": noon(on, draw(st.sampled_from([0, 4, 9])))}, draw(st.sampled_from(["P1", "P2"])))


def of(rows, lines, scope, *, is_ordered=True):
    """A company of these views, in the order in which marts lie, as the scope may see it."""
    first = ("local_on", "visitor", "at") if is_ordered else ("local_on",)
    ordered = sorted(rows, key=lambda row: tuple(row[name] for name in first))
    marts = dataclasses.replace(COMPANY, visits=table("visits", ordered), lines=table("lines", lines))
    return narrowed(marts, scope)


def told_by_views(question, *, days=14):
    """The same from the formulas that read views and lines one by one."""
    seen, lines = narrow.visits(question), narrow.later_lines(question)
    held = dwell_by_product(seen)
    sold = conversion_by_product(seen, lines, as_of=question.as_of, days=days).drop("category")
    return held.join(sold, on="product_id", how="left", maintain_order="left")


@pytest.mark.parametrize("is_ordered", [True, False], ids=["in order", "in no order"])
@pytest.mark.parametrize("scope", [LOCAL_OWNER, AGENT], ids=["owner", "agent"])
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(views(), max_size=40),
    lines=st.lists(sales(), max_size=12),
    query=st.sampled_from((*FILTERS, "from=2026-10-21&to=2026-11-08&as_of=2026-10-30", "as_of=2026-11-05")),
    of_one=st.booleans(),
)
def test_products_are_told_as_their_views_tell_them(is_ordered, scope, rows, lines, query, of_one):
    if of_one:  # then cells tell them
        rows = [{**row, "category": {"P1": "Coats", "P2": None, None: None}[row["product_id"]]} for row in rows]
    question = asked(query, page="dwell", rows=of(rows, lines, scope, is_ordered=is_ordered), scope=scope)
    found = ask("dwell/products", question)
    expected = told_by_views(question)
    assert_frame_equal(found.table.select(expected.columns), expected, check_exact=True)
    seen = narrow.visits(question)
    assert (found.n, found.coverage) == (
        seen.height,
        seen["dwell_ms"].count() / seen.height if seen.height else None,
    )


@pytest.mark.parametrize("scope", [LOCAL_OWNER, AGENT], ids=["owner", "agent"])
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(views(), max_size=40),
    lines=st.lists(sales(), max_size=12),
    query=st.sampled_from((*FILTERS, "from=2026-10-21&to=2026-11-08&as_of=2026-10-30", "as_of=2026-11-05")),
)
def test_who_looked_and_bought_is_counted_as_views_and_lines_tell_it(scope, rows, lines, query):
    question = asked(query, rows=of(rows, lines, scope), scope=scope)
    weeks = [over(question, end - dt.timedelta(days=6), end) for end in (DAY, DAY + dt.timedelta(days=9))]
    for days in (question, mature(question, 14), *weeks):
        table = conversion(narrow.visits(days), narrow.later_lines(days), as_of=days.as_of, days=14)
        row = table.row(0, named=True) if table.height else {"conversion_rate": None, "mature_viewers": 0}
        told = conversion_of(days)
        assert (told.value, told.n) == (row["conversion_rate"], row["mature_viewers"])


def test_marts_lie_in_the_order_that_first_views_need():
    early, late = noon(DAY, 1), noon(DAY, 7)
    rows = [visit(1, DAY.isoformat(), "P1", 5.0, at=at) for at in (early, late)]
    told = {
        "in order": of(rows, [], LOCAL_OWNER),
        "the later first": of(rows[::-1], [], LOCAL_OWNER, is_ordered=False),
        "by another number": of([{**row, "visitor": 7} for row in rows], [], LOCAL_OWNER),
        "a day before the other": of(
            [*rows, visit(1, (DAY + dt.timedelta(days=1)).isoformat(), "P1", 5.0, at=early)], [], LOCAL_OWNER
        ),
    }
    assert [name for name, marts in told.items() if product_attention.is_ordered(marts)] == ["in order"]
