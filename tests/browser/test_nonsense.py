"""Nonsense in a link is named in a sentence; it selects nothing and never everything."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser.visits import PATHS

if TYPE_CHECKING:
    from tests.browser.visits import Visit

pytestmark = pytest.mark.browser

SAID = {
    "store=S9": "No store S9 here. So nothing is selected.",
    "from=x": "The date from=x is not a day like 2026-10-31. So nothing is selected.",
    "from=2026-10-02&to=2026-10-01": "The period starts on 2026-10-02 and ends on 2026-10-01",
    "currency=XXX": "No sales in XXX here. So nothing is selected.",
    "agent=A1%2CA2": "No agent A1,A2 here. So nothing is selected.",
    "data=foo": "The parameter data=foo is none of demo, real. So nothing is selected.",
    "city=": "The filter city has an empty value. So nothing is selected.",
}


def assert_nothing_is_shown(visit: Visit, sentence: str) -> None:
    assert sentence in visit.page.get_by_test_id("stAlert").inner_text()
    assert set(visit.figures().values()) <= {"—"}
    assert visit.page.get_by_test_id("stPlotlyChart").count() == 0
    assert visit.page.get_by_test_id("stDeckGlJsonChart").count() == 0
    assert visit.page.get_by_test_id("stException").count() == 0
    assert visit.complaints == []


@pytest.mark.parametrize("query", SAID)
def test_a_filter_that_cannot_be_read_empties_the_overview_and_says_why(query: str, visit: Visit) -> None:
    visit.open(f"/?{query}")
    assert len(visit.figures()) == 15
    assert_nothing_is_shown(visit, SAID[query])


@pytest.mark.parametrize("name", [name for name in PATHS if name not in {"Overview", "Story", "Data", "People"}])
def test_an_unknown_store_empties_every_page_and_says_why(name: str, visit: Visit) -> None:
    visit.open(f"{PATHS[name]}?store=S9&product=NOPE")
    assert_nothing_is_shown(visit, "No store S9 here. No product NOPE here. So nothing is selected.")


def test_the_filters_can_be_cleared_from_the_sentence(visit: Visit) -> None:
    page = visit.open("/?store=S9&from=x")
    page.get_by_role("button", name="Clear the filters").click()
    page.get_by_text("So nothing is selected.").wait_for(state="detached")
    visit.settle()
    assert "store" not in page.url
    assert "from" not in page.url
    assert visit.figures()["Net sales"].startswith("¥")


@pytest.mark.parametrize(
    "path",
    [
        "/catchment?layer=zzz&pair=%7C&cell=zz&where=Nowhere&cells=99&compare=moon&of=S9",
        "/catchment?layer=overlap&pair=%7C&cell=zz",
        "/catchment?layer=tiers&of=S9&cell=ffffffffffffffff",
        "/dwell?measure=zzz&rows=zzz&by=zzz",
        "/purchases?split=zzz&rfm=zzz",
        "/?rank=zzz&utm_source=letter",
        "/data?section=zzz&table=zzz&code=zzz",
    ],
)
def test_nonsense_in_a_pages_own_parameters_shows_what_the_page_shows_without_them(path: str, visit: Visit) -> None:
    page = visit.open(path)
    assert page.get_by_test_id("stAlert").count() == 0
    assert page.get_by_test_id("stException").count() == 0
    assert page.locator('[class*="st-key-card-"]').count() > 2 or path.startswith("/data")
    assert visit.complaints == []
