"""Everybody can use it: no serious accessibility fault on any page in either theme, and it fits a phone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe

from charts.theme import DARK
from tests.browser.visits import PATHS

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.browser.visits import Visit

pytestmark = pytest.mark.browser

PAGES = [path for path in PATHS.values() if path != "/data"]
PAGES += ["/data", "/data?section=report", "/data?section=aside", "/data?section=profile"]
TOO_WIDE = """() => {
    const width = document.documentElement.clientWidth;
    const scrolls = (node) => ['auto', 'scroll', 'hidden', 'clip'].includes(getComputedStyle(node).overflowX);
    const inside = (node) => {
        for (let up = node.parentElement; up && up.dataset.testid !== 'stMain'; up = up.parentElement) {
            if (scrolls(up)) return true;
        }
        return false;
    };
    return [...document.querySelectorAll('[data-testid="stMain"] *')]
        .filter((node) => node.getBoundingClientRect().width && node.getBoundingClientRect().right > width + 1)
        .filter((node) => !inside(node))
        .map((node) => `${node.tagName} ${node.getAttribute('class')}`);
}"""


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("path", PAGES)
def test_axe_finds_no_serious_fault(path: str, dark: bool, server: str, visitor: Callable[..., Visit]) -> None:  # noqa: FBT001
    visit = visitor(server, dark=dark)
    page = visit.open(path)
    found = Axe().run(page).response["violations"]
    serious = {
        fault["id"]: [node["html"][:120] for node in fault["nodes"]]
        for fault in found
        if fault["impact"] in {"serious", "critical"}
    }
    assert serious == {}
    if dark:
        red, green, blue = (int(DARK.page[at : at + 2], 16) for at in (1, 3, 5))
        ground = page.get_by_test_id("stApp").evaluate("node => getComputedStyle(node).backgroundColor")
        assert ground == f"rgb({red}, {green}, {blue})"
    assert visit.abroad == []
    assert visit.complaints == []


@pytest.mark.parametrize("path", PAGES)
def test_a_phone_shows_the_page_without_scrolling_sideways(
    path: str, server: str, visitor: Callable[..., Visit]
) -> None:
    visit = visitor(server, phone=True)
    page = visit.open(path)
    assert page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]") == [390, 390]
    main = page.get_by_test_id("stMain").evaluate("node => [node.scrollWidth, node.clientWidth]")
    assert main == [390, 390]
    assert page.evaluate(TOO_WIDE) == []
    assert page.get_by_role("heading", level=2).is_visible()
    assert visit.complaints == []


def test_a_phone_finds_the_other_pages_behind_one_button(server: str, visitor: Callable[..., Visit]) -> None:
    visit = visitor(server, phone=True)
    page = visit.open("/")
    page.get_by_test_id("stExpandSidebarButton").click()
    page.get_by_test_id("stSidebarNavLink").filter(has_text="Purchases").click()
    page.get_by_role("heading", level=2, name="Purchases").wait_for()
