"""Servers to visit, and visits whose every request and complaint is written down."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from benchmarks.serving import ROOT
from benchmarks.serving import serving as cold_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import ConsoleMessage, Locator, Page

__all__ = ["PATHS", "PATIENCE_MS", "ROOT", "Visit", "serving"]

PATHS = {
    "Overview": "/",
    "Dwell": "/dwell",
    "Purchases": "/purchases",
    "Products": "/products",
    "Catchment": "/catchment",
    "Sharing": "/sharing",
    "Audiences": "/audiences",
    "Story": "/story",
    "Sync": "/sync",
    "Data": "/data",
    "People": "/people",
}
PATIENCE_MS = 90_000
_STILL = '[data-testid="stApp"][data-test-script-state="notRunning"]'
_BUSY = '[data-testid="stStatusWidget"], [data-testid="stSkeleton"], [data-stale="true"]'
_PROBES = ("/_stcore/health", "/_stcore/host-config")
"""Under a deep link Streamlit's own client first asks for these beside the page; the 404 tells it where the root is."""


@contextlib.contextmanager
def serving(home: Path, log: Path, *options: str) -> Iterator[str]:
    """A cold server over a data folder; yields its address and ends the process it started."""
    with cold_server(home, *options, log=log) as (url, _):
        yield url


@dataclass
class Visit:
    """One person's window: a page, and everything that it asked for or complained about."""

    page: Page
    root: str
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def listen(self) -> None:
        """Write down requests, web sockets, console errors and uncaught errors from now on."""
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("websocket", lambda channel: self.requests.append(channel.url))
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _hear(self, said: ConsoleMessage) -> None:
        probe = said.location.get("url", "").endswith(_PROBES) and "404" in said.text
        if said.type == "error" and not probe:
            self.complaints.append(f"{said.text} ({said.location.get('url', '')})")

    def open(self, path: str) -> Page:
        """Go to an address and wait until it is drawn."""
        self.page.goto(self.root + path)
        return self.settle()

    def settle(self) -> Page:
        """Wait until the script rests and nothing on the page is older than its last run."""
        self.page.locator(_STILL).wait_for(state="attached")
        self.page.locator("h2").first.wait_for()
        deadline = time.monotonic() + PATIENCE_MS / 1000
        quiet = 0
        while quiet < 3:
            assert time.monotonic() < deadline, f"{self.page.url} is never at rest"
            at_rest = self.page.locator(_STILL).count() == 1 and self.page.locator(_BUSY).count() == 0
            quiet = quiet + 1 if at_rest else 0
            self.page.wait_for_timeout(100)
        return self.page

    def reload(self) -> Page:
        """Load the same address anew."""
        self.page.reload()
        return self.settle()

    def go(self, name: str) -> Page:
        """Change the page with the sidebar."""
        self.page.get_by_test_id("stSidebarNavLink").filter(has_text=name).click()
        self.page.get_by_role("heading", level=2, name=name, exact=True).wait_for()
        return self.settle()

    def choose(self, key: str, words: str) -> Page:
        """Pick an option of a select box by what it says, and wait for the answer."""
        box = self.page.locator(f".st-key-{key}")
        box.locator("input").first.click()
        box.locator("input").first.fill(words)  # a long list is drawn only in part
        self.page.get_by_role("option", name=words).first.click()
        self.page.wait_for_timeout(150)  # the run starts after the click
        return self.settle()

    def pages(self) -> list[str]:
        """Names in the sidebar, without their icons' names."""
        return [text.split("\n")[-1] for text in self.page.get_by_test_id("stSidebarNavLink").all_inner_texts()]

    def card(self, key: str) -> Locator:
        """A card by its key."""
        return self.page.locator(f".st-key-card-{key}")

    def about(self, key: str) -> None:
        """Open what stands behind a card's ⓘ."""
        self.page.locator(f".st-key-about-{key} button").first.click()
        self.page.get_by_test_id("stPopoverBody").get_by_role("button").first.wait_for()  # drawn once it is open
        self.settle()

    def figures(self) -> dict[str, str]:
        """Key figures by label."""
        found: dict[str, str] = {}
        for one in self.page.get_by_test_id("stMetric").all():
            label = one.get_by_test_id("stMetricLabel").inner_text().strip()
            found[label] = one.get_by_test_id("stMetricValue").inner_text().strip()
        return found

    @property
    def abroad(self) -> list[str]:
        """Requests to anything but the server."""
        near = ("blob:", "data:", "about:")
        host = urlsplit(self.root).netloc
        return [url for url in self.requests if not url.startswith(near) and urlsplit(url).netloc != host]
