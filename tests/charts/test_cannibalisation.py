"""What an opening took: before and after beside the controls, and the interval."""

import polars as pl
import pytest

from charts.cannibalisation import Rate, before_after, rate_intervals
from charts.theme import DARK, LIGHT

CASE = {"pre_minor": 1_000_00, "expected_minor": 1_300_00, "actual_minor": 1_100_00}
CONTROLS = pl.DataFrame({"store_id": ["C1", "C2", "C3"], "change": [0.5, 0.1, None]})


def drawn(theme=LIGHT, **more):
    return before_after(CASE, CONTROLS, theme, neighbour="Park <b>", currency="CNY", names={"C1": "Quay"}, **more)


def test_every_line_begins_at_a_hundred_and_ends_at_its_own_change():
    fig = drawn()
    assert [list(line.y) for line in fig.data] == [
        [100, pytest.approx(150)],
        [100, pytest.approx(110)],
        [100, pytest.approx(130)],
        [100, pytest.approx(110)],
    ]
    assert "Quay" in fig.data[0].hovertext
    assert fig.data[2].line.dash == "dash"
    assert fig.data[3].line.color == LIGHT.primary


def test_the_gap_between_expected_and_sold_is_the_one_amber_thing():
    fig = drawn(DARK)
    gap = fig.layout.shapes[0]
    assert (gap.y0, gap.y1, gap.line.color) == (pytest.approx(110), pytest.approx(130), DARK.finding)
    said = [note.text for note in fig.layout.annotations]
    assert said[:3] == ["<b>Park &lt;b&gt; ¥1,100</b>", "<b>−¥200</b>", "Expected ¥1,300"]
    assert said[3] == "Net sales, index (year before = 100)"


def test_on_a_phone_the_neighbour_is_named_in_the_title_alone():
    assert drawn(phone=True).layout.annotations[0].text == "<b>Sold ¥1,100</b>"


def test_the_interval_is_a_line_through_the_dot_and_zero_is_marked():
    fig = rate_intervals([Rate("By money", 0.45, -0.07, 0.88), Rate("By orders", 0.48, None, None)], LIGHT)
    whisker, zero = fig.layout.shapes
    assert (whisker.x0, whisker.x1) == pytest.approx((-7, 88))
    assert zero.x0 == 0
    assert [dot.x[0] for dot in fig.data] == pytest.approx([45, 48])
    assert [note.text for note in fig.layout.annotations] == ["<b>45 % [−7, 88]</b>", "<b>48 %</b>"]
    assert fig.layout.xaxis.title.text == "% of the new store's sales"


def test_an_unknown_rate_is_not_drawn():
    assert len(rate_intervals([Rate("By money", None, None, None)], LIGHT).data) == 0
