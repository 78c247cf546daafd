"""Money in pictures: a statement that adds up, a pool without a remainder, and what a change would move."""

import polars as pl
import pytest

from charts.numbers import percent
from charts.sharing_flows import exposure_bars, journey_bars, leakage_bars
from charts.sharing_money import (
    statement_steps,
    statement_waterfall,
    winners_losers,
)
from charts.sharing_split import split_bar
from charts.theme import DARK, LIGHT

OCTOBER = {
    "opening_minor": 0,
    "accrued_minor": 5_139,
    "clawback_minor": -1_599,
    "paid_minor": 0,
    "adjust_minor": 0,
    "closing_minor": 3_540,
}
NOVEMBER = {
    "opening_minor": 3_540,
    "accrued_minor": 0,
    "clawback_minor": -3_540,
    "paid_minor": -3_540,
    "adjust_minor": 0,
    "closing_minor": -3_540,
}


def _texts(fig):
    return [annotation.text for annotation in fig.layout.annotations]


def test_a_statement_hangs_each_movement_where_the_one_before_ended():
    fig = statement_waterfall(statement_steps(OCTOBER), LIGHT, currency="CNY")
    bars = fig.data[0]
    assert list(bars.base) == [0, 0, 3_540, 3_540, 3_540, 0]
    assert list(bars.y) == [0, 5_139, 1_599, 0, 0, 3_540]
    assert _texts(fig)[1:3] == ["+¥51.39", "−¥15.99"]
    assert _texts(fig)[5] == "<b>¥35.40</b>"


def test_a_negative_closing_stands_below_the_ground():
    fig = statement_waterfall(statement_steps(NOVEMBER), DARK, currency="CNY")
    assert list(fig.data[0].base) == [0, 3_540, 0, -3_540, -3_540, -3_540]
    assert fig.layout.yaxis.range[0] < -3_540


def test_on_a_phone_a_statement_is_rows():
    fig = statement_waterfall(statement_steps(OCTOBER), LIGHT, currency="CNY", phone=True)
    assert list(fig.layout.yaxis.ticktext) == ["Opening", "Accrued", "Clawed back", "Paid out", "Adjusted", "Closing"]
    assert list(fig.data[0].x) == [0, 5_139, -1_599, 0, 0, 3_540]


def test_only_a_clawback_glints():
    colours = statement_waterfall(statement_steps(OCTOBER), LIGHT, currency="CNY").data[0].marker.color
    assert [colour == LIGHT.finding for colour in colours] == [False, False, True, False, False, False]


def test_the_parts_of_a_pool_make_the_whole():
    fig = split_bar([("Stores", 7_710), ("Agents", 5_139), ("Guides", 2_571)], LIGHT, currency="CNY")
    assert sum(trace.x[0] for trace in fig.data) == pytest.approx(1)
    assert "<b>50.00 %</b>" in _texts(fig)
    assert fig.layout.meta["alt"] == "Of ¥154.20: Stores 50.00 %, Agents 33.33 %, Guides 16.67 %."


def test_a_part_too_narrow_for_its_percent_says_it_below_and_stays_in_the_one_bar():
    fig = split_bar([("Stores", 9_900), ("Head office fund", 100)], LIGHT, currency="CNY")
    assert len(fig.data) == 2
    assert f"{percent(0.01, 2)} · ¥1.00" in _texts(fig)


def test_labels_of_thin_parts_stand_side_by_side():
    fig = split_bar(
        [("Stores", 5_789), ("Agents", 1_700), ("Guides", 44), ("Head office", 2_467)], LIGHT, currency="CNY"
    )
    starts = [note.x for note in fig.layout.annotations if note.yanchor == "bottom"]
    assert starts == sorted(starts)
    assert starts[-1] == 1.0


def test_on_a_phone_each_part_is_a_line_below_the_bar():
    fig = split_bar([("Stores", 5_000), ("Agents", 5_000)], DARK, currency="CNY", phone=True)
    assert [trace.x[0] for trace in fig.data] == [0.5, 0.5]
    assert [note.text for note in fig.layout.annotations if note.x == 1] == [f"{percent(0.5, 2)} · ¥50.00"] * 2


def test_a_pool_of_nothing_is_drawn_too():
    assert split_bar([("Stores", 0)], LIGHT, currency="CNY").layout.meta["alt"] == "Of ¥0.00: Stores 0.00 %."


def test_winners_stand_right_of_losers():
    table = pl.DataFrame({"name": ["Taihu", "Suhe"], "delta_minor": [1_234_500, -34_000]})
    fig = winners_losers(table, LIGHT, currency="CNY", highlight="Suhe")
    assert list(fig.data[0].text) == ["+¥12.3 k", "−¥340"]
    assert list(fig.data[0].marker.color) == [LIGHT.primary, LIGHT.finding]
    assert fig.layout.meta["alt"] == "1 would receive more, 1 less."


def test_where_bound_customers_buy_leakage_and_exposure_are_described():
    place = pl.DataFrame({"place": ["Own store"], "net_minor": [100], "share": [0.34], "credited_minor": [0]})
    assert journey_bars(place, LIGHT, currency="CNY").layout.meta["alt"] == (
        "Net sales of bound customers by place: Own store 34 %."
    )
    leak = pl.DataFrame(
        {"name": ["S1"], "leakage": [0.4], "credited_leakage": [None]},
        schema_overrides={"credited_leakage": pl.Float64},
    )
    assert "40 % of the spend of S1" in leakage_bars(leak, LIGHT).layout.meta["alt"]
    age = pl.DataFrame(
        {"age": ["0–15 d"], "accrued_minor": [10_000], "refund_probability": [0.34], "exposure_minor": [3_400]}
    )
    assert exposure_bars(age, LIGHT, currency="CNY").layout.meta["alt"].startswith("¥34 may have to be clawed back")
