"""Presenting: one picture fills the window, the keys turn the pages, and nothing else is there."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import streamlit as st

from exports.story import title_of
from records import stories
from schema.language import say
from ui import links, story_html, story_state
from ui.cards import page_head, plain

if TYPE_CHECKING:
    from exports.story import Slide
    from records.stories import Story
    from ui.view import View

_PARTS: Final = Path(__file__).parent / "components" / "story_keys"
_KEYS: Final = st.components.v2.component(
    "story_keys",
    js=(_PARTS / "story_keys.js").read_text(encoding="utf-8"),
    html="<span></span>",
    css="span{display:none}",
)


def present(view: View, story: Story) -> None:
    """Draw the picture that the address names."""
    slides = story_state.slides_of(view, story)
    if not slides:
        page_head(say("Story"), plain(title_of(view.snapshot.mode, story)), filters=False)
        st.info(say("This story has no step yet. Open any page and press *Add to story*."))
        return
    at = story_state.index_of(slides)
    if story_state.place_of(view, story) is None:
        stories.note_presented(view.snapshot.mode, view.scope, story)
    story_state.stand(view, story, at)
    company = "Hazel & Wool" if view.snapshot.mode == "demo" else story.title
    with st.container(key="slide", gap=None):
        st.html(story_html.head(slides[at], company))
        st.html(story_html.framed(story_state.picture_of(view, story, slides, at), "slide-box"))
        st.html(story_html.foot(slides[at], slides[-1].number))
    _KEYS(
        key="story-keys",
        data={
            "at": at,
            "last": len(slides) - 1,
            "speaker": f"?{story_state.SPEAK}={story.story_id}&data={view.snapshot.mode}",
        },
        on_go_change=partial(_turn, view, story, slides),
    )
    if at + 1 < len(slides):
        story_state.picture_of(view, story, slides, at + 1)  # while this one is talked about


def _turn(view: View, story: Story, slides: tuple[Slide, ...]) -> None:
    """A key was pressed: the address says where to, so that the browser's back button knows the way too."""
    to = st.session_state["story-keys"].get("go")
    if isinstance(to, int) and to >= 0:
        story_state.show(slides, to)
        return
    if to is None:
        return
    for name in (story_state.PRESENT, story_state.STEP, story_state.REVEAL):
        links.write(name, ())
    links.write(story_state.OPEN, [story.story_id])
    story_state.end(view, story)
