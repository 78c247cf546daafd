"""Who looks, at which snapshot, through which filters; and the only Streamlit cache."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import streamlit as st

from answers import all_addresses
from answers.periods import context
from answers.registry import ask
from charts.theme import Theme, theme_of
from records import identity_decisions
from schema.language import say
from ui import story_cards
from ui.signin import current_scope
from warehouse import api as warehouse

if TYPE_CHECKING:
    from answers.answer import Answer, Context
    from schema.filters import Filters
    from schema.marts import Marts
    from schema.scope import Scope
    from schema.settings import DataMode
    from warehouse.api import Snapshot

_STATE = "_view"
all_addresses()


@dataclass(frozen=True)
class View:
    """What the frame hands to a page.

    Attributes:
        page: the page's path, such as ``dwell``; its default period applies.
        theme: light or dark, as the browser shows it.
        is_phone: whether the browser says it is one; only sizes depend on it.
    """

    page: str
    scope: Scope
    snapshot: Snapshot
    filters: Filters
    asked: Context
    theme: Theme
    is_phone: bool

    @property
    def marts(self) -> Marts:
        """The scope's rows, narrowed by nothing."""
        return marts_of(self.snapshot, self.scope)

    def ask(self, address: str, **options: Any) -> Answer:
        """The answer at an address under this view's scope, snapshot and filters; computed once for all who may see it."""
        found = _answer(
            address,
            tuple(sorted(options.items())),
            self.page,
            self.filters.key,
            self.scope.key,
            _at(self.snapshot),
            self.asked,
        )
        story_cards.note_question(found, options)
        return found


def begin_view(page: str, snapshot: Snapshot, filters: Filters) -> View:
    """Start a run: called by the shell before any page, never by a page."""
    story_cards.begin()
    scope = current_scope()
    asked = context(filters, scope, snapshot, marts_of(snapshot, scope), page=page or "overview")
    view = View(
        page=page or "overview",
        scope=scope,
        snapshot=snapshot,
        filters=filters,
        asked=asked,
        theme=theme_of("dark" if st.context.theme.type == "dark" else "light"),
        is_phone="Mobi" in st.context.headers.get("User-Agent", ""),
    )
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
    return _marts(_at(snapshot), scope.key, snapshot, scope)


def snapshot_of(mode: DataMode) -> Snapshot | None:
    """The newest snapshot of the demo or the real data; None when nothing was loaded yet."""
    stamp = warehouse.latest_stamp(mode)
    return None if stamp is None else _snapshot(mode, stamp)


def _at(snapshot: Snapshot) -> tuple[str, int, str, int]:
    """What tells a snapshot from every other (after a reset the numbers begin anew), and who is one person in it."""
    decided = identity_decisions.stamp(snapshot.mode)
    return snapshot.mode, snapshot.number, snapshot.published_at.isoformat(), decided


@st.cache_resource(max_entries=8, show_spinner=False)
def _snapshot(mode: DataMode, stamp: tuple[int, int]) -> Snapshot | None:
    return warehouse.open_snapshot(mode, stamp[0])


@st.cache_resource(max_entries=16, show_spinner=False)
def _marts(at: tuple[str, int, str, int], scope: tuple[str, str], _snapshot: Snapshot, _scope: Scope) -> Marts:  # noqa: ARG001
    return warehouse.load_marts(_snapshot, _scope)


@st.cache_resource(max_entries=2_000, show_spinner=False)
def _answer(
    address: str,
    options: tuple[tuple[str, Any], ...],
    page: str,  # noqa: ARG001  (its default period is part of the question)
    filters: str,  # noqa: ARG001  (as above: parts of the key)
    scope: tuple[str, str],  # noqa: ARG001
    at: tuple[str, int, str, int],  # noqa: ARG001
    _asked: Context,
) -> Answer:
    return ask(address, _asked, **dict(options))
