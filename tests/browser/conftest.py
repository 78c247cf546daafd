"""A Chromium that can reach nothing but this machine, and servers for it to visit."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Error, sync_playwright

from tests.browser.visits import PATIENCE_MS, Visit, serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, BrowserContext, Playwright

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

PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 2,
    "is_mobile": True,
    "has_touch": True,
    "user_agent": "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36",
}


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


@pytest.fixture
def cold(demo_home: Path, tmp_path: Path) -> Iterator[str]:
    """A server that nobody has visited yet."""
    with serving(demo_home, tmp_path / "server.log") as url:
        yield url


@pytest.fixture(scope="session")
def server(demo_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One warm server for all that only reads the demo."""
    log = tmp_path_factory.mktemp("server") / "server.log"
    with serving(demo_home, log) as url:
        yield url
    assert "Traceback" not in log.read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def windows(browser: Browser) -> Iterator[Callable[[bool, bool], BrowserContext]]:
    """One profile a theme and size, so that the client's own files are read once; sessions are a page's, not shared."""
    opened: dict[tuple[bool, bool], BrowserContext] = {}

    def of(dark: bool, phone: bool) -> BrowserContext:  # noqa: FBT001
        if (dark, phone) not in opened:
            size = PHONE if phone else {"viewport": {"width": 1440, "height": 1000}}
            context = browser.new_context(color_scheme="dark" if dark else "light", accept_downloads=True, **size)
            context.set_default_timeout(PATIENCE_MS)
            opened[dark, phone] = context
        return opened[dark, phone]

    yield of
    for context in opened.values():
        context.close()


@pytest.fixture
def visitor(windows: Callable[[bool, bool], BrowserContext]) -> Iterator[Callable[..., Visit]]:
    """Opens windows, each a visit of its own; all are closed after the test."""
    opened: list[Visit] = []

    def open_window(root: str, *, dark: bool = False, phone: bool = False) -> Visit:
        visit = Visit(windows(dark, phone).new_page(), root)
        visit.listen()
        opened.append(visit)
        return visit

    yield open_window
    for visit in opened:
        with contextlib.suppress(Error):
            visit.page.close()


@pytest.fixture
def visit(visitor: Callable[..., Visit], server: str) -> Visit:
    """A window onto the warm demo server."""
    return visitor(server)
