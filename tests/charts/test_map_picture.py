"""The picture of a map shows what the map shows."""

from io import BytesIO

import h3.api.basic_int as h3
import polars as pl
import pytest
from PIL import Image

from charts import maps
from charts.map_picture import map_png
from charts.picture_ground import shapes
from charts.picture_pen import fitting, width_of
from charts.theme import DARK, LIGHT, rgb

SUZHOU = 0x87309A540FFFFFF
STYLE = "/app/static/style-light.json"


def stores(name="Guanqian", *, suspect=False):
    row = {"store_id": "S1", "name": name, "lat": 31.31, "lng": 120.62, "agent_id": "A1", "is_datum_suspect": suspect}
    return pl.DataFrame([row])


def customers(values, theme=LIGHT, **ground):
    cells = pl.DataFrame(
        {"cell": h3.grid_disk(SUZHOU, 2)[: len(values)], "value": values}, schema={"cell": pl.Int64, "value": pl.Int64}
    )
    return maps.cell_map(cells, measure="customers", unit="customers", theme=theme, style_url=STYLE, **ground)


def picture(view, theme=LIGHT, **words):
    return Image.open(BytesIO(map_png(view, theme, **words))).convert("RGB")


def pixels(image):
    return dict(
        zip((colour for _n, colour in image.getcolors(1 << 24)), (n for n, _c in image.getcolors(1 << 24)), strict=True)
    )


def test_a_picture_has_the_size_asked_for():
    assert picture(customers([1, 2])).size == (1600, 1000)
    assert picture(customers([1, 2]), width=800, height=600).size == (800, 600)


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_every_class_is_seen_in_the_colour_of_its_swatch(theme):
    view = customers([1, 1, 5, 5, 9], theme)
    found = pixels(picture(view, theme))
    for swatch in view.legend[0].swatches:
        assert found[rgb(swatch.colour)] > 3_000, swatch
    assert found[rgb(theme.land)] > 100_000
    assert found[rgb(theme.page)] > 100_000


def test_a_class_without_a_cell_is_not_painted_on_the_map():
    grey = pixels(picture(customers([])))
    assert rgb(LIGHT.sales[9]) not in grey


def test_water_lies_where_there_is_no_land():
    island = h3.latlng_to_cell(30.0, -40.0, 5)
    cells = pl.DataFrame({"cell": [island], "value": [1]})
    view = maps.cell_map(cells, measure="customers", unit="customers", theme=LIGHT, style_url=STYLE)
    found = pixels(picture(view))
    assert found[rgb(LIGHT.water)] > 500_000
    assert rgb(LIGHT.land) not in found or found[rgb(LIGHT.land)] < 10_000  # the line round the cell


def test_a_store_that_is_not_confirmed_has_a_warning_ring():
    sure = pixels(picture(customers([1, 2], stores=stores())))
    unsure = pixels(picture(customers([1, 2], stores=stores(suspect=True))))
    assert sure.get(rgb(LIGHT.bad), 0) == 0
    assert unsure[rgb(LIGHT.bad)] > 200


def test_the_picked_cell_is_framed_in_ink():
    plain = pixels(picture(customers([1, 2])))
    framed = pixels(picture(customers([1, 2], selected=SUZHOU)))
    assert framed[rgb(LIGHT.ink)] > plain[rgb(LIGHT.ink)] + 500


def test_without_cells_the_ground_round_the_stores_is_shown():
    image = picture(customers([], stores=stores()), title="Nobody yet")
    assert pixels(image)[rgb(LIGHT.land)] > 100_000


def test_without_anything_a_picture_is_still_made():
    assert picture(customers([])).size == (1600, 1000)


@pytest.mark.parametrize("name", ["<b>A & B</b>", "one\ntwo", "観前 🙂", "", "x" * 300, "\u202eright to left"])
def test_any_name_is_drawn_as_it_is_typed(name):
    view = customers([1, 2], stores=stores(name))
    image = picture(view, title=name, subtitle=name, source=name)
    assert image.size == (1600, 1000)


def test_a_title_is_cut_to_the_picture():
    long = fitting("wide words " * 40, 20, 300)
    assert long.endswith("…")
    assert width_of(long, 20) <= 300
    assert fitting("short", 20, 300) == "short"


def test_a_map_across_the_date_line_is_drawn_on_both_sides():
    cells = pl.DataFrame(
        {"cell": [h3.latlng_to_cell(-17.5, 179.9, 5), h3.latlng_to_cell(-17.5, -179.9, 5)], "value": [7, 7]}
    )
    view = maps.cell_map(cells, measure="customers", unit="customers", theme=LIGHT, style_url=STYLE)
    image = picture(view)
    (swatch,) = view.legend[0].swatches
    left, right = image.crop((0, 0, 800, 850)), image.crop((800, 0, 1600, 850))
    assert pixels(left)[rgb(swatch.colour)] > 3_000
    assert pixels(right)[rgb(swatch.colour)] > 3_000


def test_the_same_view_gives_the_same_picture():
    view = customers([1, 2, 3], stores=stores())
    assert map_png(view, LIGHT, title="Same") == map_png(view, LIGHT, title="Same")


@pytest.mark.parametrize("source", ["land", "lakes", "rivers", "countries", "provinces"])
def test_every_part_of_the_ground_has_a_box(source):
    found = shapes(source)
    assert found.boxes.shape == (len(found.parts), 4)
    assert (found.boxes[:, :2] <= found.boxes[:, 2:]).all()
