"""Channels, models and guides are measured alike, and a look counts for the purchase it led to."""

import datetime as dt

import polars as pl
import pytest

from metrics.conversion import conversion_by
from metrics.sellers import MEASURES, attention, compared, led_to, takings, while_bound
from tests.answers.tiny import day, line, marts, noon, order, spell, visit

AS_OF = dt.date(2026, 12, 31)


def looks(*rows):
    return marts(visits=list(rows)).visits.with_columns(pl.col("channel", "product_id").cast(pl.String))


def sold(*rows):
    return marts(orders=list(rows)).orders.with_columns(pl.col("channel", "model").cast(pl.String))


def lines(*rows):
    return marts(lines=list(rows)).lines.with_columns(pl.col("product_id", "model").cast(pl.String))


def test_a_linger_rate_is_of_views_whose_dwell_is_known():
    seen = [visit(1, "2026-11-01", "P1", 9, linger=n < 3) for n in range(8)] + [visit(1, "2026-11-01", "P1", None)] * 2
    (row,) = attention(looks(*seen), "channel").iter_rows(named=True)
    assert (row["channel"], row["views"], row["known_views"], row["linger_rate"]) == ("app", 10, 8, 3 / 8)
    assert (row["linger_low"], row["linger_high"]) == pytest.approx((0.1368, 0.6943), abs=0.0001)


def test_a_return_rate_is_of_money_and_of_orders_old_enough():
    rows = [
        order(1, 1, "2026-11-01", 10_000, back=4_000),
        order(2, 1, "2026-12-01", 10_000, back=10_000),
        order(3, 2, "2026-12-02", 5_000, back=5_000),
        order(4, None, "2026-11-02", 20_000, channel="app"),
        order(5, 3, "2026-11-02", 0, channel="app"),
    ]
    told = {row["channel"]: row for row in takings(sold(*rows), "channel", as_of=AS_OF).iter_rows(named=True)}
    assert told["pos"]["return_rate"] == 14_000 / 20_000
    assert (told["pos"]["orders"], told["pos"]["mature_orders"], told["pos"]["net_minor"]) == (3, 2, 6_000)
    assert (told["pos"]["buyers"], told["app"]["buyers"], told["app"]["orders"]) == (1, 0, 1)
    assert told["app"]["return_rate"] == 0


def test_a_look_counts_for_the_first_purchase_within_fourteen_days_after():
    first, second = order(1, 1, "2026-11-10", 9_000, model="O2O"), order(2, 1, "2026-11-12", 9_000, model="B2C")
    bought = lines(line(first, "P1"), line(second, "P1"), line(order(3, 2, "2026-11-10", 500, back=500), "P1"))
    seen = [
        visit(1, "2026-11-09", "P1", 20), visit(1, "2026-11-11", "P1", 20), visit(1, "2026-10-20", "P1", 20),
        visit(1, "2026-11-09", "P2", 20), visit(2, "2026-11-09", "P1", 20), visit(1, "2026-11-13", "P1", 20),
        visit(None, "2026-11-09", "P1", 20, visitor=-1),
    ]  # fmt: skip
    found = led_to(looks(*seen), bought, "model").sort("at")
    assert found.select("local_on", "model").rows() == [(day("2026-11-09"), "O2O"), (day("2026-11-11"), "B2C")]
    early = looks(visit(1, "2026-10-27", "P1", 20)).with_columns(
        at=pl.lit(noon(day("2026-10-27")), pl.Datetime("us", "UTC"))
    )
    assert led_to(early, bought, "model").is_empty()
    assert led_to(early.with_columns(pl.col("at") + dt.timedelta(microseconds=1)), bought, "model").height == 1


def test_a_look_is_a_guides_while_the_customer_is_bound_by_their_code():
    spells = marts(bindings=[
        spell(1, 1, "S1", "2026-01-10", "2026-11-05", guide_id="G1"), spell(2, 1, "S1", "2026-11-05", guide_id="G2"),
        spell(3, 2, "S1", "2026-01-10"),
    ]).bindings  # fmt: skip
    seen = looks(visit(1, "2026-11-04", "P1", 20), visit(1, "2026-11-06", "P1", 20), visit(2, "2026-11-06", "P1", 20),
                 visit(1, "2026-01-01", "P1", 20))  # fmt: skip
    found = while_bound(seen, spells).sort("at")
    assert found.select("local_on", "guide_id").rows() == [(day("2026-11-04"), "G1"), (day("2026-11-06"), "G2")]


def test_who_has_but_one_measure_is_in_the_table_too():
    orders = sold(order(1, 1, "2026-11-01", 100, channel="web"), order(2, 1, "2026-11-02", 900))
    seen = looks(visit(1, "2026-11-01", "P1", 20, linger=True))
    bought = lines(line(order(1, 1, "2026-11-01", 100, channel="web"), "P1"))
    rates = conversion_by(seen, bought, "channel", as_of=AS_OF)
    bound = pl.DataFrame({"channel": ["live", None], "bound": [7, 9]}, schema={"channel": pl.String, "bound": pl.Int64})
    table = compared("channel", attention(seen, "channel"), rates, takings(orders, "channel", as_of=AS_OF), bound)
    assert table.columns == ["channel", *MEASURES]
    assert table["channel"].to_list() == ["pos", "web", "app", "live"]
    app, live = table.row(2, named=True), table.row(3, named=True)
    assert (app["viewers"], app["converted"], app["conversion_rate"], app["orders"]) == (1, 1, 1.0, 0)
    assert (app["return_rate"], app["bound"], live["bound"], live["linger_rate"]) == (None, 0, 7, None)
