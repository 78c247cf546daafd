"""What a command took is its own: its memory is not that of whoever started it, and its exit code is kept."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from benchmarks.peers import QUESTIONS
from benchmarks.scale import _or_why, _run, shops

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("held_mb", [0, 300])
def test_the_peak_is_the_commands_own(held_mb: int) -> None:
    starter = (
        f"import subprocess, sys; held = b'x' * {held_mb} * 2**20; "
        "sys.exit(subprocess.run([sys.executable, '-m', 'benchmarks.scale_run', '-c', "
        "\"held = b'x' * 50 * 2**20; print('done'); raise SystemExit(3)\"]).returncode)"
    )
    done = subprocess.run([sys.executable, "-c", starter], check=False, stdout=subprocess.PIPE, text=True)
    found = json.loads(done.stdout.splitlines()[-1])
    assert done.returncode == 3
    assert found["said"] == ["done"]
    assert 50 < found["peak_mb"] < 200
    assert found["cpu_s"] > 0


def test_a_command_that_fails_is_named_with_its_exit_code_and_its_line_says_why(tmp_path: Path) -> None:
    line = _or_why("new_day", lambda: pytest.fail(str(_run(tmp_path, "-c", "raise SystemExit(7)"))))
    assert (line.id, line.value, line.goal, line.passed) == ("new_day", None, 0.3, None)
    assert line.detail == f"not measured: {tmp_path}: python -c raise SystemExit(7) ended with 7; see above."


def test_the_two_shops_differ_in_nothing_but_their_events() -> None:
    for full, events in ((False, 1_000_000), (True, 10_000_000)):
        small, large = shops(full=full)
        assert (small.events, large.events) == (events, 10 * events)
        assert (small.orders, small.stores, small.products, small.customers) == (
            large.orders, large.stores, large.products, large.customers,
        )  # fmt: skip


def test_there_are_eight_questions_for_peers() -> None:
    assert list(QUESTIONS) == ["heatmap", "views", "trend", "ranking", "funnel", "frequency", "rfm", "cohorts"]
