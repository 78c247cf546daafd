"""What a command took is its own: its memory is not that of whoever started it, and its exit code is kept."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import sys
from typing import TYPE_CHECKING

import polars as pl
import pytest

from answers.answer import Answer
from benchmarks.__main__ import _arguments, _plan
from benchmarks.events import Shop
from benchmarks.heatmap import differing
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


def test_the_full_shops_have_the_people_and_lines_of_the_goals_unless_the_flags_say_otherwise() -> None:
    small, large = shops(full=True)
    assert (small.customers, small.orders, large.customers, large.orders) == (2_000_000, 10_000_000) * 2
    for options, expected in (
        (["--full"], (10_000_000, 10_000_000, 2_000_000)),
        (["--full", "--customers", "500", "--orders", "70"], (10_000_000, 70, 500)),
        (["--full", "--events", "3000"], (300, 300, 2_000_000)),
        ([], (1_000_000, 100_000, 200_000)),
    ):
        one, ten = (Shop(**told) for told in _plan(_arguments(options), "here").shops)
        assert (one.events, one.orders, one.customers) == expected
        assert (ten.events, ten.orders, ten.customers) == (10 * one.events, one.orders, one.customers)


def test_an_answer_and_a_scan_are_compared_cell_by_cell() -> None:
    cells = {"group": ["A", "A", "B"], "hour_of_week": [0, 1, 0], "views": [3, 1, 2], "known_views": [2, 0, 1]}
    raw = pl.DataFrame({**cells, "dwell_s": [0.3, None, 5.0], "index": [80.0, None, 120.0]})
    told = raw.with_columns(dwell_s=pl.Series([0.1 + 0.2, None, 5.0]), index=pl.Series([80.0 + 1e-12, None, 120.0]))
    answer = Answer("dwell/heatmap", told, "", 6, "views", dt.date(2026, 8, 1), dt.date(2026, 8, 7), 1)
    assert differing(answer, raw) == 0
    assert differing(answer, raw.head(2)) == 1
    for name, other in (("views", 4), ("known_views", 1), ("dwell_s", 0.301), ("index", 80.1), ("index", None)):
        changed = [other, *raw[name].to_list()[1:]]
        assert differing(answer, raw.with_columns(pl.Series(name, changed))) == 1


def test_there_are_eight_questions_for_peers() -> None:
    assert list(QUESTIONS) == ["heatmap", "views", "trend", "ranking", "funnel", "frequency", "rfm", "cohorts"]
