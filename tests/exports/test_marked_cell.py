"""A cell that was marked on the page's map is framed in every picture of it."""

import json
from io import BytesIO

import polars as pl
import pytest
from lxml import etree
from PIL import Image
from pptx import Presentation

from answers.registry import ask
from charts.theme import DARK, LIGHT, rgb
from exports.cards_catchment import sized
from exports.forms import document_bytes
from exports.slide_maps import cells_of
from exports.story_found import Found, parsed
from exports.story_kinds import kinds
from tests.answers.tiny import asked
from tests.exports.opened import document

HOME = "8830981801fffff"
"""Where two of the tiny company's customers live."""
LARGER = "873098180ffffff"
"""The cell of the next size around it."""
_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"


def frames(view):
    """The cells that are framed, by the layers of a map."""
    return [
        [row["h"] for row in layer["data"]]
        for layer in json.loads(view.deck.to_json())["layers"]
        if layer["id"] == "selected"
    ]


def outlines(content, ink):
    """Shapes of a PPTX that are drawn with a line of this colour and are not filled."""
    found = []
    for slide in Presentation(BytesIO(content)).slides:
        for shape in slide._element.iter("{http://schemas.openxmlformats.org/presentationml/2006/main}sp"):
            line = shape.find(f".//{_A}ln/{_A}solidFill/{_A}srgbClr")
            if line is not None and line.get("val") == ink[1:].upper() and shape.find(f".//{_A}path") is not None:
                found.append(len(shape.findall(f".//{_A}pt")))
    return found


def test_the_page_in_a_file_frames_the_cell_of_its_address():
    assert frames(document("catchment", layer="customers").cards[0].map) == []
    assert frames(document("catchment", layer="customers", cell=HOME).cards[0].map) == [[HOME]]
    assert frames(document("catchment", layer="customers", cell="nowhere").cards[0].map) == []


def test_the_frame_is_no_cell_more_and_goes_with_larger_cells():
    plain, marked = (document("catchment", layer="customers", **more).cards[0] for more in ({}, {"cell": HOME}))
    assert cells_of(marked.map) == cells_of(plain.map) == 1
    assert frames(marked.coarser(1)) == [[LARGER]]


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_the_frame_is_drawn_in_ink_in_png_svg_and_pptx(theme):
    plain, marked = (
        document("catchment", theme=theme, layer="customers", cells="6", **more) for more in ({}, {"cell": HOME})
    )
    assert outlines(document_bytes(plain, "pptx"), theme.ink) == []
    assert outlines(document_bytes(marked, "pptx"), theme.ink) == [
        8
    ]  # six corners and the first two once more, so that the ends meet
    lines = [
        one
        for one in etree.fromstring(document_bytes(marked, "svg")).iter("{http://www.w3.org/2000/svg}polyline")
        if one.get("stroke") == theme.ink
    ]
    assert [len(one.get("points").split()) for one in lines] == [8]
    dots = [
        {
            colour: many
            for many, colour in Image.open(BytesIO(document_bytes(one, "png"))).convert("RGB").getcolors(1 << 24)
        }
        for one in (plain, marked)
    ]
    assert dots[1][rgb(theme.ink)] > dots[0][rgb(theme.ink)] + 200


@pytest.mark.parametrize("kind", ["catchment.customers", "catchment.sales"])
def test_a_step_of_a_story_frames_the_cell_that_was_marked(kind):
    main = ask(kinds()[kind].address, asked("", page="catchment"), resolution=7)
    places = asked("", page="catchment").marts.places
    for query, framed in (("cell=" + HOME, [[LARGER]]), ("", [])):
        found = Found(main, {}, places, parsed(query), {})
        assert frames(kinds()[kind].draw(found, LIGHT)) == framed


def test_the_words_under_a_map_name_the_size_of_the_cells_that_are_drawn():
    """Presenters see one size of cells, whatever was wanted."""
    cells = pl.DataFrame({"cell": [int(LARGER, 16)]}, schema={"cell": pl.Int64})

    assert sized("Customers by home", cells, 8) == "Customers by home · H3 r7"
    assert sized("Customers by home", cells.clear(), 8) == "Customers by home · H3 r8"
    assert document("catchment", layer="customers", cells="6").cards[0].subtitle.endswith("· H3 r6")
