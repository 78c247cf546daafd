"""The Overview's pictures show the table's numbers and one finding."""

from datetime import date

import polars as pl
import pytest

from charts.overview import funnel_bars, ranking_bars, trend_chart
from charts.theme import DARK, LIGHT

DAILY = pl.DataFrame(
    {
        "local_on": [date(2026, 11, 9), date(2026, 11, 10), date(2026, 11, 11), date(2026, 11, 12)],
        "value": [15_000_000, None, 30_000_000, 18_000_000],
        "previous": [14_000_000, 14_500_000, 15_000_000, 15_500_000],
    }
)
RANKING = pl.DataFrame(
    {"group": ["Shanghai", "<i>Suzhou</i>"], "value": [138_400_000, 74_100_000], "change": [-0.03, 0.19]}
)


def _texts(fig):
    return [annotation.text for annotation in fig.layout.annotations]


def test_the_trend_draws_both_periods_and_leaves_a_gap_where_a_day_is_unknown():
    fig = trend_chart(DAILY, LIGHT, unit="CNY")
    before, now = fig.data
    assert list(before.y) == [14_000_000, 14_500_000, 15_000_000, 15_500_000]
    assert [now.y[0], now.y[2], now.y[3]] == [15_000_000, 30_000_000, 18_000_000]
    assert now.y[1] != now.y[1]
    assert now.line.color == LIGHT.primary
    assert before.line.color == LIGHT.calm
    assert now.connectgaps is False


def test_the_trend_is_named_at_its_end_and_has_no_legend():
    fig = trend_chart(DAILY, LIGHT, unit="CNY")
    assert _texts(fig) == ["<b>This period</b>", "Before"]
    assert list(fig.layout.yaxis.ticktext) == ["¥100 k", "¥150 k", "¥200 k", "¥250 k", "¥300 k"]


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_only_the_finding_is_amber(theme):
    plain = trend_chart(DAILY, theme, unit="CNY")
    marked = trend_chart(DAILY, theme, unit="CNY", finding=(date(2026, 11, 11), "11 Nov: +92 %"))
    assert theme.finding not in plain.to_json()
    assert marked.data[-1].marker.color == theme.finding
    assert marked.data[-1].y == (30_000_000,)
    assert _texts(marked)[-1] == "<b>11 Nov: +92 %</b>"


def test_a_finding_on_an_unknown_day_marks_nothing():
    fig = trend_chart(DAILY, LIGHT, unit="CNY", finding=(date(2026, 11, 10), "?"))
    assert len(fig.data) == 2


def test_a_single_day_is_a_dot():
    fig = trend_chart(DAILY.head(1), LIGHT, unit="CNY")
    assert fig.data[-1].mode == "markers"


def test_a_ranking_prints_value_and_signed_change_and_escapes_names():
    fig = ranking_bars(RANKING, LIGHT, unit="CNY", highlight=["<i>Suzhou</i>"])
    bars = fig.data[0]
    assert list(bars.x) == [138_400_000, 74_100_000]
    assert list(bars.text) == ["¥1.38 M", "¥741 k"]
    assert list(bars.marker.color) == [LIGHT.calm, LIGHT.primary]
    assert _texts(fig) == ["<b>−3.0 %</b>", "<b>+19.0 %</b>"]
    assert [annotation.font.color for annotation in fig.layout.annotations] == [LIGHT.bad, LIGHT.good]
    assert list(fig.layout.yaxis.ticktext) == ["Shanghai", "&lt;i&gt;Suzhou&lt;/i&gt;"]
    assert bars.hovertext[1].startswith("<b>&lt;i&gt;Suzhou&lt;/i&gt;</b><br>¥741 k")
    assert fig.layout.meta["alt"] == "Shanghai leads 2 with ¥1.38 M."


def test_a_funnel_shows_each_step_on_a_full_track():
    rows = pl.DataFrame({"step": ["Viewed", "Cart"], "visitors": [48_210, 6_171], "share": [1.0, 0.128]})
    fig = funnel_bars(rows, LIGHT, highlight="Cart")
    track, bars = fig.data
    assert list(track.x) == [1, 1]
    assert bars.x.tolist() == pytest.approx([1.0, 0.128])
    assert list(bars.marker.color) == [LIGHT.primary, LIGHT.finding]
    assert _texts(fig) == ["<b>100.0 %</b>", "<b>12.8 %</b>"]
    assert fig.layout.meta["alt"] == "Share of visitors at each step: Viewed 100.0 %, Cart 12.8 %."
