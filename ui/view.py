"""Who looks, at which snapshot, through which filters; and the only Streamlit cache."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from answers import all_addresses
from answers.periods import context
from answers.registry import ask
from charts.theme import Theme, theme_of
from records import identity_decisions
from schema.language import say
from ui import story_cards
from ui.shelf import Shelf
from ui.signin import current_scope
from warehouse import api as warehouse

if TYPE_CHECKING:
    from collections.abc import Callable

    from answers.answer import Answer, Context
    from schema.filters import Filters
    from schema.marts import Marts
    from schema.scope import Scope
    from schema.settings import DataMode
    from warehouse.api import Snapshot

_STATE = "_view"
_MOST: Final = 2_000
"""Answers that are kept for everybody."""
_PLAIN: Final = (str, int, float, bool, type(None), Decimal, dt.date)
"""What is told wholly by its text."""
all_addresses()


@dataclass(frozen=True)
class View:
    """What the frame hands to a page.

    Attributes:
        page: the page's path, such as ``dwell``; its default period applies.
        theme: light or dark, as the browser shows it.
        is_phone: whether the browser says it is one; only sizes depend on it.
        marts: the scope's rows, narrowed by nothing.
        at: what tells the snapshot from every other; a run keeps to what it began with.
    """

    page: str
    scope: Scope
    snapshot: Snapshot
    filters: Filters
    asked: Context
    theme: Theme
    is_phone: bool
    marts: Marts
    at: tuple[str, int, str, int]
    _shelf: Shelf[Answer] = field(default_factory=lambda: Shelf(_MOST), repr=False, compare=False)
    _told: dict[str, Answer] = field(default_factory=dict, repr=False, compare=False)

    def ask(self, address: str, **options: Any) -> Answer:
        """The answer at an address under this view's scope, snapshot and filters; computed once for all who may see it.

        Args:
            address: such as ``dwell/heatmap``.
            options: of that address: plain values, and tuples of them.
        """
        key = repr((address, _spelled(options), self.page, self.filters.key, self.scope.key, self.at))
        if key not in self._told:
            self._told[key] = self._shelf.get(key, lambda: ask(address, self.asked, **options))
        found = self._told[key]
        story_cards.note_question(found, options)
        return found


def begin_view(page: str, snapshot: Snapshot, filters: Filters) -> View:
    """Start a run: called by the shell before any page, never by a page."""
    story_cards.begin()
    return show_view(make_view(page, snapshot, filters))


def make_view(page: str, snapshot: Snapshot, filters: Filters) -> View:
    """What the seat of this run may see of a snapshot, not yet shown to anybody."""
    scope = current_scope()
    at = _at(snapshot)
    marts = _rows(at, snapshot, scope)
    asked = context(filters, scope, snapshot, marts, page=page or "overview")
    return View(
        page=page or "overview",
        scope=scope,
        snapshot=snapshot,
        filters=filters,
        asked=asked,
        theme=theme_of("dark" if st.context.theme.type == "dark" else "light"),
        is_phone="Mobi" in st.context.headers.get("User-Agent", ""),
        marts=marts,
        at=at,
        _shelf=_answers(),
    )


def show_view(view: View) -> View:
    """Let this run draw from the view."""
    st.session_state[_STATE] = view
    return view


def current_view() -> View:
    """The view of this run. A page opened past the frame draws nothing."""
    view = st.session_state.get(_STATE)
    if view is None:
        st.info(say("Open Catchlight from its front page."))
        st.stop()
    return view  # type: ignore[no-any-return]


def has_view() -> bool:
    """Whether there is anything loaded to look at in this run."""
    return _STATE in st.session_state


def end_view() -> None:
    """Forget the view, so that no later run can use it without the frame."""
    st.session_state.pop(_STATE, None)


def marts_of(snapshot: Snapshot, scope: Scope) -> Marts:
    """The scope's rows of a snapshot, loaded once a server."""
    return _rows(_at(snapshot), snapshot, scope)


def data_mode(filters: Filters) -> DataMode:
    """Which data this run shows: the URL's choice, else real data if there are any, else the demo."""
    return filters.data if filters.data in {"demo", "real"} else warehouse.current_mode()  # type: ignore[return-value]


def snapshot_of(mode: DataMode) -> Snapshot | None:
    """The newest snapshot of the demo or the real data; None when nothing was loaded yet."""
    stamp = warehouse.latest_stamp(mode)
    return None if stamp is None else _snapshot(repr((mode, stamp)), lambda: warehouse.open_snapshot(mode, stamp[0]))


def _at(snapshot: Snapshot) -> tuple[str, int, str, int]:
    """What tells a snapshot from every other (after a reset the numbers begin anew), and who is one person in it."""
    decided = identity_decisions.stamp(snapshot.mode)
    return snapshot.mode, snapshot.number, snapshot.published_at.isoformat(), decided


def _spelled(options: dict[str, Any]) -> list[tuple[str, Any]]:
    """The options in a fixed order, to be spelled out in a key.

    Raises:
        TypeError: the text of a value would not say all that it holds; a developer's mistake.
    """
    for name, value in options.items():
        if not all(isinstance(one, _PLAIN) for one in (value if isinstance(value, tuple) else (value,))):
            msg = f"{name}: {type(value).__name__} cannot be part of a key."
            raise TypeError(msg)
    return sorted(options.items())


def _rows(at: tuple[str, int, str, int], snapshot: Snapshot, scope: Scope) -> Marts:
    return _marts(repr((at, scope.key)), lambda: warehouse.load_marts(snapshot, scope))


# Each is kept under one text that says everything it rests on: Streamlit reads a function's signature anew for every
# argument that it makes a key of. Answers, of which a page asks for a dozen, stand on a shelf that is asked for once a run.


@st.cache_resource(max_entries=8, show_spinner=False)
def _snapshot(key: str, _open: Callable[[], Snapshot | None]) -> Snapshot | None:  # noqa: ARG001
    return _open()


@st.cache_resource(max_entries=16, show_spinner=False)
def _marts(key: str, _load: Callable[[], Marts]) -> Marts:  # noqa: ARG001
    return _load()


@st.cache_resource(show_spinner=False)
def _answers() -> Shelf[Answer]:
    return Shelf(_MOST)
