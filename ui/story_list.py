"""The stories and what is done with a whole one: open, present, rename, duplicate, delete, refresh."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import streamlit as st

from exports import story as telling
from records import stories
from records.stories import Story
from schema.days import long_day_year
from schema.errors import CatchlightError
from schema.language import language, later, plural, say
from ui import links, story_state
from ui.cards import nothing_here, plain
from ui.exporting import story_menu

if TYPE_CHECKING:
    from collections.abc import Callable

    from ui.view import View


_CHANGES: Final = (
    later("moved step {which}"),
    later("duplicated step {which}"),
    later("dropped a picture of step {which}"),
    later("deleted step {which}"),
    later("changed the words of step {which}"),
    later("added {which}"),
    later("pinned {which}"),
    later("refreshed to today's data"),
    later("renamed"),
    later("duplicated"),
    later("deleted"),
    later("begun"),
    later("made with the demo"),
)
"""What the log and the database call a change, in English."""
_BACK: Final = "took back: "


def _change_said(change: str) -> str:
    """A change as it was logged, in the language of the moment."""
    if change.startswith(_BACK):
        return say("took back: {change}", change=_change_said(change.removeprefix(_BACK)))
    for known in _CHANGES:
        start, place, _ = known.partition("{which}")
        if change.startswith(start) and (place or change == known):
            return say(known, which=change.removeprefix(start))
    return change


def pick_story(view: View, found: tuple[Story, ...]) -> Story | None:
    """The open story, chosen from the list; None where there is none."""
    asked = st.query_params.get(story_state.OPEN) or st.query_params.get(story_state.PRESENT)
    asked = asked or st.query_params.get(story_state.SPEAK)
    names = {one.story_id: telling.title_of(view.snapshot.mode, one) for one in found}
    if asked and asked not in names:
        st.warning(
            say("There is no story {story_id} here; it may have been deleted.", story_id=plain(asked[:40])),
            icon=":material/link_off:",
        )
    if not found:
        nothing_here(say("No story yet. Open any page and press *Add to story*; its view becomes the first step."),
                     link=("overview", say("To the Overview")))  # fmt: skip
        if may_edit(view):
            _new(view)
        return None
    wanted = asked if asked in names else found[-1].story_id
    st.session_state["story-open"] = wanted
    with st.container(horizontal=True, vertical_alignment="bottom", key="storybar"):
        st.selectbox(
            say("Story"),
            list(names),
            key="story-open",
            format_func=lambda one: names[one],
            label_visibility="collapsed",
            width=360,
            on_change=lambda: _open(st.session_state["story-open"]),
        )
        story = next(one for one in found if one.story_id == wanted)
        if story.steps:
            st.button(say("Present"), type="primary", icon=":material/slideshow:", key="story-present",
                      on_click=_present, args=(story,))  # fmt: skip
            st.link_button(say("Speaker's page"), f"?{story_state.SPEAK}={story.story_id}&data={view.snapshot.mode}&lang={language()}",
                           icon=":material/speaker_notes:")  # fmt: skip
            story_menu(view, story)
        if may_edit(view):
            _manage(view, story)
    return story


def may_edit(view: View) -> bool:
    """Whether this viewer makes stories."""
    return view.scope.role == "owner" and view.scope.may_write


def state_line(view: View, story: Story) -> None:
    """Which data the story shows, and the way to today's."""
    pictures = sum(len(step.pictures) for step in story.steps)
    if not story.steps:
        nothing_here(say("This story has no step yet. Open any page and press *Add to story*."),
                     link=("overview", say("To the Overview")))  # fmt: skip
        return
    st.caption(
        say(
            "{steps}, {pictures} · snapshot {number}, complete to {as_of} · kept with the story: nothing is computed while "
            "presenting",
            steps=plural("{n} step", "{n} steps", len(story.steps)),
            pictures=plural("{n} picture", "{n} pictures", pictures),
            number=str(story.snapshot),
            as_of=story.as_of,
        )
    )
    if telling.is_of(story, view.snapshot):
        return
    st.info(
        say(
            "Newer data are there (snapshot {number}, complete to {as_of}). The story goes on showing its own until it is "
            "refreshed.",
            number=str(view.snapshot.number),
            as_of=str(view.snapshot.as_of),
        ),
        icon=":material/update:",
    )
    if may_edit(view) and st.button(
        say("Refresh all steps to today's data"), key="story-refresh", icon=":material/refresh:"
    ):
        with st.spinner(say("Computing all steps on one snapshot …")):
            made, bodies = telling.refreshed(
                story, snapshot=view.snapshot, marts_for=lambda scope: story_state.rows(view, scope)
            )
            change(view, made, "refreshed to today's data", bodies=bodies)
        typed = telling.typed_numbers(story)
        if typed:
            steps = ", ".join(str(one) for one in typed)
            st.session_state["_story_said"] = say(
                "Refreshed. Numbers typed in the captions of step {steps} did not move: check them.", steps=steps
            )
        st.rerun()


