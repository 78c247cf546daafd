"""Which cells may be drawn, how they merge, and where a view looks."""

import json
import re
from pathlib import Path

import h3.api.basic_int as h3
import polars as pl
import pytest

from charts import basemap, map_cells
from charts.map_cells import Bounds, Look
from charts.map_legend import LegendGroup, Swatch, breaks, legend_html, readable
from charts.map_names import Pill, Plan
from charts.theme import DARK, LIGHT

STATIC = Path(__file__).parents[2] / "ui" / "static"
SUZHOU = 0x87309A540FFFFFF


def test_cells_are_told_from_other_numbers_as_the_library_does():
    numbers = [
        SUZHOU,
        h3.latlng_to_cell(31.3, 120.6, 0),
        h3.latlng_to_cell(-33.9, 151.2, 15),
        h3.cell_to_center_child(SUZHOU, 9),
        0,
        42,
        -1,
        SUZHOU | 7 << 24,  # a digit that is used says unused
        SUZHOU & ~7,  # a digit beyond the resolution says used
        SUZHOU | 127 << 45,  # no such base cell
        1 << 62 | SUZHOU,  # another mode
        h3.cell_to_vertex(SUZHOU, 0),
    ]
    found = map_cells.is_cell(pl.Series("cell", numbers, dtype=pl.Int64)).to_list()
    assert found == [True, True, True, True, *[False] * 8]
    assert found == [h3.is_valid_cell(abs(number)) and number > 0 for number in numbers]


def test_a_null_is_no_cell():
    assert map_cells.is_cell(pl.Series("cell", [None, SUZHOU], dtype=pl.Int64)).to_list() == [False, True]


def test_a_parent_by_bits_is_the_librarys_parent():
    cells = [h3.latlng_to_cell(31.3, 120.6, 9), h3.latlng_to_cell(51.5, -0.12, 9), SUZHOU]
    found = map_cells.parents(pl.Series("cell", cells, dtype=pl.Int64), 6).to_list()
    assert found == [h3.cell_to_parent(cell, 6) for cell in cells]


def test_a_marked_cell_is_found_among_the_drawn_ones():
    drawn = pl.Series("cell", [SUZHOU, 0x87309A541FFFFFF], dtype=pl.Int64)
    assert map_cells.marked_cell("87309a540ffffff", drawn) == 0x87309A540FFFFFF
    assert map_cells.marked_cell("87309A541FFFFFF", drawn) == 0x87309A541FFFFFF


def test_a_marked_cell_smaller_than_the_drawn_ones_is_the_one_around_it():
    inner = h3.cell_to_center_child(SUZHOU, 9)
    assert map_cells.marked_cell(f"{inner:x}", pl.Series("cell", [SUZHOU], dtype=pl.Int64)) == SUZHOU


@pytest.mark.parametrize(
    "said",
    ["", "8730", "no cell", "87309a541ffffff", f"{h3.cell_to_parent(SUZHOU, 6):x}", "-1", "f" * 40, "87309a540ffffff&"],
)
def test_what_is_no_drawn_cell_marks_nothing(said):
    assert map_cells.marked_cell(said, pl.Series("cell", [SUZHOU], dtype=pl.Int64)) is None
    assert map_cells.marked_cell("87309a540ffffff", pl.Series("cell", [], dtype=pl.Int64)) is None


def test_few_cells_stay_as_they_are():
    few = pl.DataFrame({"cell": [SUZHOU], "value": [3]})
    assert map_cells.coarsen(few).equals(few)


@pytest.mark.parametrize(("how", "value"), [("sum", 9), ("mean", 3), ("max", 7), ("mode", 1)])
def test_too_many_cells_become_their_parents(how, value):
    children = h3.cell_to_children(SUZHOU)[:3]
    table = pl.DataFrame({"cell": children, "value": [1, 1, 7]}, schema_overrides={"cell": pl.Int64})
    merged = map_cells.coarsen(table, how, most=2)
    assert merged["cell"].to_list() == [SUZHOU]
    assert merged["value"].to_list() == [value]


def test_a_view_holds_its_box():
    look = map_cells.fit(Bounds(31.0, 120.0, 32.0, 121.0), 700, 560)
    for lat, lng in [(31.0, 120.0), (32.0, 121.0)]:
        x, y = look.pixel(lat, lng)
        assert abs(x) <= 350 - 25
        assert abs(y) <= 280 - 25
    assert look.lng == 120.5


def test_pixels_and_degrees_are_each_others_inverse():
    look = Look(31.3, 120.6, 9.0)
    lat, lng = look.place(*look.pixel(31.5, 120.9))
    assert (round(lat, 9), round(lng, 9)) == (31.5, 120.9)


def test_the_date_line_does_not_open_the_view_to_the_whole_world():
    fiji = [h3.latlng_to_cell(-17.0, lng, 6) for lng in (179.9, -179.9)]
    box = map_cells.bounds_of(pl.Series("cell", fiji, dtype=pl.Int64))
    assert box is not None
    assert box.east - box.west < 1


