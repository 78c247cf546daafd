"""One press on a pin keeps a finding as a step, and the sentence that a room reads is the answer's own."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from records import stories
from schema.scope import LOCAL_OWNER
from tests.ui.test_people import texts
from tests.ui.test_story import ORDERS, only, shown_words

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from streamlit.testing.v1 import AppTest

    from tests.ui.conftest import Shop

SPIKE_DAY = "".join(f"S{n},D{n},2026-03-03 10:00:00,500.00,web\n" for n in range(40))
STEADY = "".join(
    f"T{week}-{n},E{n},2026-{month:02d}-{day:02d} 10:00:00,{10 + week % 3}.00,web\n"
    for week, (month, day) in enumerate([(1, 6), (1, 13), (1, 20), (1, 27), (2, 3), (2, 10), (2, 17), (2, 24)])
    for n in range(40)
)


@pytest.fixture
def sold(shop: Shop) -> Shop:
    """Forty customers with an order each."""
    shop.load("orders.csv", ORDERS)
    return shop


@pytest.fixture
def unusual(shop: Shop) -> Shop:
    """Eight quiet Tuesdays and a ninth that sold fifty times as much."""
    head = "order_id,customer_id,order_date,amount,channel\n"
    shop.load("orders.csv", head + STEADY + SPIKE_DAY)
    return shop


def pin(at: AppTest, key: str) -> AppTest:
    next(button for button in at.button if button.key == key).click().run()
    assert not at.exception
    return at


def test_a_finding_of_the_overview_is_pinned_with_its_sentence_and_its_chart(
    unusual: Shop, app: Callable[..., AppTest]
) -> None:
    at = pin(app(), "pin-finding-0")
    (step,) = only().steps
    assert step.caption == "*{number}* {sentence}"
    assert (step.shown.kind, step.reveal and step.reveal.kind) == ("overview.finding", "overview.trend")
    assert not [button for button in at.button if button.key == "pin-finding-0"]
    told = shown_words(app("story"))
    assert "above the usual Tuesday on 3 March" in told
    assert "{sentence}" not in told


def test_a_second_pin_goes_into_the_same_story(sold: Shop, app: Callable[..., AppTest]) -> None:
    at = pin(app("purchases"), "pin-card-frequency")
    pin(at, "pin-card-segments")
    assert [step.shown.kind for step in only().steps] == ["purchases.frequency", "purchases.segments"]
    assert [step.caption for step in only().steps] == ["", ""]
    assert "100.0\u202f% of buyers bought on one day only" in shown_words(app("story"))


def test_a_pin_carries_the_filters_of_its_page_and_not_the_place_in_the_tour(
    sold: Shop, app: Callable[..., AppTest]
) -> None:
    pin(app("purchases", channel="web", tour="2"), "pin-card-frequency")
    (step,) = only().steps
    assert step.shown.query == "from=2025-03-01&to=2026-02-28&as_of=2026-03-01&channel=web"


def test_what_no_group_of_ten_stands_behind_is_refused_with_the_reason(shop: Shop, app: Callable[..., AppTest]) -> None:
    few = "".join(f"O{n},C{n},2026-02-{1 + n:02d} 10:00:00,10.00,web\n" for n in range(4))
    shop.load("orders.csv", f"order_id,customer_id,order_date,amount,channel\n{few}")
    at = pin(app("purchases"), "pin-card-frequency")
    assert "There is nothing to show a room here." in texts(at)
    assert stories.stories("real", LOCAL_OWNER) == ()


def test_the_pins_of_the_demo_leave_its_five_minutes_alone(demo: Path, app: Callable[..., AppTest]) -> None:
    before = {one.story_id: one.version for one in stories.stories("demo", LOCAL_OWNER)}
    try:
        pin(app("dwell"), "pin-card-quadrant")
        pinned = stories.stories("demo", LOCAL_OWNER)[-1]
        assert pinned.story_id not in {*before, "ST-001"}
        assert [step.shown.kind for step in pinned.steps] == ["dwell.quadrant"]
    finally:
        for one in stories.stories("demo", LOCAL_OWNER):
            if one.story_id not in {*before, "ST-001"}:
                stories.keep("demo", LOCAL_OWNER, replace(one, is_deleted=True), change="deleted")