def change(view: View, wanted: Story, words: str, *, bodies: dict[str, str] | None = None) -> Story | None:
    """Keep a change; a refusal is said on the page, and nothing is kept."""
    try:
        return stories.keep(view.snapshot.mode, view.scope, wanted, change=words, bodies=bodies)
    except CatchlightError as refusal:
        st.error(plain(str(refusal)), icon=":material/error:")
        return None


def _manage(view: View, story: Story) -> None:
    with st.popover(say("More"), icon=":material/more_horiz:", key="story-more"):
        shown = telling.title_of(view.snapshot.mode, story)
        key = f"story-title-{story.story_id}-{story.version}" + ("" if language() == "en" else f"-{language()}")
        title = st.text_input(say("Title"), value=shown, key=key,
                              max_chars=stories.MOST_TITLE)  # fmt: skip
        if st.button(say("Rename"), key="story-rename", icon=":material/edit:"):
            _done(change(view, replace(story, title=story.title if title == shown else title), "renamed"))
        if st.button(say("Duplicate the story"), key="story-copy", icon=":material/content_copy:"):
            steps = tuple(replace(step, step_id=uuid.uuid4().hex[:10]) for step in story.steps)
            copy = replace(
                story,
                story_id="",
                version=0,
                title=say("{title} (copy)", title=telling.title_of(view.snapshot.mode, story)[:110]),
                steps=steps,
            )
            _done(change(view, copy, "duplicated"))
        if story.version > 1 and st.button(
            say("Undo: {change}", change=plain(_change_said(story.change))), key="story-undo", icon=":material/undo:"
        ):
            _try(view, lambda: stories.undo(view.snapshot.mode, view.scope, story.story_id))
        if st.button(say("Delete the story"), key="story-delete", icon=":material/delete:"):
            links.write(story_state.OPEN, ())
            _done(change(view, replace(story, is_deleted=True), "deleted"), opens=False)
        _new(view)


def _new(view: View) -> None:
    if st.button(say("New story"), key="story-new", icon=":material/add:"):
        _done(change(view, Story("", say("Story of {day}", day=long_day_year(view.asked.as_of))), "begun"))


def _try(view: View, act: Callable[[], Story]) -> None:
    del view
    try:
        _done(act())
    except CatchlightError as refusal:
        st.error(plain(str(refusal)), icon=":material/error:")


def _done(kept: Story | None, *, opens: bool = True) -> None:
    """Show the story as it is now; after a refusal the page stays, so that it can be read."""
    if kept is None:
        return
    if opens:
        _open(kept.story_id)
    st.rerun()


def _open(story_id: str) -> None:
    for name in (story_state.EDIT, story_state.PRESENT, story_state.SPEAK, story_state.STEP, story_state.REVEAL):
        links.write(name, ())
    links.write(story_state.OPEN, [story_id])


def _present(story: Story) -> None:
    links.write(story_state.OPEN, ())
    links.write(story_state.EDIT, ())
    links.write(story_state.PRESENT, [story.story_id])
