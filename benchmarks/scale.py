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

from benchmarks.events import ZONE, Shop, write_day, write_shop
from benchmarks.goals import unmeasured
from benchmarks.measure import RUNS, Line
from schema.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT: Final = Path(__file__).parent.parent
SMALL, LARGE = 1_000_000, 10_000_000
_ENOUGH: Final = 100_000
"""With fewer events nothing is told by a day more: once shows that it works."""
FULL_SMALL, FULL_LARGE = 10_000_000, 100_000_000
FULL_CUSTOMERS, FULL_ORDERS = 2_000_000, 10_000_000


def scale_lines(folder: Path, small: Shop, large: Shop) -> list[Line]:
    """Import memory, a day more, and answers at two sizes.

    Args:
        folder: for files and data folders; what is made there is removed again.
        small: the shop of which ``large`` has more events and nothing else.
        large: the other one.
    """
    homes = folder / "small", folder / "large"
    try:
        one, ten = (_import(home, shop) for home, shop in zip(homes, (small, large), strict=True))
        lines = _import_lines(one, ten, small, large)
        lines += _asked(*homes, small, large)
        lines.append(_or_why("new_day", lambda: _new_day(homes[1], large)))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return lines


def _or_why(name: str, measure: Callable[[], Line]) -> Line:
    """A line, or one that says what ended it: what was measured before it is not lost."""
    try:
        return measure()
    except StorageError as error:
        return unmeasured(name, f"not measured: {error}")


def shops(*, full: bool, orders: int = 100_000) -> tuple[Shop, Shop]:
    """The two shops of the default run, or of ``--full``, where both have 2 million customers and 20 million lines."""
    small = Shop(events=SMALL, orders=orders)
    if full:
        small = Shop(events=FULL_SMALL, orders=FULL_ORDERS, customers=FULL_CUSTOMERS)
    return small, dataclasses.replace(small, events=FULL_LARGE if full else LARGE)


def _import_lines(one: dict[str, Any], ten: dict[str, Any], small: Shop, large: Shop) -> list[Line]:
    sizes = f"{small.events:,} and {large.events:,} events, {large.orders:,} orders"
    seconds = ((small.events, 1000 * one["cpu_s"]), (large.events, 1000 * ten["cpu_s"]))
    return [
        Line(
            "ingest_memory", ten["peak_mb"] / one["peak_mb"], 1.2, "× the smaller import",
            f"{sizes}: {one['peak_mb']:,.0f} MB and {ten['peak_mb']:,.0f} MB",
        ),
        Line(
            "ingest_rate", large.events / ten["cpu_s"], None, "events a second",
            f"of processor; {ten['cpu_s']:.0f} s, {ten['wall_s']:.0f} s of wall time, orders included", by_size=seconds,
        ),
    ]  # fmt: skip


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
    if done.returncode:
        msg = f"{home}: python {' '.join(arguments)} ended with {done.returncode}; see above."
        raise StorageError(msg)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _asked(one: Path, ten: Path, small: Shop, large: Shop) -> list[Line]:
    """What answers cost, measured beside this process; one line that says so where the rows do not fit."""
    sizes = [str(small.events), str(large.events)]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.asked", str(one), str(ten), "--events", *sizes],
        cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        why = f"not measured: asking ended with {done.returncode} (a negative number is a signal, -9 no memory left)"
        return [unmeasured("answers_memory", why)]
    return [Line.from_dict(told) for told in json.loads(done.stdout.splitlines()[-1])]


def _new_day(home: Path, shop: Shop) -> Line:
    """A day more imported, against building all marts again, in turn; beginning Python is in both and taken off both."""
    events = max(1, shop.events // (shop.months * 30))
    idle, added, built = [], [], []
    for after in range(RUNS if shop.events >= _ENOUGH else 1):
        day = shop.last_on + dt.timedelta(days=1 + after)
        first = shop.events + after * events
        file = write_day(home / f"events-{day}.csv", dataclasses.replace(shop, events=first), day, events)
        idle.append(_run(home, "-m", "warehouse", "status", "--data", "real")["cpu_s"])
        added.append(_run(home, "-m", "warehouse", "import", str(file))["cpu_s"])
        built.append(_run(home, "-m", "warehouse", "rebuild", "--data", "real")["cpu_s"])
    begin, ours, whole = (statistics.median(times) for times in (idle, added, built))
    said = f"{events:,} events, {ours:.1f} s of processor against {whole:.1f} s, of each {begin:.1f} s to begin"
    if whole <= begin:
        return Line("new_day", None, 0.3, "% of a rebuild", f"not measured: too few events; {said}")
    return Line("new_day", 100 * (ours - begin) / (whole - begin), 0.3, "% of a rebuild", said)
