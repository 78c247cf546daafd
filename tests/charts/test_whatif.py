"""Who would win and who would lose."""

import polars as pl
import pytest

from charts.theme import LIGHT
from charts.whatif import core_bars, delta_bars


def test_losses_hang_left_of_zero_and_the_largest_is_amber():
    table = pl.DataFrame(
        {"key": ["n", "S1", "S2"], "name": ["New", "Hill <b>", "Quay"], "delta_minor": [50_000, -30_000, -20_000]}
    )
    fig = delta_bars(table, LIGHT, currency="CNY", highlight="S1")
    assert list(fig.data[0].x) == [50_000, -30_000, -20_000]
    assert list(fig.data[0].text) == ["+¥500", "−¥300", "−¥200"]
    assert list(fig.data[0].marker.color) == [LIGHT.primary, LIGHT.finding, LIGHT.calm]
    assert "Hill &lt;b&gt;" in fig.layout.yaxis.ticktext
    assert fig.layout.meta["alt"] == "Change of expected sales a year: New +¥500, Hill <b> −¥300, Quay −¥200."


def test_core_customers_are_shares_of_a_whole():
    table = pl.DataFrame({"store_id": ["S1"], "name": ["Hill"], "encroachment": [0.385], "kind": ["Franchise"]})
    fig = core_bars(table, LIGHT, highlight="S1")
    track, bar = fig.data
    assert list(track.x) == [1]
    assert bar.x.tolist() == pytest.approx([0.385])
    assert list(bar.marker.color) == [LIGHT.finding]
    assert fig.layout.meta["alt"] == "Core customers to whom the site is nearest: Hill 38 %."
