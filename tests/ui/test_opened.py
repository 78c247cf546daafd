"""What opens from a button is drawn while it is open, and what was entered there outlives its closing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from streamlit.testing.v1 import AppTest
    from streamlit.testing.v1.element_tree import Button, Toggle


@pytest.fixture(autouse=True)
def _closed_rooms_stay_empty(monkeypatch: pytest.MonkeyPatch, _rooms_are_drawn: None) -> None:
    monkeypatch.setattr("ui.opened.ALWAYS", False)


def _glossary(at: AppTest) -> list[Button]:
    return [one for one in at.button if one.key == "glossary-trend"]


def _toggles(at: AppTest) -> list[Toggle]:
    return [one for one in at.toggle if one.key == "astable-trend"]


def _open(at: AppTest, key: str, *, is_open: bool) -> AppTest:
    at.session_state[key] = is_open
    return at.run()


def test_a_closed_room_holds_nothing_and_an_open_one_all(demo: Path, app: Callable[..., AppTest]) -> None:
    at = app("overview")
    assert not at.toggle
    assert not _glossary(at)
    _open(at, "about-trend", is_open=True)
    assert [one.key for one in at.toggle] == ["astable-trend"]
    assert [one.key for one in _glossary(at)] == ["glossary-trend"]
    _open(at, "about-trend", is_open=False)
    assert not at.toggle


def test_a_table_stays_when_the_room_in_which_it_was_asked_for_is_closed(
    demo: Path, app: Callable[..., AppTest]
) -> None:
    at = _open(app("overview"), "about-trend", is_open=True)
    charts = len(at.get("plotly_chart"))
    _toggles(at)[0].set_value(True).run()
    assert len(at.get("plotly_chart")) == charts - 1
    for _ in range(3):
        _open(at, "about-trend", is_open=False)
        assert len(at.get("plotly_chart")) == charts - 1, "the chart came back"
    _open(at, "about-trend", is_open=True)
    assert _toggles(at)[0].value is True
    _toggles(at)[0].set_value(False).run()
    _open(at, "about-trend", is_open=False)
    assert len(at.get("plotly_chart")) == charts


def test_words_for_a_step_wait_in_the_closed_form_of_their_page_alone(demo: Path, app: Callable[..., AppTest]) -> None:
    at = _open(app("overview"), "story-add", is_open=True)
    at.text_input(key="story-caption").set_value("Two days made it").run()
    for _ in range(2):
        _open(at, "story-add", is_open=False)
        assert not at.text_input
    _open(at, "story-add", is_open=True)
    assert at.text_input(key="story-caption").value == "Two days made it"
    _open(at, "story-add", is_open=False)
    at.switch_page("../pages/dwell.py").run()
    _open(at, "story-add", is_open=True)
    assert not at.text_input(key="story-caption").value
