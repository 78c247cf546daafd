"""Charts of a story's slides are charts: their numbers are those of the answers, and can be changed there."""

from dataclasses import replace

import polars as pl
import pytest

from answers import all_addresses
from charts.theme import DARK, LIGHT
from exports import natives
from exports.document import Document
from exports.slides import pptx_bytes
from exports.story import Slide
from exports.story_document import _card
from exports.story_found import Found, parsed
from exports.story_kinds import kinds
from records.stories import Shown, Step, Story
from tests.answers.tiny import COMPANY, answer
from tests.exports.opened import charts, document

all_addresses()
ON_PAGES = (
    "overview.trend",
    "overview.ranking",
    "overview.funnel",
    "dwell.coverage",
    "purchases.frequency",
    "sharing.funnel",
)


def slide(kind, main, query=""):
    """A step of a story with this answer behind it."""
    step = Step("a", Shown(main.address.split("/")[0], query, kind, main.address), caption="Said")
    found = Found(main, {}, COMPANY.places, parsed(query), {})
    return Slide(
        step, 1, is_reveal=False, page="", caption="Said", about="", source="", notes="", found=found, facts={}
    )


def written(kind, main, query=""):
    """The charts of the slide, read back from the file."""
    card = _card(slide(kind, main, query), Story("", "A"), LIGHT, 1)
    made = Document("story?story=a", "A", "", (card,), "", main.from_on, main.to_on, 1, main.currency)
    return charts(pptx_bytes(made))


@pytest.mark.parametrize("name", ON_PAGES)
def test_a_step_has_the_chart_that_its_page_has_in_a_file(name):
    kind = kinds()[name]
    main = answer(kind.address)
    on_page = document(kind.address).cards[0].native
    assert on_page is not None
    assert kind.native(Found(main), LIGHT) == on_page
    made = written(name, main)
    assert len(made) == 1
    values = {one.name: list(one.values) for one in made[0].plots[0].series}
    assert values == {one.name: list(one.values) for one in on_page.series}
    assert tuple(str(one) for one in made[0].plots[0].categories) == on_page.names


def test_the_bars_of_a_ranking_are_the_answers_sales():
    main = answer("overview/ranking")
    made = written("overview.ranking", main)[0].plots[0]
    assert list(made.series[0].values) == [value / 100 for value in main.table["net_minor"].head(8)]
    assert [str(one) for one in made.categories] == main.table["label"].head(8).to_list()


ROW = {
    "opening_minor": 10_000, "accrued_minor": 5_050, "clawback_minor": -2_000, "paid_minor": -8_000, "adjust_minor": 0,
    "closing_minor": 5_050,
}  # fmt: skip


def test_a_statement_stands_on_hidden_bars_and_says_signed_amounts():
    made = natives.statement(ROW, "CNY", LIGHT)
    assert made.names == ("Opening", "Accrued", "Clawed back", "Paid out", "Adjusted", "Closing")
    assert made.series[0].values == (0, 100, 130.5, 50.5, 50.5, 0)
    assert made.series[1].values == (100, 50.5, 20, 80, 0, 50.5)
    assert [made.series[0].is_hidden, made.series[1].is_hidden] == [True, False]
    assert made.labels[2] == "\u2212¥20.00"
    assert (made.tints[0], made.tints[1], made.tints[2]) == (LIGHT.primary, LIGHT.good, LIGHT.bad)


def test_a_statement_below_zero_is_drawn_instead():
    below = {**ROW, "opening_minor": 0, "accrued_minor": 1_000, "paid_minor": -8_000, "closing_minor": -9_000}
    assert natives.statement(below, "CNY", LIGHT) is None


def test_a_step_with_a_statement_has_it_as_a_chart():
    row = {**ROW, "month": "2026-10", "is_open": False, "name": "Taihu", "receiver_id": "AG-06"}
    table = pl.DataFrame([{**row, "month": "2026-09", "opening_minor": 1, "closing_minor": 1}, row])
    main = replace(answer("overview/ranking"), address="sharing/statement", table=table, currency="CNY")
    plot = written("sharing.statement", main)[0].plots[0]
    assert list(plot.series[1].values) == [100, 50.5, 20, 80, 0, 50.5]
    assert written("sharing.statement", replace(main, table=table.with_columns(accrued_minor=-20_000))) == []


def test_differences_go_both_ways_and_the_highlighted_one_is_the_finding():
    rows = pl.DataFrame({"name": ["Taihu", "Head office", "Shu"], "delta_minor": [1_250, -9_000, -10]})
    made = natives.differences(rows, "CNY", "Head office", DARK)
    assert made.series[0].values == (12.5, -90, -0.1)
    assert made.tints == {0: DARK.primary, 1: DARK.finding, 2: DARK.calm}


def test_a_step_with_the_way_to_an_owner_says_its_steps_in_words_and_draws_parts_lighter():
    """It was drawn of the bare answer, which has no words and no parts, and broke the story."""
    main = answer("sharing/funnel")
    picture = slide("sharing.funnel", main).picture(LIGHT)
    colours = dict(zip(picture.layout.yaxis.ticktext, picture.data[-1].marker.color, strict=True))
    assert "Registered" in colours
    assert set(colours.values()) <= {LIGHT.primary, LIGHT.calm}
