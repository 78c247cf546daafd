"""The speaker's page: notes, what comes next and the clock, in a window of its own that follows the slides."""

from __future__ import annotations

import datetime as dt
import time
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

import streamlit as st

from schema.language import say
from ui import story_html, story_state
from ui.cards import plain

if TYPE_CHECKING:
    from records.stories import Story
    from ui.view import View

_EVERY_S: Final = 0.5
"""A question to this process's memory; the page follows within a second."""


def speaker(view: View, story: Story) -> None:
    """Draw the page; it asks where the presentation stands, and only asks."""
    slides = story_state.slides_of(view, story)

    @st.fragment(run_every=_EVERY_S)
    def follow() -> None:
        place = story_state.place_of(view, story)
        at = min(place.at, len(slides) - 1) if place else 0
        now, after = slides[at], slides[at + 1] if at + 1 < len(slides) else None
        _clock(view, None if place is None else place.since, now.number, slides[-1].number)
        st.html(story_html.spoken(now.caption))
        with st.container(key="speaknotes", border=True):
            for line in (now.notes or say("No notes for this step.")).splitlines():
                st.markdown(plain(line))
        if after is None:
            st.caption(say("This is the last picture."))
            return
        word = (
            say("Next, on the same step")
            if after.number == now.number
            else say("Next, step {number}", number=after.number)
        )
        st.html(story_html.coming(after.caption, word))

    with st.container(key="speaker"):
        if not slides:
            st.info(say("This story has no step yet."))
            return
        follow()
        st.button(
            say("Start the clock anew"), key="story-clock", icon=":material/timer:", on_click=_again, args=(view, story)
        )


def _again(view: View, story: Story) -> None:
    place = story_state.place_of(view, story)
    if story_state.end(view, story) and place is not None:
        story_state.stand(view, story, place.at)


def _clock(view: View, since: float | None, step: int, steps: int) -> None:
    now = dt.datetime.now(ZoneInfo(view.snapshot.zone))
    spent = say("not begun") if since is None else "{}:{:02d}".format(*divmod(int(time.time() - since), 60))
    follows = say("open the slides in another window") if since is None else say("follows the slides")
    st.html(
        story_html.clock(spent, f"{say('step {step} of {steps}', step=step, steps=steps)} · {now:%H:%M} · {follows}")
    )
