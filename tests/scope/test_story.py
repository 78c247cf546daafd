"""A story shows a room groups of ten and more, whoever made it; an agent is told of none, not even its title."""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING, Final

import pytest

from answers.registry import ADDRESSES
from answers.stills import answer_of, body_of, can_be_shown, still, still_context
from exports import story as telling
from exports.story_kinds import TABLE
from records import stories
from records.stories import Shown, Step, Story
from schema.errors import CatchlightError, UsageError
from schema.scope import LOCAL_OWNER, Scope
from tests.scope.company import AMBER, BORROWED, GUEST
from tests.scope.looking import questions
from tests.scope.test_pages import around, found, look
from tests.scope.test_presenter import PEOPLE, persons
from warehouse.frames import load_marts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from answers.answer import Answer
    from schema.marts import Marts
    from tests.scope.conftest import Company

__all__ = ["look"]

QUERY = "from=2026-05-01&to=2026-10-31"
_MOST: Final = 4
"""Of an address's options; what a presenter reads under all of them is tested beside."""


def rows_of(company: Company) -> Callable[[Scope], Marts]:
    return lambda scope: load_marts(company.snapshot, scope)


def stills(company: Company, name: str, agent: str = "") -> Iterator[tuple[dict[str, object], Answer]]:
    asked = still_context(QUERY, "sharing", agent, company.snapshot, rows_of(company))
    for _, options in itertools.islice(questions((name,)), _MOST):
        try:
            yield options, still(name, asked, **options)
        except CatchlightError:
            continue


@pytest.mark.parametrize("agent", ["", "AG-1"])
@pytest.mark.parametrize("name", sorted(ADDRESSES))
def test_no_still_tells_of_one_person_or_of_fewer_than_ten(
    name: str, agent: str, first: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CATCHLIGHT_HOME", str(first.home))
    for options, answer in stills(first, name, agent):
        said = answer.table.write_csv() + " ".join(answer.notes)
        assert not persons(said), (options, persons(said))
        for column in set(PEOPLE) & set(answer.table.columns):
            if answer.table.schema[column].is_integer():
                assert not [n for n in answer.table[column].drop_nulls().to_list() if 0 < n < 10], (options, column)
        if not can_be_shown(name):
            assert answer.is_empty


def test_a_still_comes_back_as_it_was_told(first: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CATCHLIGHT_HOME", str(first.home))
    for _, answer in stills(first, "overview/kpis"):
        back = answer_of(body_of(answer))
        assert back.table.equals(answer.table)
        assert (back.n, back.from_on, back.to_on, back.notes) == (answer.n, answer.from_on, answer.to_on, answer.notes)


def test_a_view_of_single_customers_is_refused_as_a_step(first: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CATCHLIGHT_HOME", str(first.home))
    shown = Shown("sharing", QUERY, TABLE, "sharing/bindings")
    with pytest.raises(UsageError, match=r"^sharing/bindings tells of single customers; it is not shown to a room\.$"):
        telling.with_step(Story("", "A"), Step("a", shown), snapshot=first.snapshot, marts_for=rows_of(first))


@pytest.fixture
def told(first: Company, monkeypatch: pytest.MonkeyPatch) -> Story:
    """A story of the whole company, whose words and results hold the others' names; made once for all tests."""
    monkeypatch.setenv("CATCHLIGHT_HOME", str(first.home))
    if known := stories.stories("real", LOCAL_OWNER):
        return known[0]
    story = Story("", "Basalt beside Cobalt")
    bodies: dict[str, str] = {}
    for name in ("overview/trend", "data/report"):  # as tables, which carry the names of all stores
        step = Step(name, Shown("overview", "", TABLE, name), notes="Basalt leads")
        story, more = telling.with_step(story, step, snapshot=first.snapshot, marts_for=rows_of(first))
        bodies |= more
    return stories.keep("real", LOCAL_OWNER, story, change="made", bodies=bodies)


@pytest.mark.parametrize("query", [{}, {"story": "ST-001"}, {"present": "ST-001"}, {"speak": "ST-001"}])
def test_no_byte_of_a_story_reaches_an_agent(query: dict[str, str], told: Story, look: Callable[..., bytes]) -> None:
    ids = dict.fromkeys(query, told.story_id)
    owners = look(LOCAL_OWNER, "story", ids)
    assert b"Basalt" in owners
    for scope in (AMBER, BORROWED):
        said = look(scope, "story", ids)
        assert not found(said), around(said, found(said)[0])
        assert b"head office makes them" in said


def test_a_presenter_is_shown_the_story_and_nothing_to_change_it_with(told: Story, look: Callable[..., bytes]) -> None:
    said = look(GUEST, "story", {"story": told.story_id}).decode(errors="replace")
    assert "Basalt beside Cobalt" in said
    assert "story-present" in said
    assert not [key for key in ("story-delete", "story-new", "story-drop", "story-undo") if key in said]
    assert not persons(said)
    overview = look(GUEST, "overview", {}).decode(errors="replace")
    assert "Net sales" in overview
    assert "story-add" not in re.sub(r"<style>.*?</style>", "", overview, flags=re.DOTALL)
