"""The first visit of a fresh server is a pasted link: the frame stands around every page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser.visits import PATHS

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.browser.visits import Visit

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("name", PATHS)
def test_a_cold_deep_link_shows_the_frame_and_the_page_and_calls_nobody(
    name: str, cold: str, visitor: Callable[..., Visit]
) -> None:
    visit = visitor(cold)
    page = visit.open(PATHS[name])
    assert visit.pages() == list(PATHS)
    assert page.get_by_role("heading", level=2).all_inner_texts() == [name]
    assert page.get_by_text("Hazel & Wool, an invented company").is_visible()
    assert page.get_by_test_id("stException").count() == 0
    page.wait_for_timeout(500)  # a map asks for its ground last
    assert len(visit.requests) > 20
    assert any(url.startswith("ws:") for url in visit.requests)
    assert visit.abroad == []
    assert visit.complaints == []
