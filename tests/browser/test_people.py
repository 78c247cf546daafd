"""The owner looks through an agent's eyes in a browser: marked on every page, logged, and over with one click."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe

from records import audit
from tests.browser.test_access import TOO_WIDE
from tests.browser.visits import PATHS, serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.browser.visits import Visit

pytestmark = pytest.mark.browser

SECTIONS = ("viewers", "log", "viewas")
NOTE = "nothing can be changed"


@pytest.fixture(scope="module")
def company(demo_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server over the demo, with a book of its own; what is logged here is nobody else's."""
    home = tmp_path_factory.mktemp("people")
    (home / "demo").symlink_to(demo_home / "demo")
    before = os.environ["CATCHLIGHT_HOME"]
    os.environ["CATCHLIGHT_HOME"] = str(home)
    with serving(home, home / "server.log") as url:
        yield url
    os.environ["CATCHLIGHT_HOME"] = before


def begin(visit: Visit) -> str:
    """Look as the first agent in the list; returns what the bar says."""
    page = visit.open("/people?section=viewas")
    page.locator(".st-key-viewas-begin button").click()
    page.locator(".st-key-viewas").wait_for()
    visit.settle()
    return page.locator(".st-key-viewas").inner_text()


def test_an_owner_looks_as_an_agent_on_every_page_and_ends_it_where_they_are(
    company: str, visitor: Callable[..., Visit]
) -> None:
    visit = visitor(company)
    assert NOTE in begin(visit)
    assert visit.pages() == [name for name in PATHS if name not in {"People", "Story"}]
    for name in ("Purchases", "Catchment", "Data"):
        page = visit.go(name)
        assert NOTE in page.locator(".st-key-viewas").inner_text()
    assert page.get_by_test_id("stFileUploader").count() == 0
    page = visit.go("Dwell")
    page.locator(".st-key-viewas-end button").click()
    page.locator(".st-key-viewas").wait_for(state="detached")
    visit.settle()
    assert page.url.startswith(f"{company}/dwell")
    assert visit.pages() == list(PATHS)
    told = audit.entries(kinds=["view_as"])
    assert told["viewer"].to_list() == ["local", "local"]
    assert ['"agent"' in what for what in told["what"]] == [True, False]
    visit.go("People")
    assert visit.complaints == []
    assert visit.abroad == []


def test_the_page_cannot_be_reached_through_borrowed_eyes_nor_kept_by_an_address(
    company: str, visitor: Callable[..., Visit]
) -> None:
    visit = visitor(company)
    begin(visit)
    visit.go("Dwell")
    for _ in range(visit.page.evaluate("history.length")):  # an address may have got its filters in a step of its own
        if "/people" in visit.page.url:
            break
        here = visit.page.url
        visit.page.evaluate("history.back()")
        visit.page.wait_for_function("here => location.href !== here", arg=here)
    visit.page.get_by_text("This page is for the owner.").wait_for()
    assert visit.page.locator(".st-key-viewas").count() == 1
    assert visit.page.locator(".st-key-viewas-begin").count() == 0


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_axe_finds_no_serious_fault_in_any_part_nor_in_the_bar(
    dark: bool,  # noqa: FBT001
    company: str,
    visitor: Callable[..., Visit],
) -> None:
    visit = visitor(company, dark=dark)
    faults = {}
    for section in SECTIONS:
        faults[section] = _serious(visit.open(f"/people?section={section}"))
    begin(visit)
    faults["bar"] = _serious(visit.page)
    assert {part: found for part, found in faults.items() if found} == {}
    assert visit.complaints == []


def test_a_phone_shows_every_part_and_the_bar_without_scrolling_sideways(
    company: str, visitor: Callable[..., Visit]
) -> None:
    visit = visitor(company, phone=True)
    for section in SECTIONS:
        page = visit.open(f"/people?section={section}")
        assert page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]") == [390, 390]
        assert page.evaluate(TOO_WIDE) == []
    begin(visit)
    assert page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]") == [390, 390]
    assert page.evaluate(TOO_WIDE) == []
    assert page.locator(".st-key-viewas").bounding_box()["height"] < 120  # type: ignore[index]


def _serious(page: object) -> dict[str, list[str]]:
    return {
        fault["id"]: [node["html"][:160] for node in fault["nodes"]]
        for fault in Axe().run(page).response["violations"]
        if fault["impact"] in {"serious", "critical"}
    }