def test_one_customer_abroad_does_not_shrink_the_view():
    disk = sorted(h3.grid_disk(SUZHOU, 9))
    paris = h3.latlng_to_cell(48.85, 2.35, 7)
    box = map_cells.bounds_of(pl.Series("cell", [*disk, paris], dtype=pl.Int64), pl.Series([50] * len(disk) + [1]))
    assert box is not None
    assert box.west > 100


def test_limits_are_readable_and_part_the_cells_about_equally():
    values = pl.Series([1, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 233, 377]).to_numpy()
    assert breaks(values) == (2, 4, 10, 25, 60, 150)


@pytest.mark.parametrize(("value", "round_one"), [(0.237, 0.25), (1870, 2000), (-46, -50), (0, 0), (99, 100)])
def test_a_number_is_rounded_to_one_that_can_be_read(value, round_one):
    assert readable(value) == round_one


def test_equal_values_have_one_class():
    assert breaks(pl.Series([4, 4, 4]).to_numpy()) == ()


def test_every_word_of_the_legend_is_escaped():
    evil = "<img src=x onerror=alert(1)>"
    group = LegendGroup(f"{evil} only", (Swatch("#b7ddd8", evil, 3),), detail=evil)
    page = legend_html((group,), LIGHT, note=evil)
    assert "<img" not in page
    assert page.count("&lt;img") == 4


def test_an_attribute_of_the_legend_cannot_be_left_by_a_quote():
    page = legend_html((LegendGroup("A", (Swatch("#b7ddd8", '" onclick="x', 3),)),), LIGHT)
    assert 'onclick="x' not in page


def test_a_pill_moves_off_a_stores_dot():
    plan = Plan(Look(31.3, 120.6, 9.0), 700)
    plan.dots(pl.DataFrame({"lat": [31.3], "lng": [120.6]}))
    (pill,) = plan.pills([Pill("Taihu", 31.3, 120.6, "#112233")])
    x, y = plan.look.pixel(pill.lat, pill.lng)
    assert (round(x), abs(round(y))) == (0, 26)


def test_store_names_that_would_collide_are_left_out():
    plan = Plan(Look(31.3, 120.6, 9.0), 700)
    crowd = pl.DataFrame(
        {"store_id": list("abc"), "name": ["Guanqian"] * 3, "lat": [31.3, 31.302, 31.304], "lng": [120.6] * 3}
    )
    assert [(name.text, name.anchor) for name in plan.store_names(crowd)] == [
        ("Guanqian", "start"),
        ("Guanqian", "end"),
    ]


def test_the_style_lies_under_the_base_path():
    assert basemap.style_url(LIGHT) == "/app/static/style-light.json"
    assert basemap.style_url(DARK, "/shop/dash/") == "/shop/dash/app/static/style-dark.json"


def test_places_are_known_by_their_local_names_too():
    found = basemap.places_in(Bounds(31.2, 120.5, 31.4, 120.7))
    assert ("Suzhou", "苏州", "city") in found.select("name", "local", "kind").rows()


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_a_style_uses_only_files_that_are_there(theme):
    text = (STATIC / f"style-{theme.name}.json").read_text(encoding="utf-8")
    style = json.loads(text)
    assert "http" not in text
    assert {source["tolerance"] for source in style["sources"].values()} == {0}
    for source in style["sources"].values():
        assert source["data"].startswith("app/static/")
        assert (STATIC / Path(source["data"]).name).exists()
    paints = {layer["id"]: layer["paint"] for layer in style["layers"]}
    assert paints["land"]["fill-color"] == theme.land
    assert paints["water"]["background-color"] == paints["lakes"]["fill-color"] == theme.water
    assert paints["provinces"]["line-color"] == theme.province
    assert "line-dasharray" in paints["provinces"]


def test_the_basemap_stays_small_and_points_nowhere_else():
    files = sorted(STATIC.glob("*.json"))
    assert sum(file.stat().st_size for file in files) < 5_500_000
    assert basemap.PLACES_FILE.stat().st_size < 600_000
    assert not [file.name for file in files if re.search(r"https?:", file.read_text(encoding="utf-8"))]


@pytest.mark.parametrize("name", ["land", "lakes", "rivers", "provinces", "countries"])
def test_the_basemaps_shapes_lie_on_the_earth(name):
    shape = json.loads((STATIC / f"{name}.json").read_text(encoding="utf-8"))["features"][0]["geometry"]
    rings = shape["coordinates"] if shape["type"] == "MultiLineString" else [r for p in shape["coordinates"] for r in p]
    assert all(len(ring) >= (2 if shape["type"] == "MultiLineString" else 4) for ring in rings)
    assert all(-180 <= lng <= 180 and -90 <= lat <= 90 for ring in rings for lng, lat in ring)
