"""Pages run inside the frame without a browser, over the demo or over a warehouse of a few typed rows."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from warehouse import api as warehouse

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parent.parent.parent
_seen: list[Path] = []


@dataclass
class Shop:
    """A data folder and what is loaded into it."""

    home: Path

    def load(self, name: str, text: str) -> None:
        """Import one typed CSV as the owner's own data."""
        path = self.home / name
        path.write_text(text, encoding="utf-8")
        report = warehouse.import_files([path], mode="real", zone="UTC", currency="EUR", trusted=True)
        assert report.snapshot is not None, report
        assert sum(source.quarantined for source in report.sources) == 0, report


def look_at(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the pages read another data folder, which no server ever does: nothing computed of the one before may stay."""
    monkeypatch.setenv("CATCHLIGHT_HOME", str(home))
    if _seen != [home]:
        st.cache_resource.clear()
        _seen[:] = [home]


@pytest.fixture(autouse=True)
def _rooms_are_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """What opens from a button is read with its page."""
    monkeypatch.setattr("ui.opened.ALWAYS", True)


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """An owner's empty data folder. The demo never starts to be made in it: the visit is not the first one."""
    look_at(tmp_path, monkeypatch)
    return Shop(tmp_path)


@pytest.fixture
def demo(demo_home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The demo's data folder."""
    look_at(demo_home, monkeypatch)
    return demo_home


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> Callable[..., AppTest]:
    """Opens a page in the frame, as a visitor of its address would."""
    monkeypatch.chdir(ROOT)

    def opened(page: str = "overview", **query: str | list[str]) -> AppTest:
        at = AppTest.from_file(str(ROOT / "ui" / "shell.py"), default_timeout=180)
        at.session_state["_started"] = True
        for name, value in query.items():
            at.query_params[name] = value
        at.run()
        if page != "overview":
            at.switch_page(f"../pages/{page}.py")
            for name, value in query.items():
                at.query_params[name] = value
            at.run()
        return at

    return opened
