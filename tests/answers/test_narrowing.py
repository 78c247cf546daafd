"""Filters narrow, and only narrow; money of two currencies is never added."""

import pytest

from answers.periods import before, over
from answers.registry import ask
from schema.errors import UsageError
from schema.filters import parse_filters
from tests.answers.tiny import COMPANY, NOTHING, SNAPSHOT, answer, asked, day, line, marts, order

NET = {
    "": 25_000,  # 10,000 + 4,000 + 0 of a full refund + 5,000 + 6,000
    "store=S1": 19_000,
    "store=S2": 0,
    "store=S1&store=S3": 25_000,
    "agent=AG1": 19_000,
    "agent=AG2": 6_000,
    "city=Suzhou": 19_000,
    "city=Wuxi": 6_000,
    "city=Wuxi&agent=AG1": 0,
    "channel=pos": 19_000,
    "channel=wechat_mini": 6_000,
    "model=O2O": 6_000,
    "category=Coats": 15_000,  # 10,000 + 0 + 5,000
    "category=Scarves": 6_000,  # 5,000 + 3,000 − 2,000
    "category=Unmapped": 4_000,
    "category=Coats&category=Scarves": 21_000,
    "product=P2": 6_000,
    "product=P2&channel=wechat_mini": 1_000,
    "segment=promising": 15_000,  # member 1: three order-days, the newest 5 days old
    "segment=new": 6_000,  # member 3: one order
    "segment=lapsed": 0,
    "currency=USD": 999,
    "from=2026-11-10&to=2026-11-12": 11_000,
    "from=2026-11-10&to=2026-11-10": 5_000,
    "from=2026-09-20&to=2026-11-14": 28_000,
}


def kpi(query, name, column="value"):
    return answer("overview/kpis", query).table.filter(kpi=name)[column][0]


@pytest.mark.parametrize(("query", "net"), list(NET.items()))
def test_net_sales_follow_the_filters(query, net):
    assert kpi(query, "net_minor") == net


@pytest.mark.parametrize(
    ("query", "net"), [(q, n) for q, n in NET.items() if "category" not in q and "product" not in q]
)
def test_the_days_of_the_trend_add_up_to_the_same(query, net):
    assert answer("overview/trend", query).table["net_minor"].sum() == net


@pytest.mark.parametrize("query", [q for q in NET if "category" in q or "product" in q])
def test_with_a_product_filter_trend_and_ranking_add_up_to_the_matching_lines(query):
    assert answer("overview/trend", query).table["net_minor"].sum() == NET[query]
    assert answer("overview/ranking", query, by="category").table["net_minor"].sum() == NET[query]


@pytest.mark.parametrize("by", ["city", "agent_id", "store_id", "channel", "category"])
def test_every_ranking_adds_up_to_all_sales(by):
    assert answer("overview/ranking", by=by).table["net_minor"].sum() == 25_000


def test_currencies_are_never_added():
    assert answer("purchases/summary", "from=2026-11-01&to=2026-11-14").table.to_dicts() == [
        {
            "orders": 5, "order_days": 4, "buyers": 2, "orders_without_customer": 1, "gross_minor": 47_000,
            "refunds_minor": 22_000, "net_minor": 25_000, "average_order_value_minor": 5_000, "repeat_rate": 0.5,
            "repeat_rate_orders": 0.5, "currency": "CNY",
        }
    ]  # fmt: skip
    dollars = answer("purchases/summary", "from=2026-11-01&to=2026-11-14&currency=USD").table
    assert dollars["net_minor"].to_list() == [999]
    assert dollars["currency"].to_list() == ["USD"]


def test_answers_in_two_currencies_say_which_one_they_are_in():
    assert answer("overview/kpis").currency == "CNY"
    assert answer("overview/kpis", "currency=USD").currency == "USD"


VIEWS = {
    "": 4,
    "store=S1": 2,  # member 1 and member 2, whose own store it is
    "store=S2": 1,  # member 2 looked there
    "store=S1&store=S2": 2,  # matching both ways counts once
    "agent=AG2": 2,  # member 3's own agent, and member 2 in her store
    "city=Wuxi": 1,
    "city=Suzhou": 2,
    "channel=wechat_mini": 1,
    "category=Coats": 3,
    "category=Unmapped": 0,
    "product=P2": 1,
    "segment=promising": 1,
    "segment=new": 1,
    "from=2026-11-06&to=2026-11-07": 2,
}


@pytest.mark.parametrize(("query", "views"), list(VIEWS.items()))
def test_views_follow_the_filters_by_owner_or_place(query, views):
    assert answer("dwell/coverage", query).n == views


