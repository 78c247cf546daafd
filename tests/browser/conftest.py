"""Servers for a Chromium to visit, and windows on them."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Error

from tests.browser.visits import PATIENCE_MS, Visit, serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, BrowserContext

PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 2,
    "is_mobile": True,
    "has_touch": True,
    "user_agent": "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36",
}


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
