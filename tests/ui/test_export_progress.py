"""How far a file is: what is said while it is made, and when it stops being said."""

from __future__ import annotations

import threading
import time
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from schema.language import speaking
from ui import export_progress
from ui.export_progress import Work

if TYPE_CHECKING:
    from exports.document import Document


class Room:
    """Stands for the place below the buttons; keeps what was shown there."""

    def __init__(self) -> None:
        self.shown: list[tuple[float, str]] = []
        self.is_empty = True

    def progress(self, share: float, words: str) -> None:
        self.shown.append((share, words))
        self.is_empty = False

    def empty(self) -> None:
        self.is_empty = True


@pytest.fixture
def room(monkeypatch: pytest.MonkeyPatch) -> Room:
    made = Room()
    screen = SimpleNamespace(empty=lambda: made, session_state={})
    monkeypatch.setattr(export_progress, "st", screen)
    return made


def three() -> Document:
    titles: Any = SimpleNamespace(cards=[SimpleNamespace(title=title) for title in ("Sales", "Who *leads*", "Funnel")])
    return titles  # type: ignore[no-any-return]


def test_a_writer_is_told_of_by_the_card_that_comes_next() -> None:
    work = Work("Slides (PPTX)")
    told = work.parts_of(three())
    assert (work.share, work.doing) == (0.0, "1 of 3 · Sales")
    told(1 / 3)
    assert work.doing == "2 of 3 · Who *leads*"
    told(2 / 3)
    assert (round(work.share, 3), work.doing) == (0.633, "3 of 3 · Funnel")
    told(1.0)
    assert (work.share, work.doing) == (0.95, "Packing")


def test_a_document_without_cards_is_only_packed() -> None:
    work = Work("Tables (CSV)")
    work.parts_of(SimpleNamespace(cards=[]))  # type: ignore[arg-type]
    assert work.doing == "Packing"


def test_the_words_are_those_of_the_language_spoken_while_it_is_made() -> None:
    work = Work("Slides (PPTX)")
    with speaking("es"):
        work.parts_of(three())
    assert work.doing == "1 de 3 · Sales"


def test_the_file_is_the_same_and_a_failure_ends_the_work_too() -> None:
    work = Work("Slides (PPTX)")

    def made() -> bytes:
        return f"running {work.running}".encode()

    assert work.around(made)() == b"running 1"
    assert work.running == 0
    assert work.is_over(time.monotonic())

    def fails() -> bytes:
        msg = "no"
        raise ValueError(msg)

    with pytest.raises(ValueError, match="no"):
        work.around(fails)()
    assert work.running == 0


def test_nothing_is_shown_in_a_run_that_no_press_began(room: Room) -> None:
    export_progress.watch()
    assert room.shown == []


def test_a_bar_says_what_is_made_and_is_gone_when_the_file_is_there(room: Room) -> None:
    work = Work("Slides (PPTX)")
    go_on, shown = threading.Event(), threading.Event()

    def make() -> bytes:
        work.parts_of(three())(1 / 3)
        shown.set()
        assert go_on.wait(20)
        return b"PK"

    thread = threading.Thread(target=work.around(make))
    thread.start()
    assert shown.wait(20)
    threading.Timer(1.2, go_on.set).start()
    export_progress.pressed(work)
    export_progress.watch()
    thread.join()
    assert set(room.shown) == {(0.95 / 3, "Slides (PPTX) · 2 of 3 · Who \\*leads\\*")}
    assert room.is_empty
    export_progress.watch()  # one press, one bar
    assert room.is_empty


def test_a_file_that_was_there_before_the_run_began_shows_no_bar(room: Room) -> None:
    work = Work("Tables (CSV)")
    work.around(lambda: b"PK")()
    export_progress.pressed(work)
    export_progress.watch()
    assert room.shown == []


def test_a_press_that_was_lost_is_not_waited_for_for_ever(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export_progress, "_PATIENCE_S", 0.3)
    export_progress.pressed(Work("Slides (PPTX)"))
    export_progress.watch()
    assert room.is_empty
