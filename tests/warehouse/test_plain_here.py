"""A command reads small plain text itself, and gives everything else to a child process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from polars.testing import assert_frame_equal

from loaders.child import run_in_child
from schema.errors import SourceError
from warehouse import api, sources

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.usefixtures("data_folder")
CLICKS = "user_id,item_id,behavior,time\nu1,p1,pv,2026-03-01 20:00:00\nu1,p2,pv,2026-03-01 20:03:00\nu2,p1,pv,2o26\n"


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The tasks that a child was given."""
    tasks: list[str] = []
    there = run_in_child

    def noting(task: str, arguments: dict[str, Any]) -> dict[str, Any]:
        tasks.append(task)
        return there(task, arguments)

    monkeypatch.setattr(sources, "run_in_child", noting)
    return tasks


def _take(folder: Path, text: str = CLICKS, *, here: bool = True) -> Any:
    file = folder / "clicks.csv"
    file.write_text(text)
    return api.import_files([file], zone="Asia/Shanghai", currency="CNY", plain_here=here)


def test_what_is_read_here_is_what_a_child_reads(
    tmp_path: Path, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    one = _take(tmp_path)
    assert asked == []
    first = api.open_snapshot("real")
    assert first is not None
    monkeypatch.setenv("CATCHLIGHT_HOME", str(tmp_path / "other"))
    other = _take(tmp_path, here=False)
    assert asked == ["load"]
    second = api.open_snapshot("real")
    assert second is not None
    assert one.sources == other.sources
    assert (one.sources[0].rows_in, one.sources[0].quarantined) == (3, 1)
    kept = ["event_id", "occurred_at", "local_on", "type", "product_id", "anon_id"]
    for table, columns in (("events", kept), ("quarantine", ["row", "code", "column", "value", "message"])):
        assert_frame_equal(first.read(table).select(columns), second.read(table).select(columns))


def test_strange_bytes_are_read_by_a_child(tmp_path: Path, asked: list[str]) -> None:
    _take(tmp_path, CLICKS.replace("p2", "p\x01"))
    assert asked == ["load"]


def test_whatever_goes_wrong_here_is_tried_by_a_child(
    tmp_path: Path, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_: Any, **__: Any) -> Any:
        raise ZeroDivisionError

    monkeypatch.setattr(sources, "load_file", failing)
    assert _take(tmp_path).snapshot == 1
    assert asked == ["load"]


def test_a_clear_refusal_is_no_reason_to_read_again(tmp_path: Path, asked: list[str]) -> None:
    with pytest.raises(SourceError):
        _take(tmp_path, "a,b\n1,2\n")
    assert asked == []
    assert not [file for file in (tmp_path / "real" / "incoming").iterdir() if file.is_file()]
