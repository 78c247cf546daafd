"""The demo company, built once a test run and shared by every worker."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from tests.chromium import browser
from tests.databases import database_url, postgres_address, sqlite_home

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["browser", "database_url", "postgres_address", "sqlite_home"]

_ROOT = Path(__file__).parent.parent
os.environ.pop("CATCHLIGHT_WAREHOUSE", None)  # tests write nothing to where real data lie


settings.register_profile("repeatable", derandomize=True, print_blob=True)


def pytest_configure(config: pytest.Config) -> None:
    """Drawn examples are the same in every default run; ``pytest -m long`` draws new ones each time."""
    if "long" not in str(config.getoption("markexpr", default="")):
        settings.load_profile("repeatable")


@pytest.fixture(scope="session")
def demo_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The data folder that holds the demo, as ``CATCHLIGHT_HOME`` from here on. Read it, never write to it."""
    shared = tmp_path_factory.getbasetemp()
    if os.environ.get("PYTEST_XDIST_WORKER"):
        shared = shared.parent
    home = shared / "demo_home"
    with (shared / "demo_home.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (home / "demo" / "truth.json").exists():
            command = [sys.executable, "-W", "error", "-m", "demo", "--out", str(home)]
            built = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, check=False)
            assert built.returncode == 0, built.stdout[-300:] + built.stderr
    before = os.environ.get("CATCHLIGHT_HOME")
    os.environ["CATCHLIGHT_HOME"] = str(home)
    yield home
    os.environ.pop("CATCHLIGHT_HOME")
    if before is not None:
        os.environ["CATCHLIGHT_HOME"] = before


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Full figures run only when they are asked for: ``pytest -m long``."""
    if "long" in str(config.getoption("markexpr", default="")):
        return
    figures = [item for item in items if item.get_closest_marker("long")]
    if figures:
        config.hook.pytest_deselected(items=figures)
        items[:] = [item for item in items if item not in figures]
