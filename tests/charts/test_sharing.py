"""Binding in pictures: the funnel, the waiting time, the methods, the claims and one customer's days."""

from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest

from charts.sharing import (
    attempts_by_month,
    binding_funnel,
    expiring_bars,
    method_bars,
    month_words,
)
from charts.sharing_latency import duration, latency_by_day
from charts.sharing_replay import Mark, Spell, candidate_strip, customer_timeline
from charts.theme import DARK, LIGHT

START = datetime(2026, 1, 10, 12, 0, tzinfo=UTC)


def _texts(fig):
    return [annotation.text for annotation in fig.layout.annotations]


def _latency(rows):
    return pl.DataFrame(
        rows, schema={"day": pl.Date, "bound": pl.Int64, "p50_s": pl.Float64, "p95_s": pl.Float64}, orient="row"
    )


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (17.4, "17 s"),
        (119, "119 s"),
        (150, "2.5 min"),
        (900, "15 min"),
        (9_000, "2.5 h"),
        (200_000, "2.3 d"),
        (None, "—"),
    ],
)
def test_a_waiting_time_is_said_in_its_most_telling_unit(seconds, said):
    assert duration(seconds) == said


def test_one_stopped_day_stands_out_on_a_logarithmic_axis():
    rows = [
        (date(2026, 6, 17), 50, 15.0, 40.0),
        (date(2026, 6, 18), 48, 1000.0, 10_000.0),
        (date(2026, 6, 19), 51, 15.0, 40.0),
    ]
    fig = latency_by_day(_latency(rows), LIGHT, finding=(date(2026, 6, 18), "18 Jun: 2.8 h"))
    assert fig.data[1].y.tolist() == pytest.approx([1.602, 4.0, 1.602], abs=0.001)
    assert "<b>18 Jun: 2.8 h</b>" in _texts(fig)
    assert "60 s" in _texts(fig)
    assert fig.layout.shapes[0].y0 == pytest.approx(1.778, abs=0.001)
    assert fig.layout.meta["alt"] == (
        "On 1 of 3 days, 5 % or more waited longer than 60 seconds; longest on 2026-06-18, 2.8 h."
    )


def test_days_without_a_binding_leave_a_gap_and_none_at_all_is_said():
    fig = latency_by_day(_latency([(date(2026, 6, 17), 0, None, None)]), DARK)
    assert fig.layout.meta["alt"] == "No new binding in this period, so no waiting time is known."


def test_the_parts_of_a_funnel_are_quieter_than_its_steps():
    table = pl.DataFrame(
        {
            "step": ["Registered", "of these sure"],
            "customers": [200, 150],
            "share": [1.0, 0.75],
            "sort": ["step", "part"],
        }
    )
    fig = binding_funnel(table, LIGHT)
    assert list(fig.data[1].marker.color) == [LIGHT.primary, LIGHT.calm]
    assert "<b>150 · 75.0 %</b>" in _texts(fig)


def test_methods_say_their_share():
    fig = method_bars(pl.DataFrame({"method": ["nearest", "scan"], "customers": [3, 1]}), LIGHT)
    assert "<b>75.0 %</b>" in _texts(fig)
    assert fig.layout.meta["alt"] == "Bindings by method: nearest 3, scan 1."


def test_claims_are_stacked_by_what_became_of_them():
    table = pl.DataFrame(
        {
            "month": ["2026-01", "2026-01", "2026-02"],
            "outcome": ["accepted", "rejected_protected", "rejected_protected"],
            "attempts": [2, 5, 4],
        }
    )
    fig = attempts_by_month(table, LIGHT)
    assert [list(trace.y) for trace in fig.data] == [[2, 0], [5, 4]]
    assert fig.layout.meta["alt"] == "Attempts to claim a customer in 2 months: 2 accepted, 9 refused: protected."


def test_store_names_never_become_markup():
    fig = expiring_bars(pl.DataFrame({"name": ["<b>S-1</b>"], "customers": [7]}), LIGHT)
    assert list(fig.layout.yaxis.ticktext) == ["&lt;b&gt;S-1&lt;/b&gt;"]


def test_a_month_is_named():
    assert month_words("2026-10") == "Oct 26"
    assert month_words("<odd>") == "&lt;odd&gt;"


def test_a_customers_days_show_owner_claims_and_orders():
    spells = [
        Spell("S1", START, START + timedelta(days=90), "nearest"),
        Spell("S2", START + timedelta(days=90), None, "scan"),
    ]
    marks = [Mark(START + timedelta(days=89), "refused", "protected"), Mark(START + timedelta(days=20), "order", "O1")]
    fig = customer_timeline(spells, marks, LIGHT, now=START + timedelta(days=120))
    assert list(fig.layout.yaxis.ticktext) == ["Owner", "Claims", "Orders"]
    assert fig.layout.meta["alt"] == "2 spells of ownership by S1, S2; 1 claims refused."
    assert [trace.marker.color for trace in fig.data if trace.mode == "markers"] == [LIGHT.finding, LIGHT.primary]


def test_the_winner_is_ours_and_the_tie_is_shaded():
    fig = candidate_strip([("S1", 1180.0, True), ("S2", 1215.0, False), ("S3", None, False)], LIGHT, tie_m=50)
    assert [trace.marker.color for trace in fig.data] == [LIGHT.primary, LIGHT.calm, LIGHT.calm]
    assert [trace.text[0] for trace in fig.data] == ["<b>1,180 m · owner</b>", "1,215 m", "distance unknown"]
    band = fig.layout.shapes[0]
    assert fig.data[1].x[0] < band.x1 < fig.layout.xaxis.range[1]
    assert fig.layout.meta["alt"] == "3 stores came into question. S1 won at 1,180 m. 2 stores were equally near."
