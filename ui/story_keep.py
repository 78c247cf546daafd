"""What is on screen becomes a step: the one way by which the form and the pins write into a story."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

import streamlit as st

from exports import story as telling
from exports import story_finding
from exports.story_kinds import offered
from records import stories
from records.stories import Shown, Step, Story
from schema.days import long_day_year
from schema.language import say
from ui import story_state
from ui.tour_words import PARAMETER as TOUR

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ui.story_cards import Card
    from ui.view import View

_OWN_PARAMETERS: Final = {"data", "lang", "story", TOUR}


def add(view: View, card: Card, into: Story | None, words: tuple[str, str], second: bool) -> Story:  # noqa: FBT001
    """Keep the card as a step, or as the second picture of the last one.

    Args:
        view: what the page shows.
        card: one of its cards.
        into: the story; None is a new one.
        words: caption and notes; an empty caption is the finding itself, which moves with the data.
        second: whether it becomes the second picture of the story's last step.

    Raises:
        CatchlightError: it cannot be shown to a room, or not be written.
    """
    story = _begun(view, into)
    shown = Shown(view.page, query(view), offered(view.page, card.key, card.address), card.address, _options(card))
    ways = _ways(view)
    if second and story.steps:
        step = replace(story.steps[-1], reveal=shown, reveal_caption=words[0])
        grown, bodies = telling.with_step(replace(story, steps=story.steps[:-1]), step, **ways)
    else:
        step = Step(uuid.uuid4().hex[:10], shown, caption=words[0], notes=words[1])
        grown, bodies = telling.with_step(story, step, **ways)
    return stories.keep(view.snapshot.mode, view.scope, grown, change=f"added {card.address}", bodies=bodies)


def add_finding(view: View, row: Mapping[str, Any], into: Story | None) -> Story:
    """Keep one finding of the Overview as a step, its sentence as the caption.

    Raises:
        CatchlightError: as for ``add``.
    """
    grown, bodies = story_finding.pinned(row, query(view), _begun(view, into), **_ways(view))
    return stories.keep(view.snapshot.mode, view.scope, grown, change=f"pinned {row['kind']}", bodies=bodies)


def may_add(view: View) -> bool:
    """Whether who looks makes stories."""
    return view.scope.role == "owner" and view.scope.may_write


def _begun(view: View, into: Story | None) -> Story:
    if view.snapshot.mode == "demo":
        story_state.all_stories(view)  # so that the demo's own story keeps its number
    return into or Story("", say("Story of {day}", day=long_day_year(view.asked.as_of)))


def _ways(view: View) -> dict[str, Any]:
    return {"snapshot": view.snapshot, "marts_for": lambda scope: story_state.rows(view, scope)}


def _options(card: Card) -> dict[str, Any]:
    return {name: list(value) if isinstance(value, tuple) else value for name, value in card.options.items()}


def query(view: View) -> str:
    """The page's whole address, its days written out."""
    given = [
        (name, value)
        for name in st.query_params
        if name not in _OWN_PARAMETERS
        for value in st.query_params.get_all(name)
    ]
    days = [(name, getattr(view.asked, at).isoformat()) for name, at in
            (("from", "from_on"), ("to", "to_on"), ("as_of", "as_of"))]  # fmt: skip
    return urlencode([*days, *(pair for pair in given if pair[0] not in {"from", "to", "as_of"})])
