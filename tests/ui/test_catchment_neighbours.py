"""An agent's Catchment page: neighbours from published cells alone, in words to be read without hovering."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from schema.scope import Scope

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from streamlit.testing.v1 import AppTest

TAIHU = Scope("agent", "wu", "AG-06")


def texts(at: AppTest) -> str:
    said = [str(one.value) for kind in (at.markdown, at.caption, at.subheader) for one in kind]
    said += [str(option) for box in at.selectbox for option in box.options]
    return "\n".join(said).replace("\\", "")


@pytest.fixture
def page(demo: Path, app: Callable[..., AppTest], monkeypatch: pytest.MonkeyPatch) -> Callable[..., AppTest]:
    def opened(scope: Scope, **query: str) -> AppTest:
        monkeypatch.setattr("ui.view.current_scope", lambda: scope)
        at = app("catchment", **query)
        assert not at.exception
        return at

    return opened


def test_an_agent_reads_the_overlap_with_a_neighbour_and_what_it_rests_on(page: Callable[..., AppTest]) -> None:
    said = texts(page(TAIHU))
    assert "You and Jiangnan share 43 % of your demand" in said
    assert "8 cells in which both of you have customers: you and Jiangnan" in said
    assert "Computed from published cells alone." in said
    assert "of your customers' buying months" in said
    assert "24 closed months" in said


@pytest.mark.parametrize("query", [{}, {"neighbour": "AG-01"}, {"compare": "agent"}, {"layer": "overlap"}])
def test_of_another_agent_only_neighbours_names_are_told(page: Callable[..., AppTest], query: dict[str, str]) -> None:
    at = page(TAIHU, **query)
    said = texts(at)
    assert not [name for name in ("Suzhou", "S-030", "AG-01", "Chengdu") if name in said]
    drawn = "".join(deck.proto.json for deck in at.get("deck_gl_json_chart"))
    assert "Wuxi Lake Station" in drawn
    assert "Suzhou Silk Mill" not in drawn


def test_neighbours_are_not_in_the_owners_or_a_presenters_way(page: Callable[..., AppTest]) -> None:
    for scope in (Scope("owner"), Scope("presenter", "guest")):
        assert "You and" not in texts(page(scope))


def test_a_presenter_is_drawn_where_two_agents_meet(page: Callable[..., AppTest]) -> None:
    at = page(Scope("presenter", "guest"), layer="overlap", pair="AG-05|AG-06")
    assert "Where Jiangnan and Taihu meet" in texts(at)
    drawn = "".join(deck.proto.json for deck in at.get("deck_gl_json_chart"))
    assert drawn.count("H3HexagonLayer") > 0
    assert "H3 r7" in texts(at)
    assert "cells shared" in str([deck.proto.alt for deck in at.get("deck_gl_json_chart")])
