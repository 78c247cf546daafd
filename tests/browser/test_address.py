"""The address is the state: shown back after a reload, kept from page to page, undone by Back, apart in every tab."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.browser.visits import Visit

pytestmark = pytest.mark.browser

PERIOD = "from=2026-09-01&to=2026-10-31"


def query(visit: Visit) -> dict[str, list[str]]:
    return parse_qs(urlsplit(visit.page.url).query)


def period(visit: Visit) -> str:
    return visit.page.locator(".st-key-period button").first.inner_text().split("\n")[0]


def agent(visit: Visit) -> str:
    return (
        visit.page.locator(".st-key-filter-agent").inner_text().split("\n")[0]
        or visit.page.locator(".st-key-filter-agent input").input_value()
    )


def test_filters_in_the_address_are_shown_and_stand_after_a_reload(visit: Visit) -> None:
    visit.open(f"/?{PERIOD}&channel=web&rank=channel")
    for _ in range(2):
        assert period(visit) == "1 Sep – 31 Oct 2026"
        assert "Filters · 1" in visit.page.locator(".st-key-filters").inner_text()
        assert query(visit) == {"from": ["2026-09-01"], "to": ["2026-10-31"], "channel": ["web"], "rank": ["channel"]}
        chosen = visit.page.locator('.st-key-choose-rank [aria-checked="true"]')
        assert chosen.inner_text() == "Channel"
        figures = visit.figures()
        visit.reload()
    assert visit.figures() == figures


def test_a_filter_narrows_the_figures(visit: Visit) -> None:
    visit.open("/")
    total = visit.figures()
    visit.choose("filter-agent", "Jiangnan")
    assert list(query(visit)) == ["agent"]
    narrowed = visit.figures()
    assert narrowed["Net sales"] != total["Net sales"]
    assert int(narrowed["Orders"].replace(",", "")) < int(total["Orders"].replace(",", ""))


def test_filters_go_with_the_reader_from_page_to_page(visit: Visit) -> None:
    visit.open(f"/dwell?{PERIOD}&agent=AG-05&measure=minutes")
    for name in ("Purchases", "Products", "Catchment", "Overview"):
        visit.go(name)
        assert query(visit) == {"from": ["2026-09-01"], "to": ["2026-10-31"], "agent": ["AG-05"]}, name
        assert period(visit) == "1 Sep – 31 Oct 2026", name


def test_back_undoes_a_filter_and_then_a_page(visit: Visit) -> None:
    page = visit.open("/purchases")
    total = visit.figures()
    visit.go("Overview")
    visit.choose("filter-agent", "Jiangnan")
    assert "agent" in query(visit)
    page.go_back()
    page.wait_for_timeout(300)
    visit.settle()
    assert "agent" not in query(visit)
    assert page.get_by_role("heading", level=2).inner_text() == "Overview"
    page.go_back()
    page.get_by_role("heading", level=2, name="Purchases").wait_for()
    visit.settle()
    assert visit.figures() == total


def test_two_tabs_keep_their_own_filters(server: str, visitor: Callable[..., Visit]) -> None:
    left, right = visitor(server), visitor(server)
    left.open(f"/?{PERIOD}")
    right.open("/?channel=web")
    before = right.figures()
    left.choose("filter-agent", "Jiangnan")
    assert right.figures() == before
    assert query(right) == {"channel": ["web"]}
    right.reload()
    assert right.figures() == before
    assert set(query(left)) == {"from", "to", "agent"}


def test_a_reload_in_the_middle_of_a_run_does_no_harm(visit: Visit) -> None:
    page = visit.open("/")
    wanted = visit.figures()
    for _ in range(3):
        page.goto(f"{visit.root}/?agent=AG-05", wait_until="commit")
        page.wait_for_timeout(150)
        page.goto(f"{visit.root}/", wait_until="commit")
        page.wait_for_timeout(350)
        page.reload(wait_until="commit")
    visit.settle()
    assert visit.figures() == wanted
    assert page.get_by_test_id("stException").count() == 0
