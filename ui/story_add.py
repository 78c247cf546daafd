"""*Add to story*: any card of any page, as it is shown now, becomes a step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import streamlit as st

from answers.stills import can_be_shown
from exports.story import title_of
from records import stories
from schema.errors import CatchlightError
from schema.language import later, say
from ui import story_cards
from ui.opened import opened
from ui.page_list import page
from ui.plain import plain
from ui.story_keep import add
from ui.view import View, current_view, has_view

if TYPE_CHECKING:
    from ui.story_cards import Card

_NEW: Final = later("A new story")
_HEADS: Final = {"overview": story_cards.Card("kpis", later("Key figures"), "overview/kpis", {})}
"""What a page shows outside its cards."""
_ENTERED: Final = ("story-into", "story-caption", "story-notes", "story-second")


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
    with room:
        form = opened(
            say("Add to story"),
            key="story-add",
            page=view.page,
            keeps=(*_ENTERED, f"story-card-{view.page}"),
            icon=":material/add_to_queue:",
        )
    if form is not None:
        with form:
            _form(view, found)


def _form(view: View, found: list[Card]) -> None:
    known = stories.stories(view.snapshot.mode, view.scope)
    which = st.selectbox(
        say("What to show"),
        range(len(found)),
        format_func=lambda at: _shortened(say(found[at].title)),
        key=f"story-card-{view.page}",
    )
    mode = view.snapshot.mode
    names = {one.story_id: title_of(mode, one) for one in reversed(known)} | {_NEW: say(_NEW)}
    into = st.selectbox(say("In which story"), list(names), format_func=lambda one: names[one], key="story-into")
    caption = st.text_input(
        say("Caption"), placeholder=say("The finding itself"), key="story-caption", max_chars=stories.MOST_CAPTION
    )
    notes = st.text_area(say("Notes for the speaker"), key="story-notes", max_chars=stories.MOST_NOTES, height=90)
    second = st.checkbox(say("As the second picture of its last step (before and after)"), key="story-second")
    st.caption(say("Rooms see groups of ten and more, never a single customer. Name nobody in your words either."))
    if st.button(say("Add"), type="primary", key="story-add-now", icon=":material/add:"):
        card = found[which if which is not None and which < len(found) else 0]
        try:
            kept = add(view, card, next((one for one in known if one.story_id == into), None), (caption, notes), second)
        except CatchlightError as refusal:
            st.error(plain(str(refusal)), icon=":material/error:")
            return
        st.success(
            say("Step {step} of *{title}*.", step=len(kept.steps), title=plain(title_of(mode, kept))),
            icon=":material/check:",
        )
        st.page_link(page("story"), label=say("Open the story"), query_params={"story": kept.story_id})


def _shortened(title: str) -> str:
    return title if len(title) <= 60 else f"{title[:59]}…"  # noqa: PLR2004  (a line of the list)
