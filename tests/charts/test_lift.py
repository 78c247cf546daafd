"""A campaign's interval is drawn where it lies, and only what is proven glints."""

import polars as pl

from charts.lift import lift_intervals
from charts.theme import DARK, LIGHT

TABLE = pl.DataFrame(
    {
        "campaign": ["wool <b>eve</b>", "scarf", "harm", "nobody"],
        "treated": [9_000, 4_500, 9_000, 10],
        "converted": [540, 270, 270, 1],
        "holdout": [1_000, 500, 1_000, 0],
        "holdout_converted": [40, 20, 60, 0],
        "lift": [0.02, 0.02, -0.03, None],
        "low": [0.0052, -0.002, -0.045, None],
        "high": [0.0317, 0.0358, -0.015, None],
        "verdict": ["proven", "not proven", "harmful", "running"],
    }
)


def test_each_interval_lies_where_it_was_computed():
    fig = lift_intervals(TABLE, LIGHT)
    lines = [one for one in fig.data if one.mode == "lines"]
    dots = [one for one in fig.data if one.mode == "markers"]
    assert [list(one.x) for one in lines] == [[0.0052, 0.0317], [-0.002, 0.0358], [-0.045, -0.015]]
    assert [one.x[0] for one in dots] == [0.02, 0.02, -0.03]
    assert [one.y[0] for one in dots] == [0, 1, 2]
    low, high = fig.layout.xaxis.range
    assert low < -0.045 < 0.0358 < high < 0.05
    above = lift_intervals(TABLE.head(1), LIGHT).layout.xaxis.range
    assert above[0] < 0
    assert 0.0317 < above[1] < 0.04
    assert fig.layout.shapes[0].x0 == fig.layout.shapes[0].x1 == 0


def test_only_what_is_proven_is_amber_and_names_are_text():
    for theme in (LIGHT, DARK):
        fig = lift_intervals(TABLE, theme)
        colours = [one.line.color for one in fig.data if one.mode == "lines"]
        assert colours == [theme.finding, theme.calm, theme.bad]
        asides = [one.text for one in fig.layout.annotations]
        assert asides[:4] == ["<b>+2.0 pp</b>", "proven", "<b>+2.0 pp</b>", "not proven"]
        assert asides[4:] == ["<b>−3.0 pp</b>", "harmful", "<b>—</b>", "still running"]
        assert fig.layout.annotations[0].y < 0 < fig.layout.annotations[1].y < 0.5
    assert "wool <b>eve" not in fig.data[1].hovertext[0]
    assert "540 of 9,000 bought (6.0 %)" in fig.data[1].hovertext[0]


def test_no_campaign_draws_an_empty_frame():
    assert not lift_intervals(TABLE.clear(), LIGHT).data
    assert lift_intervals(TABLE, LIGHT, alt="wool worked").layout.meta["alt"] == "wool worked"
