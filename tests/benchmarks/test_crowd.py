"""The heavy neighbour of a crowd."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, cast

from benchmarks.client import Told
from benchmarks.crowd import _ask_for_all
from tests.ui.asgi import run

if TYPE_CHECKING:
    from benchmarks.client import Visitor


class _Deaf:
    """A window in which a cancellation is lost, as it is when an answer comes in the same moment."""

    def __init__(self, enough: asyncio.Event) -> None:
        self.asked: list[str] = []
        self._enough = enough

    async def open(self, page: str, query: str = "") -> Told:
        self.asked.append(f"{page}?{query}")
        if len(self.asked) == 3:
            self._enough.set()
        await asyncio.sleep(0)
        return Told(0.0, 0)


def test_the_heavy_neighbour_ends_when_it_is_enough() -> None:
    async def ask() -> list[str]:
        enough = asyncio.Event()
        window = _Deaf(enough)
        async with asyncio.timeout(30):
            await _ask_for_all(cast("Visitor", window), enough)
        return window.asked

    asked = run(ask())

    assert len(asked) == 3
    assert len(set(asked)) == 3
