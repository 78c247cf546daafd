"""The contested strip and territories on the map."""

import json

import polars as pl
import pytest

from charts import maps
from charts.theme import DARK, LIGHT
from schema.errors import ContractError

RING = (0x87309A540FFFFFF, 0x87309A541FFFFFF, 0x87309A542FFFFFF, 0x87309A543FFFFFF, 0x87309A544FFFFFF)
GROUND = {"theme": LIGHT, "style_url": "/app/static/style-light.json"}


def layers(view):
    return {layer["id"]: layer for layer in json.loads(view.deck.to_json())["layers"]}


def strip(customers, contested, **ground):
    cells = pl.DataFrame(
        {"cell": RING[: len(customers)], "customers": customers, "contested": contested},
        schema_overrides={"cell": pl.Int64},
    )
    return maps.contested_map(cells, **{**GROUND, **ground})


def test_cells_without_a_contested_customer_are_pale_and_the_others_amber():
    view = strip([10, 10, 20, 10, 10], [0, 1, 4, 5, 0])
    names = {group.label: group for group in view.legend}
    assert [swatch.cells for swatch in names["Nobody contested"].swatches] == [2]
    assert sum(swatch.cells for swatch in names["Contested"].swatches) == 3
    assert {swatch.colour for swatch in names["Contested"].swatches} <= set(LIGHT.pair.both)
    assert view.alt == "Map of the contested strip: in 3 of 5 cells somebody is contested; 5 cells, 0 stores."


def test_the_classes_can_be_read_without_hovering():
    detail = {group.label: group.detail for group in strip([10, 10, 10], [1, 2, 5], theme=DARK).legend}["Contested"]
    assert detail.startswith("% of a cell's customers: below ")
    assert detail.endswith(" or more")


def test_one_share_alone_needs_no_limit():
    view = strip([10, 10], [1, 1])
    assert [group.label for group in view.legend] == ["Nobody contested", "Contested"]
    assert view.legend[1].detail == "% of a cell's customers: some"


def test_no_cell_is_an_empty_map():
    assert strip([], []).legend == ()


def territories(groups, breached, **ground):
    cells = pl.DataFrame(
        {"cell": RING[: len(groups)], "group": groups, "territories": ["T-1"] * len(groups), "breached": breached},
        schema_overrides={"cell": pl.Int64},
    )
    return maps.territory_map(cells, names={"A1": "Taihu"}, **{**GROUND, **ground})


def test_promised_ground_has_its_owners_colour_and_a_mark_where_it_is_breached():
    view = territories(["A1", "A1", "A2"], [False, True, True])
    assert [group.label for group in view.legend] == ["Taihu", "A2", "Promised twice, or another's store"]
    assert [row["h"] for row in layers(view)["marks"]["data"]] == [f"{RING[1]:x}", f"{RING[2]:x}"]
    texts = [row["t"] for name, layer in layers(view).items() if name.startswith("cells-") for row in layer["data"]]
    assert texts == ["Taihu\nT-1", "Taihu\nT-1 · breached", "A2\nT-1 · breached"]


def test_ground_that_nobody_breaches_has_no_mark():
    assert "marks" not in layers(territories(["A1"], [False]))


def test_a_cell_that_is_none_is_refused():
    cells = pl.DataFrame({"cell": [1], "customers": [9], "contested": [0]})
    with pytest.raises(ContractError, match="no H3 cell in 1 of 1 rows"):
        maps.contested_map(cells, **GROUND)
