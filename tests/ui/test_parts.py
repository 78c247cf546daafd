"""A card's own control draws the card alone: for who may still see it, under what the rest of the page shows."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final, cast

import pytest

from benchmarks.client import Visitor
from benchmarks.serving import serving
from schema.filters import parse_filters
from schema.scope import Scope
from tests.ui.asgi import run
from ui import parts

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

    from ui.view import View


class Window(Visitor):
    """A window that remembers what it was told last."""

    def begin(self) -> list[ForwardMsg]:
        """From here on."""
        self.heard: list[ForwardMsg] = []
        return self.heard

    def _learn(self, message: ForwardMsg) -> None:
        self.heard.append(message)
        super()._learn(message)


@pytest.fixture(scope="module")
def url(demo_home: Path) -> Iterator[str]:
    with serving(demo_home) as (address, _):
        yield address


def _texts(heard: list[ForwardMsg]) -> str:
    return "\n".join(str(message.delta.new_element) for message in heard if message.WhichOneof("type") == "delta")


def test_a_press_draws_its_card_and_the_link_and_nothing_else(url: str) -> None:
    async def press() -> tuple[list[ForwardMsg], list[ForwardMsg], str]:
        async with Window(url) as window:
            whole = window.begin()
            assert not (await window.open("overview", "channel=pos")).complaint
            alone = window.begin()
            assert not (await window.press("choose-rank", "Agent")).complaint
            return whole, alone, window._at[1]

    whole, alone, query = run(press())
    assert query == "channel=pos&rank=agent_id"
    drawn = [message for message in alone if message.WhichOneof("type") == "delta"]
    assert drawn
    assert all(message.delta.fragment_id for message in drawn)
    assert len(alone) < len(whole) / 4
    assert "Worth a look" in _texts(whole)
    assert "Worth a look" not in _texts(alone)
    assert "rank=agent_id" in _texts(alone), "the link to this view says the choice"
    assert "channel=pos" in _texts(alone), "and the filters"


def test_the_whole_page_is_drawn_where_its_filters_are_others_by_now(url: str) -> None:
    async def press() -> list[ForwardMsg]:
        async with Window(url) as window:
            window.begin()
            await window.open("overview", "channel=pos")
            window._at = "overview", "channel=web"
            heard = window.begin()
            assert not (await window.press("choose-rank", "Agent")).complaint
            return heard

    assert "Worth a look" in _texts(run(press()))


STOOD: Final[dict[str, Any]] = {
    "page": "overview", "scope": Scope("owner", "u-1"), "at": ("demo", 2, "2026-11-15", 0), "filters": parse_filters(""),
    "asked": SimpleNamespace(unknown=()), "theme": SimpleNamespace(name="light"), "is_phone": False,
}  # fmt: skip


@pytest.mark.parametrize(
    "now",
    [
        {"scope": Scope("agent", "u-1", "AG-01", is_borrowed=True)},
        {"scope": Scope("owner", "u-2")},
        {"at": ("demo", 3, "2026-11-16", 0)},
        {"filters": parse_filters("store=S-001")},
        {"filters": replace(parse_filters(""), lang="es")},
        {"page": "dwell"},
        {"theme": SimpleNamespace(name="dark")},
    ],
)
def test_nothing_is_drawn_alone_on_what_the_page_was_not_drawn_on(
    now: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def anew() -> None:
        raise _WholePageError

    shown: list[object] = []
    state: dict[str, object] = {}
    monkeypatch.setattr("ui.parts.st.session_state", state)
    monkeypatch.setattr("ui.parts.st.rerun", anew)
    monkeypatch.setattr("ui.parts.links.read_filters", lambda _: parse_filters(""))
    monkeypatch.setattr(parts, "admit", object)
    monkeypatch.setattr(parts, "snapshot_of", lambda _: object())
    monkeypatch.setattr(parts, "data_mode", lambda _: "demo")
    monkeypatch.setattr(parts, "show_view", shown.append)
    parts.whole_page(cast("View", SimpleNamespace(**STOOD)))
    monkeypatch.setattr(parts, "make_view", lambda *_: SimpleNamespace(**STOOD))
    parts._view_again()
    assert len(shown) == 1
    monkeypatch.setattr(parts, "make_view", lambda *_: SimpleNamespace(**{**STOOD, **now}))
    with pytest.raises(_WholePageError):
        parts._view_again()
    assert len(shown) == 1


class _WholePageError(Exception):
    """Stands for Streamlit's own way of beginning anew."""


def test_whoever_is_not_let_in_any_more_is_shown_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def anew() -> None:
        raise _WholePageError

    monkeypatch.setattr(parts, "admit", lambda: None)
    monkeypatch.setattr("ui.parts.st.rerun", anew)
    monkeypatch.setattr(parts, "show_view", lambda _: pytest.fail("something was shown"))
    monkeypatch.setattr("ui.parts.links.read_filters", lambda _: parse_filters(""))
    with pytest.raises(_WholePageError):
        parts._view_again()
