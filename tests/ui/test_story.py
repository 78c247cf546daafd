"""The Story page: a view becomes a step, steps are put in order and reworded, and a reload finds all of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from records import stories
from schema.scope import LOCAL_OWNER
from tests.ui.test_people import press, texts
from ui.story_html import foot, head, starred

if TYPE_CHECKING:
    from collections.abc import Callable

    from streamlit.testing.v1 import AppTest

    from exports.story import Slide
    from records.stories import Story
    from tests.ui.conftest import Shop

ORDERS = "order_id,customer_id,order_date,amount,channel\n" + "".join(
    f"O{n},C{n},2026-02-{1 + n % 28:02d} 10:00:00,{100 + n}.00,web\n" for n in range(40)
)


@pytest.fixture
def sold(shop: Shop) -> Shop:
    """Forty customers with an order each."""
    shop.load("orders.csv", ORDERS)
    return shop


def only() -> Story:
    (story,) = stories.stories("real", LOCAL_OWNER)
    return story


def shown_words(at: AppTest) -> str:
    """What the slides beside the list say."""
    return " ".join(one.proto.body for one in at.get("html")).replace("<em>", "").replace("</em>", "")


def add(at: AppTest, title: str) -> AppTest:
    box = next(box for box in at.selectbox if box.label == "What to show")
    wanted = next(option for option in box.options if option.startswith(title))
    box.select_index(box.options.index(wanted)).run()
    return press(at, "Add")


def test_without_a_story_the_page_says_how_one_begins(sold: Shop, app: Callable[..., AppTest]) -> None:
    at = app("story")
    assert "No story yet. Open any page and press Add to story" in texts(at).replace("*", "")


def test_a_view_becomes_a_step_with_its_whole_address(sold: Shop, app: Callable[..., AppTest]) -> None:
    at = add(app("purchases", channel="web"), "100.0")
    story = only()
    assert story.title.startswith("Story of ")
    shown = story.steps[0].shown
    assert (shown.page, shown.address, shown.kind) == ("purchases", "purchases/frequency", "purchases.frequency")
    assert shown.query == "from=2025-03-01&to=2026-02-28&as_of=2026-03-01&channel=web"
    assert "Step 1 of" in texts(at)
    again = app("story")
    assert "100.0\u202f% of buyers bought on one day only" in shown_words(again)
    assert "web" in texts(again)


def test_steps_are_put_in_order_copied_reworded_and_taken_away(sold: Shop, app: Callable[..., AppTest]) -> None:
    add(app("purchases"), "100.0")
    add(app("overview"), "Key figures")
    first, second = (step.step_id for step in only().steps)
    at = press(app("story", edit=second), "Earlier")
    assert [step.step_id for step in only().steps] == [second, first]
    at = press(app("story", edit=first), "Make a copy")
    assert [step.shown.kind for step in only().steps] == [
        "overview.figures", "purchases.frequency", "purchases.frequency",
    ]  # fmt: skip
    next(box for box in at.text_input if box.label == "Caption").input("All of *them* once")
    next(box for box in at.text_area if box.label == "Notes for the speaker").input("Say it\nslowly")
    press(at, "Keep")
    assert [(step.caption, step.notes) for step in only().steps][2] == ("All of *them* once", "Say it\nslowly")
    press(app("story", edit=second), "Delete")
    assert [step.shown.kind for step in only().steps] == ["purchases.frequency", "purchases.frequency"]
    at = press(app("story"), "Undo: deleted step 1")
    assert len(only().steps) == 3
    assert [button.label for button in at.button if button.label.endswith("All of them once")]


def test_newer_data_are_offered_and_the_story_waits_until_it_is_refreshed(
    sold: Shop, app: Callable[..., AppTest]
) -> None:
    add(app("purchases"), "100.0")
    before = only()
    more = "".join(f"R{n},C{n},2026-03-02 10:00:00,10.00,web\n" for n in range(12))
    sold.load("more.csv", f"order_id,customer_id,order_date,amount,channel\n{more}")
    at = app("story")
    assert "Newer data are there" in texts(at)
    assert "100.0\u202f%" in shown_words(at)
    press(at, "Refresh all steps to today's data")
    after = only()
    assert after.snapshot > before.snapshot
    assert after.steps[0].shown.query == "from=2025-03-03&to=2026-03-02&as_of=2026-03-03"
    assert "70.0\u202f% of buyers bought on one day only" in shown_words(app("story"))


def test_thirty_steps_are_listed_and_the_last_is_presented(sold: Shop, app: Callable[..., AppTest]) -> None:
    add(app("overview"), "Key figures")
    for _ in range(29):
        at = press(app("story"), "Make a copy")
    assert len(only().steps) == 30
    assert len([one for one in at.button if one.key and one.key.startswith("story-step-")]) == 30
    told = app("story", present="ST-001", step="30")
    assert "Step 30 of 30" in shown_words(told)


def test_words_of_people_and_data_are_never_markup() -> None:
    assert starred("<b>*x* & y*") == "&lt;b&gt;<em>x</em> &amp; y*"


def test_a_caption_is_as_large_as_its_line_allows() -> None:
    class Told:
        page, about, source, number = "Dwell", "", "", 3

        def __init__(self, caption: str) -> None:
            self.caption = self.plain_caption = caption

    def size(caption: str) -> str:
        slide: Slide = Told(caption)  # type: ignore[assignment]
        return head(slide, "A").split('class="slide-')[2][:2]

    assert [size("word " * n) for n in (5, 8, 10, 30)] == ["66", "58", "50", "44"]
    dots: Slide = Told("x")  # type: ignore[assignment]
    assert foot(dots, 41).count("<i") == 0
    assert foot(dots, 40).count("<i") == 40
