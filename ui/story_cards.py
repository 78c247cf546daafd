"""What a page has shown in this run, so that each of its cards can become a step of a story."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from answers.answer import Answer

_STATE: Final = "_shown_cards"


@dataclass(frozen=True)
class Card:
    """One card: its key and title, whose answer it shows, and the options that were asked with."""

    key: str
    title: str
    address: str
    options: dict[str, Any]


@dataclass
class _Run:
    asked: dict[int, dict[str, Any]] = field(default_factory=dict)
    by_address: dict[str, dict[str, Any]] = field(default_factory=dict)
    cards: list[Card] = field(default_factory=list)
    room: DeltaGenerator | None = None


def begin() -> None:
    """Forget the run before."""
    st.session_state[_STATE] = _Run()


def note_question(answer: Answer, options: dict[str, Any]) -> None:
    """Keep the options that an answer was asked with."""
    run = _run()
    run.asked[id(answer)] = options
    run.by_address[answer.address] = options


def note_card(key: str, title: str, answer: Answer) -> Card:
    """Keep that a card shows an answer; one that was changed for its chart goes by the last question of its address."""
    run = _run()
    options = run.asked.get(id(answer), run.by_address.get(answer.address, {}))
    card = Card(key, title, answer.address, options)
    known = next((at for at, one in enumerate(run.cards) if one.key == key), None)
    if known is None:
        run.cards.append(card)
    else:  # drawn again alone: it keeps its place
        run.cards[known] = card
    return card


def is_first(card: Card) -> bool:
    """Whether the card is the page's first in this run: its headline."""
    return _run().cards[:1] == [card]


def reserve(room: DeltaGenerator) -> None:
    """Where in the page's head the button goes, once all cards are known."""
    _run().room = room


def cards() -> list[Card]:
    """The cards of this run, in the order they were drawn."""
    return _run().cards


def room() -> DeltaGenerator | None:
    """Where the button goes; None on a page that has no place for it."""
    return _run().room


def _run() -> _Run:
    found = st.session_state.get(_STATE)
    if not isinstance(found, _Run):
        begin()
        found = st.session_state[_STATE]
    return found
