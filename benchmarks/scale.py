"""Does it cost the same with ten times the events? Two shops are made, imported as anybody's files, and asked."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import os
import shutil
import statistics
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from answers import all_addresses
from answers.periods import context
from answers.registry import ask
from benchmarks.events import ZONE, Shop, write_day, write_shop
from benchmarks.measure import Line, cpu_ms
from benchmarks.peers import peer_lines, raw_heatmap, raw_rfm
from schema.errors import StorageError
from schema.filters import parse_filters
from schema.scope import LOCAL_OWNER
from warehouse import api as warehouse

if TYPE_CHECKING:
    from collections.abc import Callable

    from schema.marts import Marts
    from warehouse.api import Snapshot

    Asked = tuple[Snapshot, Marts]

ROOT: Final = Path(__file__).parent.parent
SMALL, LARGE = 1_000_000, 10_000_000
FULL_SMALL, FULL_LARGE = 10_000_000, 100_000_000
_RUNS: Final = 5
_FILTERS: Final = (
    "from=2026-08-01&to=2026-10-31",
    "from=2026-05-04&to=2026-09-13",
    "from=2026-08-01&to=2026-10-31&channel=app",
    "from=2026-02-01&to=2026-10-31&category=K0000003",
    "from=2026-08-01&to=2026-10-31&city=Nanjing",
    "from=2026-08-01&to=2026-10-31&agent=A0000001",
)


def scale_lines(folder: Path, small: Shop, large: Shop) -> list[Line]:
    """Import memory, a day more, and answers at two sizes.

    Args:
        folder: for files and data folders; what is made there is removed again.
        small: the shop of which ``large`` has more events and nothing else.
        large: the other one.
    """
    one, ten = (_import(folder / name, shop) for name, shop in (("small", small), ("large", large)))
    sizes = f"{small.events:,} and {large.events:,} events, {large.orders:,} orders"
    rate = large.events / ten["cpu_s"]
    lines = [
        Line(
            "ingest_memory", ten["peak_mb"] / one["peak_mb"], 1.2, "× the smaller import",
            f"{sizes}: {one['peak_mb']:,.0f} MB and {ten['peak_mb']:,.0f} MB",
        ),
        Line(
            "ingest_rate", rate, None, "events a second",
            f"of processor; {ten['cpu_s']:.0f} s, {ten['wall_s']:.0f} s of wall time, orders included",
        ),
    ]  # fmt: skip
    all_addresses()
    asked = {name: _open(folder / name) for name in ("small", "large")}
    lines += _answer_lines(asked["small"], asked["large"], sizes)
    lines += peer_lines(*asked["large"])
    lines.append(_new_day(folder / "large", large))
    for name in asked:
        shutil.rmtree(folder / name)
    return lines


def shops(*, full: bool, orders: int = 100_000) -> tuple[Shop, Shop]:
    """The two shops of the default run, or of ``--full``."""
    small = Shop(events=FULL_SMALL if full else SMALL, orders=orders)
    return small, dataclasses.replace(small, events=FULL_LARGE if full else LARGE)


def _import(home: Path, shop: Shop) -> dict[str, Any]:
    files = home / "files"
    write_shop(files, shop)
    found = _run(home, "-m", "warehouse", "import", str(files), "--zone", ZONE, "--currency", "CNY")
    shutil.rmtree(files)
    return found


def _run(home: Path, *arguments: str) -> dict[str, Any]:
    """A command on this data folder: its processor and wall time, and the most memory it or a child of it held."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.scale_run", *arguments], cwd=ROOT, stdout=subprocess.PIPE, text=True,
        env={**os.environ, "CATCHLIGHT_HOME": str(home)}, check=False,
    )  # fmt: skip
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    if done.returncode:
        msg = f"{home}: python {' '.join(arguments)} ended with {done.returncode}; see above."
        raise StorageError(msg)
    return found


