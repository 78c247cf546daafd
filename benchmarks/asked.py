"""Two data folders asked the same, in turn, in a process of its own: what answers cost at both sizes, as JSON lines.

A process of its own because the rows of the larger shop may not fit into memory: then only these lines are missing.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import statistics
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from answers import all_addresses
from answers.periods import context
from answers.registry import ask
from benchmarks.books_run import peak_mb
from benchmarks.distinct import distinct_lines
from benchmarks.heatmap import differing, raw_dwell
from benchmarks.measure import RUNS, Line, cpu_ms, interleaved
from benchmarks.money import money_lines
from benchmarks.peers import PERIOD, QUESTIONS, peer_lines, raw_heatmap
from schema.errors import StorageError
from schema.filters import parse_filters
from schema.scope import LOCAL_OWNER
from warehouse import api as warehouse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from answers.answer import Answer
    from schema.marts import Marts
    from warehouse.api import Snapshot

    Asked = tuple[Snapshot, Marts]

_ALL_DAYS: Final = "from=2000-01-01&to=2099-12-31"

FILTERS: Final = (
    PERIOD,
    "from=2026-05-04&to=2026-09-13",
    f"{PERIOD}&channel=app",
    "from=2026-02-01&to=2026-10-31&category=K0000003",
    f"{PERIOD}&city=Nanjing",
    f"{PERIOD}&agent=A0000001",
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Ask both; the last line printed is a JSON list of lines."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("small", type=Path)
    parser.add_argument("large", type=Path)
    parser.add_argument("--events", type=int, nargs=2, required=True, help="of the two")
    given = parser.parse_args(arguments)
    all_addresses()
    small, large = _open(given.small), _open(given.large)
    first, second = given.events
    sizes = f"{first:,} and {second:,} events"
    lines = [*_scale_lines(small, large, sizes), *money_lines(*large, sizes), *distinct_lines(*large)]
    lines += _question_lines(small, large, (first, second))
    lines += peer_lines(*large)
    lines.append(
        Line("answers_memory", peak_mb(), 6_000.0, "MB", f"most held while asking; both shops loaded, {sizes}")
    )
    sys.stdout.write(json.dumps([line.as_dict() for line in lines]) + "\n")
    return 0


def _open(home: Path) -> Asked:
    os.environ["CATCHLIGHT_HOME"] = str(home)
    snapshot = warehouse.open_snapshot("real")
    if snapshot is None:
        msg = f"{home}: the shop was imported and cannot be read."
        raise StorageError(msg)
    return snapshot, warehouse.load_marts(snapshot, LOCAL_OWNER)


def _scale_lines(small: Asked, large: Asked, sizes: str) -> list[Line]:
    """Heatmap and largest categories at both sizes."""
    heat = _under_filters(small, large, "dwell/heatmap", medians="no")
    top = _under_filters(small, large, "overview/ranking", by="category")
    said = "{}, {:.1f} ms and {:.1f} ms".format
    ratios = []
    for name, (before, after) in (("heatmap", heat), ("top", top)):
        one, ten = statistics.median(before), statistics.median(after)
        ratios.append(
            Line(f"scale_free_{name}", ten / one, 1.1, "× the smaller", said(f"{len(FILTERS)} filters", one, ten))
        )
    slower = max(ratios, key=lambda line: line.value or 0.0)
    return [
        *_heatmap_lines(large),
        Line("heatmap_p95", _p95(heat[1]), 10.0, "ms", f"of {len(FILTERS)} filters × {RUNS}; {sizes}"),
        Line("scale_free", slower.value, 1.1, "× the smaller", f"{slower.id}: {slower.detail}; {sizes}"),
        *ratios,
    ]


def _heatmap_lines(large: Asked) -> list[Line]:
    """The heatmap against a scan of the stored views that tells the same, in turn: under each filter, and of all days."""
    taken: list[tuple[float, float]] = []
    wrong, each = 0, []
    for query in (*FILTERS, _ALL_DAYS):
        ours, raw = interleaved(
            lambda: ask_new(large, "dwell/heatmap", query, medians="no"),  # noqa: B023  (called at once)
            lambda: raw_dwell(large[0], large[1].places, query),  # noqa: B023
            is_warm=True,
        )
        wrong += differing(
            ask_new(large, "dwell/heatmap", query, medians="no"), raw_dwell(large[0], large[1].places, query)
        )
        taken.append((ours, raw))
        each.append(f"{raw / ours:,.0f}")
    told = "equal" if not wrong else f"{wrong} CELLS DIFFER"
    mine, theirs = (statistics.median(times) for times in zip(*taken[:-1], strict=True))
    ours, raw = taken[-1]
    said = (
        f"the same answer of the stored views, which hold dwell, under each of {len(FILTERS)} filters ({', '.join(each[:-1])} ×): "
        f"medians {mine:.2f} ms and {theirs:,.0f} ms, {told}"
    )
    return [
        Line("heatmap", theirs / mine, 2_000.0, "× less than a scan", said, at_least=True),
        Line(
            "heatmap_all_days", raw / ours, 2_000.0, "× less than a scan",
            f"of all stored views, no filter: {ours:.2f} ms against {raw:,.0f} ms, {told}", at_least=True,
        ),
    ]  # fmt: skip


def _question_lines(small: Asked, large: Asked, events: tuple[int, int]) -> list[Line]:
    """The eight questions of a dashboard at both sizes."""
    lines = []
    for name, (address, options, _) in QUESTIONS.items():
        one, ten = interleaved(
            lambda: ask_new(small, address, PERIOD, **options),  # noqa: B023  (called at once)
            lambda: ask_new(large, address, PERIOD, **options),  # noqa: B023
        )
        by_size = ((events[0], one), (events[1], ten))
        lines.append(Line(f"ask_{name}", ten, None, "ms", f"{one:.1f} ms at the smaller size", by_size=by_size))
    one, ten = interleaved(lambda: raw_heatmap(small[0]), lambda: raw_heatmap(large[0]))
    scanned = ((events[0], one), (events[1], ten))
    return [*lines, Line("scan_heatmap", ten, None, "ms", "the raw rows, for comparison", by_size=scanned)]


def _under_filters(small: Asked, large: Asked, address: str, **options: str) -> tuple[list[float], list[float]]:
    """Processor times of a question under every filter, both sizes in turn; the first of each does not count."""
    taken: tuple[list[float], list[float]] = ([], [])
    for query in FILTERS:
        for run in range(RUNS + 1):
            for times, one in zip(taken, (small, large), strict=True):
                time = cpu_ms(lambda: ask_new(one, address, query, **options))  # noqa: B023  (called at once)
                if run:
                    times.append(time)
    return taken


def ask_new(one: Asked, address: str, query: str, **options: str) -> Answer:
    """An answer that nobody asked for before."""
    page = address.split("/", 1)[0]
    return ask(address, context(parse_filters(query), LOCAL_OWNER, *one, page=page), **options)


def _p95(times: list[float]) -> float:
    return sorted(times)[math.ceil(0.95 * len(times)) - 1]


if __name__ == "__main__":
    sys.exit(main())
