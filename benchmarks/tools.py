"""A whole tool at the same picture: Apache Superset over the stored views against our server, both from a cold start."""

from __future__ import annotations

import argparse
import asyncio
import itertools
import os
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from answers import all_addresses
from answers.periods import context
from answers.registry import ask
from benchmarks.client import Visitor
from benchmarks.measure import RUNS, Line, report
from benchmarks.peers import PERIOD
from benchmarks.serving import processor_s, serving
from benchmarks.superset import Chart, installed
from schema.errors import CatchlightError, StorageError
from schema.filters import parse_filters
from schema.scope import LOCAL_OWNER
from warehouse import api as warehouse

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Sequence

    from benchmarks.superset import Desk, Superset
    from schema.settings import DataMode
    from warehouse.api import Snapshot

    Cells = dict[tuple[str, int], tuple[int, int]]

ABSENT: Final = "not measured: Apache Superset is not installed beside the product; docs/performance.md says how"
_PAGE: Final = "dwell"
_REST_S: Final = 1.0
_REST_MOST_S: Final = 60.0
_AT_REST: Final = 0.05
_LEAST_BYTES: Final = 20_000
"""A page of messages with charts or references to them has more; an error or a note less."""
HEATMAP: Final = Chart(("category", "hour_of_week"), (("views", "COUNT(*)"), ("dwell_ms", "SUM(dwell_ms)")))
CARDS: Final = (
    HEATMAP,
    Chart(("product_id",), (("viewers", "COUNT(DISTINCT visitor)"), ("median", "MEDIAN(dwell_ms)"))),
    Chart(("product_id",), (("people", "COUNT(DISTINCT customer_key)"),), (("is_linger", (True,)),)),
    Chart(("category", "channel"), (("median", "MEDIAN(dwell_ms)"),)),
    Chart(("channel", "evidence"), (("views", "COUNT(*)"),)),
)
"""Our page's five cards in plain SQL that tells less: no index, no sales behind a look, no segment."""


@dataclass(frozen=True, slots=True)
class Took:
    """What something took on a server, seconds.

    Attributes:
        wall: until it was there.
        processor: of the server's processes meanwhile.
    """

    wall: float
    processor: float


@dataclass(frozen=True, slots=True)
class Shop:
    """What both show.

    Attributes:
        home: the data folder.
        mode: demo or real.
        days: the first and the last of the period.
        filters: lists of channels, each asked once; the first is all.
        cells: our heatmap under the first two.
        visits: where the views lie.
    """

    home: Path
    mode: DataMode
    days: tuple[dt.date, dt.date]
    filters: tuple[tuple[str, ...], ...]
    cells: tuple[Cells, Cells]
    visits: Path

    def query(self, channels: Sequence[str]) -> str:
        """The address of our page under these channels."""
        return PERIOD + "".join(f"&channel={channel}" for channel in channels) + f"&data={self.mode}"


def tool_lines(home: Path, mode: DataMode, folder: Path) -> list[Line]:
    """First picture, another filter, the whole page and the same again; one line that says so where there is no tool.

    Args:
        home: a data folder.
        mode: its demo or its real data.
        folder: for what the tool writes; it is made and stays.
    """
    tool = installed(folder)
    if tool is None:
        return [Line("tools", None, None, "", ABSENT)]
    before = os.environ.get("CATCHLIGHT_HOME")
    try:
        return _measured(tool, _shop(home, mode))
    except (CatchlightError, OSError) as error:  # a server that does not answer in time is one
        return [Line("tools", None, None, "", f"not measured: {error or type(error).__name__}")]
    finally:
        os.environ.pop("CATCHLIGHT_HOME", None)
        os.environ.update({} if before is None else {"CATCHLIGHT_HOME": before})


def _shop(home: Path, mode: DataMode) -> Shop:
    os.environ["CATCHLIGHT_HOME"] = str(home)
    snapshot = warehouse.open_snapshot(mode)
    if snapshot is None:
        msg = f"{home}: there are no {mode} data."
        raise StorageError(msg)
    visits = snapshot.marts_folder / "visits"
    names = pl.scan_parquet(visits / "*.parquet").select(pl.col("channel").drop_nulls().unique().sort()).collect()
    filters = subsets(names["channel"].to_list())
    if len(filters) <= RUNS:
        msg = f"{home}: its views name too few channels for {RUNS} different filters."
        raise StorageError(msg)
    asked = parse_filters(PERIOD)
    if asked.from_on is None or asked.to_on is None:
        msg = f"{PERIOD}: no period."
        raise StorageError(msg)
    first, second = (_cells(snapshot, channels) for channels in filters[:2])
    return Shop(home, mode, (asked.from_on, asked.to_on), filters, (first, second), visits)


