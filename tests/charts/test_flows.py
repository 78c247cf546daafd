"""Flows between neighbourhoods and tills, and the weights of size and distance."""

import numpy as np
import polars as pl
import pytest

from charts.flows import NOBODY, busiest, flow_heatmap, huff_intervals, inflow_bars, loss_dumbbells
from charts.theme import DARK, LIGHT

FLOWS = pl.DataFrame(
    {
        "nearest": ["S1", "S1", "S2", "S2", None],
        "actual": ["S1", "S2", "S2", "S1", None],
        "orders": [60, 40, 97, 3, 500],
        "share": [0.6, 0.4, 0.97, 0.03, 1.0],
    }
)
HUFF = pl.DataFrame(
    {
        "city": [None, "Wuxi <b>"],
        "alpha": [1.0, 0.9],
        "alpha_low": [0.8, None],
        "alpha_high": [1.2, None],
        "beta": [2.1, 2.0],
        "beta_low": [2.0, 1.9],
        "beta_high": [2.2, 2.1],
        "log_loss": [0.5, 0.4],
        "baseline_log_loss": [0.9, 0.6],
    }
)


def test_the_members_of_the_largest_flow_from_one_to_another_come_first():
    assert busiest(FLOWS, 2) == ["S1", "S2"]
    assert busiest(FLOWS, 9) == ["S1", "S2", NOBODY]


def test_where_nobody_leaves_those_with_most_orders_come_first():
    assert busiest(FLOWS.filter(pl.col("nearest").eq_missing(pl.col("actual"))), 1) == [NOBODY]


def test_the_way_from_the_nearest_to_another_is_coloured_and_staying_is_grey():
    fig = flow_heatmap(FLOWS, ["S1", "S2"], LIGHT, labels={"S1": "Hill <i>"}, highlight=("S1", "S2"))
    own, away, printed = fig.data
    assert own.z[0, 0] == pytest.approx(0.6)
    assert away.z[0, 1] == pytest.approx(0.4)
    assert away.z[1, 0] == pytest.approx(0.03)
    assert np.isnan(away.z[0, 0])
    assert list(printed.text) == ["60", "40", "97", "3"]
    assert fig.layout.yaxis.ticktext[0] == "Hill &lt;i&gt;"
    assert fig.layout.shapes[0].line.color == LIGHT.finding
    assert (fig.layout.shapes[0].x0, fig.layout.shapes[0].y0) == pytest.approx((0.54, -0.45))


def test_what_has_no_id_is_called_by_the_given_name():
    fig = flow_heatmap(FLOWS, [NOBODY], DARK, labels={NOBODY: "Head office"})
    assert list(fig.layout.xaxis.ticktext) == ["Head office"]
    assert list(fig.data[2].text) == ["100"]


def test_a_store_that_draws_past_a_nearer_one_shows_orders_share_and_detour():
    table = pl.DataFrame(
        {
            "group": ["S1", "S2"],
            "name": ["Mall", "Hill"],
            "drawn": [671, 89],
            "received": [2177, 640],
            "inflow": [0.308, 0.139],
            "median_inflow_detour_m": [3480.0, None],
        }
    )
    fig = inflow_bars(table, LIGHT, highlight="S1")
    assert list(fig.data[0].text) == ["671 · 31 %", "89 · 14 %"]
    assert list(fig.data[0].marker.color) == [LIGHT.finding, LIGHT.primary]
    assert [note.text for note in fig.layout.annotations] == ["<b>3.5 km</b>", "<b>—</b>"]


def test_both_weights_stand_in_panels_of_their_own_with_their_intervals():
    fig = huff_intervals(HUFF, LIGHT)
    alpha, beta = fig.data
    assert (alpha.xaxis, beta.xaxis) == ("x", "x2")
    assert list(alpha.error_x.array) == pytest.approx([0.2, 0])
    assert list(beta.error_x.arrayminus) == pytest.approx([0.1, 0.1])
    assert list(fig.layout.yaxis.ticktext) == ["All cities", "Wuxi &lt;b&gt;"]
    assert fig.layout.xaxis.title.text == "α, exponent of floor area"
    assert fig.layout.meta["alt"].startswith("Weights of size and distance: All cities α 1.00, β 2.10")


def test_the_model_and_the_nearest_store_are_two_dots_on_one_line():
    fig = loss_dumbbells(HUFF, LIGHT, phone=True)
    model, nearest = fig.data
    assert list(model.x) == [0.5, 0.4]
    assert list(nearest.x) == [0.9, 0.6]
    assert [note.text for note in fig.layout.annotations] == ["<b>model</b>", "<b>nearest store</b>"]
    assert [(line.x0, line.x1) for line in fig.layout.shapes] == [(0.5, 0.9), (0.4, 0.6)]
