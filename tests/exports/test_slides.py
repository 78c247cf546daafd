"""A PPTX read back as a slide program reads it: numbers, findings, sources, and nothing that runs."""

from dataclasses import replace
from io import BytesIO

import openpyxl
import polars as pl
import pytest
from pptx import Presentation

from answers import all_addresses
from answers.registry import ADDRESSES
from charts.theme import DARK, LIGHT
from exports.desk import native, plain_card
from exports.pages import PAGES
from exports.slide_strokes import clean
from exports.slides import pptx_bytes
from exports.words import rows_of
from tests.answers.tiny import COMPANY, NOTHING, answer
from tests.exports.opened import charts, document, parts, slides, tables, words

all_addresses()


def series(chart):
    """Name → values of each series, and the names of its places."""
    plot = chart.plots[0]
    return {one.name: list(one.values) for one in plot.series}, [str(one) for one in plot.categories]


def test_the_bars_of_a_ranking_hold_the_answers_sales_in_whole_units():
    found = answer("overview/ranking")
    values, names = series(charts(pptx_bytes(document("overview/ranking")))[0])
    rows = found.table.head(8)
    assert names == rows["label"].to_list()
    assert values == {"Net sales": [value / 100 for value in rows["net_minor"]]}


def test_a_line_keeps_every_day_and_leaves_unknown_ones_out():
    found = answer("overview/trend")
    values, names = series(charts(pptx_bytes(document("overview/trend")))[0])
    assert len(names) == found.table.height
    assert values["This period"] == [value / 100 for value in found.table["net_minor"]]


def test_the_numbers_behind_a_chart_can_be_opened_and_are_the_same():
    chart = charts(pptx_bytes(document("overview/ranking")))[0]
    book = openpyxl.load_workbook(BytesIO(chart.part.chart_workbook.xlsx_part.blob))
    rows = [[cell.value for cell in row] for row in book.active.iter_rows(min_row=2)]
    assert [row[0] for row in rows] == answer("overview/ranking").table["label"].head(8).to_list()
    assert [row[1] for row in rows] == [v / 100 for v in answer("overview/ranking").table["net_minor"].head(8)]


def test_a_slide_says_finding_source_n_and_definition():
    made = document("overview/funnel")
    said = words(pptx_bytes(made))
    card = made.cards[0]
    assert card.title in said
    assert made.source(card) in said
    assert f"n = {card.answer.n:,} {card.answer.n_label}" in made.source(card)
    assert any(card.answer.definition.startswith(text.removesuffix(" …")) for text in said if len(text) > 30)


@pytest.mark.parametrize("page", list(PAGES))
def test_a_page_has_a_first_slide_one_a_card_and_a_last_one_in_sixteen_by_nine(page):
    made = document(page)
    deck = Presentation(BytesIO(pptx_bytes(made)))
    assert deck.slide_width / deck.slide_height == pytest.approx(16 / 9, abs=1e-4)
    titles = [slide.shapes.title.text for slide in deck.slides]
    assert titles[: len(made.cards) + 1] == [made.title, *(clean(card.title) for card in made.cards)]
    assert set(titles[len(made.cards) + 1 :]) == {"About these numbers"}


@pytest.mark.parametrize("rows", [NOTHING, COMPANY], ids=["no rows", "a company"])
@pytest.mark.parametrize("name", sorted(ADDRESSES))
def test_every_address_makes_a_slide_whose_table_is_its_own(name, rows):
    made = document(name, rows=rows)
    content = pptx_bytes(made)
    card = made.cards[0]
    assert slides(content)[0].shapes.title.text == clean(card.title)
    if card.empty:
        assert card.empty in words(content)
    elif card.figure is None and card.map is None:
        table = card.shown if card.shown is not None else card.answer.table
        shown = rows_of(table.select(table.columns[:7]), made.currency, most=12)
        assert tables(content)[0][1:] == [[clean(cell) for cell in row] for row in shown]


def test_numbers_of_a_coloured_table_are_those_printed_on_the_chart():
    made = document("dwell/cross")
    texts = [text for trace in made.cards[0].figure.data if trace.type == "scatter" for text in trace.text]
    cells = [cell for row in tables(pptx_bytes(made))[0][1:] for cell in row[1:] if cell]
    assert sorted(cells) == sorted(texts)


def evil(names):
    found = answer("overview/ranking")
    rows = pl.DataFrame({"label": names, "net_minor": [100 * (at + 1) for at in range(len(names))]})
    card = replace(
        plain_card(replace(found, table=rows), title=names[0]),
        native=native("bars", rows, "label", {"net_minor": "Net"}, theme=LIGHT, currency="CNY"),
        figure=document("overview/ranking").cards[0].figure,
    )
    return replace(document("overview/ranking"), title=names[0], cards=(card,))


EVIL = ['=HYPERLINK("http://x.example")', "@SUM(1)", "http://x.example", "<a:t>&amp;", "a\x00b\x1f", "苏州"]


def test_a_name_is_no_formula_no_link_and_no_markup_behind_a_chart():
    content = pptx_bytes(evil(EVIL))
    chart = charts(content)[0]
    book = openpyxl.load_workbook(BytesIO(chart.part.chart_workbook.xlsx_part.blob))
    cells = [row[0] for row in book.active.iter_rows(min_row=2)]
    assert {cell.data_type for cell in cells} == {"s"}
    assert all(cell.hyperlink is None for cell in cells)
    assert [cell.value for cell in cells] == [clean(name) for name in EVIL]
    assert [str(one) for one in chart.plots[0].categories] == [clean(name) for name in EVIL]


def test_no_part_of_a_deck_refers_to_anything_outside_of_it():
    for path, part in parts(pptx_bytes(document("overview"))).items():
        if path.endswith(".rels"):
            assert b'TargetMode="External"' not in part, path


def test_a_deck_is_in_the_colours_of_its_theme():
    for theme in (LIGHT, DARK):
        content = pptx_bytes(document("overview/ranking", theme=theme))
        tree = parts(content)["ppt/theme/theme1.xml"].decode()
        assert f'<a:accent1><a:srgbClr val="{theme.primary[1:].upper()}"/>' in tree
        assert str(slides(content)[0].background.fill.fore_color.rgb) == theme.page[1:].upper()
