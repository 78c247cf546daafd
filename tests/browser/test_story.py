"""The meeting: keys alone, one address a picture, a speaker's page that follows, and no request to anybody else."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

import pytest
from pptx import Presentation

from exports import story_demo
from warehouse import api as warehouse
from warehouse.frames import load_marts

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Page

    from tests.browser.visits import Visit

pytestmark = pytest.mark.browser

FIRST = "/story?present=ST-001"


@pytest.fixture(scope="session", autouse=True)
def meeting(demo_home: Path) -> None:
    """The five minutes, as the first visit of the Story page makes them."""
    assert demo_home.exists()
    snapshot = warehouse.open_snapshot("demo")
    assert snapshot is not None
    story_demo.ensure(snapshot, lambda scope: load_marts(snapshot, scope))


def at(page: Page) -> tuple[str, bool]:
    """Which step is shown, and whether its second picture."""
    label = page.locator(".slide-dots").get_attribute("aria-label") or ""
    return label.removeprefix("Step ").split(" of ")[0], "reveal=1" in page.url


def until(page: Page, wanted: str) -> None:
    """Wait until this is true on the page; the policy keeps a page from doing so by itself."""
    deadline = time.monotonic() + 30
    while not page.evaluate(wanted):
        assert time.monotonic() < deadline, f"{wanted} is never so at {page.url}"
        page.wait_for_timeout(50)


def begun(visit: Visit, path: str) -> Page:
    """Open a slide, and wait until it listens to keys."""
    page = visit.open(path)
    until(page, "document.documentElement.style.getPropertyValue('--slide-k') !== ''")
    return page


def press(page: Page, key: str, step: str, *, reveal: bool = False) -> None:
    """Press a key and wait for the picture."""
    page.keyboard.press(key)
    until(page, f"document.querySelector('.slide-dots')?.ariaLabel === 'Step {step} of 10'")
    until(page, f"location.search.includes('reveal=1') === {str(reveal).lower()}")


def test_the_five_minutes_run_by_keys_alone_with_the_cable_pulled(visit: Visit) -> None:
    visit.page.route(re.compile(r"^https?://(?!127\.0\.0\.1[:/])"), lambda route: route.abort())
    page = begun(visit, FIRST)
    assert at(page) == ("1", False)
    press(page, "ArrowRight", "2")
    press(page, "ArrowRight", "2", reveal=True)
    press(page, " ", "3")
    press(page, "ArrowLeft", "2", reveal=True)
    press(page, "End", "10")
    press(page, "PageUp", "9")
    press(page, "Home", "1")
    for _ in range(15):  # thirteen would do: beyond the last picture a key does nothing
        page.keyboard.press("ArrowRight")
    until(page, "document.querySelector('.slide-dots')?.ariaLabel === 'Step 10 of 10'")
    assert page.locator(".slide-problem").count() == 0
    assert visit.abroad == []
    assert visit.complaints == []


def test_a_deep_link_shows_its_picture_on_a_cold_server_and_back_goes_back(
    cold: str, visitor: Callable[..., Visit]
) -> None:
    visit = visitor(cold)
    page = begun(visit, f"{FIRST}&step=2&reveal=1")
    assert at(page) == ("2", True)
    assert page.locator(".slide-head h2").inner_text() == "The evening belongs to wool coats"
    press(page, "ArrowRight", "3")
    page.go_back()
    until(page, "document.querySelector('.slide-dots')?.ariaLabel === 'Step 2 of 10'")
    assert visit.complaints == []


@pytest.mark.parametrize("size", [(1920, 1080), (1280, 720)])
@pytest.mark.parametrize("dark", [False, True])
def test_a_slide_fills_the_window_and_nothing_else_is_there(
    size: tuple[int, int],
    dark: bool,  # noqa: FBT001
    server: str,
    visitor: Callable[..., Visit],
) -> None:
    visit = visitor(server, dark=dark)
    visit.page.set_viewport_size({"width": size[0], "height": size[1]})
    page = begun(visit, f"{FIRST}&step=3")
    box = page.locator(".st-key-slide").bounding_box()
    assert box is not None
    assert (round(box["x"]), round(box["width"])) == (0, size[0])
    assert (round(box["y"]), round(box["height"])) == (0, size[1])
    assert page.get_by_test_id("stSidebar").is_hidden()
    assert page.locator("button:visible, input:visible").count() == 0
    wide = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert wide[0] <= wide[1]
    edge = page.locator(".slide-foot").bounding_box()
    assert edge is not None
    assert edge["y"] + edge["height"] <= size[1]


def test_escape_leaves_and_the_story_is_open(visit: Visit) -> None:
    page = begun(visit, FIRST)
    page.keyboard.press("Escape")
    page.locator(".st-key-slide").wait_for(state="detached")
    visit.settle()
    assert "present=" not in page.url
    assert "story=ST-001" in page.url
    assert page.get_by_test_id("stSidebar").is_visible()


def test_the_speakers_page_follows(server: str, visitor: Callable[..., Visit]) -> None:
    slides, speaker = visitor(server), visitor(server)
    page = begun(slides, FIRST)
    beside = speaker.open("/story?speak=ST-001")
    beside.get_by_text("step 1 of 10").wait_for()
    press(page, "End", "10")
    beside.get_by_text("step 10 of 10").wait_for()
    assert "This is the last picture." in beside.locator(".st-key-speaker").inner_text()
    assert beside.locator(".st-key-speaknotes").inner_text().startswith("4:45 Close on trust")
    assert slides.abroad == []
    assert speaker.abroad == []


def test_the_whole_story_is_handed_out_with_every_picture_and_its_notes(visit: Visit) -> None:
    page = visit.open("/story?story=ST-001")
    page.locator(".st-key-export button").first.click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Slides (PPTX)").click()
    found = Presentation(str(download.value.path()))
    notes = [slide.notes_slide.notes_text_frame.text for slide in found.slides if slide.has_notes_slide]
    assert len(found.slides) >= 14
    assert any("4:45 Close on trust" in said for said in notes)
    assert download.value.suggested_filename == "ST-001_2026-11-15.pptx"
    assert visit.complaints == []


def test_a_story_that_is_gone_and_a_step_that_is_not_there_are_met_kindly(visit: Visit) -> None:
    page = visit.open("/story?present=ST-099")
    assert page.get_by_text("There is no story ST-099 here; it may have been deleted.").is_visible()
    page = visit.open(f"{FIRST}&step=99")
    assert at(page) == ("10", False)
    page = visit.open(f"{FIRST}&step=none&reveal=7")
    assert at(page) == ("1", False)


BARS = """() => {
    window.bars = [];
    new MutationObserver(() => {
        for (const bar of document.querySelectorAll('[data-testid="stProgress"]'))
            if (bar.innerText.trim()) window.bars.push(bar.innerText.trim());
    }).observe(document.body, {childList: true, subtree: true, characterData: true});
}"""
"""Notes what every progress bar says from now on."""
LONG_S = 3.0
"""A file that is there sooner may come without a bar, which would only flicker."""


@pytest.mark.parametrize(("lang", "said"), [("en", "Slides (PPTX) · "), ("es", "Diapositivas (PPTX) · ")])
def test_a_long_file_says_how_far_it_is_until_it_is_there(lang: str, said: str, visit: Visit) -> None:
    page = visit.open(f"/story?lang={lang}")
    page.locator(".st-key-export button").first.click()
    page.evaluate(BARS)
    bar = page.get_by_test_id("stProgress")
    began = time.monotonic()
    with page.expect_download() as download:
        page.locator(".st-key-export-pptx button").first.click()
    told = page.evaluate("bars")
    assert told or time.monotonic() - began < LONG_S
    assert all(words.startswith(said) for words in told)
    assert download.value.suggested_filename.startswith("ST-001_")
    bar.wait_for(state="detached")
    visit.settle()
    assert visit.complaints == []
