"""Settling, publishing, verifying and replaying: each step of the books in a process of its own."""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.books_run import other_rules
from benchmarks.measure import Line

if TYPE_CHECKING:
    from warehouse.api import Snapshot

ROOT = Path(__file__).parent.parent
MONTH, FULL_MONTH = 100_000, 1_000_000
FULL_REPLAY, REPLAY_MONTHS = 8_000_000, 12
_RUNS = 3


def books_lines(folder: Path, *, full: bool) -> list[Line]:
    """A month of orders settled, published and verified, on a company made for it.

    Args:
        folder: where the company lies; removed again.
        full: a million orders instead of 100,000.
    """
    orders = FULL_MONTH if full else MONTH
    _step(folder, "make", orders)
    _step(folder, "bind", orders)
    settled, published, verified = (_step(folder, step, orders) for step in ("settle", "publish", "verify"))
    shutil.rmtree(folder)
    minutes, rows = settled["wall_s"] / 60, verified["rows"]
    said = f"{orders:,} orders, {settled['entries']:,} entries, {settled['statements']:,} statements; wall time"
    whole = verified["ok"]
    return [
        Line("settle_month", minutes, 10.0 if full else 1.0, "min", f"{said}, {settled['cpu_s']:.1f} s of processor"),
        Line("settle_month_peak", settled["peak_mb"], 1_500.0, "MB", "most memory held, the program included"),
        Line(
            "publish_books", published["wall_s"], 60.0 if full else 10.0, "s", f"{published['rows']:,} rows; wall time"
        ),
        Line(
            "ledger_verify",
            rows / verified["wall_s"] if whole else None,
            20_000.0,
            "rows a second",
            f"{rows:,} rows, {verified['wall_s']:.1f} s; wall time" if whole else "; ".join(verified["problems"]),
            at_least=True,
        ),
    ]


def simulate_line(snapshot: Snapshot) -> Line:
    """Twelve months of the demo under other rules; wall time, as somebody waits for it."""
    found = [other_rules(snapshot) for _ in range(_RUNS + 1)][1:]
    seconds = statistics.median(float(str(run["simulate_s"])) for run in found)
    return Line("simulate", seconds, 1.0, "s", f"{found[0]['orders']:,} orders replayed, the demo; wall time")


def simulate_full_lines(folder: Path) -> list[Line]:
    """Eight million orders of twelve months under other rules."""
    _step(folder, "make", FULL_REPLAY, REPLAY_MONTHS)
    found = _step(folder, "simulate")
    shutil.rmtree(folder)
    said = f"{found['orders']:,} orders replayed; wall time, {found['cpu_s']:.0f} s of processor"
    return [
        Line("simulate_full", found["simulate_s"], 60.0, "s", said),
        Line("simulate_full_peak", found["peak_mb"], 4_000.0, "MB", "most memory held, the program included"),
    ]


def _step(home: Path, step: str, orders: int = 0, months: int = 1) -> dict[str, Any]:
    home.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.books_run", step, "--orders", str(orders), "--months", str(months)],
        cwd=ROOT, env={**os.environ, "CATCHLIGHT_HOME": str(home), "CATCHLIGHT_DATABASE": ""}, check=True,
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def demo_books_line(stamps: list[tuple[float, str]], whole_s: float) -> Line:
    """Which part of the demo's making is its books? ``stamps``: when each step began, seconds, and its words."""
    first = next((at for at, what in stamps if what.startswith("Binding")), None)
    if first is None:
        return Line("demo_books", None, 60.0, "% of the demo", "the build named no step of its books")
    part = stamps[-1][0] - first
    return Line(
        "demo_books", 100 * part / whole_s, 60.0, "% of the demo", f"{part:.1f} s of {whole_s:.1f} s; wall time"
    )
