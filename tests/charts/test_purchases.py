"""Purchases are drawn as they were counted."""

import math
from datetime import date

import numpy as np
import polars as pl
import pytest

from charts.purchases import (
    cohort_triangle,
    gaps_histogram,
    lorenz_curve,
    orders_histogram,
    rfm_grid,
    segment_bars,
    survival_curve,
)
from charts.theme import LIGHT


def _texts(fig):
    return [annotation.text for annotation in fig.layout.annotations]


def test_eight_orders_and_more_are_one_column():
    table = pl.DataFrame({"orders": [1, 2, 8, 40], "customers": [70, 20, 6, 4]})
    fig = orders_histogram(table, LIGHT, highlight=1)
    bars = fig.data[0]
    assert bars.y.tolist() == pytest.approx([0.7, 0.2, 0, 0, 0, 0, 0, 0.1])
    assert list(fig.layout.xaxis.ticktext)[-1] == "8+"
    assert bars.marker.color[0] == LIGHT.finding
    assert fig.layout.meta["alt"] == "70.0 % of 100 customers bought once."


def test_gaps_are_binned_in_whole_weeks():
    table = pl.DataFrame({"gap_days": [1, 6, 7, 20], "gaps": [5, 1, 3, 2]})
    bars = gaps_histogram(table, LIGHT).data[0]
    assert bars.y.tolist() == [6, 3, 2]
    assert bars.x.tolist() == [3.5, 10.5, 17.5]
    assert bars.hovertext[0] == "<b>0–6 days</b><br>6 gaps"


def test_the_survival_table_is_drawn_as_steps_of_those_who_came_back():
    table = pl.DataFrame({"day": [10, 20, 40], "survival": [0.8, 0.6, 0.3]})
    fig = survival_curve(table, LIGHT, median_day=40, mark_day=30)
    curve, dot = fig.data
    assert curve.line.shape == "hv"
    assert curve.x.tolist() == [0, 10, 20, 40]
    assert curve.y.tolist() == pytest.approx([0, 20, 40, 70])
    assert dot.y[0] == pytest.approx(40)
    assert _texts(fig) == ["half by day 40", "<b>40.0 % by day 30</b>"]
    assert fig.layout.meta["alt"] == "By day 40, 70.0 % have ordered again."


def test_curves_of_groups_are_named_at_their_ends_in_categorical_colours():
    table = pl.DataFrame({"group": ["A<b>", "A<b>", "B", "B"], "day": [0, 9, 0, 9], "survival": [1.0, 0.5, 1.0, 0.2]})
    fig = survival_curve(table, LIGHT)
    assert [trace.line.color for trace in fig.data] == list(LIGHT.categorical[:2])
    assert _texts(fig) == ["A&lt;b&gt;", "B"]


def test_rfm_cells_stand_with_the_best_in_the_upper_right_and_missing_ones_are_blank():
    table = pl.DataFrame({"r": [5, 5, 1], "f": [5, 5, 1], "customers": [10, 6, 900], "net_minor": [100, 200, 300]})
    fig = rfm_grid(table, LIGHT, currency="CNY", highlight=(1, 1))
    heat, printed = fig.data
    assert heat.z[0, 4] == pytest.approx(4)
    assert heat.z[4, 0] == pytest.approx(30)
    assert np.isnan(heat.z).sum() == 23
    assert list(printed.text) == ["16", "900"]
    assert [list(point) for point in printed.customdata] == [[5, 5], [1, 1]]
    assert fig.layout.shapes[0].line.color == LIGHT.finding


def test_segments_print_customers_and_money():
    table = pl.DataFrame({"segment": ["at_risk"], "customers": [430], "net_minor": [40_000_000]})
    fig = segment_bars(table, LIGHT, currency="CNY")
    assert list(fig.layout.yaxis.ticktext) == ["At risk"]
    assert list(fig.data[0].text) == ["430"]
    assert _texts(fig) == ["<b>¥400 k</b>"]


def test_immature_cohort_cells_stay_blank_and_the_first_month_is_not_drawn():
    table = pl.DataFrame(
        {
            "cohort": [date(2026, 8, 1)] * 3 + [date(2026, 9, 1)] * 3,
            "month": [0, 1, 2] * 2,
            "retention": [1.0, 0.12, 0.08, 1.0, 0.11, None],
        }
    )
    heat, printed = cohort_triangle(table, LIGHT).data
    assert heat.z.shape == (2, 2)
    assert math.isnan(heat.z[1, 1])
    assert list(printed.text) == ["12", "8", "11"]
    assert printed.hovertext[0] == "<b>Aug 2026</b>, month 1<br>12.0 % bought"


def test_a_cohort_without_a_later_month_is_an_empty_row():
    table = pl.DataFrame({"cohort": [date(2026, 8, 1)], "month": [0], "retention": [1.0]})
    assert np.isnan(cohort_triangle(table, LIGHT).data[0].z).all()


def test_the_lorenz_curve_starts_at_nothing_and_marks_the_top_share():
    table = pl.DataFrame({"customers_share": [0.2, 0.4, 0.6, 0.8, 1.0], "net_share": [0.05, 0.15, 0.3, 0.5, 1.0]})
    fig = lorenz_curve(table, LIGHT, gini=0.4, top_share=(0.2, 0.5))
    equal, curve, dot = fig.data
    assert equal.y.tolist() == [0, 100]
    assert curve.y.tolist() == pytest.approx([0, 5, 15, 30, 50, 100])
    assert (dot.x[0], dot.y[0]) == (80, 50)
    assert _texts(fig) == ["Share of net sales · Gini 0.40", "<b>top 20 % bring 50.0 %</b>"]


def test_a_curve_with_the_best_first_is_marked_from_the_left():
    table = pl.DataFrame({"customers_share": [0.2, 1.0], "net_share": [0.5, 1.0]})
    dot = lorenz_curve(table, LIGHT, top_share=(0.2, 0.5)).data[-1]
    assert (dot.x[0], dot.y[0]) == (20, 50)