def _open(home: Path) -> Asked:
    os.environ["CATCHLIGHT_HOME"] = str(home)
    snapshot = warehouse.open_snapshot("real")
    if snapshot is None:
        msg = f"{home}: the shop was imported and cannot be read."
        raise StorageError(msg)
    return snapshot, warehouse.load_marts(snapshot, LOCAL_OWNER)


def _answer_lines(small: Asked, large: Asked, sizes: str) -> list[Line]:
    """Heatmap and top products at both sizes, and against scans of the raw rows."""
    heat = _both(small, large, "dwell/heatmap", medians="no")
    top = _both(small, large, "overview/ranking", by="category")
    raw = statistics.median(cpu_ms(lambda: raw_heatmap(large[0])) for _ in range(3))
    rfm, raw_money = _in_turn(lambda: _ask(large, "purchases/rfm", _FILTERS[0]), lambda: raw_rfm(large[0]))
    slowest = max(heat[1])
    said = "{:.1f} ms and {:.1f} ms".format
    middle = [statistics.median(times) for times in (*heat, *top)]
    return [
        Line(
            "heatmap", raw / middle[1], 2_000.0, "× less than a scan",
            f"{middle[1]:.1f} ms against {raw:,.0f} ms for the raw rows", at_least=True,
        ),
        Line("heatmap_slowest", slowest, 10.0, "ms", f"of {len(_FILTERS)} filters × {_RUNS}; {sizes}"),
        Line("scale_free", middle[1] / middle[0], 1.1, "× the smaller", f"heatmap, {said(middle[0], middle[1])}"),
        Line(
            "scale_free_top", middle[3] / middle[2], 1.1, "× the smaller",
            f"categories ranked, {said(middle[2], middle[3])}",
        ),
        Line(
            "rfm", raw_money / rfm, 100.0, "× less than raw", f"{rfm:.1f} ms against {raw_money:.0f} ms", at_least=True
        ),
        Line("rfm_ms", rfm, 50.0, "ms", sizes),
    ]  # fmt: skip


def _both(small: Asked, large: Asked, address: str, **options: str) -> tuple[list[float], list[float]]:
    """Processor times of a question under every filter, both sizes in turn; the first of each does not count."""
    taken: tuple[list[float], list[float]] = ([], [])
    for query in _FILTERS:
        for run in range(_RUNS + 1):
            for times, one in zip(taken, (small, large), strict=True):
                time = cpu_ms(lambda: _ask(one, address, query, **options))  # noqa: B023  (called at once)
                if run:
                    times.append(time)
    return taken


def _ask(one: Asked, address: str, query: str, **options: str) -> object:
    """An answer that nobody asked for before."""
    page = address.split("/", 1)[0]
    return ask(address, context(parse_filters(query), LOCAL_OWNER, *one, page=page), **options)


def _in_turn(ours: Callable[[], object], other: Callable[[], object]) -> tuple[float, float]:
    ours()
    pairs = [(cpu_ms(ours), cpu_ms(other)) for _ in range(_RUNS)]
    return statistics.median(p[0] for p in pairs), statistics.median(p[1] for p in pairs)


def _new_day(home: Path, shop: Shop) -> Line:
    """One more day imported, against building all marts again; beginning Python is in both and taken off both."""
    day = shop.last_on + dt.timedelta(days=1)
    events = shop.events // (shop.months * 30)
    file = write_day(home / f"events-{day}.csv", shop, day, events)
    idle = _run(home, "-m", "warehouse", "status", "--data", "real")["cpu_s"]
    added = _run(home, "-m", "warehouse", "import", str(file))
    built = _run(home, "-m", "warehouse", "rebuild", "--data", "real")
    ours, whole = added["cpu_s"] - idle, built["cpu_s"] - idle
    said = f"{events:,} events, {added['cpu_s']:.1f} s of processor against {built['cpu_s']:.1f} s, of each {idle:.1f} s to begin"
    return Line("new_day", 100 * ours / whole, 0.3, "% of a rebuild", said)
