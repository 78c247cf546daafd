"""``python -m docs.screenshots``: the README's pictures, made anew from the running app on the demo."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import sync_playwright

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "docs" / "screenshots"
READY = '[data-testid="stApp"][data-test-script-state="notRunning"]'
PICTURES = {
    "overview": ("", 1440, "light"),
    "dwell": ("dwell", 1440, "light"),
    "purchases": ("purchases", 1440, "light"),
    "products": ("products?product=WC-07", 1440, "light"),
    "catchment": ("catchment?layer=overlap", 1440, "light"),
    "catchment-openings": ("catchment?section=openings", 1440, "light"),
    "sharing": ("sharing?tab=statements&agent=AG-06", 1440, "light"),
    "sharing-replay": ("sharing?tab=replay", 1440, "light"),
    "catchment-dark": ("catchment?layer=customers", 1440, "dark"),
    "data": ("data?section=report", 1440, "light"),
    "overview-phone": ("", 390, "light"),
}


def main() -> None:
    """Take each picture."""
    FOLDER.mkdir(exist_ok=True)
    with serving() as (browser, root):
        for name, (address, width, scheme) in PICTURES.items():
            (FOLDER / f"{name}.png").write_bytes(take(browser, f"{root}/{address}", width, scheme))
            print(name)


@contextlib.contextmanager
def serving() -> Iterator[tuple[Browser, str]]:
    """Start the app and a browser, and end both; yields the browser and the app's address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "dashboard.py", "--server.port", str(port)]
    server = subprocess.Popen(command, cwd=ROOT, env=os.environ.copy())  # noqa: S603
    try:
        _wait(f"http://127.0.0.1:{port}/_stcore/health")
        with sync_playwright() as play:
            path = next((found for name in ("chromium", "google-chrome") if (found := shutil.which(name))), None)
            yield (
                play.chromium.launch(
                    executable_path=path, args=["--no-sandbox", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist"]
                ),
                f"http://127.0.0.1:{port}",
            )
    finally:
        server.terminate()


def take(browser: Browser, url: str, width: int, scheme: str, *, height: int = 0) -> bytes:
    """One page as PNG, as high as it is, or as high as told."""
    agent = "Mozilla/5.0 (Linux; Android 15) Mobile" if width < 640 else None  # noqa: PLR2004
    page = browser.new_page(
        viewport={"width": width, "height": 900},
        color_scheme=scheme,  # type: ignore[arg-type]
        user_agent=agent,
    )
    page.goto(url)
    _settle(page)
    if not height:
        full = page.evaluate("document.querySelector('[data-testid=stMainBlockContainer]').scrollHeight")
        page.set_viewport_size({"width": width, "height": min(int(full) + 10, 2600)})
        _settle(page)
    picture = page.screenshot()
    page.close()
    return picture


def _settle(page: Page) -> None:
    page.wait_for_selector(READY, timeout=180_000)
    page.wait_for_load_state("networkidle", timeout=180_000)
    is_map = page.get_by_test_id("stDeckGlJsonChart").count() > 0
    page.wait_for_timeout(9_000 if is_map else 2_500)  # the ground of a map comes last
    page.wait_for_selector(READY, timeout=180_000)


def _wait(url: str) -> None:
    for _ in range(100):
        try:
            with urllib.request.urlopen(url, timeout=1):  # noqa: S310  (our own server)
                return
        except OSError:
            time.sleep(0.3)


if __name__ == "__main__":
    main()
