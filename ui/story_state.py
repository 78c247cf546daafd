"""Which story is open, at which picture, and where the running presentation stands."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, cast

import streamlit as st

from exports import story as telling
from exports import story_demo
from records import stories
from schema.language import language, say
from ui import story_picture
from ui.view import marts_of

if TYPE_CHECKING:
    from charts.theme import Theme
    from exports.story import Slide
    from records.stories import Story
    from schema.marts import Marts
    from schema.scope import Scope
    from schema.settings import DataMode
    from ui.view import View

OPEN, PRESENT, SPEAK, STEP, REVEAL, EDIT = "story", "present", "speak", "step", "reveal", "edit"
"""Parameters of the page's address."""


@dataclass(frozen=True)
class Place:
    """Where a presentation stands.

    Attributes:
        at: index of the picture, counted from 0; a step with a second picture counts twice.
        since: when presenting began, seconds since 1970.
    """

    at: int
    since: float


_PLACES: dict[tuple[str, str, str], Place] = {}
_LOCK: Final = threading.Lock()
_MOST: Final = 500


def all_stories(view: View) -> tuple[Story, ...]:
    """The stories there are; on the demo its five-minute meeting is made when it is first asked for."""
    mode = view.snapshot.mode
    if mode == "demo" and not stories.versions(mode, view.scope, "ST-001"):
        with st.spinner(say("Preparing the five-minute meeting …")):
            story_demo.ensure(view.snapshot, lambda scope: rows(view, scope))
    return stories.stories(mode, view.scope)


def rows(view: View, scope: Scope) -> Marts:
    """A scope's rows of the snapshot that the page shows."""
    return marts_of(view.snapshot, scope)


def chosen(name: str, found: tuple[Story, ...]) -> Story | None:
    """The story that this parameter of the address names; None when it names none that is there."""
    wanted = st.query_params.get(name)
    return next((one for one in found if one.story_id == wanted), None)


def slides_of(view: View, story: Story) -> tuple[Slide, ...]:
    """A story's pictures; read once a server, since a version never changes."""
    return _slides(_key(view, story), story, view.scope)


def _key(view: View, story: Story) -> tuple[str, str, int, str, str, str]:
    """What tells a version of a story from every other, also after a reset; and for whom it was read, in which language."""
    made = "" if story.changed_at is None else story.changed_at.isoformat()
    return view.snapshot.mode, story.story_id, story.version, made, view.scope.role, language()


@st.cache_resource(max_entries=32, show_spinner=False)
def _slides(key: tuple[str, str, int, str, str, str], _story: Story, _scope: Scope) -> tuple[Slide, ...]:
    return telling.told(cast("DataMode", key[0]), _scope, _story)


def picture_of(view: View, story: Story, slides: tuple[Slide, ...], at: int) -> str:
    """One picture as HTML in the theme of this window; drawn once a server."""
    return _picture((*_key(view, story), at), view.theme.name, slides[at], view.theme)


@st.cache_resource(max_entries=400, show_spinner=False)
def _picture(
    key: tuple[str, str, int, str, str, str, int],  # noqa: ARG001
    theme: str,  # noqa: ARG001
    _slide: Slide,
    _theme: Theme,
) -> str:
    return story_picture.html_of(_slide, _theme)


def index_of(slides: tuple[Slide, ...]) -> int:
    """The picture that the address names: its step, counted from 1, and whether the second one is shown."""
    step, reveal = st.query_params.get(STEP, "1"), st.query_params.get(REVEAL) == "1"
    wanted = int(step) if step.isdecimal() and len(step) < 5 else 1  # noqa: PLR2004
    wanted = max(1, min(wanted, slides[-1].number))
    here = [at for at, slide in enumerate(slides) if slide.number == wanted]
    return here[-1] if reveal else here[0]


def show(slides: tuple[Slide, ...], at: int) -> None:
    """Write a picture into the address, at once: two writings would be two steps of the browser's back button."""
    slide = slides[max(0, min(at, len(slides) - 1))]
    said = {name: st.query_params.get_all(name) for name in st.query_params if name != REVEAL}
    said |= {STEP: [str(slide.number)]} | ({REVEAL: ["1"]} if slide.is_reveal else {})
    st.query_params.from_dict(said)


def stand(view: View, story: Story, at: int) -> Place:
    """Note where the presentation of this person stands; the clock runs from the first time."""
    key = (view.scope.viewer, view.snapshot.mode, story.story_id)
    with _LOCK:
        before = _PLACES.get(key)
        while before is None and len(_PLACES) >= _MOST:
            _PLACES.pop(next(iter(_PLACES)))
        _PLACES[key] = Place(at, time.time() if before is None else before.since)
        return _PLACES[key]


def place_of(view: View, story: Story) -> Place | None:
    """Where this person's presentation of the story stands; None while none runs."""
    with _LOCK:
        return _PLACES.get((view.scope.viewer, view.snapshot.mode, story.story_id))


def end(view: View, story: Story) -> bool:
    """Forget the presentation and its clock. Returns whether one ran."""
    with _LOCK:
        return _PLACES.pop((view.scope.viewer, view.snapshot.mode, story.story_id), None) is not None
