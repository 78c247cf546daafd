"""The demo as tests of its room need it: in memory, as the warehouse hands it out, and its truth."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from demo.world import World, build_world
from schema.scope import LOCAL_OWNER
from warehouse import api as warehouse

if TYPE_CHECKING:
    from pathlib import Path

    from schema.marts import Marts


@pytest.fixture(scope="session")
def world() -> World:
    return build_world()


@pytest.fixture(scope="session")
def snapshot(demo_home: Path) -> warehouse.Snapshot:
    found = warehouse.open_snapshot("demo")
    assert found is not None
    return found


@pytest.fixture(scope="session")
def marts(snapshot: warehouse.Snapshot) -> Marts:
    return warehouse.load_marts(snapshot, LOCAL_OWNER)


@pytest.fixture(scope="session")
def truth(demo_home: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((demo_home / "demo" / "truth.json").read_text(encoding="utf-8"))
    return found
