"""The steps of a story: in which order, with which words; one of them open beside its picture."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from exports import story as telling
from exports.story_found import parsed
from records import stories
from schema.errors import CatchlightError
from schema.language import language, say
from ui import links, story_html, story_state
from ui.cards import plain
from ui.layout import columns
from ui.page_list import NAMES, page
from ui.story_list import change, may_edit

if TYPE_CHECKING:
    from exports.story import Slide
    from records.stories import Shown, Step, Story
    from ui.view import View


def steps_part(view: View, story: Story) -> None:
    """Draw the list of steps left, the open one right."""
    if not story.steps:
        return
    slides = story_state.slides_of(view, story)
    said = st.session_state.pop("_story_said", None)
    if said:
        st.warning(said, icon=":material/edit_note:")
    wanted = st.query_params.get(story_state.EDIT)
    at = next((index for index, step in enumerate(story.steps) if step.step_id == wanted), 0)
    left, right = columns(1, 1.5)
    with left, st.container(key="storysteps", gap="small"):
        for index, step in enumerate(story.steps):
            _row(index, step, slides, is_open=index == at)
    with right:
        _open_step(view, story, at, slides)


def _row(index: int, step: Step, slides: tuple[Slide, ...], *, is_open: bool) -> None:
    mine = [slide for slide in slides if slide.step.step_id == step.step_id]
    mark = " :material/difference:" if step.reveal else ""
    warn = " :orange[:material/warning:]" if any(slide.problem for slide in mine) else ""
    st.button(
        f"{index + 1}\u2002{plain(mine[0].plain_caption)}{mark}{warn}",
        key=f"story-step-{step.step_id}",
        type="primary" if is_open else "secondary",
        width="stretch",
        on_click=lambda: links.write(story_state.EDIT, [step.step_id]),
    )


def _open_step(view: View, story: Story, at: int, slides: tuple[Slide, ...]) -> None:
    step = story.steps[at]
    mine = [slide for slide in slides if slide.step.step_id == step.step_id]
    with st.container(border=True, key="storystep"):
        for slide in mine:
            _preview(view, story, slides, slide)
        if may_edit(view):
            _order(view, story, at)
            _words(view, story, at, mine[0])
        elif mine[0].notes:
            st.caption(say("Notes for the speaker"))
            for line in mine[0].notes.splitlines():
                st.markdown(plain(line))


def _preview(view: View, story: Story, slides: tuple[Slide, ...], slide: Slide) -> None:
    """The sentence, what is below it, and the picture at the size of a page."""
    word = f"{say('After the key:')} " if slide.is_reveal else ""
    st.html(story_html.edited(slide.caption, word))
    st.caption(plain(slide.about))
    if slide.problem:
        st.warning(plain(slide.problem), icon=":material/warning:")
    else:
        at = slides.index(slide)
        st.html(story_html.framed(story_state.picture_of(view, story, slides, at), "story-small"))
    st.caption(plain(slide.source))
    shown = slide.step.reveal if slide.is_reveal and slide.step.reveal else slide.step.shown
    if shown.page in NAMES:
        st.page_link(
            page(shown.page), label=say("Open the page {page}", page=slide.page), query_params=_link(view, shown)
        )


def _link(view: View, shown: Shown) -> dict[str, list[str]]:
    return parsed(shown.query) | {"data": [view.snapshot.mode]}


def _order(view: View, story: Story, at: int) -> None:
    """Move, copy, take away."""
    steps, last = list(story.steps), len(story.steps) - 1
    with st.container(horizontal=True, key="storyorder"):
        if st.button(say("Earlier"), icon=":material/arrow_upward:", key="story-up", disabled=at == 0):
            steps[at - 1], steps[at] = steps[at], steps[at - 1]
            _kept(view, story, steps, f"moved step {at + 1}")
        if st.button(say("Later"), icon=":material/arrow_downward:", key="story-down", disabled=at == last):
            steps[at], steps[at + 1] = steps[at + 1], steps[at]
            _kept(view, story, steps, f"moved step {at + 1}")
        if st.button(say("Make a copy"), icon=":material/content_copy:", key="story-double"):
            steps.insert(at + 1, replace(steps[at], step_id=uuid.uuid4().hex[:10]))
            _kept(view, story, steps, f"duplicated step {at + 1}", steps[at + 1].step_id)
        if steps[at].reveal and st.button(
            say("Drop the second picture"), icon=":material/layers_clear:", key="story-single"
        ):
            steps[at] = replace(steps[at], reveal=None, reveal_caption="")
            _kept(view, story, steps, f"dropped a picture of step {at + 1}")
        if st.button(say("Delete"), icon=":material/delete:", key="story-drop"):
            del steps[at]
            near = steps[min(at, len(steps) - 1)].step_id if steps else ""
            _kept(view, story, steps, f"deleted step {at + 1}", near)


def _words(view: View, story: Story, at: int, slide: Slide) -> None:
    """Caption, notes and whose eyes, in one form: kept together or not at all."""
    step, mode = story.steps[at], view.snapshot.mode
    key = f"{step.step_id}-{story.version}" + ("" if language() == "en" else f"-{language()}")
    agents = dict(
        view.marts.places.select("agent_id", "agent_name")
        .drop_nulls("agent_id")
        .unique()
        .sort("agent_name")
        .iter_rows()
    )
    names = {"": say("The whole company")} | {
        one: say("What {agent} sees", agent=name or one) for one, name in agents.items()
    }
    written = {telling.worded(mode, words): words for words in (step.caption, step.reveal_caption, step.notes)}
    with st.form(f"words-{key}", border=False):
        caption = st.text_input(say("Caption"), telling.worded(mode, step.caption), placeholder=slide.plain_caption, max_chars=stories.MOST_CAPTION,
                                help=_help(slide), key=f"caption-{key}")  # fmt: skip
        second = telling.worded(mode, step.reveal_caption)
        if step.reveal:
            second = st.text_input(say("Caption of the second picture"), second, placeholder=say("The finding itself"),
                                   max_chars=stories.MOST_CAPTION, key=f"second-{key}")  # fmt: skip
        notes = st.text_area(
            say("Notes for the speaker"),
            telling.worded(mode, step.notes),
            max_chars=stories.MOST_NOTES,
            height=120,
            key=f"notes-{key}",
        )
        eyes = st.selectbox(say("Whose eyes"), list(names), index=list(names).index(step.eyes) if step.eyes in names else 0,
                            format_func=lambda one: names[one], key=f"eyes-{key}")  # fmt: skip
        if st.form_submit_button(say("Keep"), icon=":material/check:"):
            unknown = telling.unknown_facts((caption, second, notes), slide.facts)
            caption, second, notes = (
                written.get(words, words) for words in (caption, second, notes)
            )  # kept as they were
            wanted = replace(step, caption=caption, reveal_caption=second, notes=notes, eyes=eyes)
            _reworded(view, story, at, wanted)
            if unknown:
                names_of = ", ".join(f"{{{one}}}" for one in unknown)
                st.session_state["_story_said"] = plain(
                    say("Nothing stands for {names} here; it is shown as typed.", names=names_of)
                )
            st.rerun()


def _reworded(view: View, story: Story, at: int, wanted: Step) -> None:
    bodies: dict[str, str] = {}
    if wanted.eyes != story.steps[at].eyes:
        try:
            base = replace(story, steps=(*story.steps[:at], *story.steps[at + 1 :]))
            story_new, bodies = telling.with_step(
                base, wanted, snapshot=view.snapshot, marts_for=lambda scope: story_state.rows(view, scope), at=at
            )
        except CatchlightError as refusal:
            st.session_state["_story_said"] = plain(str(refusal))
            return
    else:
        story_new = replace(story, steps=(*story.steps[:at], wanted, *story.steps[at + 1 :]))
    try:
        stories.keep(
            view.snapshot.mode, view.scope, story_new, change=f"changed the words of step {at + 1}", bodies=bodies
        )
    except CatchlightError as refusal:
        st.session_state["_story_said"] = plain(str(refusal))


def _help(slide: Slide) -> str:
    facts = "  \n".join(f"`{{{name}}}` {plain(value)}" for name, value in slide.facts.items())
    words = say("Empty: the finding itself. Between two stars stands what is amber.")
    if not facts:
        return words
    return f"{words} {say('Words in braces are the numbers of this step, and move with the data:')}\n\n{facts}"


def _kept(view: View, story: Story, steps: list[Step], words: str, then: str = "") -> None:
    if change(view, replace(story, steps=tuple(steps)), words) is not None:
        if then:
            links.write(story_state.EDIT, [then])
        st.rerun()
