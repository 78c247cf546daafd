"""What stands in a map's layers and legend."""

import json

import h3.api.basic_int as h3
import polars as pl
import pytest

from charts import maps
from charts.theme import DARK, LIGHT
from schema.errors import ContractError

# five neighbours at resolution 7 around Suzhou, from h3.grid_disk
CENTRE = 0x87309A540FFFFFF
RING = (0x87309A540FFFFFF, 0x87309A541FFFFFF, 0x87309A542FFFFFF, 0x87309A543FFFFFF, 0x87309A544FFFFFF)
STYLE = "/app/static/style-light.json"


def cells(**columns):
    return pl.DataFrame(
        {"cell": RING[: len(next(iter(columns.values())))], **columns}, schema_overrides={"cell": pl.Int64}
    )


def stores(*, name="Guanqian", lat=31.31, suspect=False):
    return pl.DataFrame(
        {
            "store_id": ["S1"],
            "name": [name],
            "lat": [lat],
            "lng": [120.62],
            "agent_id": ["A1"],
            "is_datum_suspect": [suspect],
        }
    )


def layers(view):
    return {layer["id"]: layer for layer in json.loads(view.deck.to_json())["layers"]}


def drawn(view):
    return {
        name: [row["h"] for row in layer["data"]] for name, layer in layers(view).items() if name.startswith("cells-")
    }


def customers(values, **ground):
    return maps.cell_map(
        cells(value=values), measure="customers", unit="customers", **{"theme": LIGHT, "style_url": STYLE, **ground}
    )


def test_each_class_is_a_layer_with_one_opaque_colour():
    view = customers([1, 1, 5, 5, 9])
    found = drawn(view)
    assert sorted(row for rows in found.values() for row in rows) == sorted(f"{cell:x}" for cell in RING)
    fills = [
        layer["_subLayerProps"]["hexagon-cell-hifi"]["getFillColor"]
        for name, layer in layers(view).items()
        if name in found
    ]
    assert {fill[3] for fill in fills} == {255}
    assert len({tuple(fill) for fill in fills}) == len(found) == 3


def test_cells_are_strokes_of_land_colour_and_can_be_picked():
    layer = layers(customers([3]))["cells-0"]
    assert layer["@@type"] == "H3HexagonLayer"
    assert layer["pickable"] is True
    assert layer["getLineColor"] == [246, 245, 241]
    assert layer["data"] == [{"h": "87309a540ffffff", "t": "3 customers"}]


def test_the_legend_counts_every_cell_once():
    (group, *_rest) = customers([1, 1, 5, 5, 9]).legend
    assert group.label == "Customers"
    assert [(swatch.below, swatch.cells) for swatch in group.swatches] == [("< 2", 2), ("2", 2), ("≥ 6", 1)]
    assert [swatch.label for swatch in group.swatches] == ["below 2", "2 to below 6", "6 or more"]


def test_money_is_read_in_minor_units_and_limits_are_round_in_the_currency():
    view = maps.cell_map(
        cells(value=[10_000, 20_000, 500_000]), measure="sales", unit="CNY", theme=LIGHT, style_url=STYLE
    )
    assert view.legend[0].label == "Sales, ¥"
    texts = [row["t"] for name in drawn(view) for row in layers(view)[name]["data"]]
    assert texts == ["¥100", "¥200", "¥5,000"]
    assert view.alt == "Map of sales from ¥100 to ¥5,000 a cell; 3 cells, 0 stores."


def test_dwell_is_warm_and_sales_are_teal():
    ground = {"theme": LIGHT, "style_url": STYLE}
    warm = maps.cell_map(cells(value=[30.0, 90.0]), measure="dwell", unit="s", **ground)
    teal = maps.cell_map(cells(value=[30.0, 90.0]), measure="sales", unit="CNY", **ground)
    assert [swatch.colour for swatch in warm.legend[0].swatches] == ["#ebdab5", "#5a143a"]
    assert [swatch.colour for swatch in teal.legend[0].swatches] == ["#c5e1df", "#003352"]


def test_unknown_values_are_not_drawn():
    view = customers([None, 4, 4])
    assert drawn(view) == {"cells-0": ["87309a541ffffff", "87309a542ffffff"]}
    assert [swatch.cells for swatch in view.legend[0].swatches] == [2]


def test_no_cells_give_an_empty_map_around_the_stores():
    view = customers(pl.Series([], dtype=pl.Int64), stores=stores())
    assert drawn(view) == {}
    assert [group.label for group in view.legend] == ["Store"]
    state = json.loads(view.deck.to_json())["initialViewState"]
    assert (round(state["latitude"], 2), round(state["longitude"], 2)) == (31.31, 120.62)


def test_nothing_at_all_gives_the_world():
    view = customers(pl.Series([], dtype=pl.Int64))
    assert view.bounds is None
    assert view.legend == ()
    assert json.loads(view.deck.to_json())["initialViewState"]["zoom"] == 1.0


