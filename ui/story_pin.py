"""*Pin to story*: one press keeps a finding, its own sentence as the caption."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from answers.stills import can_be_shown
from exports.story import title_of
from exports.story_kinds import TABLE, offered
from records import stories
from schema.errors import CatchlightError
from schema.language import say
from ui import story_keep
from ui.page_list import page
from ui.plain import plain
from ui.view import current_view, has_view

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from answers.answer import Answer
    from records.stories import Story
    from ui.story_cards import Card
    from ui.view import View

_PINNED: Final = "_pinned"
_REFUSED: Final = "_pin_refused"
_DEMO_STORY: Final = "ST-001"
"""The demo's five minutes stay as they are: what is pinned begins a story of one's own."""


def pin_card(card: Card, answer: Answer, *, small: bool = False) -> None:
    """The button for a card; nothing for who makes no stories, where nothing is found, and where a room may see nothing."""
    if answer.is_empty or not has_view() or not can_be_shown(card.address):
        return
    view = current_view()
    caption = _caption(view, card)
    _pin(
        view,
        f"card-{card.key}",
        lambda into: story_keep.add(view, card, into, (caption, ""), second=False),
        small=small,
    )


def pin_finding(row: Mapping[str, Any], at: int) -> None:
    """The button beside one finding of the Overview."""
    view = current_view()
    _pin(view, f"finding-{at}", lambda into: story_keep.add_finding(view, row, into), named=row["kind"], small=True)


def _pin(view: View, key: str, add: Callable[[Story | None], Story], *, named: str = "", small: bool = False) -> None:
    if not story_keep.may_add(view):
        return
    pinned: dict[tuple[str, ...], str] = st.session_state.setdefault(_PINNED, {})
    what = (view.page, named or key, story_keep.query(view), view.snapshot.mode, str(view.snapshot.number))
    if what in pinned:
        st.page_link(page("story"), label="" if small else say("In the story"), icon=":material/keep:", help=say("Open the story"),
                     query_params={"story": pinned[what], "data": view.snapshot.mode})  # fmt: skip
        return
    label = "" if small else say("Pin to story")
    if st.button(
        label, icon=":material/keep:", type="tertiary", key=f"pin-{key}", help=say("Pin to story") if small else None
    ):
        try:
            kept = add(_into(view))
        except CatchlightError as refusal:
            st.session_state[_REFUSED] = plain(str(refusal))
        else:
            pinned[what] = kept.story_id
            st.toast(
                say(
                    "Pinned: step {step} of *{title}*",
                    step=len(kept.steps),
                    title=plain(title_of(view.snapshot.mode, kept)),
                ),
                icon=":material/keep:",
            )
        st.rerun()


def say_refusal() -> None:
    """Why the last pin was not kept, once, below the page's head."""
    if refused := st.session_state.pop(_REFUSED, ""):
        st.warning(refused, icon=":material/keep_off:")


def _into(view: View) -> Story | None:
    """The newest story of one's own; None begins one."""
    own = [
        one
        for one in stories.stories(view.snapshot.mode, view.scope)
        if view.snapshot.mode != "demo" or one.story_id != _DEMO_STORY
    ]
    return own[-1] if own else None


def _caption(view: View, card: Card) -> str:
    """Empty where the picture itself says the finding; else the card's title, if no number in it could grow old."""
    says_itself = offered(view.page, card.key, card.address) != TABLE
    return "" if says_itself or any(sign.isdecimal() for sign in card.title) else card.title[: stories.MOST_CAPTION]
