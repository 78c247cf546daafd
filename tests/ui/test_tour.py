"""The tour is offered once, on the demo alone; its place is the address."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from records import tours
from schema.errors import StorageError
from schema.scope import Scope
from tests.ui.test_people import press, texts
from tests.ui.test_story import ORDERS
from ui.page_list import NAMES
from ui.tour_words import STOPS, stops

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from streamlit.testing.v1 import AppTest

    from tests.ui.conftest import Shop

OFFER = "A tour of the demo takes two minutes."


@pytest.fixture
def nobody_left(demo: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Whoever leaves in this test is forgotten after it: the demo is shared."""
    gone: list[str] = []
    monkeypatch.setattr(tours, "leave", lambda _, viewer: gone.append(viewer))
    monkeypatch.setattr(tours, "has_left", lambda _, viewer: viewer in gone)
    return gone


def test_every_stop_is_a_page_and_agents_are_led_past_the_story() -> None:
    assert {stop.page for stop in STOPS} <= set(NAMES)
    assert len(stops("owner")) == len(stops("presenter")) == 7
    assert [stop.page for stop in stops("agent")] == [
        "overview", "dwell", "catchment", "catchment", "sharing", "data",
    ]  # fmt: skip
    assert not [stop.title for stop in STOPS if any(sign.isdecimal() for sign in stop.title)]


def test_the_demo_offers_it_until_somebody_declines(nobody_left: list[str], app: Callable[..., AppTest]) -> None:
    at = app()
    assert OFFER in texts(at)
    assert OFFER not in texts(press(at, "No, thanks"))
    assert nobody_left == ["local"]
    assert OFFER not in texts(app())


def test_a_window_asks_once_whether_its_viewer_declined(
    app: Callable[..., AppTest], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def has_left(_: str, viewer: str) -> bool:
        asked.append(viewer)
        return False

    monkeypatch.setattr(tours, "has_left", has_left)
    at = app()
    assert OFFER in texts(at)
    assert OFFER in texts(at.run())
    assert asked == ["local"]


def test_a_stop_of_the_address_is_shown_on_its_own_page_and_left_for_good(
    nobody_left: list[str], app: Callable[..., AppTest]
) -> None:
    at = app("dwell", tour="2")
    assert "2 of 7 · What holds people, and when" in texts(at)
    links = {one.proto.label: one.proto.query_string for one in at.get("page_link")}
    assert links["Next"] == "layer=overlap&tour=3&data=demo"
    assert links["Back"] == "tour=1&data=demo"
    left = press(at, "Leave")
    assert "2 of 7" not in texts(left)
    assert "tour" not in left.query_params
    assert nobody_left == ["local"]


@pytest.mark.parametrize("tour", ["0", "8", "-1", "22", "two", "²", ""])
def test_nonsense_in_the_address_shows_no_stop(nobody_left: list[str], app: Callable[..., AppTest], tour: str) -> None:
    at = app("dwell", tour=tour)
    assert not at.exception
    assert " of 7 ·" not in texts(at)


def test_real_data_are_never_toured_unless_the_address_asks(shop: Shop, app: Callable[..., AppTest]) -> None:
    shop.load("orders.csv", ORDERS)
    assert OFFER not in texts(app())
    assert "1 of 7 · Begin with what needs you" in texts(app(tour="1"))


def test_leaving_is_remembered_for_each_viewer(shop: Shop) -> None:
    shop.load("orders.csv", ORDERS)
    assert not tours.has_left("real", "V-001")
    tours.leave("real", "V-001")
    tours.leave("real", "V-001")
    assert tours.has_left("real", "V-001")
    assert not tours.has_left("real", "V-002")


def test_where_it_cannot_be_written_nothing_breaks(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        msg = "The disk is full."
        raise StorageError(msg)

    monkeypatch.setattr("records.tours.database.transaction", full)
    tours.leave("real", "V-001")
    assert not tours.has_left("real", "V-001")


def test_presenters_and_agents_are_offered_it_too(
    nobody_left: list[str], app: Callable[..., AppTest], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ui.signin.LOCAL_OWNER", Scope("agent", "V-002", "AG-06"))
    at = app("sharing", tour="5")
    assert "5 of 6 · Where every cent went" in texts(at)
