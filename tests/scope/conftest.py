"""Two companies that differ in what Amber's agent may not see, built once a test run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.scope.company import FIRST, SECOND, Others, build
from warehouse import api as warehouse

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from warehouse.api import Snapshot


@dataclass(frozen=True)
class Company:
    """A built company, its data folder and its newest snapshot."""

    home: Path
    others: Others
    snapshot: Snapshot


def _built(tmp_path_factory: pytest.TempPathFactory, others: Others) -> Iterator[Company]:
    home = tmp_path_factory.mktemp(others.words[0].lower())
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CATCHLIGHT_HOME", str(home))
        patch.delenv("CATCHLIGHT_DATABASE", raising=False)
        build(home, others)
        snapshot = warehouse.open_snapshot("real")
    assert snapshot is not None
    yield Company(home, others, snapshot)


@pytest.fixture(autouse=True)
def _rooms_are_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """What opens from a button is read with its page: nothing that may not be seen hides there."""
    monkeypatch.setattr("ui.opened.ALWAYS", True)


@pytest.fixture(autouse=True)
def _no_page_fails(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """A page that fails says nothing of others either: it must not pass for one that keeps silent."""
    yield
    assert not [one for one in caplog.get_records("call") if one.name == "catchlight" and one.levelname == "ERROR"]


@pytest.fixture(scope="session")
def first(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    """The company."""
    yield from _built(tmp_path_factory, FIRST)


@pytest.fixture(scope="session")
def second(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    """The same for Amber's agent; everybody else's names, amounts and rows are others."""
    yield from _built(tmp_path_factory, SECOND)
