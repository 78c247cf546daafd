"""The heatmap and the map are painted, not only there, in both themes; filters change what they paint."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from charts.theme import DARK, LIGHT, rgb

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray
    from playwright.sync_api import Locator

    from tests.browser.visits import Visit

pytestmark = pytest.mark.browser

NEAR = 6
"""How far a channel may be from the theme's colour: edges are smoothed, cells may be translucent."""


def pixels(shown: Locator) -> NDArray[np.int16]:
    return np.asarray(Image.open(io.BytesIO(shown.screenshot())).convert("RGB")).astype(np.int16)


def painted(picture: NDArray[np.int16], colours: Sequence[str]) -> list[int]:
    """How many pixels have each of the colours."""
    return [int((np.abs(picture - np.array(rgb(colour))).max(axis=2) <= NEAR).sum()) for colour in colours]


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda theme: theme.name)
def test_the_dwell_heatmap_is_painted_in_the_themes_colours(
    theme: type[LIGHT], server: str, visitor: Callable[..., Visit]
) -> None:
    visit = visitor(server, dark=theme.name == "dark")
    page = visit.open("/dwell")
    picture = pixels(page.locator(".st-key-chart-heat"))
    counts = painted(picture, theme.diverging)
    assert sum(count > 50 for count in counts) >= 9, counts
    assert sum(counts) > 0.06 * picture.shape[0] * picture.shape[1]
    corner = pixels(page.get_by_test_id("stMain"))[3, 3]
    assert tuple(corner) == rgb(theme.page)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda theme: theme.name)
def test_the_catchment_map_is_painted_on_the_themes_ground(
    theme: type[LIGHT], server: str, visitor: Callable[..., Visit]
) -> None:
    visit = visitor(server, dark=theme.name == "dark")
    page = visit.open("/catchment")
    page.wait_for_timeout(1500)  # tiles and labels follow the script
    picture = pixels(page.get_by_test_id("stDeckGlJsonChart"))
    area = picture.shape[0] * picture.shape[1]
    cells = painted(picture, theme.sales[1:])
    assert sum(count > 500 for count in cells) >= 4, cells
    assert sum(cells) > 0.05 * area
    assert sum(painted(picture, (theme.land, theme.water))) > 0.3 * area
    assert visit.abroad == []


def test_another_agent_changes_the_heatmap_and_the_address(visit: Visit) -> None:
    page = visit.open("/dwell")
    before = pixels(page.locator(".st-key-chart-heat"))
    visit.choose("filter-agent", "Jiangnan")
    assert "agent=" in page.url
    after = pixels(page.locator(".st-key-chart-heat"))
    assert before.shape != after.shape or (before != after).mean() > 0.01


def test_another_measure_changes_the_heatmap_and_the_address(visit: Visit) -> None:
    page = visit.open("/dwell")
    page.locator(".st-key-choose-measure").get_by_text("Minutes", exact=True).click()
    page.wait_for_url("**measure=minutes**")
    visit.settle()
    counts = painted(pixels(page.locator(".st-key-chart-heat")), LIGHT.dwell)
    assert sum(count > 50 for count in counts) >= 6, counts


def test_another_layer_changes_the_map_and_the_address(visit: Visit) -> None:
    page = visit.open("/catchment")
    page.locator(".st-key-choose-layer").get_by_text("Interest − sales", exact=True).click()
    page.wait_for_url("**layer=interest**")
    visit.settle()
    page.wait_for_timeout(1500)
    counts = painted(pixels(page.get_by_test_id("stDeckGlJsonChart")), LIGHT.diverging)
    assert sum(count > 100 for count in counts) >= 3, counts
    assert visit.complaints == []