def test_a_store_without_a_position_is_left_out():
    assert customers([1], stores=stores(lat=None)).alt.endswith("1 cell, 0 stores.")


def test_a_suspect_store_has_a_warning_ring_and_says_so():
    view = customers([1], stores=stores(suspect=True))
    ring = layers(view)["stores-suspect"]["data"][0]["properties"]
    assert ring == {"id": "S1", "t": "Guanqian\nPosition not confirmed"}
    assert [(g.label, g.shape, g.swatches[0].cells) for g in view.legend[1:]] == [
        ("Store", "dot", 1),
        ("Position not confirmed", "ring", 1),
    ]
    assert "stores-suspect" not in layers(customers([1], stores=stores()))


def test_a_phone_sees_the_same_box_from_further_away():
    wide = json.loads(customers([1, 2, 3]).deck.to_json())["initialViewState"]
    phone = json.loads(customers([1, 2, 3], phone=True).deck.to_json())["initialViewState"]
    assert (phone["latitude"], phone["longitude"]) == (wide["latitude"], wide["longitude"])
    assert phone["zoom"] < wide["zoom"]


def test_the_selected_cell_is_framed_in_ink():
    frame = layers(customers([1, 2], selected=CENTRE))["selected"]
    assert frame["data"] == [{"h": "87309a540ffffff"}]
    assert (frame["filled"], frame["stroked"], frame["extruded"]) == (False, True, False)
    assert frame["getLineColor"] == [29, 36, 48]


def test_tiers_keep_their_place_in_the_legend_even_without_cells():
    view = maps.tier_map(cells(tier=["primary", "primary", "fringe", None]), theme=LIGHT, style_url=STYLE)
    assert [(g.label, g.swatches[0].cells) for g in view.legend] == [
        ("Primary", 2),
        ("Secondary", 0),
        ("Tertiary", 0),
        ("Fringe", 1),
    ]
    assert view.alt == ("Map of trade area tiers: 2 primary, 0 secondary, 0 tertiary, 1 fringe; 3 cells, 0 stores.")


