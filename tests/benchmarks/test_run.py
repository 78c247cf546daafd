"""A run of the benchmarks has every goal's line, says what it did not measure, and leaves nothing behind."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from benchmarks import __main__ as command
from benchmarks.goals import GOALS, complete, unmeasured, worst
from benchmarks.measure import Line
from benchmarks.part import PARTS
from benchmarks.plot import main as draw
from benchmarks.plot import plot
from schema.errors import StorageError

ROOT = Path(__file__).parent.parent.parent
IDS = ["heatmap", "scale_free", "sessionise", "ingest_memory", "rfm", "distinct", "nearest", "h3_parent", "new_day"]
IDS += ["first_page", "payload", "peers"]


@pytest.fixture
def within(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """The command in this very process: what it sets for a process of its own is set back."""
    monkeypatch.setenv("CATCHLIGHT_WAREHOUSE", "")
    monkeypatch.setattr("benchmarks.__main__.signal.signal", lambda *_: None)
    return monkeypatch


def _run(folder: Path, *options: str) -> list[dict[str, object]]:
    """A run whose temporary folders lie in ``folder``."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", *options, "--json", str(folder / "lines.json")],
        cwd=ROOT, env={**os.environ, "TMPDIR": str(folder)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    lines: list[dict[str, object]] = json.loads((folder / "lines.json").read_text(encoding="utf-8"))
    return lines


def _check(lines: list[dict[str, object]]) -> dict[str, dict[str, object]]:
    for line in lines:
        assert {"id", "value", "goal", "passed", "unit"} <= set(line), line
        assert isinstance(line["id"], str)
        assert isinstance(line["unit"], str)
        assert line["value"] is None or isinstance(line["value"], (int, float)), line
        assert line["passed"] is None or isinstance(line["passed"], bool), line
        assert (line["passed"] is None) == (line["value"] is None or line["goal"] is None), line
    assert [line["id"] for line in lines[:12]] == IDS
    return {str(line["id"]): line for line in lines}


def test_two_tiny_shops_of_other_dimensions_are_measured_and_drawn(tmp_path: Path) -> None:
    sizes = [
        "--events",
        "3000",
        "--customers",
        "300",
        "--stores",
        "30",
        "--agents",
        "3",
        "--products",
        "40",
        "--seed",
        "3",
    ]
    lines = _check(_run(tmp_path, "--only", "scale", *sizes, "--plot", str(tmp_path / "plot.svg")))
    for name in ("heatmap", "scale_free", "ingest_memory", "rfm", "ask_funnel", "scan_heatmap"):
        assert lines[name]["value"] is not None, lines[name]
    assert lines["payload"]["value"] is None
    assert lines["payload"]["detail"] == "not measured in this run"
    assert [events for events, _ in lines["ask_rfm"]["by_size"]] == [300, 3000]  # type: ignore[attr-defined]
    assert "heatmap by a scan" in (tmp_path / "plot.svg").read_text(encoding="utf-8")
    assert sorted(file.name for file in tmp_path.iterdir()) == ["lines.json", "plot.svg"]


@pytest.mark.long
def test_everything_is_measured_at_a_tiny_size(tmp_path: Path, demo_home: Path) -> None:
    lines = _check(_run(tmp_path, "--events", "20000", "--customers", "2000", "--demo", str(demo_home)))
    assert [name for name in lines if name.endswith("_failed")] == []
    without = {name for name in IDS if lines[name]["value"] is None}
    assert without <= {"peers"}, [lines[name] for name in without]
    assert sorted(file.name for file in tmp_path.iterdir()) == ["lines.json"]


def test_a_part_that_fails_is_told_and_the_run_goes_on(tmp_path: Path) -> None:
    lines = _check(_run(tmp_path, "--only", "pages", "--demo", str(tmp_path / "nothing")))
    assert lines["pages_failed"]["detail"] == "not measured: the part ended with 1; see above"
    assert [file.name for file in tmp_path.iterdir()] == ["lines.json"]


def test_what_was_measured_stays_when_a_later_part_is_ended(tmp_path: Path, within: pytest.MonkeyPatch) -> None:
    def one_part(name: str, plan: object) -> list[Line]:
        del plan
        if name == "books":
            raise KeyboardInterrupt
        return [Line("h3_parent", 120.0, 100.0, "× cheaper", at_least=True)]

    within.setattr(command, "measured", one_part)
    file = tmp_path / "lines.json"
    with pytest.raises(KeyboardInterrupt):
        command.main(["--only", "parts", "books", "--json", str(file)])
    told = {line["id"]: line["value"] for line in json.loads(file.read_text(encoding="utf-8"))}
    assert told == {**dict.fromkeys(IDS), "h3_parent": 120.0}


def test_a_file_that_cannot_be_written_is_told_before_anything_is_measured(
    tmp_path: Path, within: pytest.MonkeyPatch
) -> None:
    measured: list[str] = []

    def one_part(name: str, plan: object) -> list[Line]:
        del plan
        measured.append(name)
        return []

    within.setattr(command, "measured", one_part)
    with pytest.raises(StorageError, match=r"lines\.json: cannot be written"):
        command.main(["--only", "parts", "--json", str(tmp_path / "nowhere" / "lines.json")])
    assert measured == []


def test_every_goal_has_a_line_even_if_nothing_was_measured() -> None:
    assert list(GOALS) == IDS
    told = complete([Line("bind", 1.0, 2.0, "s"), Line("nearest", 13.0, 12.0, "× less than numpy", at_least=True)])
    assert [line.id for line in told] == [*IDS, "bind"]
    assert told[6].passed is True
    assert told[0] == Line("heatmap", None, 2000.0, "× less than a scan", "not measured in this run", at_least=True)


def test_of_several_limits_the_one_that_is_missed_most_counts() -> None:
    near, far = Line("map", 40.0, 80.0, "bytes"), Line("heat", 6.0, 3.0, "bytes")
    assert worst("payload", [near, far]).value == 2
    assert worst("payload", [near, far]).passed is False
    assert worst("payload", [near, unmeasured("heat", "no demo")]).value is None


def test_a_line_comes_back_from_json_as_it_was() -> None:
    line = Line("ask_rfm", 5.5, None, "ms", "said", by_size=((1000, 4.0), (10000, 5.5)))
    assert Line.from_dict(json.loads(json.dumps(line.as_dict()))) == line


def test_the_picture_joins_the_sizes_of_several_runs_and_escapes_names(tmp_path: Path) -> None:
    for number, sizes in enumerate([((1_000_000, 4.0), (10_000_000, 5.0)), ((100_000_000, 2_500.0),)]):
        line = Line("ask_a<b", 1.0, None, "ms", by_size=sizes)
        (tmp_path / f"{number}.json").write_text(json.dumps([line.as_dict()]), encoding="utf-8")
    assert draw([str(tmp_path / "all.svg"), str(tmp_path / "0.json"), str(tmp_path / "1.json")]) == 0
    picture = ET.fromstring((tmp_path / "all.svg").read_text(encoding="utf-8"))  # noqa: S314  (our own)
    texts = ["".join(text.itertext()) for text in picture.iter("{http://www.w3.org/2000/svg}text")]
    assert {"1M events", "10M events", "100M events", "a<b · 2.5 s", "1 s"} <= set(texts)
    assert len(list(picture.iter("{http://www.w3.org/2000/svg}circle"))) == 3


def test_a_picture_of_nothing_says_so() -> None:
    assert "No question was measured at several sizes." in plot([Line("heatmap", 1.0, None, "ms")])


def test_parts_are_named_once() -> None:
    assert list(PARTS) == [
        "first", "clicks", "pages", "parts", "reimport", "books", "identities", "crowd", "scale", "tools",
    ]  # fmt: skip
