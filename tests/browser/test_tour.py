"""The tour in a browser: a copied address, the way back, and a phone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from tests.browser.visits import Visit

pytestmark = pytest.mark.browser


def stop(page: Page) -> str:
    return page.locator(".st-key-tour strong").inner_text()


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
