"""The demo as tests of its room need it: in memory, as the warehouse hands it out, and its truth."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING, Any

import pytest

from demo.world import World, build_world
from schema.coding import CODED, spelled
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
    """With text as text, as formulas read it."""
    found = warehouse.load_marts(snapshot, LOCAL_OWNER)
    return dataclasses.replace(found, **{name: spelled(getattr(found, name)) for name in CODED})


@pytest.fixture(scope="session")
def truth(demo_home: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((demo_home / "demo" / "truth.json").read_text(encoding="utf-8"))
    return found
