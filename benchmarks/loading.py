"""What does it cost to make the demo, and to load the same files again?"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.books import demo_books_line
from benchmarks.measure import Line
from demo.build import source_files
from warehouse import api as warehouse

ROOT = Path(__file__).parent.parent


def build_demo(home: Path) -> list[Line]:
    """The demo from nothing, as the first start makes it, and the part of it that its books take: wall time."""
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.demo_run"], cwd=ROOT, env={**os.environ, "CATCHLIGHT_HOME": str(home)},
        check=True, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    taken = time.perf_counter() - start
    found = json.loads(done.stdout.splitlines()[-1])
    said = f"wall time, the company invented and its books kept; processor time {found['cpu_s']:.1f} s"
    return [Line("import_demo", taken, 20.0, "s", said), demo_books_line(found["stamps"], taken)]


def reimport(folder: Path) -> Line:
    """The same files twice into an empty warehouse: the second time adds nothing and is no slower."""
    mappings = source_files(folder / "files")
    files = [folder / "files" / name for name in mappings]
    taken, numbers = [], []
    for _ in range(2):
        start = time.perf_counter()
        warehouse.import_files(files, mode="real", mappings=mappings, trusted=True)
        taken.append(time.perf_counter() - start)
        numbers.append(warehouse.latest_number("real"))
    same = "adds nothing" if numbers[0] == numbers[1] else "PUBLISHED A NEW SNAPSHOT"
    detail = f"{taken[1]:.1f} s against {taken[0]:.1f} s, wall time; the second {same}"
    value = taken[1] / taken[0] if numbers[0] == numbers[1] else None
    return Line("reimport_same", value, 1.0, "× the first import", detail)


def first_page(home: Path) -> list[Line]:
    """The Overview on a server that has answered before, and on one that just started."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.first_page"], cwd=ROOT,
        env={**os.environ, "CATCHLIGHT_HOME": str(home)}, check=True, capture_output=True, text=True,
    )  # fmt: skip
    found = json.loads(done.stdout.splitlines()[-1])
    first, again = found["kept_ms"] / found["title_ms"], found["rerun_ms"] / found["title_rerun_ms"]
    return [
        Line(
            "first_page", first, 2.0, "× a page with a title only",
            f"processor, imports done, answers kept: {found['kept_ms']:.0f} ms against {found['title_ms']:.1f} ms; "
            f"{found['cpu_ms']:.0f} ms when nothing was asked before",
        ),
        Line(
            "first_page_rerun", again, 2.5, "× an empty page's",
            f"processor: {found['rerun_ms']:.0f} ms against {found['title_rerun_ms']:.1f} ms",
        ),
        Line("first_page_wall", found["wall_ms"], 1000.0, "ms", "wall time of a new visitor, no answer kept"),
        Line(
            "first_page_cold", found["first_ms"], None, "ms",
            "wall time of the first visit after the server's start, imports included",
        ),
    ]  # fmt: skip
