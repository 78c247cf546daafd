"""What people feel: a control of one card is pressed on the real server; messages, and processor time of the server."""

from __future__ import annotations

import asyncio
import statistics
from typing import TYPE_CHECKING, Final

from benchmarks.client import Visitor
from benchmarks.measure import RUNS, Line
from benchmarks.serving import processor_s, serving

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.client import Told

CONTROLS: Final = (
    ("overview", "choose-rank", ("Agent", "City")),
    ("dwell", "choose-by", ("City", "Channel")),
    ("dwell", "choose-measure", ("Minutes", "Index")),
    ("purchases", "choose-split", ("Channel", "All")),
    ("purchases", "choose-worth", ("Store", "Segment")),
    ("products", "choose-returns", ("Size", "Channel")),
    ("catchment", "choose-layer", ("Overlap", "Customers")),
)
"""Page, row of buttons, and two buttons that are pressed in turn."""
_TURNS: Final = 10
"""Presses of each button in one measurement: the clock of a process ticks a hundred times a second."""


def click_lines(home: Path) -> list[Line]:
    """A press of each control, beside its whole page drawn again.

    Args:
        home: a data folder with the demo.
    """
    with serving(home) as (url, server):
        return asyncio.run(_press_all(url, server))


async def _press_all(url: str, server: int) -> list[Line]:
    lines = []
    async with Visitor(url) as visitor:
        for page, name, words in CONTROLS:
            for _ in range(2):
                await visitor.open(page)
                for word in words:
                    await visitor.press(name, word)
            page_ms, press_ms = [], []
            for _ in range(RUNS):
                start = processor_s(server)
                for _ in range(_TURNS):
                    whole = await visitor.open(page)
                middle = processor_s(server)
                told = [await visitor.press(name, word) for _ in range(_TURNS // len(words)) for word in words]
                page_ms.append((middle - start) * 1000 / _TURNS)
                press_ms.append((processor_s(server) - middle) * 1000 / len(told))
            lines.append(_line(page, name, told[-1], whole, statistics.median(press_ms), statistics.median(page_ms)))
    return lines


def _line(page: str, name: str, told: Told, whole: Told, press_ms: float, page_ms: float) -> Line:
    detail = (
        f"{told.messages} messages, {told.bytes:,} bytes; the whole page: {page_ms:.1f} ms, {whole.messages} messages,"
        f" {whole.bytes:,} bytes{'; ' + told.complaint if told.complaint else ''}"
    )
    return Line(f"click_{page}_{name.removeprefix('choose-')}", press_ms, None, "ms", detail)
