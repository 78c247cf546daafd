"""A whole tool beside the product: what is said where there is none, and that different pictures are not compared."""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from benchmarks.measure import Line
from benchmarks.serving import processor_s
from benchmarks.superset import Desk, installed
from benchmarks.tools import ABSENT, HEATMAP, Took, _line, _same, subsets, tool_lines
from schema.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent.parent
DAYS = (dt.date(2026, 8, 1), dt.date(2026, 10, 31))


@pytest.fixture
def commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of commands, the only one that is looked through."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


def _command(folder: Path, name: str, words: str = "exit 0") -> None:
    (folder / name).write_text(f"#!/bin/sh\n{words}\n", encoding="utf-8")
    (folder / name).chmod(0o755)


def test_without_the_tool_the_part_says_so_and_makes_no_demo(tmp_path: Path, commands: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--only", "tools", "--json", str(tmp_path / "lines.json")],
        cwd=ROOT, env={**os.environ, "PATH": str(commands), "TMPDIR": str(tmp_path)}, capture_output=True, text=True,
        timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    lines = {line["id"]: line for line in json.loads((tmp_path / "lines.json").read_text(encoding="utf-8"))}
    assert lines["tools"]["value"] is None
    assert lines["tools"]["detail"] == ABSENT


def test_a_command_without_its_server_is_no_tool(tmp_path: Path, commands: Path) -> None:
    _command(commands, "superset")
    assert installed(tmp_path / "home") is None
    assert tool_lines(tmp_path, "real", tmp_path / "home") == [Line("tools", None, None, "", ABSENT)]
    _command(commands, "gunicorn")
    found = installed(tmp_path / "home")
    assert found is not None
    assert (found.commands, found.home) == (commands, tmp_path / "home")
    assert len(found.secret) > 30
    assert "home" not in {file.name for file in tmp_path.iterdir()}


def test_a_tool_that_cannot_be_set_up_is_told_with_its_own_words(tmp_path: Path, commands: Path) -> None:
    _command(commands, "gunicorn")
    _command(commands, "superset", "echo 'No module named cachetools' >&2; exit 3")
    _command(commands, "python")
    tool = installed(tmp_path / "home")
    assert tool is not None
    with pytest.raises(StorageError, match=r"superset db ended with 3: No module named cachetools"):
        tool.prepare(tmp_path)


def test_a_folder_without_data_is_told(tmp_path: Path, commands: Path) -> None:
    for name in ("superset", "gunicorn", "python"):
        _command(commands, name)
    (line,) = tool_lines(tmp_path, "real", tmp_path / "home")
    assert line.value is None
    assert line.detail == f"not measured: {tmp_path}: there are no real data."


def test_filters_are_none_and_then_every_choice_of_some_channels() -> None:
    assert subsets(["a", "b", "c"]) == ((), ("a",), ("b",), ("c",), ("a", "b"), ("a", "c"), ("b", "c"))
    assert subsets(["a"]) == ((),)
    assert subsets([]) == ((),)


def test_pictures_that_differ_are_not_compared() -> None:
    row = {"category": "Coats", "hour_of_week": 34, "views": 7, "dwell_ms": 61_000}
    cells = {("Coats", 34): (7, 61_000)}
    _same([row], cells)
    for rows in ([], [{**row, "dwell_ms": 61_001}], [row, {**row, "hour_of_week": 35}]):
        with pytest.raises(StorageError, match=r"the heatmaps differ in 1 of 1 cells"):
            _same(rows, cells)


def test_the_value_is_how_much_less_processor_time_is_taken_here() -> None:
    pairs = [(Took(1.0, 0.2), Took(0.5, 0.1)), (Took(3.0, 0.4), Took(2.0, 1.0)), (Took(9.0, 0.5), Took(2.5, 3.0))]
    line = _line("tools_page", pairs, "said")
    assert line.value == pytest.approx(2.5)
    assert line.detail == "said: 400 ms of processor here, 1,000 ms there; wall 3.00 s and 2.00 s; median of 3"
    assert line.passed is None


class _Counter(BaseHTTPRequestHandler):
    """Keeps what it was asked, and answers with a cell."""

    asked: list[tuple[str, str, dict[str, Any]]]

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.asked.append((self.path, self.headers["Authorization"], body))
        told = json.dumps({"result": [{"data": [{"category": "Coats"}]}]}).encode()
        self.send_response(200 if body["datasource"]["id"] == 4 else 403)
        self.send_header("Content-Length", str(len(told)))
        self.end_headers()
        self.wfile.write(told)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (its parent's word)
        """Say nothing."""


@pytest.fixture
def counter() -> Iterator[str]:
    _Counter.asked = []
    with HTTPServer(("127.0.0.1", 0), _Counter) as server:
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        serving.join()


def test_a_chart_is_asked_for_with_its_last_day_and_its_channels(counter: str) -> None:
    assert Desk(counter, 1, "told", 4).ask(HEATMAP, DAYS, ("app", "pos")) == [{"category": "Coats"}]
    ((path, signed, body),) = _Counter.asked
    (query,) = body["queries"]
    assert (path, signed) == ("/api/v1/chart/data", "Bearer told")
    assert query["columns"] == ["category", "hour_of_week"]
    assert query["filters"] == [
        {"col": "local_on", "op": "TEMPORAL_RANGE", "val": "2026-08-01 : 2026-11-01"},
        {"col": "channel", "op": "IN", "val": ["app", "pos"]},
    ]
    with pytest.raises(StorageError, match=r"Superset answered /api/v1/chart/data with 403"):
        Desk(counter, 1, "told", 5).ask(HEATMAP, DAYS)


def test_processor_time_counts_what_a_process_started_and_outlived() -> None:
    burn = "import time\nwhile time.process_time() < 0.3: pass"
    work = f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {burn!r}])\nprint(flush=True)\ninput()"
    with subprocess.Popen([sys.executable, "-c", work], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        parent.stdout.readline()
        assert processor_s(parent.pid) >= 0.3
        parent.communicate(b"\n")
    assert processor_s(parent.pid) == 0
