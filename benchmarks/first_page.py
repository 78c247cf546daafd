"""How long until somebody who opens Catchlight sees the Overview? Run in a process of its own, as a server is."""

from __future__ import annotations

import json
import logging
import statistics
import sys
import time
from pathlib import Path

from streamlit.testing.v1 import AppTest

SHELL = Path(__file__).parent.parent / "ui" / "shell.py"
VISITS = 4


def main() -> int:
    """Open the Overview in several new sessions; no answer is kept between them. Prints one JSON object."""
    logging.disable(logging.WARNING)
    taken = [_visit() for _ in range(VISITS)]
    wall, cpu = zip(*taken[1:], strict=True)
    found = {"first_ms": taken[0][0], "wall_ms": statistics.median(wall), "cpu_ms": statistics.median(cpu)}
    sys.stdout.write(json.dumps(found) + "\n")
    return 0


def _visit() -> tuple[float, float]:
    """Wall and processor time of one new session, milliseconds."""
    wall, cpu = time.perf_counter(), time.process_time()
    page = AppTest.from_file(str(SHELL), default_timeout=120).run()
    taken = (time.perf_counter() - wall) * 1000, (time.process_time() - cpu) * 1000
    if page.exception or page.error or not page.metric:
        msg = f"The Overview did not open: {[*page.exception, *page.error]}"
        raise RuntimeError(msg)
    sys.modules["ui.view"]._answer.clear()  # noqa: SLF001  (a new session under filters that nobody asked for yet)
    return taken


if __name__ == "__main__":
    sys.exit(main())
