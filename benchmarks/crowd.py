"""What many people at once cost: windows on the real server, each reading, changing a filter, and thinking in between."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from websockets.exceptions import WebSocketException

from benchmarks.client import Visitor
from benchmarks.measure import Line
from benchmarks.serving import processor_s, serving

if TYPE_CHECKING:
    from benchmarks.client import Told

THINK_S = 3.0
QUICK, FULL = (1, 10, 25), (1, 10, 50, 100)
QUICK_S, FULL_S = 10.0, 30.0
_HURRY_S = 0.3
"""One person alone thinks shorter, so that there are enough runs to tell their median."""
_LOST = (OSError, TimeoutError, WebSocketException)
_SETTLE_S = 3.0
_MEGABYTE = 1024 * 1024
_PAGES = ("overview", "dwell", "purchases", "products", "catchment", "sharing", "data")
_QUERIES = ("", "channel=pos", "segment=loyal", "channel=pos&segment=loyal", "rank=agent_id", "measure=minutes")
_HEAVY_UNTIL = "2026-06-30"


@dataclass
class Crowd:
    """What one number of people at once met.

    Attributes:
        people: how many windows were open.
        seconds: how long they browsed.
        answers: every run they asked for, first looks left out.
        cpu_s: processor time of the server meanwhile.
        memory_mb: what the server grew by, a window, after all had come to rest.
        complaints: errors on pages, lost lines, answers that never came.
    """

    people: int
    seconds: float
    answers: list[Told] = field(default_factory=list)
    cpu_s: float = 0.0
    memory_mb: float = 0.0
    complaints: list[str] = field(default_factory=list)

    def at(self, share: float) -> float:
        """The time that this share of runs took at most, milliseconds."""
        taken = sorted(one.seconds for one in self.answers)
        return 1000 * taken[min(len(taken) - 1, int(share * len(taken)))] if taken else float("nan")

    @property
    def words(self) -> str:
        """One line for people."""
        rate = len(self.answers) / self.seconds
        each = 1000 * self.cpu_s / max(1, len(self.answers))
        return (
            f"{self.people}: p50 {self.at(0.5):.0f}, p95 {self.at(0.95):.0f} ms, {rate:.1f} reruns/s, {each:.0f} ms of"
            f" processor each, {len(self.complaints)} errors"
        )


def crowd_lines(home: Path, *, full: bool) -> list[Line]:
    """Windows on a real server over a data folder: 1, 10 and 25 at once, in full 1, 10, 50 and 100.

    Args:
        home: a data folder with the demo.
        full: with 50 and 100.
    """
    with serving(home) as (url, server):
        found = asyncio.run(_browse(url, server, FULL if full else QUICK, FULL_S if full else QUICK_S))
        quiet, beside = asyncio.run(_neighbours(url, server))
    alone, most = found[0], found[-1]
    said = "; ".join(one.words for one in found)
    errors = [*dict.fromkeys(words for one in [*found, quiet, beside] for words in one.complaints)]
    told = f"{said}{'; ' + ' | '.join(errors[:3]) if errors else ''}; wall time, {THINK_S:g} s of thought"
    ratio = beside.at(0.95) / quiet.at(0.95)
    return [
        Line("crowd_p50", most.at(0.5), 4 * alone.at(0.5), "ms", f"goal: 4 × one person's p50; {most.people} people"),
        Line("crowd_p95", most.at(0.95), min(250.0, 4 * alone.at(0.5)), "ms", told),
        Line("crowd_memory", most.memory_mb, 3.0, "MB", f"a window of {most.people}, resident, settled"),
        Line(
            "crowd_neighbour",
            ratio,
            3.5,
            "× the p95",
            f"{quiet.people} people beside one who asks for two years in a loop: {quiet.at(0.95):.0f} → {beside.at(0.95):.0f} ms",
        ),
    ]


async def _browse(url: str, server: int, sizes: tuple[int, ...], seconds: float) -> list[Crowd]:
    """One crowd after the other; a first visitor opens every page once, so that imports and marts are there."""
    async with Visitor(url) as first:
        for query in _QUERIES:
            for page in _PAGES:
                await first.open(page, query)
    return [await _crowd(url, server, size, seconds) for size in sizes]


async def _crowd(url: str, server: int, people: int, seconds: float) -> Crowd:
    found = Crowd(people, seconds)
    before = _resident(server)
    async with contextlib.AsyncExitStack() as windows:
        visitors = [await windows.enter_async_context(Visitor(url)) for _ in range(people)]
        for visitor in visitors:
            await _told(visitor, "overview", "", found)
        found.answers.clear()
        cpu, end = processor_s(server), time.monotonic() + seconds
        think_s = THINK_S if people > 1 else _HURRY_S
        await asyncio.gather(*(_person(one, end, number, found, think_s) for number, one in enumerate(visitors)))
        found.cpu_s = processor_s(server) - cpu
        await asyncio.sleep(_SETTLE_S)
        found.memory_mb = max(0.0, (_resident(server) - before) / people / _MEGABYTE)
    return found


async def _person(visitor: Visitor, end: float, seed: int, found: Crowd, think_s: float) -> None:
    """Read, think, ask for another page or filter, until the end."""
    mood = random.Random(seed)  # noqa: S311  (nothing secret)
    await asyncio.sleep(mood.uniform(0, think_s))
    while time.monotonic() < end:
        await _told(visitor, mood.choice(_PAGES), mood.choice(_QUERIES), found)
        await asyncio.sleep(mood.uniform(0.5, 1.5) * think_s)


async def _told(visitor: Visitor, page: str, query: str, found: Crowd) -> None:
    try:
        told = await visitor.open(page, query)
    except _LOST as error:
        found.complaints.append(f"{page}?{query}: {type(error).__name__}")
        return
    found.answers.append(told)
    if told.complaint:
        found.complaints.append(f"{page}?{query}: {told.complaint}")


async def _neighbours(url: str, server: int, people: int = 8, seconds: float = QUICK_S) -> tuple[Crowd, Crowd]:
    """The same people without and with somebody who asks for everything, again and again."""
    quiet = await _crowd(url, server, people, seconds)
    enough = asyncio.Event()
    async with Visitor(url) as heavy:
        asking = asyncio.create_task(_ask_for_all(heavy, enough))
        beside = await _crowd(url, server, people, seconds)
        enough.set()
        with contextlib.suppress(*_LOST):
            await asking
    return quiet, beside


async def _ask_for_all(visitor: Visitor, enough: asyncio.Event) -> None:
    """Two years without a filter, from another day each time, so that no answer is kept for it, until it is enough.

    Told by an event: a cancellation that meets an answer in the same moment can be lost, and the loop would go on.
    """
    turn = 0
    while not enough.is_set():
        turn += 1
        day = f"2024-{7 + turn // 28 % 6:02}-{1 + turn % 28:02}"
        await visitor.open(("dwell", "overview", "purchases")[turn % 3], f"from={day}&to={_HEAVY_UNTIL}")


def _resident(process: int) -> int:
    """Memory of a process now, bytes."""
    return int(Path(f"/proc/{process}/statm").read_text(encoding="utf-8").split()[1]) * os.sysconf("SC_PAGE_SIZE")