def subsets(channels: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """No filter, then every choice of some channels but not all: filters of which none was asked before."""
    sizes = range(1, len(channels))
    return ((), *itertools.chain.from_iterable(itertools.combinations(channels, size) for size in sizes))


def _cells(snapshot: Snapshot, channels: Sequence[str]) -> Cells:
    """Our heatmap: category and hour → views and milliseconds."""
    all_addresses()
    query = PERIOD + "".join(f"&channel={channel}" for channel in channels)
    marts = warehouse.load_marts(snapshot, LOCAL_OWNER)
    table = ask("dwell/heatmap", context(parse_filters(query), LOCAL_OWNER, snapshot, marts, page=_PAGE)).table
    rows = table.select("group", "hour_of_week", "views", (pl.col("dwell_s") * 1000).round().cast(pl.Int64))
    return {(group, hour): (views, ms) for group, hour, views, ms in rows.iter_rows()}


def _measured(tool: Superset, shop: Shop) -> list[Line]:
    dataset = tool.prepare(shop.visits)
    version = tool.version()
    starts = [(_our_start(shop), _their_start(tool, dataset, shop)) for _ in range(RUNS)]
    with serving(shop.home) as (url, process), tool.running(dataset) as desk:
        asked = asyncio.run(_asked(url, process, desk, shop))
        for channels, cells in zip(shop.filters, shop.cells, strict=False):
            _same(desk.ask(HEATMAP, shop.days, channels), cells)
    told = f"; Superset {version}, heatmaps equal in all {len(shop.cells[0]):,} cells"
    lines = [_line("tools_first", starts, f"from the server's start to the heatmap, nobody having asked{told}")]
    words = {
        "tools_heatmap": "another filter, until the heatmap is there (here the first of the page's cards)",
        "tools_page": "another filter, the whole page (there five charts that tell less, asked at once)",
        "tools_again": "the same filter again, kept (here the whole page, there the heatmap)",
    }
    return [*lines, *(_line(name, asked[name], said) for name, said in words.items())]


def _our_start(shop: Shop) -> Took:
    begun = time.perf_counter()
    with serving(shop.home) as (url, process):

        async def first() -> Took:
            async with Visitor(url) as visitor:
                return (await _opened(visitor, shop.query(()), process, Took(begun, 0.0)))[0]

        return asyncio.run(first())


def _their_start(tool: Superset, dataset: int, shop: Shop) -> Took:
    begun = time.perf_counter()
    with tool.running(dataset) as desk:
        return _since(Took(begun, 0.0), desk.process, lambda: desk.ask(HEATMAP, shop.days))


async def _asked(url: str, process: int, desk: Desk, shop: Shop) -> dict[str, list[tuple[Took, Took]]]:
    """Filters that nobody asked for, both servers in turn; the first does not count."""
    found: dict[str, list[tuple[Took, Took]]] = {"tools_heatmap": [], "tools_page": [], "tools_again": []}
    async with Visitor(url) as visitor:
        for run, channels in enumerate(shop.filters[: RUNS + 1]):
            query = shop.query(channels)
            for server in (process, desk.process):
                _let_rest(server)
            heatmap, page = await _opened(visitor, query, process, _now(process))
            there = _now(desk.process)
            picture = _since(there, desk.process, lambda: desk.ask(HEATMAP, shop.days, channels))  # noqa: B023
            there = _now(desk.process)
            charts = _since(there, desk.process, lambda: desk.ask_all(CARDS, shop.days, channels))  # noqa: B023
            again = (await _opened(visitor, query, process, _now(process)))[1]
            there = _now(desk.process)
            kept = _since(there, desk.process, lambda: desk.ask(HEATMAP, shop.days, channels))  # noqa: B023
            if run:
                pairs = ((heatmap, picture), (page, charts), (again, kept))
                for name, pair in zip(found, pairs, strict=True):
                    found[name].append(pair)
    return found


async def _opened(visitor: Visitor, query: str, process: int, since: Took) -> tuple[Took, Took]:
    """Our page under a filter: until its first chart was there, and until all of it was."""
    charts: list[Took] = []
    visitor.on_chart = lambda: charts.append(_less(_now(process), since))
    told = await visitor.open(_PAGE, query)
    if told.complaint or told.bytes < _LEAST_BYTES:
        msg = f"{_PAGE}?{query}: {told.complaint or 'the page has no charts'}"
        raise StorageError(msg)
    whole = _less(_now(process), since)
    return (charts[0] if charts else whole), whole


def _since(begun: Took, process: int, work: Callable[[], object]) -> Took:
    work()
    return _less(_now(process), begun)


def _now(process: int) -> Took:
    return Took(time.perf_counter(), processor_s(process))


def _less(now: Took, begun: Took) -> Took:
    return Took(now.wall - begun.wall, now.processor - begun.processor)


def _let_rest(process: int) -> None:
    """Wait until a server has done what it does by itself after its start, a minute at most."""
    end = time.monotonic() + _REST_MOST_S
    while time.monotonic() < end:
        before = processor_s(process)
        time.sleep(_REST_S)
        if processor_s(process) - before < _AT_REST:
            return


def _same(rows: Sequence[dict[str, Any]], cells: Cells) -> None:
    """Refuse to compare pictures that differ."""
    there: Cells = {(row["category"], row["hour_of_week"]): (row["views"], row["dwell_ms"]) for row in rows}
    differ = sum(there.get(cell) != cells.get(cell) for cell in {*there, *cells})
    if differ:
        msg = f"the heatmaps differ in {differ:,} of {len(cells):,} cells."
        raise StorageError(msg)


def _line(name: str, pairs: Sequence[tuple[Took, Took]], said: str) -> Line:
    """How much less processor time ours took, with both sides' medians."""
    ours, theirs = (statistics.median(pair[side].processor for pair in pairs) for side in (0, 1))
    here, there = (statistics.median(pair[side].wall for pair in pairs) for side in (0, 1))
    detail = (
        f"{said}: {1000 * ours:,.0f} ms of processor here, {1000 * theirs:,.0f} ms there; wall {here:,.2f} s and "
        f"{there:,.2f} s; median of {len(pairs)}"
    )
    return Line(name, theirs / ours if ours else None, None, "× less than Superset", detail, at_least=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """``python -m benchmarks.tools HOME MODE``: the same over a data folder that is there already, such as a large one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("home", type=Path)
    parser.add_argument("mode", choices=("demo", "real"))
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="catchlight-tools-", ignore_cleanup_errors=True) as folder:
        print(report(tool_lines(given.home.resolve(), given.mode, Path(folder) / "superset")))
    return 0


if __name__ == "__main__":
    sys.exit(main())
