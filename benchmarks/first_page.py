"""What does the Overview cost beside a page with a title only? Run in a process of its own, as a server is."""

from __future__ import annotations

import json
import logging
import statistics
import sys
import time
from pathlib import Path

from streamlit.testing.v1 import AppTest

SHELL = Path(__file__).parent.parent / "ui" / "shell.py"
VISITS = 5
_TITLE_ONLY = "import streamlit as st\n\nst.title('Catchlight')\n"


def main() -> int:
    """Open both in new sessions in turn. Prints one JSON object, times in milliseconds."""
    logging.disable(logging.WARNING)
    first = _visit(forget=True)
    _title()
    found: dict[str, list[float]] = {}
    for _ in range(VISITS):
        asked = _visit(forget=True)
        _visit(forget=False)
        kept = _visit(forget=False)
        title = _title()
        told = {
            "wall_ms": asked["wall"],
            "cpu_ms": asked["cpu"],
            "kept_ms": kept["cpu"],
            "rerun_ms": kept["rerun"],
            "title_ms": title["cpu"],
            "title_rerun_ms": title["rerun"],
        }
        for name, taken in told.items():
            found.setdefault(name, []).append(taken)
    middle = {name: statistics.median(taken) for name, taken in found.items()}
    sys.stdout.write(json.dumps({"first_ms": first["wall"], **middle}) + "\n")
    return 0


def _visit(*, forget: bool) -> dict[str, float]:
    """One new session of the Overview, and the same drawn again.

    Args:
        forget: whether the answers are forgotten afterwards, as under filters that nobody asked for yet.
    """
    page = AppTest.from_file(str(SHELL), default_timeout=120)
    taken = _run(page)
    if page.exception or page.error or not page.metric:
        msg = f"The Overview did not open: {[*page.exception, *page.error]}"
        raise RuntimeError(msg)
    if forget:
        sys.modules["ui.view"]._answers.clear()  # noqa: SLF001  (answers of the visit to come)
        return taken
    return {**taken, "rerun": _run(page)["cpu"]}


def _title() -> dict[str, float]:
    page = AppTest.from_string(_TITLE_ONLY, default_timeout=120)
    return {**_run(page), "rerun": _run(page)["cpu"]}


def _run(page: AppTest) -> dict[str, float]:
    """Wall and processor time of one run, milliseconds."""
    wall, cpu = time.perf_counter(), time.process_time()
    page.run()
    return {"wall": (time.perf_counter() - wall) * 1000, "cpu": (time.process_time() - cpu) * 1000}


if __name__ == "__main__":
    sys.exit(main())
