"""The Sharing page in a browser: every part can be read by everybody and fits a phone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser.test_access import TOO_WIDE

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.browser.visits import Visit

pytestmark = pytest.mark.browser

TABS = ("binding", "replay", "statements", "money", "rules", "whatif", "disputes")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("tab", TABS)
def test_axe_finds_no_serious_fault(tab: str, dark: bool, server: str, visitor: Callable[..., Visit]) -> None:  # noqa: FBT001
    visit = visitor(server, dark=dark)
    page = visit.open(f"/sharing?tab={tab}")
    found = Axe().run(page).response["violations"]
    serious = {
        fault["id"]: [node["html"][:120] for node in fault["nodes"]]
        for fault in found
        if fault["impact"] in {"serious", "critical"}
    }
    assert serious == {}
    assert visit.abroad == []
    assert visit.complaints == []


@pytest.mark.parametrize("tab", TABS)
def test_a_phone_shows_every_part_without_scrolling_sideways(
    tab: str, server: str, visitor: Callable[..., Visit]
) -> None:
    page = visitor(server, phone=True).open(f"/sharing?tab={tab}")
    assert page.evaluate(TOO_WIDE) == []


def test_the_parts_are_reached_by_the_keyboard(visit: Visit) -> None:
    page = visit.open("/sharing")
    page.get_by_role("radio", name="Binding").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    visit.settle()
    page.wait_for_url("**tab=replay*")
