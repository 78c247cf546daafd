"""The Catchment sections in a browser: read by everybody, fit for a phone, and asked by clicking the map."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser.test_access import TOO_WIDE

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.browser.visits import Visit

pytestmark = pytest.mark.browser

SECTIONS = ("flows", "openings", "whatif&lat=31.4&lng=120.45", "territories")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("section", SECTIONS)
def test_axe_finds_no_serious_fault(section: str, dark: bool, server: str, visitor: Callable[..., Visit]) -> None:  # noqa: FBT001
    visit = visitor(server, dark=dark)
    page = visit.open(f"/catchment?section={section}")
    found = Axe().run(page).response["violations"]
    serious = {
        fault["id"]: [node["html"][:120] for node in fault["nodes"]]
        for fault in found
        if fault["impact"] in {"serious", "critical"}
    }
    assert serious == {}
    assert visit.abroad == []
    assert visit.complaints == []


@pytest.mark.parametrize("section", SECTIONS)
def test_a_phone_shows_every_section_without_scrolling_sideways(
    section: str, server: str, visitor: Callable[..., Visit]
) -> None:
    page = visitor(server, phone=True).open(f"/catchment?section={section}")
    assert page.evaluate(TOO_WIDE) == []


def test_a_click_on_the_map_is_the_site_and_its_link_shows_the_same(visit: Visit) -> None:
    page = visit.open("/catchment?section=whatif&where=Chengdu")
    deck = page.get_by_test_id("stDeckGlJsonChart")
    deck.scroll_into_view_if_needed()
    page.wait_for_timeout(1_500)  # software rendering draws the cells some time after the script rests
    box = deck.bounding_box()
    assert box is not None
    for share in (0.40, 0.42, 0.44, 0.48, 0.52):  # a click on a store is none on a cell
        at = box["x"] + box["width"] * 0.52, box["y"] + box["height"] * share
        page.mouse.move(*at)
        page.wait_for_timeout(300)
        page.mouse.click(*at)
        page.wait_for_timeout(1_500)
        visit.settle()
        if "cell=88" in page.url:
            break
    assert "cell=88" in page.url
    visit.settle()
    asked = parse_qs(urlsplit(page.url).query)
    assert asked["section"] == ["whatif"]
    shown = visit.figures()
    assert shown["Its sales a year"].startswith("+¥")
    assert visit.open(f"/catchment?{urlsplit(page.url).query}")
    assert visit.figures() == shown
    assert visit.complaints == []