def test_the_heatmap_tells_known_from_all_views():
    table = answer("dwell/heatmap").table.filter(group="Coats")
    assert table.select("hour_of_week", "views", "known_views", "dwell_s").rows() == [
        (4 * 24 + 12, 1, 0, None),  # Friday: unknown is null, not 0
        (5 * 24 + 12, 1, 1, 61.0),
        (6 * 24 + 12, 1, 1, 30.0),
    ]


def test_hours_and_groups_marked_on_the_heatmap_narrow_the_rest():
    assert answer("dwell/products", hours=(5 * 24 + 12,)).n == 1
    assert answer("dwell/products", among=("Scarves",)).n == 1
    assert answer("dwell/products", among=("P1", "P2")).n == 4
    assert answer("dwell/products", hours=(0,)).is_empty


@pytest.mark.parametrize("hours", ["200", "-1", "noon", (3, 168), "07"])
def test_an_hour_that_no_week_has_is_refused(hours):
    with pytest.raises(UsageError, match=r"is no hour of the week: 0 \(Monday 00:00\) to 167"):
        answer("dwell/products", hours=hours)


def test_hours_and_groups_may_be_typed():
    assert answer("dwell/products", hours="132").n == 1
    assert answer("dwell/products", hours=("132", "156")).n == 2
    assert answer("dwell/products", among="Coats").n == 3
    assert answer("dwell/products", among="Hats").is_empty


def test_an_option_for_one_value_is_refused_when_given_twice():
    with pytest.raises(UsageError) as error:
        answer("products/summary", product=("P1", "P2"))
    assert str(error.value) == "products/summary: product is given 2 times."


def test_the_pair_of_a_store_that_is_not_here_is_refused():
    with pytest.raises(UsageError) as error:
        answer("catchment/pair", a="S1", b="S9")
    assert str(error.value) == "No store S9 here."
    assert answer("catchment/pair").is_empty


def test_buyers_cells_are_those_of_the_product():
    found = answer("products/buyers", product="P1")
    assert found.table["customers"].sum() == 3
    assert found.n == 3
    assert found.coverage == 1.0
    assert answer("products/buyers", "category=Scarves", product="P1").is_empty


def test_the_best_seller_is_asked_about_when_no_product_is_named():
    assert answer("products/summary").table["product_id"].to_list() == ["P1"]
    assert answer("products/summary", "product=P2").table["product_id"].to_list() == ["P2"]
    assert answer("products/summary", product="P3").table["product_id"].to_list() == ["P3"]


def test_a_product_that_is_not_here_gives_nothing_rather_than_another_one():
    assert answer("products/summary", product="P9").is_empty
    assert answer("products/hours", product="P9").is_empty


def test_segments_come_from_the_whole_base_before_other_filters():
    one_store = answer("overview/kpis", "store=S3&segment=promising").table
    assert one_store.filter(kpi="orders")["value"].to_list() == [0.0]
    assert kpi("store=S1&segment=promising", "orders") == 2


def test_whoever_matches_no_filter_is_zero_where_sales_exist_and_unknown_where_none_do():
    assert kpi("store=S2&channel=wechat_mini", "orders") == 0
    assert answer("overview/kpis", rows=NOTHING).table["value"].null_count() == 15


def test_a_period_is_the_same_whether_the_rows_lie_in_order_or_not():
    rows = [order(2, 1, "2026-11-12", 700), order(1, 1, "2026-11-02", 300), order(3, 1, "2026-09-01", 5)]
    lines = [line(row, "P1") for row in rows]
    mixed, ordered = marts(orders=rows, lines=lines), marts(orders=rows[::-1], lines=lines[::-1])
    for held in (mixed, ordered):
        assert answer("purchases/summary", "from=2026-11-02&to=2026-11-12", rows=held).table["net_minor"][0] == 1_000
        assert answer("purchases/summary", "from=2026-11-03&to=2026-11-12", rows=held).table["net_minor"][0] == 700


def test_two_questions_of_one_context_are_not_mixed_up():
    here = asked("store=S1", page="overview")
    sales = [
        ask("overview/trend", here).table["net_minor"].sum(),
        ask("overview/trend", over(here, day("2026-11-10"), day("2026-11-10"))).table["net_minor"].sum(),
        ask("overview/trend", before(here)).table["net_minor"].sum(),
        ask("overview/trend", here).table["net_minor"].sum(),
    ]
    assert sales == [19_000, 5_000, 3_000, 19_000]


def test_the_same_rows_under_another_filter_are_asked_anew():
    assert SNAPSHOT.currency == "CNY"
    for query, net in NET.items():
        assert parse_filters(query).is_readable
        assert answer("overview/kpis", query, rows=COMPANY).table.filter(kpi="net_minor")["value"][0] == net


def test_a_pair_is_told_by_the_cells_of_either():
    table = answer("catchment/pair", a="S1", b="S2").table
    assert table["customers_a"].sum() == 1
    assert table["customers_b"].sum() == 1
    assert table["share_a"].sum() == 1.0
