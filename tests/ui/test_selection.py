"""What is marked on the heatmap is read from the box or the bar, and nonsense from a browser is passed over."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest

from charts.dwell import daypart_heatmap, hour_of_week_heatmap
from charts.theme import LIGHT
from ui.selection import marked

WEEK = hour_of_week_heatmap(
    pl.DataFrame(
        {"group": ["Coats", "Bags"], "hour_of_week": [20, 26], "value": [165.0, 90.0], "known_views": [40, 40]}
    ),
    LIGHT,
    measure="index",
)
DAYS = daypart_heatmap(
    pl.DataFrame({"group": ["Bags"], "is_weekend": [True], "hour": [20], "value": [9.0], "known_views": [40]}),
    LIGHT,
    measure="median",
)


class _Chosen(dict[str, Any]):
    @property
    def points(self) -> list[dict[str, Any]]:
        """As Streamlit's own dictionary gives them."""
        return list(self.get("points", []))


def _state(points: list[dict[str, Any]], box: list[dict[str, Any]]) -> SimpleNamespace:
    return SimpleNamespace(selection=_Chosen(points=points, box=box))


def test_nothing_marked_is_nothing() -> None:
    assert marked(None, WEEK) == ((), ())
    assert marked(_state([], []), WEEK) == ((), ())


def test_a_click_marks_one_cell() -> None:
    assert marked(_state([{"curve_number": 1, "x": 28}], []), WEEK) == ((26,), ("Bags",))


def test_a_click_on_the_second_trace_of_a_row_marks_a_cell_of_that_row() -> None:
    full = {
        "group": ["Coats"] * 100 + ["Bags"] * 90 + ["Hats"] * 90,
        "hour_of_week": [*range(100), *range(90), *range(90)],
    }
    week = pl.DataFrame(full).with_columns(value=100.0, known_views=40)
    figure = hour_of_week_heatmap(week, LIGHT, measure="index")
    assert [marked(_state([{"curve_number": at, "x": 26}], []), figure)[1] for at in range(5)] == [
        ("Coats",),
        ("Coats",),
        ("Bags",),
        ("Hats",),
        (),
    ]


def test_a_box_marks_every_cell_that_it_holds_whatever_bars_it_found() -> None:
    box = {"x": [19.6, 21.2], "y": [-0.2, 1.2], "xref": "x", "yref": "y"}
    assert marked(_state([{"curve_number": 0, "x": 160}], [box]), WEEK) == ((20, 21), ("Bags", "Coats"))


def test_an_hour_of_the_weekend_is_that_hour_on_saturday_and_sunday() -> None:
    assert marked(_state([{"curve_number": 0, "x": 46}], []), DAYS) == ((140, 164), ("Bags",))
    assert marked(_state([{"curve_number": 0, "x": 20}], []), DAYS) == ((20, 44, 68, 92, 116), ("Bags",))


@pytest.mark.parametrize(
    "point", [{}, {"curve_number": 2, "x": 3}, {"curve_number": -1, "x": 3}, {"curve_number": 0, "x": 24}]
)
def test_a_bar_that_is_not_there_marks_nothing(point: dict[str, Any]) -> None:
    assert marked(_state([point], []), WEEK) == ((), ())
