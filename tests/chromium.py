"""A Chromium that can reach nothing but this machine: one a worker, for the tests of all rooms."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import sync_playwright

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Playwright

FLAGS = (
    "--no-sandbox",
    "--enable-unsafe-swiftshader",
    "--ignore-gpu-blocklist",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)
_NAMES = ("chromium", "chromium-browser", "google-chrome")


def _own_chromium(playwright: Playwright) -> str | None:
    own = playwright.chromium.executable_path
    return own if Path(own).exists() else None


def _found(playwright: Playwright) -> str | None:
    named = os.environ.get("CHROMIUM")
    return named or next(filter(None, map(shutil.which, _NAMES)), None) or _own_chromium(playwright)


@contextlib.contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Test processes side by side: the first installs, the others wait and find it."""
    with (Path(tempfile.gettempdir()) / "catchlight-chromium.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _installed(playwright: Playwright) -> str:
    """Get a Chromium, else say what was tried."""
    with _one_at_a_time():
        return _found(playwright) or _install(playwright)


def _install(playwright: Playwright) -> str:
    tried = ["CHROMIUM is not set", f"none of {', '.join(_NAMES)} is on PATH", "Playwright has none of its own"]
    ways = [("playwright install chromium", [sys.executable, "-m", "playwright", "install", "chromium"])]
    if os.geteuid() == 0 and shutil.which("apt-get"):
        ways.append(("apt-get update", ["apt-get", "update", "-qq"]))
        ways.append(("apt-get install chromium", ["apt-get", "install", "-y", "-qq", "chromium"]))
    for name, command in ways:
        made = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)
        if path := _found(playwright):
            return path
        tried.append(f"`{name}` ended with {made.returncode}: {(made.stderr or made.stdout).strip()[-200:]}")
    pytest.fail(
        "The browser tests need a Chromium. Install one (apt-get install chromium), or name one in CHROMIUM, or leave "
        'these tests out with -m "not browser". ' + "; ".join(tried) + ".",
        pytrace=False,
    )


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One headless Chromium that can reach nothing but this machine."""
    with sync_playwright() as playwright:
        path = _found(playwright) or _installed(playwright)
        chromium = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield chromium
        chromium.close()
