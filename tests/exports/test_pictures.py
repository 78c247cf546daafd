"""PNG and SVG without a browser: the size, the words and the marks of what the page shows."""

import io

import pytest
from lxml import etree
from PIL import Image

from answers import all_addresses
from answers.registry import ADDRESSES
from charts.theme import DARK, LIGHT, rgb
from exports.forms import document_bytes
from exports.pages import PAGES
from exports.pictures import card_picture, picture_of
from tests.answers.tiny import COMPANY, NOTHING
from tests.exports.opened import document

all_addresses()
SVG = "{http://www.w3.org/2000/svg}"


def texts(picture):
    return ["".join(one.itertext()) for one in etree.fromstring(picture.svg().encode()).iter(f"{SVG}text")]


def size(content):
    return Image.open(io.BytesIO(content)).size


def test_a_ranking_names_each_place_and_prints_each_number_of_its_chart():
    made = document("overview/ranking")
    figure = made.cards[0].figure
    said = texts(picture_of(made))
    assert made.cards[0].title in said
    for bar in (trace for trace in figure.data if trace.type == "bar"):
        assert set(bar.text) <= set(said)
    assert set(figure.layout.yaxis.ticktext) <= set(said)


def test_bars_are_as_long_as_their_numbers():
    made = document("overview/ranking")
    strokes = [one for one in picture_of(made).strokes if one.kind == "plate"]
    drawn = [one.points[1][0] - one.points[0][0] for one in strokes]
    wanted = [float(value) for trace in made.cards[0].figure.data for value in trace.x]
    assert [one / max(drawn) for one in drawn] == pytest.approx([one / max(wanted) for one in wanted if one])


@pytest.mark.parametrize("rows", [NOTHING, COMPANY], ids=["no rows", "a company"])
@pytest.mark.parametrize("name", sorted(ADDRESSES))
def test_every_address_makes_a_drawing_that_any_program_can_read(name, rows):
    made = document(name, rows=rows)
    picture = picture_of(made)
    tree = etree.fromstring(picture.svg(title=made.title).encode())
    assert (int(tree.get("width")), int(tree.get("height"))) == (picture.width, picture.height)
    assert tree.find(f"{SVG}title").text == made.title


@pytest.mark.parametrize("page", list(PAGES))
def test_a_page_is_one_picture_with_every_cards_title(page):
    made = document(page)
    picture = picture_of(made)
    said = " ".join(text for text in texts(picture))
    for card in made.cards:
        assert card.title.split()[0] in said


def test_a_png_has_the_size_of_its_drawing_and_the_ground_of_its_theme():
    for theme in (LIGHT, DARK):
        made = document("overview/funnel", theme=theme)
        content = document_bytes(made, "png")
        picture = card_picture(made, made.cards[0])
        assert size(content) == (picture.width, picture.height) == (1600, picture.height)
        assert Image.open(io.BytesIO(content)).getpixel((2, 2)) == rgb(theme.page)


def test_the_same_document_gives_the_same_bytes():
    assert document_bytes(document("overview"), "png") == document_bytes(document("overview"), "png")
    assert document_bytes(document("overview"), "zip") == document_bytes(document("overview"), "zip")
