"""Dwell heatmaps are blank below the floor, can be selected, and frame their finding."""

import base64
import json
import math

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from charts.blocks import cells_in, cells_of, hour_at, row_at
from charts.dwell import (
    coverage_bars,
    cross_heatmap,
    daypart_heatmap,
    dwell_quadrant,
    hour_of_week_heatmap,
    lingered_bars,
)
from charts.theme import DARK, LIGHT


def whole_numbers(sent):
    """The numbers of a typed array as it travels."""
    return np.frombuffer(base64.b64decode(sent["bdata"]), dtype=sent["dtype"]).tolist()


def cells_sent(fig):
    """Row → column → colour of every bar that travels."""
    sent = json.loads(fig.to_json())
    shared = sent["layout"]["template"]["data"]["bar"][0]["x"]
    found = {}
    for trace in sent["data"]:
        if "base" in trace:
            places = whole_numbers(trace["x"]) if "x" in trace else shared
            row = found.setdefault(round(trace["base"] + 0.4425), {})
            assert not row.keys() & set(places), "a cell travelled twice"
            row |= dict(zip(places, whole_numbers(trace["marker"]["color"]), strict=True))
    return found


HOURS = pl.DataFrame(
    {
        "group": ["Wool <b>coats</b>"] * 3 + ["Bags"] * 2,
        "hour_of_week": [20, 21, 164, 0, 167],
        "value": [165.0, 150.0, 120.0, 90.0, 80.0],
        "known_views": [30, 29, 40, 500, 31],
    }
)
PRODUCTS = pl.DataFrame(
    {
        "product_id": ["P1", "P2", "P3"],
        "name": ["Camel <i>wrap</i>", "Peacoat", "Never bought"],
        "median_dwell_s": [83.0, 40.0, 20.0],
        "conversion_rate": [0.029, 0.08, None],
        "low": [0.022, 0.06, None],
        "high": [0.038, 0.1, None],
        "viewers": [1904, 476, 3],
    }
)


def test_an_hour_stands_in_its_day_block_with_a_gap_of_two():
    heat = hour_of_week_heatmap(HOURS, LIGHT, measure="index").data[0]
    assert heat.z.shape == (2, 180)
    assert heat.z.dtype == np.float32
    assert heat.z[0, 20] == 165
    assert heat.z[0, 6 * 26 + 20] == 120
    assert heat.z[1, 179] == 80


def test_a_cell_below_the_floor_is_blank_and_the_note_says_so():
    fig = hour_of_week_heatmap(HOURS, LIGHT, measure="index", floor=30)
    assert math.isnan(fig.data[0].z[0, 21])
    assert "Blank: fewer than 30 known views" in [annotation.text for annotation in fig.layout.annotations]


def test_each_shown_cell_travels_as_a_bar_that_says_its_value_and_blank_ones_do_not_travel():
    fig = hour_of_week_heatmap(HOURS, LIGHT, measure="index", selectable=True)
    assert cells_sent(fig) == {0: {20: 165, 6 * 26 + 20: 120}, 1: {0: 90, 6 * 26 + 23: 80}}
    *bars, hours = json.loads(fig.to_json())["data"]
    assert [row["base"] for row in bars] == [-0.4425, 0.5575]
    assert hours["yaxis"] == "y2"
    layout = json.loads(fig.to_json())["layout"]
    assert layout["dragmode"] == "select"
    assert (layout["coloraxis"]["cmin"], layout["coloraxis"]["cmax"]) == (40, 160)
    spoken = dict(zip(whole_numbers(layout["xaxis"]["tickvals"]), layout["xaxis"]["ticktext"], strict=True))
    assert (len(spoken), spoken[20], spoken[6 * 26 + 23]) == (168, "Mon 20 h", "Sun 23 h")


def test_names_are_escaped_on_the_axis_and_in_what_hovering_says():
    fig = hour_of_week_heatmap(HOURS, LIGHT, measure="index")
    sent = json.loads(fig.to_json())
    assert sent["data"][0]["meta"] == "Wool &lt;b&gt;coats&lt;/b&gt;"
    told = sent["layout"]["template"]["data"]["bar"][0]["hovertemplate"]
    assert told == "<b>%{meta}</b><br>%{x}: index %{marker.color}<extra></extra>"
    assert fig.layout.yaxis.ticktext[0].startswith("Wool &lt;b&gt;")


