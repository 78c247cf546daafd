"""``python -m benchmarks``: what things cost here, beside what they should cost."""

from __future__ import annotations

import json
import os
import platform
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.binding import binding_lines
from benchmarks.books import books_lines, simulate_full_lines, simulate_line
from benchmarks.crowd import crowd_lines
from benchmarks.loading import build_demo, first_page, reimport
from benchmarks.measure import report
from benchmarks.pages import page_lines
from benchmarks.parts import h3_line, nearest_line, payload_lines, session_lines
from benchmarks.scale import scale_lines, shops
from schema.commands import Parser, run
from schema.errors import StorageError
from schema.scope import LOCAL_OWNER
from warehouse import api as warehouse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.measure import Line

SMALL, FULL = 200_000, 2_000_000


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure in a folder of its own, print a table, and write JSON when asked. A missed goal is no error."""
    parser = Parser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--full", action="store_true", help="two million customers, a month of a million orders, 100M events"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the lines as a JSON list")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="catchlight-benchmarks-") as folder:
        lines = _measure(Path(folder), full=given.full)
    print(f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    print(report(lines))
    if given.json:
        try:
            given.json.write_text(json.dumps([line.as_dict() for line in lines], indent=1) + "\n", encoding="utf-8")
        except OSError as error:
            msg = f"{given.json}: cannot be written ({error.strerror})."
            raise StorageError(msg) from error
    return 0


def _measure(folder: Path, *, full: bool) -> list[Line]:
    customers = FULL if full else SMALL
    os.environ["CATCHLIGHT_HOME"] = str(folder)
    os.environ["CATCHLIGHT_DATABASE"] = ""  # books of a benchmark belong in its folder
    lines = [*build_demo(folder), *first_page(folder)]
    snapshot = warehouse.open_snapshot("demo")
    if snapshot is None:
        msg = f"{folder}: the demo was built and cannot be read."
        raise StorageError(msg)
    marts = warehouse.load_marts(snapshot, LOCAL_OWNER)
    lines += page_lines(snapshot, marts)
    lines += [*session_lines(snapshot), nearest_line(customers), h3_line(customers * 5)]
    lines += payload_lines(snapshot, marts)
    lines += [reimport(folder), *binding_lines(customers), simulate_line(snapshot)]
    lines += books_lines(folder / "books", full=full)
    lines += crowd_lines(folder, full=full)
    lines += scale_lines(folder / "scale", *shops(full=full))
    return [*lines, *(simulate_full_lines(folder / "replay") if full else ())]


if __name__ == "__main__":
    sys.exit(run(main))
