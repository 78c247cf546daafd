"""A name in a chart, a map or a picture is drawn, never filled in, computed or read as markup."""

from __future__ import annotations

import json
import re
from html import unescape

import pydeck as pdk
import pytest

from charts.map_layers import Deck
from charts.map_legend import LegendGroup, Swatch, legend_html
from charts.theme import DARK, LIGHT, words
from tests.hostile.strings import ALL

numbered = pytest.mark.parametrize("name", ALL, ids=range(len(ALL)))
TEMPLATE = re.compile(r"%\{[^\s%{}:]*[:|]?[^}]*\}")


@numbered
def test_plotly_shows_a_name_letter_by_letter(name: str) -> None:
    shown = words(name)
    assert "<" not in shown
    assert ">" not in shown
    assert TEMPLATE.search(shown) is None
    assert unescape(shown.replace("\u2060", "")) == " ".join(name.split())


@numbered
def test_a_map_has_no_text_that_deck_computes(name: str) -> None:
    rows = [{"t": name, "geometry": {"p": [1.0, 2.0]}, "properties": {"id": name}}]
    deck = Deck(layers=[pdk.Layer("TextLayer", id="names", data=rows, get_text="t")], tooltip={"text": "{t}"})
    (layer,) = json.loads(deck.to_json())["layers"]
    assert layer["getText"] == "@@=t"
    (row,) = layer["data"]
    for text in (row["t"], row["properties"]["id"]):
        assert not text.startswith("@@")
        assert text.removeprefix("\u2060") == name
    assert row["geometry"] == {"p": [1.0, 2.0]}


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
@numbered
def test_a_legend_is_made_of_its_own_marks_alone(name: str, theme: object) -> None:
    group = LegendGroup(name, (Swatch("#123456", name, 3, name),), detail=name)
    plain = LegendGroup("x", (Swatch("#123456", "x", 3, "x"),), detail="x")

    def tags(one: LegendGroup, note: str) -> list[str]:
        html = legend_html((one,), theme, note=note)  # type: ignore[arg-type]
        return re.findall(r"<(/?\w+)", html)

    assert tags(group, name) == tags(plain, "x")
    attributes = re.sub(r'"[^"]*"', "", legend_html((group,), LIGHT, note=name))
    assert set(re.findall(r"<span ([^>]*)>", attributes)) <= {"style=", "title=", "title= style="}