@pytest.mark.parametrize(
    ("measure", "value", "sent", "most", "said"),
    [
        ("index", 254.6, ("u1", 255), 160, "index %{marker.color}"),
        ("minutes", 300.2, ("u2", 300), 300, "%{marker.color} min"),
        ("median", 83.4, ("u1", 83), 83, "%{marker.color} s"),
        ("linger", 0.416, ("u1", 42), 42, "%{marker.color} %"),
        ("minutes", 70_000.0, ("u4", 70_000), 70_000, "%{marker.color} min"),
    ],
)
def test_a_value_travels_as_the_smallest_whole_number_of_its_unit(measure, value, sent, most, said):
    table = pl.DataFrame({"group": ["Bags"], "hour_of_week": [7], "value": [value], "known_views": [30]})
    found = json.loads(hour_of_week_heatmap(table, LIGHT, measure=measure).to_json())
    colour = found["data"][0]["marker"]["color"]
    assert (colour["dtype"], *whole_numbers(colour)) == sent
    assert found["layout"]["coloraxis"]["cmax"] == pytest.approx(most, rel=0.02)
    assert said in found["layout"]["template"]["data"]["bar"][0]["hovertemplate"]


def test_a_row_without_a_blank_does_not_repeat_its_places():
    table = pl.DataFrame({"group": ["Bags"] * 168, "hour_of_week": range(168), "value": [100.0] * 168})
    found = json.loads(
        hour_of_week_heatmap(table.with_columns(known_views=pl.lit(30)), LIGHT, measure="index").to_json()
    )
    assert "x" not in found["data"][0]
    assert found["layout"]["template"]["data"]["bar"][0]["x"] == [hour // 24 * 26 + hour % 24 for hour in range(168)]


def test_a_full_week_costs_less_than_three_bytes_a_cell_also_where_rows_have_other_blanks():
    def size(groups):
        rows = pl.DataFrame(
            [
                {"group": f"Group {group}", "hour_of_week": hour, "value": 165.0}
                for group in groups
                for hour in range(168)
                if hour % 24 > 3 and (hour + group * 11) % 60
            ]
        )
        return len(hour_of_week_heatmap(rows.with_columns(known_views=30), LIGHT, measure="index").to_json())

    assert size(range(10, 18)) - size([10]) < 7 * 168 * 3


@settings(deadline=None)
@given(
    rows=st.lists(
        st.tuples(
            st.sets(st.integers(0, 167), max_size=12),
            st.booleans(),
            st.sampled_from([0.0, 100.0, 300.0, 70_000.0]),
        ),
        min_size=1,
        max_size=6,
    )
)
def test_every_known_cell_travels_once_in_its_row_whatever_is_blank(rows):
    shown = {
        at: dict.fromkeys(set(range(168)) - few if is_full else few, value + at)
        for at, (few, is_full, value) in enumerate(rows)
    }
    table = pl.DataFrame(
        [(f"Row {at}", *cell) for at, row in shown.items() for cell in (row or {0: None}).items()],
        schema={"group": pl.String, "hour_of_week": pl.Int64, "value": pl.Float64},
        orient="row",
    ).with_columns(known_views=30)
    fig = hour_of_week_heatmap(table, LIGHT, measure="index")
    sent = {row: cells for row, cells in cells_sent(fig).items() if cells}
    assert sent == {
        at: {hour // 24 * 26 + hour % 24: round(value) for hour, value in row.items()}
        for at, row in shown.items()
        if row
    }
    bars = [trace["base"] for trace in json.loads(fig.to_json())["data"] if "base" in trace]
    assert [row_at(fig, curve) for curve in range(len(bars))] == [round(base + 0.4425) for base in bars]
    assert row_at(fig, len(bars)) is None
    assert row_at(fig, -1) is None


def test_a_box_holds_the_cells_whose_middle_it_touches():
    assert cells_in([19.6, 22.1], [-0.3, 0.4], 2, 7) == [(0, 20), (0, 21), (0, 22)]
    assert cells_in([22.9, 26.3], [1.2, 0.1], 2, 7) == [(0, 23), (0, 24), (1, 23), (1, 24)]
    assert cells_in([20.3, 20.4], [0.3, 0.35], 2, 7) == [(0, 20)]
    assert cells_in([24.2, 24.4], [0, 0], 2, 7) == []
    assert cells_in([-90, 900], [5, 9], 2, 2) == []


def test_a_clicked_column_is_an_hour_and_a_gap_is_none():
    assert [hour_at(column, 7) for column in (0, 23, 24, 25, 26, 179, 180, -1)] == [
        0,
        23,
        None,
        None,
        24,
        167,
        None,
        None,
    ]


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_the_index_is_centred_on_100_and_the_finding_framed_in_ink_day_by_day(theme):
    evenings = {day * 24 + hour for day in range(7) for hour in (20, 21, 22, 23)}
    fig = hour_of_week_heatmap(HOURS, theme, measure="index", frame=("Wool <b>coats</b>", evenings))
    assert (fig.data[0].zmin, fig.data[0].zmax) == (40, 160)
    assert tuple(colour for _, colour in fig.data[0].colorscale) == theme.diverging
    assert [(shape.x0, shape.x1, shape.y0, shape.y1) for shape in fig.layout.shapes[:2]] == [
        (19.5, 23.5, -0.5, 0.5),
        (45.5, 49.5, -0.5, 0.5),
    ]
    assert len(fig.layout.shapes) == 7
    assert {shape.line.color for shape in fig.layout.shapes} == {theme.ink}
    assert list(fig.data[0].colorbar.ticktext) == ["≤ 40", "70", "100", "130", "≥ 160"]


def test_a_frame_that_reaches_past_midnight_is_two_frames():
    fig = hour_of_week_heatmap(HOURS, LIGHT, measure="index", frame=("Bags", {22, 23, 24, 25}))
    assert [(shape.x0, shape.x1) for shape in fig.layout.shapes] == [(21.5, 23.5), (25.5, 27.5)]


def test_the_picture_says_its_peak_when_no_finding_is_given():
    fig = hour_of_week_heatmap(HOURS, LIGHT, measure="index")
    assert fig.layout.meta["alt"] == "Dwell by hour: highest for Wool <b>coats</b>, Mon at 20 h, index 165."


def test_a_table_of_blanks_is_drawn_as_blanks():
    fig = hour_of_week_heatmap(HOURS.with_columns(known_views=pl.lit(1)), LIGHT, measure="median")
    assert np.isnan(fig.data[0].z).all()
    assert fig.layout.meta["alt"] == "Too few known views in every hour: nothing is drawn."


def test_dayparts_stand_in_two_blocks():
    table = pl.DataFrame(
        {
            "group": ["Bags", "Bags"],
            "is_weekend": [False, True],
            "hour": [20, 20],
            "value": [30.0, 60.0],
            "known_views": [100, 100],
        }
    )
    fig = daypart_heatmap(table, LIGHT, measure="median")
    assert fig.data[0].z.shape == (1, 50)
    assert fig.data[0].z[0, [20, 46]].tolist() == [30, 60]
    assert cells_sent(fig) == {0: {20: 30, 46: 60}}
    assert cells_of(fig) == (("Bags",), 2)


def test_the_quadrant_leaves_out_unknown_conversion_and_marks_one_product():
    fig = dwell_quadrant(PRODUCTS, LIGHT, x_median=38, y_median=0.07, highlight="P1")
    calm, found = fig.data
    assert calm.x.tolist() == [40]
    assert calm.y.tolist() == pytest.approx([8.0])
    assert calm.marker.color == LIGHT.calm
    assert found.marker.color == LIGHT.finding
    assert found.error_y.array.tolist() == pytest.approx([0.9])
    assert found.error_y.arrayminus.tolist() == pytest.approx([0.7])
    assert fig.layout.annotations[-1].text == "<b>Camel &lt;i&gt;wrap&lt;/i&gt;</b><br>83 s · 2.9 % [2.2, 3.8]"
    assert (fig.layout.shapes[0].x0, fig.layout.shapes[1].y0) == (38, pytest.approx(7))


def test_one_product_is_still_a_quadrant():
    fig = dwell_quadrant(PRODUCTS.head(1), LIGHT)
    assert fig.data[0].x.tolist() == [83]


def test_a_cross_table_prints_its_values_and_leaves_small_cells_blank():
    table = pl.DataFrame(
        {"row": ["Bags", "Bags"], "column": ["loyal", "new"], "value": [120.4, 80.0], "known_views": [30, 29]}
    )
    heat, printed = cross_heatmap(table, LIGHT).data
    assert heat.z[0, 0] == pytest.approx(120.4)
    assert math.isnan(heat.z[0, 1])
    assert list(printed.text) == ["120"]
    assert printed.hovertext[0] == "<b>Bags</b> · loyal<br>index 120 · 30 known views"


def test_coverage_adds_up_to_all_views_and_prints_the_known_share():
    table = pl.DataFrame(
        {"channel": ["app", "web"], "views": [100, 40], "measured": [70, 0], "pings": [0, 10], "gap": [10, 20]}
    ).with_columns(unknown=pl.Series([20, 10]))
    fig = coverage_bars(table, LIGHT)
    assert sum(trace.x for trace in fig.data).tolist() == pytest.approx([1.0, 1.0])
    assert [annotation.text for annotation in fig.layout.annotations[:2]] == ["<b>80.0 %</b>", "<b>75.0 %</b>"]
    assert fig.layout.meta["alt"].startswith("Dwell is known for 78.6 % of 140 views")


def test_lingered_bars_mark_the_finding():
    table = pl.DataFrame(
        {"product_id": ["a", "b"], "name": ["A", "B"], "people": [1904, 812], "interest_s": [9e4, 4e4]}
    )
    bars = lingered_bars(table, LIGHT, highlight="a").data[0]
    assert list(bars.text) == ["1,904", "812"]
    assert list(bars.marker.color) == [LIGHT.finding, LIGHT.calm]
