"""Every chart and map leaves the page as a PNG that shows what the card shows."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from charts.theme import DARK, LIGHT, Theme, rgb
from records import audit

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.browser.visits import Visit

pytestmark = pytest.mark.browser


def saved(visit: Visit, card: str) -> tuple[str, Image.Image]:
    """Click PNG in the ⓘ of a card; returns the file's name and its picture."""
    visit.card(card).locator(f".st-key-about-{card} button").first.click()
    button = visit.page.locator(f".st-key-files-{card} button").filter(has_text="PNG")
    with visit.page.expect_download() as download:
        button.click()
    data = Path(download.value.path()).read_bytes()
    return download.value.suggested_filename, Image.open(BytesIO(data)).convert("RGB")


def count_of(image: Image.Image, colour: str) -> int:
    """How many pixels have exactly this colour?"""
    wanted = rgb(colour)
    return next((many for many, found in image.getcolors(1 << 24) or () if found == wanted), 0)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_a_chart_is_saved_with_its_title_on_the_page_colour(
    theme: Theme, server: str, visitor: Callable[..., Visit]
) -> None:
    visit = visitor(server, dark=theme.name == "dark")
    visit.open("/")
    chart = visit.card("trend").locator(".js-plotly-plot").bounding_box()
    assert chart is not None
    name, image = saved(visit, "trend")
    assert name.startswith("overview-trend_")
    assert name.endswith(".png")
    assert image.width == 2 * round(chart["width"] + 48)
    assert image.height > 2 * chart["height"]
    assert image.getpixel((3, 3)) == rgb(theme.page)
    assert count_of(image, theme.primary) > 2_000  # the line of this period
    assert count_of(image, theme.finding) > 100  # the one glint
    head = image.crop((0, 0, image.width, 110))
    assert count_of(head, theme.ink) > 1_000  # the title
    visit.settle()
    last = audit.entries(kinds=["export"])["what"][-1]
    assert '"address":"overview/trend' in last.replace(" ", "")
    assert '"format":"png"' in last.replace(" ", "")
    assert visit.abroad == []
    assert visit.complaints == []


def test_a_chart_shown_as_table_offers_no_picture(visit: Visit) -> None:
    visit.open("/")
    visit.card("trend").locator(".st-key-about-trend button").first.click()
    files = visit.page.locator(".st-key-files-trend button")
    files.filter(has_text="PNG").wait_for()
    visit.page.locator(".st-key-astable-trend label").click()
    visit.settle()
    files.filter(has_text="PNG").wait_for(state="detached")
    assert files.filter(has_text="CSV").count() == 1
    assert visit.complaints == []


@pytest.mark.parametrize(
    ("path", "address", "colour"),
    [
        ("/catchment", "catchment-customers_", LIGHT.sales[9]),
        ("/catchment?layer=overlap", "catchment-pair_", LIGHT.pair.both[2]),
        ("/catchment?layer=nearest", "catchment-actual_", LIGHT.categorical[0]),
    ],
)
def test_a_map_is_saved_with_its_cells(visit: Visit, path: str, address: str, colour: str) -> None:
    visit.open(path)
    name, image = saved(visit, "map")
    assert name.startswith(address)
    assert image.size == (1600, 1000)
    assert image.getpixel((3, 3)) == rgb(LIGHT.page)
    assert count_of(image, LIGHT.land) > 100_000
    assert count_of(image, colour) > 1_000
    assert visit.abroad == []
    assert visit.complaints == []
