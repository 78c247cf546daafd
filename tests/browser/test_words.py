"""Words of the browser's own controls: where Streamlit has no setting for them, the page's style says them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from schema.language import say, speaking

if TYPE_CHECKING:
    from tests.browser.visits import Visit

pytestmark = pytest.mark.browser

FIELD = '[data-testid="stFileUploaderDropzone"]'


@pytest.mark.parametrize("lang", ["zh-CN", "es"])
def test_a_file_field_says_its_button_and_its_limits_in_the_language_of_the_page(lang: str, visit: Visit) -> None:
    page = visit.open(f"/data?lang={lang}")
    with speaking(lang):
        button, about = say("Upload"), say("Up to {size} MB each · {types}", size="50", types="CSV")
    said = page.locator(f"{FIELD} > span button span[data-has-shortcut]")
    assert said.evaluate("one => getComputedStyle(one, '::after').content") == f'"{button}"'
    limits = page.locator(f"{FIELD} [data-testid='stFileUploaderDropzoneInstructions']")
    assert limits.evaluate("one => getComputedStyle(one, '::after').content").startswith(f'"{about}')
    assert page.locator(FIELD).inner_text().split() == ["upload"]  # the icon's name; no English word is left
    assert visit.complaints == []


def test_in_english_the_file_field_speaks_for_itself(visit: Visit) -> None:
    page = visit.open("/data?lang=en")
    assert "Upload" in page.locator(FIELD).inner_text()
    assert page.locator(f"{FIELD} > span button").get_attribute("aria-label") is None
