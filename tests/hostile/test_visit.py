"""A company of hostile names in a browser: no script, no request, no dialog, and every map and chart is drawn."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Error

from tests.browser.visits import Visit, serving
from tests.hostile.company import load
from tests.hostile.strings import NAMES, TEMPLATES

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser, Dialog

pytestmark = pytest.mark.browser

KEYS = {"store", "agent", "customer", "product", "order", "guide", "territory"}
WORST = (
    *(name for name in TEMPLATES if name.startswith("@@")),
    "<img src=x onerror=window.__hit=1>", "{t} {id}", "$& $1 $`", "%{x} %{customdata[0]}", "\u202egnp.exe", "x" * 10_000,
    "a\nb [c](javascript:window.__hit=1)", "</style><script>window.__hit=1</script>",
)  # fmt: skip
ADDRESSES = (
    "/?data=real",
    "/dwell?data=real&rows=product",
    "/products?data=real",
    "/catchment?data=real&layer=nearest",
    "/catchment?data=real&layer=overlap",
    "/sharing?data=real&tab=statements",
)


def word(what: str, number: int) -> str:
    if what in KEYS:
        return f"{WORST[number % 4]} {number}"
    return WORST[number % len(WORST)] if what in {"shop", "trader", "goods"} else NAMES[(number * 7) % len(NAMES)]


def test_nothing_runs_and_nothing_is_cut(tmp_path: Path, browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CATCHLIGHT_HOME", str(tmp_path))
    monkeypatch.setattr("tests.browser.visits.PATIENCE_MS", 90_000)
    load(tmp_path, word)
    dialogs: list[str] = []

    def answer(dialog: Dialog) -> None:
        dialogs.append(dialog.message)
        dialog.dismiss()

    with serving(tmp_path, tmp_path / "log") as url:
        visit = Visit(browser.new_page(), url)
        visit.page.set_default_timeout(60_000)
        visit.listen()
        visit.page.on("dialog", answer)
        for address in ADDRESSES:
            page = visit.open(address)
            for mark in page.locator(".js-plotly-plot .points path").all()[:6]:
                with contextlib.suppress(Error):  # a mark of no height cannot be hovered
                    mark.hover(force=True, timeout=2_000)
            if "catchment" in address:
                map_ = page.get_by_test_id("stDeckGlJsonChart").first
                map_.scroll_into_view_if_needed()
                box = map_.bounding_box()
                assert box is not None
                for step in range(1, 8):
                    page.mouse.move(box["x"] + box["width"] * step / 8, box["y"] + box["height"] / 2)
            assert page.get_by_test_id("stException").count() == 0
            assert page.locator("main img[src='x'], [data-testid='stMain'] img[src='x']").count() == 0
            assert page.locator("a[href^='javascript'], a[href*='evil']").count() == 0
            assert page.evaluate("window.__hit") is None
        assert visit.complaints == []
        assert visit.abroad == []
        assert dialogs == []
        visit.page.close()
