"""With four orders and nothing else, every page says what it would need, and the way there stands below."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.ui.test_people import texts

if TYPE_CHECKING:
    from collections.abc import Callable

    from streamlit.testing.v1 import AppTest

    from tests.ui.conftest import Shop

FEW = "order_id,order_date,amount,channel\n" + "".join(
    f"O{n},2026-02-{1 + n:02d} 10:00:00,10.00,web\n" for n in range(4)
)


@pytest.mark.parametrize(
    ("page", "needs"),
    [
        ("overview", "Load events: views of products."),
        ("dwell", "Load events: views with leave or hide, or with their foreground time."),
        ("purchases", "Load orders with a customer id."),
        ("products", "Load order lines or events that name products."),
    ],
)
def test_a_page_without_its_rows_says_what_it_needs_and_links_there(
    shop: Shop, app: Callable[..., AppTest], page: str, needs: str
) -> None:
    shop.load("orders.csv", FEW)
    at = app(page)
    assert not at.exception
    assert not at.error
    assert needs in texts(at)
    assert [link for link in at.get("page_link") if link.proto.label in {"Open Data", "Load data", "Load orders"}]
