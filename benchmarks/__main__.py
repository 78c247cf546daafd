"""``python -m benchmarks``: what things cost here, beside what they should cost."""

from __future__ import annotations

import json
import os
import platform
import signal
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from benchmarks.goals import complete
from benchmarks.measure import report
from benchmarks.part import PARTS, Plan, measured
from benchmarks.plot import write_plot
from benchmarks.scale import shops
from schema.commands import Parser, run
from schema.errors import StorageError

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Sequence

    from benchmarks.measure import Line

SMALL, FULL = 200_000, 2_000_000
_OF_SHOP: Final = ("orders", "stores", "agents", "products", "categories", "customers", "seed")


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure in a folder of its own, print a table, and write JSON when asked. A missed goal is no error."""
    given = _arguments(arguments)
    os.environ["CATCHLIGHT_WAREHOUSE"] = ""  # nothing of an invented shop goes to where real data lie
    lines: list[Line] = []
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ended from outside, it cleans up as after Ctrl-C
    _write(given.json, lines)  # a file that cannot be written is found out before an hour of measuring
    with tempfile.TemporaryDirectory(prefix="catchlight-benchmarks-", ignore_cleanup_errors=True) as folder:
        plan = _plan(given, folder)
        for name in given.only or PARTS:
            sys.stderr.write(f"measuring: {name}\n")
            lines += measured(name, plan)
            _write(given.json, lines)  # what is measured stays when a later part is ended from outside
    lines = complete(lines)
    print(f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    print(report(lines))
    if given.plot:
        try:
            write_plot(given.plot, lines)
        except OSError as error:
            raise _unwritable(error) from error
    return 0


def _write(file: Path | None, lines: Sequence[Line]) -> None:
    """The lines so far as a JSON list, the goals first."""
    if file is None:
        return
    told = [line.as_dict() for line in complete(lines)]
    try:
        file.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise _unwritable(error) from error


def _unwritable(error: OSError) -> StorageError:
    return StorageError(f"{error.filename}: cannot be written ({error.strerror}).")


def _arguments(arguments: Sequence[str] | None) -> Namespace:
    parser = Parser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--full",
        action="store_true",
        help="two million customers, ten million orders, a month of a million orders, 100M events",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the lines as a JSON list")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="draw cost against size as an SVG picture")
    parser.add_argument("--only", nargs="+", choices=list(PARTS), metavar="PART", help=f"of {', '.join(PARTS)}")
    parser.add_argument("--demo", type=Path, metavar="HOME", help="copy the demo from this data folder, make none")
    parser.add_argument("--events", type=int, help="of the larger shop; the smaller has a tenth")
    for name in _OF_SHOP:
        parser.add_argument(f"--{name}", type=int, help="of both shops")
    return parser.parse_args(arguments)


def _plan(given: Namespace, folder: str) -> Plan:
    asked = {name: getattr(given, name) for name in _OF_SHOP if getattr(given, name) is not None}
    usual = shops(full=given.full)
    events = [shop.events for shop in usual]
    orders, customers = usual[0].orders, usual[0].customers
    if given.events:
        events = [max(1, given.events // 10), given.events]
        orders = min(orders, events[0])
    small, large = ({"orders": orders, "customers": customers, **asked, "events": count} for count in events)
    people = given.customers or (FULL if given.full else SMALL)
    return Plan(folder, given.full, people, (small, large), str(given.demo.resolve()) if given.demo else "")


if __name__ == "__main__":
    sys.exit(run(main))
