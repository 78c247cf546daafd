"""Overlap is drawn once a pair, neighbours together."""

import numpy as np
import polars as pl
import pytest

from charts.overlap import overlap_heatmap, overlap_strip, pair_bars
from charts.theme import LIGHT

PAIRS = pl.DataFrame({"a": ["W", "T", "J"], "b": ["J", "J", "T"], "overlap_index": [0.05, 0.4, 0.4]})


def test_those_who_share_most_are_neighbours_and_each_pair_is_drawn_once():
    fig = overlap_heatmap(PAIRS, LIGHT, labels={"T": "Taihu <b>", "J": "Jiangnan"}, highlight=("T", "J"))
    heat, printed = fig.data
    assert list(fig.layout.yaxis.ticktext) == ["Jiangnan", "Taihu &lt;b&gt;", "W"]
    assert heat.z[1, 0] == pytest.approx(0.4)
    assert heat.z[2, 0] == pytest.approx(0.05)
    assert np.isnan(heat.z).sum() == 7
    assert list(printed.text) == ["40 %", "5 %"]
    assert fig.layout.shapes[0].line.color == LIGHT.finding


def test_a_pairs_measures_are_bars_on_a_track_with_the_finding_in_amber():
    table = pl.DataFrame({"label": ["Overlap index", "Shared buyers"], "value": [0.4, None]})
    fig = pair_bars(table, LIGHT, highlight="Overlap index")
    track, bars = fig.data
    assert track.x.tolist() == [1, 1]
    assert bars.x.tolist() == pytest.approx([0.4, 0])
    assert list(bars.marker.color) == [LIGHT.finding, LIGHT.primary]
    assert [annotation.text for annotation in fig.layout.annotations] == [
        "<b>Overlap index</b>",
        "<b>40.0 %</b>",
        "Shared buyers",
        "<b>—</b>",
    ]
    assert fig.layout.meta["alt"] == "Overlap index 40.0 %, Shared buyers —."


def test_the_strip_has_one_dot_a_pair_and_names_only_the_finding():
    pairs = pl.DataFrame({"label": ["J × T", "J × W"], "overlap_index": [0.4, 0.05]})
    fig = overlap_strip(pairs, LIGHT, highlight="J × T")
    assert fig.data[0].x.tolist() == pytest.approx([5, 40])
    assert list(fig.data[0].marker.color) == [LIGHT.calm, LIGHT.finding]
    assert [annotation.text for annotation in fig.layout.annotations] == ["<b>J × T</b>"]


def test_a_single_pair_is_drawn():
    assert overlap_heatmap(PAIRS.head(1), LIGHT).data[0].z[1, 0] == pytest.approx(0.05)
