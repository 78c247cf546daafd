"""The server warms up by itself: sums are there before anybody asks, and nothing breaks where there is nothing."""

from __future__ import annotations

import logging
import shutil
import threading
from typing import TYPE_CHECKING

import pytest

from answers import memo
from schema import language as tongue
from schema.scope import LOCAL_OWNER
from ui import view, warmup

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    for kept in (view._snapshot, view._marts, view._answers):
        kept.clear()
    yield
    for kept in (view._snapshot, view._marts, view._answers):
        kept.clear()


def test_the_owner_s_sums_are_made_before_anybody_asks(demo_home: Path) -> None:
    assert demo_home.exists()
    assert warmup.warm_answers() is True
    snapshot = view.snapshot_of("demo")
    assert snapshot is not None
    held = memo._HELD[view.marts_of(snapshot, LOCAL_OWNER)]
    assert any("cubes" in str(key) for key in held), list(held)


def test_it_asks_no_screen_for_the_language(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def screen() -> str:
        asked.append("screen")
        return "es"

    def answer() -> bool:
        asked.append(tongue.language())
        return True

    monkeypatch.setattr(tongue, "_asked", [screen])
    monkeypatch.setattr(warmup, "_ask_all", answer)
    thread = threading.Thread(target=warmup.warm_answers)  # as the server does: nothing was spoken in it before
    thread.start()
    thread.join()
    assert asked == ["en"]


def test_without_data_it_ends_quietly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("CATCHLIGHT_HOME", str(tmp_path))
    assert warmup.warm_answers() is False
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


def test_data_that_go_away_meanwhile_break_nothing(
    demo_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(demo_home / "demo", tmp_path / "demo")
    monkeypatch.setenv("CATCHLIGHT_HOME", str(tmp_path))
    assert view.snapshot_of("demo") is not None
    for folder in ("marts", "tables"):
        for found in (tmp_path / "demo").glob(f"**/{folder}"):
            shutil.rmtree(found, ignore_errors=True)
    for file in (tmp_path / "demo").rglob("*.parquet"):
        file.unlink()
    assert warmup.warm_answers() is False


def test_two_never_warm_up_at_once(demo_home: Path) -> None:
    assert demo_home.exists()
    with warmup._asking:
        assert warmup.warm_answers() is False


def test_the_server_does_not_wait_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CATCHLIGHT_HOME", str(tmp_path))
    monkeypatch.setattr(warmup, "_PATIENCE_S", 0.0)
    thread = warmup.start_warm_up()
    assert thread is not threading.current_thread()
    assert thread.daemon
    thread.join(60)
    assert not thread.is_alive()
