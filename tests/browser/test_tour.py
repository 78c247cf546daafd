"""The tour in a browser: by keys alone, a copied address, the way back, and a phone."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest

from tests.browser.visits import serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Page

    from tests.browser.visits import Visit

pytestmark = pytest.mark.browser


def stop(page: Page) -> str:
    return page.locator(".st-key-tour strong").inner_text()


def reach(page: Page, words: str) -> None:
    """Tab on until what says these words has the focus, as somebody without a mouse does."""
    for _ in range(120):
        page.keyboard.press("Tab")
        focused = page.evaluate(
            "document.activeElement.closest('.st-key-tour') ? document.activeElement.innerText : ''"
        )
        if words in focused:
            return
    pytest.fail(f"{words} is not reached by Tab on {page.url}")


@pytest.fixture
def own(demo_home: Path, tmp_path: Path) -> Iterator[str]:
    """A server over a copy of the demo, in which it may be written that the tour was left."""

    def copied(source: str, target: str) -> None:
        (os.link if source.endswith(".parquet") else shutil.copy2)(source, target)

    shutil.copytree(demo_home / "demo", tmp_path / "home" / "demo", copy_function=copied)
    with serving(tmp_path / "home", tmp_path / "server.log") as url:
        yield url


def test_the_whole_tour_is_walked_by_keys_alone(own: str, visitor: Callable[..., Visit]) -> None:
    visit = visitor(own)
    page = visit.open("/")
    reach(page, "Take the tour")
    page.keyboard.press("Enter")
    places = ["/?", "/dwell?", "/catchment?", "/catchment?", "/sharing?", "/story?", "/data?"]
    titles = []
    for number, place in enumerate(places, 1):
        page.locator(".st-key-tour strong").filter(has_text=f"{number} of 7").wait_for()
        page = visit.settle()
        titles.append(stop(page))
        assert place in page.url
        assert f"tour={number}" in page.url
        if number < len(places):
            reach(page, "Next")
            page.keyboard.press("Enter")
    assert len(set(titles)) == 7
    reach(page, "Back")
    page.keyboard.press("Enter")
    page.locator(".st-key-tour strong").filter(has_text="6 of 7").wait_for()
    visit.settle()
    reach(page, "Next")
    page.keyboard.press("Enter")
    page.locator(".st-key-tour strong").filter(has_text="7 of 7").wait_for()
    visit.settle()
    reach(page, "Finish")
    page.keyboard.press("Enter")
    page.locator(".st-key-tour").wait_for(state="detached")
    visit.settle()
    assert "tour=" not in page.url
    assert "/data" in page.url
    visit.open("/")
    assert page.locator(".st-key-tour").count() == 0
    assert visit.complaints == []


def test_two_stops_of_one_page_are_one_step_apart(visit: Visit) -> None:
    page = visit.open("/catchment?layer=overlap&tour=3")
    page.get_by_role("button", name="Next").click()
    page.wait_for_url("**/catchment?*section=openings*")
    assert stop(visit.settle()).startswith("4 of 7")
    assert "layer=" not in page.url
    page.go_back()
    page.wait_for_url("**/catchment?layer=overlap&tour=3")
    assert stop(visit.settle()).startswith("3 of 7")


def test_on_a_phone_the_card_fits_the_screen(visitor: Callable[..., Visit], server: str) -> None:
    page = visitor(server, phone=True).open("/dwell?tour=2")
    box = page.locator(".st-key-tour").bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
