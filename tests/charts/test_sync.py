"""What arrived in time, and who is known on both sides: the pictures of the Sync page."""

from __future__ import annotations

import datetime as dt

import polars as pl

from charts.sync import latency_strip, match_rows
from charts.theme import DARK, LIGHT

DAYS = [dt.date(2026, 3, 2), dt.date(2026, 3, 3)]
LATENCY = pl.DataFrame(
    {
        "day": [*DAYS, DAYS[1]], "channel": ["app", "app", "<b>own"], "events": [10, 20, 5],
        "p50_s": [4.0, 5.0, None], "p95_s": [9.0, 1_000.0, None], "promised_s": [900.0] * 3,
        "is_late": [False, True, None],
    }
)  # fmt: skip


def test_only_what_was_late_is_amber_and_a_day_without_events_is_blank() -> None:
    strip = latency_strip(LATENCY, LIGHT).data[0]
    assert [list(row) for row in strip.z] == [[None, None], [0.0, 1.0]]
    assert strip.colorscale[1][1] == LIGHT.finding
    assert list(strip.y) == ["&lt;b&gt;own", "App"]
    assert "95 % within 17 min" in strip.hovertext[1][1]


def test_the_strip_says_how_many_were_late() -> None:
    assert latency_strip(LATENCY, DARK).layout.meta["alt"] == "1 of 3 days of a channel arrived later than promised."


def test_channels_are_shares_of_their_orders() -> None:
    table = pl.DataFrame(
        {"channel": ["pos", "app"], "orders": [100, 3], "identified_rate": [0.8, 1.0], "unified_share": [0.6, None]}
    )
    fig = match_rows(table, LIGHT)
    assert [round(float(x), 3) for x in fig.data[1].x] == [0.6, 0.0]
    assert [note.text for note in fig.layout.annotations][:1] == ["<b>60.0 %</b>"]
