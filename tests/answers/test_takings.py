"""Rankings and trends told from sums by place are what the orders and lines themselves tell, whoever asks."""

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from answers import buyers, narrow, takings
from answers.periods import before
from answers.registry import ask
from metrics.overview import ranking, trend
from schema.coding import spelled
from schema.scope import LOCAL_OWNER
from tests.answers.test_buyers import AGENT, FILTERS, of, trade
from tests.answers.tiny import asked


def kept(rows):
    return rows.with_columns(net_minor=pl.col("net_minor") - pl.col("refunded_minor"))


@pytest.mark.parametrize("scope", [LOCAL_OWNER, AGENT], ids=["owner", "agent"])
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=trade(), query=st.sampled_from(FILTERS))
def test_who_leads_is_told_as_from_orders_and_lines(scope, rows, query):
    question = asked(query, rows=of(rows, scope, returns=True), scope=scope)
    for by in ("city", "agent_id", "store_id", "channel", "category"):
        which = narrow.lines if by == "category" else narrow.orders
        now, prior = which(question), which(before(question))
        if by == "category":
            now, prior = kept(now), kept(prior)
        found = ask("overview/ranking", question, by=by)
        expected = ranking(now, prior, by=by)
        assert_frame_equal(found.table.select(expected.columns), expected)
        assert found.n == now.height
        counts = dict(now.group_by(by).len().iter_rows())
        assert found.table["orders"].to_list() == [counts.get(group, 0) for group in found.table["group"]]


@pytest.mark.parametrize("scope", [LOCAL_OWNER, AGENT], ids=["owner", "agent"])
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=trade(), query=st.sampled_from(FILTERS))
def test_days_of_sales_are_told_as_from_orders(scope, rows, query):
    question = asked(query, rows=of(rows, scope, returns=True), scope=scope)
    expected = trend(narrow.orders(question))
    assert_frame_equal(buyers.money(question).trend(question.from_on, question.to_on), expected)
    cells = takings.cells(question, "orders")
    sums = (
        spelled(cells)
        .group_by("channel")
        .agg(pl.col("goods_net_minor", "refunded_minor", "rows").sum())
        .sort("channel")
    )
    orders = narrow.orders(question).group_by("channel")
    told = orders.agg(pl.col("goods_net_minor", "refunded_minor").sum(), rows=pl.len().cast(pl.Int64)).sort("channel")
    assert_frame_equal(sums, told)
