"""*Add to story*: any card of any page, as it is shown now, becomes a step."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

import streamlit as st

from answers.stills import can_be_shown
from exports import story as telling
from exports.story_kinds import offered
from records import stories
from records.stories import Shown, Step, Story
from schema.errors import CatchlightError
from ui import story_cards, story_state
from ui.page_list import page
from ui.plain import plain
from ui.view import View, current_view, has_view

if TYPE_CHECKING:
    from ui.story_cards import Card

_NEW: Final = "A new story"
_OWN_PARAMETERS: Final = {"data", "lang", "story"}
_HEADS: Final = {"overview": story_cards.Card("kpis", "Key figures", "overview/kpis", {})}
"""What a page shows outside its cards."""


def offer() -> None:
    """Fill the place that the page's head kept; called by the frame once the page has drawn its cards."""
    room = story_cards.room()
    if room is None or not has_view():
        return
    view = current_view()
    if view.scope.role != "owner" or not view.scope.may_write:
        return
    found = [_HEADS[view.page]] if view.page in _HEADS else []
    found += [one for one in story_cards.cards() if can_be_shown(one.address)]
    if not found:
        return
    with room, st.popover("Add to story", icon=":material/add_to_queue:", key="story-add"):
        _form(view, found)


def _form(view: View, found: list[Card]) -> None:
    known = stories.stories(view.snapshot.mode, view.scope)
    which = st.selectbox(
        "What to show",
        range(len(found)),
        format_func=lambda at: _shortened(found[at].title),
        key=f"story-card-{view.page}",
    )
    names = {one.story_id: one.title for one in reversed(known)} | {_NEW: _NEW}
    into = st.selectbox("In which story", list(names), format_func=lambda one: names[one], key="story-into")
    caption = st.text_input(
        "Caption", placeholder="The finding itself", key="story-caption", max_chars=stories.MOST_CAPTION
    )
    notes = st.text_area("Notes for the speaker", key="story-notes", max_chars=stories.MOST_NOTES, height=90)
    second = st.checkbox("As the second picture of its last step (before and after)", key="story-second")
    st.caption("Rooms see groups of ten and more, never a single customer. Name nobody in your words either.")
    if st.button("Add", type="primary", key="story-add-now", icon=":material/add:"):
        card = found[which if which is not None and which < len(found) else 0]
        try:
            kept = _add(
                view, card, next((one for one in known if one.story_id == into), None), (caption, notes), second
            )
        except CatchlightError as refusal:
            st.error(plain(str(refusal)), icon=":material/error:")
            return
        st.success(f"Step {len(kept.steps)} of *{plain(kept.title)}*.", icon=":material/check:")
        st.page_link(page("story"), label="Open the story", query_params={"story": kept.story_id})


def _add(view: View, card: Card, into: Story | None, words: tuple[str, str], second: bool) -> Story:  # noqa: FBT001
    """Keep the card as a step, or as the second picture of the last one."""
    if view.snapshot.mode == "demo":
        story_state.all_stories(view)  # so that the demo's own story keeps its number
    story = into or Story("", f"Story of {view.asked.as_of.day} {view.asked.as_of:%B %Y}")
    shown = _shown(view, card)
    ways = {"snapshot": view.snapshot, "marts_for": lambda scope: story_state.rows(view, scope)}
    if second and story.steps:
        step = replace(story.steps[-1], reveal=shown, reveal_caption=words[0])
        grown, bodies = telling.with_step(replace(story, steps=story.steps[:-1]), step, **ways)  # type: ignore[arg-type]
    else:
        step = Step(uuid.uuid4().hex[:10], shown, caption=words[0], notes=words[1])
        grown, bodies = telling.with_step(story, step, **ways)  # type: ignore[arg-type]
    return stories.keep(view.snapshot.mode, view.scope, grown, change=f"added {card.address}", bodies=bodies)


def _shown(view: View, card: Card) -> Shown:
    """The card with its page's whole address."""
    given = [
        (name, value)
        for name in st.query_params
        if name not in _OWN_PARAMETERS
        for value in st.query_params.get_all(name)
    ]
    days = [(name, getattr(view.asked, at).isoformat()) for name, at in
            (("from", "from_on"), ("to", "to_on"), ("as_of", "as_of"))]  # fmt: skip
    others = [pair for pair in given if pair[0] not in {"from", "to", "as_of"}]
    options = {name: list(value) if isinstance(value, tuple) else value for name, value in card.options.items()}
    kind = offered(view.page, card.key, card.address)
    return Shown(view.page, urlencode([*days, *others]), kind, card.address, options)


def _shortened(title: str) -> str:
    return title if len(title) <= 60 else f"{title[:59]}…"  # noqa: PLR2004  (a line of the list)
