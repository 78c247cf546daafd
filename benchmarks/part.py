"""One part of a run in a process of its own: it gives its memory back, and takes no other part along when it fails."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from benchmarks.binding import binding_lines
from benchmarks.books import books_lines, simulate_full_lines, simulate_line
from benchmarks.clicks import click_lines
from benchmarks.crowd import crowd_lines
from benchmarks.events import Shop
from benchmarks.goals import unmeasured
from benchmarks.identities import identity_lines
from benchmarks.loading import build_demo, first_page, reimport
from benchmarks.measure import Line
from benchmarks.pages import page_lines
from benchmarks.parts import h3_line, nearest_line, payload_lines, session_lines
from benchmarks.scale import scale_lines
from benchmarks.superset import installed
from benchmarks.tools import ABSENT, tool_lines
from schema.errors import StorageError
from schema.scope import LOCAL_OWNER
from warehouse import api as warehouse

if TYPE_CHECKING:
    from collections.abc import Callable

    from schema.marts import Marts
    from warehouse.api import Snapshot

ROOT: Final = Path(__file__).parent.parent
_LINES: Final = "lines.json"
_STDERR: Final = 2


@dataclass(frozen=True)
class Plan:
    """What a run measures; it travels to its parts as JSON.

    Attributes:
        folder: where everything is made; it ends with the run.
        full: at the large sizes.
        people: customers for what needs no events.
        shops: the smaller and the larger shop, as ``Shop`` takes them.
        demo: a data folder whose demo is copied instead of made; empty makes one.
    """

    folder: str
    full: bool
    people: int
    shops: tuple[dict[str, Any], dict[str, Any]]
    demo: str = ""

    @property
    def home(self) -> Path:
        """The folder as a path."""
        return Path(self.folder)


def measured(name: str, plan: Plan) -> list[Line]:
    """A part's lines; where it fails the only line says so, and its own words are on stderr."""
    file = plan.home / _LINES
    file.unlink(missing_ok=True)
    command = [sys.executable, "-m", "benchmarks.part", name, json.dumps(asdict(plan))]
    home = {**os.environ, "CATCHLIGHT_HOME": plan.folder, "CATCHLIGHT_DATABASE": ""}  # its books belong in its folder
    part = subprocess.Popen(command, cwd=ROOT, env=home, stdout=_STDERR, start_new_session=True)
    try:
        code = part.wait()
    except BaseException:
        os.killpg(part.pid, signal.SIGKILL)  # with all that it started itself
        part.wait()
        raise
    if code or not file.exists():
        return [unmeasured(f"{name}_failed", f"not measured: the part ended with {code}; see above")]
    return [Line.from_dict(told) for told in json.loads(file.read_text(encoding="utf-8"))]


def main(arguments: list[str]) -> int:
    """``python -m benchmarks.part NAME PLAN``: measure, and leave the lines in the plan's folder."""
    name, told = arguments
    plan = Plan(**json.loads(told))
    lines = PARTS[name](plan)
    (plan.home / _LINES).write_text(json.dumps([line.as_dict() for line in lines]), encoding="utf-8")
    return 0


def _demo(plan: Plan) -> tuple[Snapshot, Marts]:
    _make_demo(plan)
    snapshot = warehouse.open_snapshot("demo")
    if snapshot is None:
        msg = f"{plan.folder}: the demo was built and cannot be read."
        raise StorageError(msg)
    return snapshot, warehouse.load_marts(snapshot, LOCAL_OWNER)


def _make_demo(plan: Plan) -> list[Line]:
    """The demo where it is not there yet; lines only where it was made from nothing."""
    if (plan.home / "demo").exists():
        return []
    if not plan.demo:
        return build_demo(plan.home)
    shutil.copytree(Path(plan.demo) / "demo", plan.home / "demo")
    return []


def _first(plan: Plan) -> list[Line]:
    return [*_make_demo(plan), *first_page(plan.home)]


def _pages(plan: Plan) -> list[Line]:
    return page_lines(*_demo(plan))


def _parts(plan: Plan) -> list[Line]:
    snapshot, marts = _demo(plan)
    lines = [*session_lines(snapshot), nearest_line(plan.people), h3_line(plan.people * 5)]
    return [*lines, *payload_lines(snapshot, marts), simulate_line(snapshot)]


def _books(plan: Plan) -> list[Line]:
    lines = [*binding_lines(plan.people, plan.home / "binding"), *books_lines(plan.home / "books", full=plan.full)]
    return [*lines, *(simulate_full_lines(plan.home / "replay") if plan.full else ())]


def _clicks(plan: Plan) -> list[Line]:
    _make_demo(plan)
    return click_lines(plan.home)


def _crowd(plan: Plan) -> list[Line]:
    _make_demo(plan)
    return crowd_lines(plan.home, full=plan.full)


def _scale(plan: Plan) -> list[Line]:
    small, large = (Shop(**sizes) for sizes in plan.shops)
    return scale_lines(plan.home / "scale", small, large)


def _tools(plan: Plan) -> list[Line]:
    folder = plan.home / "superset"
    if installed(folder) is None:
        return [unmeasured("tools", ABSENT)]  # no demo is made for nothing
    _make_demo(plan)
    return tool_lines(plan.home, "demo", folder)


PARTS: Final[dict[str, Callable[[Plan], list[Line]]]] = {
    "first": _first,
    "clicks": _clicks,
    "pages": _pages,
    "parts": _parts,
    "reimport": lambda plan: [reimport(plan.home)],
    "books": _books,
    "identities": lambda plan: identity_lines(plan.people),
    "crowd": _crowd,
    "scale": _scale,
    "tools": _tools,
}
"""What can be measured by itself, in the order of a run."""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
