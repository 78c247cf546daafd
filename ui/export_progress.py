"""How far a file is that takes long: a bar below the button that was pressed, gone when the file is there."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import streamlit as st

from schema.language import say
from ui.plain import plain

if TYPE_CHECKING:
    from collections.abc import Callable

    from exports.document import Document

_PRESSED: Final = "_export_pressed"
_EVERY_S: Final = 0.15
_QUICK_S: Final = 0.5
"""A file that is there sooner shows no bar, which would only flicker."""
_PATIENCE_S: Final = 15.0
"""A press whose file nobody began in that time was lost on its way."""
_HEARD_S: Final = 2.0
"""A quick file may be there before the run that was to show its progress begins."""
_WRITTEN: Final = 0.95
"""What is left is packing the file."""


@dataclass
class Work:
    """One file that may be asked for; written by the thread that makes it, read by the one that shows it.

    Attributes:
        label: the button's.
        share: how much is done, 0 to 1.
        doing: what is being made now.
        running: how many presses are being answered.
        ended_at: when the last one was, on the monotonic clock.
    """

    label: str
    share: float = 0.0
    doing: str = ""
    running: int = 0
    ended_at: float = float("-inf")

    def tell(self, share: float, doing: str) -> None:
        """Say how far it is."""
        self.share, self.doing = share, doing

    def is_over(self, pressed_at: float) -> bool:
        """Whether the press of that moment was answered, perhaps just before it was heard of, or never will be."""
        if self.running:
            return False
        return self.ended_at > pressed_at - _HEARD_S or time.monotonic() > pressed_at + _PATIENCE_S

    def parts_of(self, document: Document) -> Callable[[float], None]:
        """What a writer of documents tells its progress to; the words are the card that comes next."""
        titles = [card.title for card in document.cards]

        def told(share: float) -> None:
            at = round(share * len(titles))
            words = say("Packing")
            if at < len(titles):
                words = f"{say('{n} of {all}', n=at + 1, all=len(titles))} · {titles[at]}"
            self.tell(min(1.0, max(0.0, share)) * _WRITTEN, words)

        told(0.0)
        return told

    def around(self, make: Callable[[], bytes]) -> Callable[[], bytes]:
        """The same file; while it is made, this work is running."""

        def made() -> bytes:
            self.tell(0.0, "")
            self.running += 1
            try:
                return make()
            finally:
                self.running -= 1
                self.ended_at = time.monotonic()

        return made


def pressed(work: Work) -> None:
    """A button was pressed: the fragment it stands in runs next, and watches."""
    st.session_state[_PRESSED] = work


def watch() -> None:
    """Show the file that was just asked for until it is there; nothing in a run that no press began."""
    work = st.session_state.pop(_PRESSED, None)
    if work is None:
        return
    room, began = st.empty(), time.monotonic()
    while not work.is_over(began):
        if time.monotonic() - began >= _QUICK_S:
            room.progress(work.share, plain(f"{work.label} · {work.doing or say('Computing')}"))
        time.sleep(_EVERY_S)
    room.empty()
