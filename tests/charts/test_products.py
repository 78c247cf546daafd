"""A product's pictures, alone and beside a second one."""

import polars as pl
import pytest

from charts.products import (
    buyers_by_purchases_bars,
    distance_bars,
    orders_vs_views_hours,
    price_bands_chart,
    return_rate_bars,
    size_curve,
    view_to_order_bars,
)
from charts.theme import LIGHT


def _texts(fig):
    return [annotation.text for annotation in fig.layout.annotations]


def test_orders_and_views_are_shares_of_their_own_sum():
    table = pl.DataFrame({"hour": [9, 20], "orders": [1, 3], "views": [800, 200]})
    views, orders = orders_vs_views_hours(table, LIGHT).data
    assert (views.y[9], views.y[20]) == (pytest.approx(80), pytest.approx(20))
    assert (orders.y[9], orders.y[20], orders.y[0]) == (pytest.approx(25), pytest.approx(75), 0)
    assert (views.line.color, orders.line.color) == (LIGHT.calm, LIGHT.primary)


def test_unknown_views_are_left_out():
    table = pl.DataFrame({"hour_of_week": [164], "orders": [2], "views": [None]}, schema_overrides={"views": pl.Int64})
    fig = orders_vs_views_hours(table, LIGHT)
    assert len(fig.data) == 1
    assert fig.data[0].y[164] == 100


def test_two_products_are_teal_and_ochre_and_named_safely():
    table = pl.DataFrame({"series": ["A<b>", "B"], "band": ["¥500–749", "¥500–749"], "units": [5, 7]})
    fig = price_bands_chart(table, LIGHT)
    bars = [trace for trace in fig.data if trace.hoverinfo == "text"]
    assert [trace.marker.color[0] for trace in bars] == ["#005255", "#a66e00"]
    assert "A&lt;b&gt;" in _texts(fig)[-1]
    assert bars[0].hovertext[0] == "<b>¥500–749</b><br>A&lt;b&gt;: 5 units, 100.0 %<br>B: 7 units, 100.0 %"


def test_buyers_are_shares_and_once_is_a_word():
    fig = buyers_by_purchases_bars(pl.DataFrame({"purchases": ["1", "2+"], "buyers": [9, 1]}), LIGHT, highlight="1")
    assert list(fig.layout.yaxis.ticktext) == ["once", "2+ times"]
    assert fig.data[1].x.tolist() == pytest.approx([0.9, 0.1])
    assert list(fig.data[1].marker.color) == [LIGHT.finding, LIGHT.primary]


@pytest.mark.parametrize("draw", [view_to_order_bars, distance_bars])
def test_bands_of_customers_are_printed_in_percent(draw):
    fig = draw(pl.DataFrame({"band": ["near", "far"], "customers": [3, 1]}), LIGHT)
    assert _texts(fig) == ["<b>75.0 %</b>", "<b>25.0 %</b>"]


def test_a_size_that_was_missing_says_so():
    table = pl.DataFrame({"size": ["S", "M", "L"], "units": [1, 3, 0], "stock_out": [0.35, 0.0, None]})
    fig = size_curve(table, LIGHT)
    assert list(fig.data[0].text) == ["25.0 %", "75.0 %", "0.0 %"]
    assert _texts(fig) == ["<b>out 35 %</b>"]


def test_a_return_rate_carries_its_interval_and_an_unknown_one_is_a_dash():
    table = pl.DataFrame(
        {"group": ["S", "XL"], "rate": [0.35, None], "low": [0.3, None], "high": [0.4, None], "n": [300, 0]}
    )
    fig = return_rate_bars(table, LIGHT, highlight="S")
    bars = fig.data[0]
    assert bars.error_x.array[0] == pytest.approx(0.05)
    assert bars.error_x.arrayminus[0] == pytest.approx(0.05)
    assert bars.marker.color[0] == LIGHT.finding
    assert _texts(fig) == ["<b>35.0 %</b>", "<b>—</b>"]
    assert bars.hovertext[0] == "<b>S</b><br>35.0 % [30.0, 40.0] came back<br>of 300"


def test_single_days_are_gathered_into_bands_in_order():
    fig = view_to_order_bars(pl.DataFrame({"days": [0, 1, 3, 14, 90], "customers": [4, 1, 1, 2, 2]}), LIGHT)
    assert list(fig.layout.yaxis.ticktext) == ["same day", "1–3 days", "8–14 days", "later"]
    assert fig.data[1].x.tolist() == pytest.approx([0.4, 0.2, 0.2, 0.2])


def test_price_bands_are_named_in_their_currency():
    table = pl.DataFrame({"price_minor": [100_000, 50_000], "band_minor": [25_000, 25_000], "units": [3, 1]})
    fig = price_bands_chart(table, LIGHT, currency="CNY")
    assert list(fig.layout.yaxis.ticktext) == ["¥500–750", "¥1,000–1,250"]
    assert fig.data[1].x.tolist() == pytest.approx([0.25, 0.75])


def test_a_size_out_of_stock_is_called_missing():
    table = pl.DataFrame({"size": ["S", "M"], "units": [1, 3], "missing": [True, False]})
    assert _texts(size_curve(table, LIGHT)) == ["<b>missing</b>"]
