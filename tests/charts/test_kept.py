"""A picture that was drawn before is not drawn again, and never stands for another."""

from __future__ import annotations

import datetime as dt

import numpy as np
import plotly.graph_objects as go
import polars as pl
import pytest

from charts.kept import content, kept
from charts.overview import trend_chart
from charts.theme import DARK, LIGHT


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, 1.0),
        (1, True),
        ((1, 2), [1, 2]),
        ({"a": 1}, {"a": 2}),
        (LIGHT, DARK),
        (dt.date(2026, 6, 30), dt.datetime(2026, 6, 30, tzinfo=dt.UTC)),
        (pl.DataFrame({"a": [1, 2]}), pl.DataFrame({"a": [2, 1]})),
        (pl.DataFrame({"a": [1, 2]}), pl.DataFrame({"b": [1, 2]})),
        (pl.DataFrame({"a": [1]}), pl.DataFrame({"a": [1]}, schema={"a": pl.Int8})),
        (pl.DataFrame({"a": ["None"]}), pl.DataFrame({"a": [None]}, schema={"a": pl.String})),
        (pl.DataFrame({"a": [0.1 + 0.2]}), pl.DataFrame({"a": [0.3]})),
        (pl.DataFrame({"a": [float("nan")]}), pl.DataFrame({"a": [None]}, schema={"a": pl.Float64})),
        (pl.DataFrame({"a": ["x', 'y"]}), pl.DataFrame({"a": ["x", "y"]})),
        (
            pl.DataFrame({"a": [0]}).cast(pl.Datetime("us", "UTC")),
            pl.DataFrame({"a": [0]}).cast(pl.Datetime("us", "Africa/Accra")),
        ),
        (
            pl.DataFrame({"a": ["x"]}, schema={"a": pl.Enum(["x", "y"])}),
            pl.DataFrame({"a": ["x"]}, schema={"a": pl.Enum(["y", "x"])}),
        ),
        (np.array([1, 2]), np.array([[1, 2]])),
    ],
)
def test_different_arguments_have_different_content(one: object, other: object) -> None:
    assert content(one) != content(other)
    assert hash(content(one)) == hash(content(one))


def test_the_same_values_have_the_same_content_however_they_came_to_be() -> None:
    whole = pl.DataFrame({"a": [1.5, None, float("nan"), 2.0], "b": ["x", None, "ż", "y"]})
    pieces = pl.concat([whole.head(1), whole.tail(3)], rechunk=False)
    assert content(pieces) == content(whole) == content(whole.clone())


def test_one_different_cell_among_a_hundred_thousand_is_another_picture() -> None:
    """Sampling would miss it."""
    drawn: list[int] = []

    @kept
    def chart(table: pl.DataFrame) -> go.Figure:
        drawn.append(table.height)
        return go.Figure()

    table = pl.DataFrame({"a": np.zeros(100_000)})
    changed = table.with_columns(pl.when(pl.int_range(pl.len()) == 77_777).then(1.0).otherwise("a").alias("a"))
    chart(table)
    chart(changed)
    chart(table.clone())
    assert drawn == [100_000, 100_000]


def test_a_kept_picture_is_sent_as_it_was_though_a_sender_takes_things_out() -> None:
    daily = pl.DataFrame(
        {"local_on": [dt.date(2026, 6, 1), dt.date(2026, 6, 2)], "value": [100, 300], "previous": [90, 80]}
    )
    first = trend_chart(daily, LIGHT, unit="CNY")
    again = trend_chart(daily.clone(), LIGHT, unit="CNY")
    assert again is first
    whole = first.to_json()
    sent = first.to_dict()
    sent["data"][0].pop("x")
    sent["layout"].clear()
    assert first.to_json() == whole
    assert trend_chart(daily, DARK, unit="CNY").to_json() != whole


def test_a_chart_whose_argument_cannot_be_told_is_drawn_each_time() -> None:
    @kept
    def chart(of: object) -> go.Figure:
        return go.Figure()

    assert chart(object()) is not chart(object())
