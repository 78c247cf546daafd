"""A map on a slide: every cell a shape of its own, as long as a person could still work with them."""

from __future__ import annotations

import json
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final

from charts.map_picture import map_alone
from charts.picture_legend import arranged, draw_legend, heights
from charts.picture_vector import Vector
from exports.slide_charts import emu
from exports.slide_strokes import clean
from schema.language import say

if TYPE_CHECKING:
    from charts.map_view import MapView
    from charts.theme import Theme
    from exports.document import Card

MOST_CELLS: Final = 600
"""More shapes than this make a slide slow and nobody edits them: the map is a picture then."""
_LEGEND_SCALE: Final = 1.25
_FINE: Final = 2
_STEPS: Final = 5
"""Each step merges seven cells into one."""


def add_map(slide: Any, card: Card, box: tuple[float, float, float, float], theme: Theme) -> None:
    """The map and its legend.

    Args:
        slide: where.
        card: whose map; with more than 600 cells they are merged into larger ones, else it becomes a picture.
        box: left, top, width and height in pixels of the slide.
        theme: the map's own.
    """
    from exports.slides import place_picture  # noqa: PLC0415  (slides place maps, and maps their pictures)

    if card.map is None:
        return
    view = editable(card) or card.map
    left, top, wide, high = box
    placed = arranged(view.legend, wide / _LEGEND_SCALE)
    low = sum(heights(placed)) * _LEGEND_SCALE + 8
    size = (round(wide), round(high - low))
    if cells_of(view) <= MOST_CELLS:
        place_picture(slide, map_alone(view, theme, width=size[0], height=size[1]), view.alt, (left, top, *size))
    else:
        fine = map_alone(view, theme, width=size[0] * _FINE, height=size[1] * _FINE)
        made = slide.shapes.add_picture(BytesIO(fine.png()), *emu((left, top, *size)))
        made.name = say("Map")
        made._element.nvPicPr.cNvPr.set("descr", clean(view.alt))  # noqa: SLF001  (python-pptx has no setting for it)
    legend = Vector(round(wide), round(low), theme.page)
    draw_legend(legend, placed, theme, left=0, top=4, scale=_LEGEND_SCALE)
    place_picture(slide, legend, say("Legend"), (left, top + size[1] + 4, wide, low))


def editable(card: Card) -> MapView | None:
    """The map in cells few enough to be shapes; None where even the largest are too many."""
    if card.map is None or cells_of(card.map) <= MOST_CELLS:
        return card.map
    if card.coarser is None:
        return None
    for step in range(1, _STEPS):
        larger = card.coarser(step)
        if larger is not None and cells_of(larger) <= MOST_CELLS:
            return larger
    return None


def cells_of(view: MapView) -> int:
    """How many hexagons a map has; the frame round a marked one is none."""
    layers = json.loads(view.deck.to_json())["layers"]
    return sum(len(one["data"]) for one in layers if one["@@type"] == "H3HexagonLayer" and one["id"] != "selected")