def test_a_difference_is_centred_on_nothing_with_the_same_limits_on_both_sides():
    view = maps.diverging_map(
        cells(value=[-0.04, -0.02, 0.0, 0.02, 0.04]),
        title="Interest minus sales",
        low="more sales",
        high="more interest",
        theme=LIGHT,
        style_url=STYLE,
    )
    strip = view.legend[0].swatches
    assert [swatch.below for swatch in strip] == ["≤ −4", "−2", "0", "+2", "≥ +4"]
    assert sum(swatch.cells for swatch in strip) == 5
    assert strip[len(strip) // 2].colour == "#f2f1ed"
    assert strip[0].colour == "#025268"
    assert strip[-1].colour == "#8f2311"
    assert view.alt.startswith("Interest minus sales: 2 cells with more interest, 2 with more sales;")


def test_groups_take_colours_by_size_and_differing_cells_are_marked():
    view = maps.categorical_map(
        cells(group=["S1", "S1", "S2", "S1"], differs=[False, True, False, None]),
        title="Store most bought at",
        names={"S1": "Guanqian", "S2": "Yuanqu"},
        theme=LIGHT,
        style_url=STYLE,
        stores=stores(),
    )
    assert [(g.label, g.swatches[0].colour, g.swatches[0].cells) for g in view.legend] == [
        ("Guanqian", "#005255", 3),
        ("Yuanqu", "#a66e00", 1),
        ("Not the nearest", "#667080", 1),
        ("Store", "#1d2430", 1),
    ]
    assert layers(view)["marks"]["data"] == [{"h": "87309a541ffffff"}]
    assert layers(view)["cells-0"]["data"][0] == {"h": "87309a540ffffff", "t": "Guanqian"}


def test_beyond_six_groups_the_rest_is_grey():
    seven = pl.DataFrame(
        {"cell": list(maps.coarsen(_many(7), most=7)["cell"]), "group": list("abcdefg")},
        schema_overrides={"cell": pl.Int64},
    )
    view = maps.categorical_map(seven, title="Agent", theme=LIGHT, style_url=STYLE)
    assert [group.label for group in view.legend] == ["a", "b", "c", "d", "e", "f", "Other"]
    assert view.legend[-1].swatches[0].colour == LIGHT.calm


def test_a_pair_has_seven_classes_and_amber_is_where_they_meet():
    view = maps.pair_map(
        cells(share_a=[0.5, 0.3, 0.2, None, 0.0], share_b=[None, 0.0, 0.2, 0.5, 0.3]),
        name_a="Jiangnan",
        name_b="Taihu",
        theme=LIGHT,
        style_url=STYLE,
    )
    a, both, b = view.legend[:3]
    assert [a.label, both.label, b.label] == ["Jiangnan only", "Both", "Taihu only"]
    assert sum(swatch.cells for swatch in a.swatches) == 2
    assert [(swatch.colour, swatch.cells) for swatch in both.swatches] == [("#f3c77c", 1)]
    assert sum(swatch.cells for swatch in b.swatches) == 2
    assert layers(view)["cells-2"]["data"] == [{"h": "87309a542ffffff", "t": "Jiangnan 20 %\nTaihu 20 %"}]
    names = {row["n"] for name, layer in layers(view).items() if name.startswith("pills-") for row in layer["data"]}
    assert names == {"Jiangnan", "Taihu"}


def test_a_pairs_stores_take_their_agents_colour():
    view = maps.pair_map(
        cells(share_a=[0.5], share_b=[None]),
        name_a="Jiangnan",
        name_b="Taihu",
        id_a="A1",
        theme=DARK,
        style_url=STYLE,
        stores=stores(),
    )
    fill = layers(view)["stores-0"]["_subLayerProps"]["points-circle"]["getFillColor"]
    assert fill == [147, 207, 203, 255]  # #5abbb2, four tenths of the way to the ink #e9ecf1


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_nothing_in_a_deck_points_outside(theme):
    view = customers([1, 2, 3], theme=theme, stores=stores())
    assert "http" not in view.deck.to_json()
    assert json.loads(view.deck.to_json())["mapStyle"] == STYLE


def test_a_cell_costs_at_most_80_bytes():
    many = _many(2_000).with_columns(share_a=pl.col("value") / 1e6, share_b=pl.col("value") / 2e6)
    ground = {"theme": LIGHT, "style_url": STYLE}
    one = maps.cell_map(many, measure="sales", unit="CNY", **ground)
    two = maps.pair_map(many, name_a="江南地区代理商", name_b="Great Taihu Trading", **ground)
    assert len(one.deck.to_json().encode()) / many.height <= 60
    assert len(two.deck.to_json().encode()) / many.height <= 80


def test_more_than_5000_cells_become_parents_with_their_sum():
    many = _many(6_000)
    view = maps.cell_map(many, measure="customers", unit="customers", theme=LIGHT, style_url=STYLE)
    shown = sum(len(rows) for rows in drawn(view).values())
    assert shown < 1_200
    assert f"{shown:,} cells (merged from 6,000), H3 r7, about 5 km² each" in view.note


def test_a_number_that_is_no_cell_is_refused():
    bad = pl.DataFrame({"cell": [CENTRE, 42], "value": [1, 2]})
    with pytest.raises(ContractError) as refused:
        maps.cell_map(bad, measure="customers", unit="customers", theme=LIGHT, style_url=STYLE)
    assert str(refused.value) == ("Map of customers: cell is no H3 cell in 1 of 2 rows; index the positions again.")


def test_a_missing_column_is_named_with_the_ones_there_are():
    with pytest.raises(ContractError) as refused:
        maps.tier_map(cells(value=[1]), theme=LIGHT, style_url=STYLE)
    assert str(refused.value) == "Map of tiers: tier is missing; the columns are cell, value."


def test_a_repeated_cell_is_refused():
    with pytest.raises(ContractError) as refused:
        maps.cell_map(
            pl.DataFrame({"cell": [CENTRE, CENTRE], "value": [1, 2]}),
            measure="customers",
            unit="customers",
            theme=LIGHT,
            style_url=STYLE,
        )
    assert str(refused.value) == "Map of customers: cell repeats in 1 of 2 rows; a map takes one row per cell."


def test_swapped_store_coordinates_are_refused():
    with pytest.raises(ContractError) as refused:
        customers([1], stores=stores(lat=120.62))
    assert str(refused.value) == (
        "Stores: lat or lng is out of range in 1 of 1 rows; latitude is within ±90 and longitude within ±180; "
        "check whether the two are swapped."
    )


def test_a_click_is_read_back_as_a_cell():
    assert maps.picked_cell({"cells-3": [{"h": "87309a540ffffff", "t": "3 customers"}]}) == CENTRE
    assert maps.picked_cell({"stores-0": [{"properties": {"id": "S1"}}]}) is None
    assert maps.picked_cell({}) is None


def test_agents_are_named_amid_their_stores():
    both = pl.concat([stores(), stores(lat=31.33).with_columns(store_id=pl.lit("S2"))]).with_columns(
        agent_name=pl.lit("Jiangnan")
    )
    (pill,) = maps.agent_pills(both, LIGHT)
    assert (pill.text, round(pill.lat, 3), pill.lng, pill.weight) == ("Jiangnan", 31.32, 120.62, 502)


def _many(count):
    disk = sorted(h3.grid_disk(h3.latlng_to_cell(31.3, 120.6, 8), 45))[:count]
    return pl.DataFrame({"cell": disk, "value": [100 * (n % 997 + 1) for n in range(count)]})
