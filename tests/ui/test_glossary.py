"""Every ⓘ explains the words of its card, and the whole glossary opens from there and from below the pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.ui.test_people import texts
from tests.ui.test_story import ORDERS

if TYPE_CHECKING:
    from collections.abc import Callable

    from streamlit.testing.v1 import AppTest

    from tests.ui.conftest import Shop


@pytest.fixture
def page(shop: Shop, app: Callable[..., AppTest]) -> AppTest:
    shop.load("orders.csv", ORDERS)
    return app("purchases")


def test_a_card_explains_the_words_that_it_uses(page: AppTest) -> None:
    assert "**cohort** buyers by the month of their first order" in texts(page)
    assert "**takeover**" not in texts(page)


@pytest.mark.parametrize("key", ["glossary-cohorts", "glossary-side"])
def test_the_glossary_opens_from_a_card_and_from_below_the_pages(page: AppTest, key: str) -> None:
    assert "one receiver, month and currency" not in texts(page)
    next(button for button in page.button if button.key == key).click().run()
    assert "one receiver, month and currency" in texts(page)
    assert not page.exception
    assert page.text_input(key="glossary-search").placeholder.startswith("One of ")
