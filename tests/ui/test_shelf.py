"""Answers that all visitors share: made once, forgotten in order, never kept when they failed."""

from __future__ import annotations

import threading

import pytest

from ui.shelf import Shelf


def test_what_was_made_is_told_again() -> None:
    shelf, made = Shelf[int](2), iter((1, 2))
    assert shelf.get("a", lambda: next(made)) == 1
    assert shelf.get("a", lambda: next(made)) == 1
    assert shelf.get("b", lambda: next(made)) == 2


def test_the_one_that_nobody_asked_for_longest_is_forgotten() -> None:
    shelf = Shelf[str](2)
    for key in ("a", "b", "a", "c"):
        shelf.get(key, lambda key=key: f"first {key}")  # type: ignore[misc]
    assert shelf.get("a", lambda: "again") == "first a"
    assert shelf.get("b", lambda: "again") == "again"


def test_who_asks_for_what_is_being_made_waits_for_it() -> None:
    shelf, made, begun, enough = Shelf[int](2), [], threading.Event(), threading.Event()

    def slow() -> int:
        made.append(1)
        begun.set()
        enough.wait(10)
        return len(made)

    found: list[int] = []
    first = threading.Thread(target=lambda: found.append(shelf.get("a", slow)))
    first.start()
    assert begun.wait(10)
    others = [threading.Thread(target=lambda: found.append(shelf.get("a", slow))) for _ in range(3)]
    for one in others:
        one.start()
    assert shelf.get("b", lambda: 7) == 7, "another key does not wait"
    enough.set()
    for one in (first, *others):
        one.join(10)
    assert found == [1, 1, 1, 1]


def test_a_failure_is_told_and_kept_for_nobody() -> None:
    shelf = Shelf[int](2)

    def fails() -> int:
        raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011  (no words to match)
        shelf.get("a", fails)
    assert shelf.get("a", lambda: 3) == 3
