"""How does a map leave the page? As a picture drawn from the very layers that the browser is given."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any, Final

import h3.api.basic_int as h3
import numpy as np

from charts.map_cells import WIDE, Look
from charts.map_words import scale_layers
from charts.picture_ground import draw_ground, to_canvas
from charts.picture_legend import arranged, draw_legend, heights
from charts.picture_pen import Pen, fitting, width_of
from charts.picture_vector import Vector

if TYPE_CHECKING:
    from charts.map_view import MapView
    from charts.theme import Theme

_PAGE: Final = (1000.0, 625.0)
"""The picture's page in pixels of the screen: what stands on it is as large, beside the cells, as on the screen."""
_EDGE: Final = 24.0
_TITLE, _SUBTITLE, _NOTE = 22.0, 15.0, 13.0
_LOWEST: Final = 1e-9


def map_png(
    view: MapView,
    theme: Theme,
    *,
    width: int = 1600,
    height: int = 1000,
    title: str = "",
    subtitle: str = "",
    source: str = "",
) -> bytes:
    """What did the map show? The same cells, stores, names and legend on the same ground, for a report or a slide.

    Args:
        view: The map as shown on the page.
        theme: The theme it was made for.
        width: Pixels of the picture.
        height: Pixels of the picture.
        title: The finding, above the map.
        subtitle: Measure, unit and period, below the title.
        source: Said last, before the size of a cell and the credit.

    Returns:
        A PNG, drawn without a browser; the same view gives the same bytes on one machine.
    """
    words = (title, subtitle, source)
    pen = Pen(width, height, theme.page)
    _picture(pen, view, theme, words)
    return pen.png()


def map_vector(
    view: MapView,
    theme: Theme,
    *,
    width: int = 1600,
    height: int = 1000,
    title: str = "",
    subtitle: str = "",
    source: str = "",
) -> Vector:
    """The same picture as strokes: sharp at any size as SVG, and shapes on a slide. Arguments as for ``map_png``."""
    pen = Vector(width, height, theme.page)
    _picture(pen, view, theme, (title, subtitle, source))
    return pen


def map_alone(view: MapView, theme: Theme, *, width: int, height: int) -> Vector:
    """The map without anything around it, as strokes."""
    pen = Vector(width, height, theme.water)
    pen.plate((0, 0, width, height), theme.water)
    _map(view, theme, pen, min(width / _PAGE[0], height / _PAGE[1]))
    return pen


def _picture(pen: Pen, view: MapView, theme: Theme, words: tuple[str, str, str]) -> None:
    """Title, map, legend and source on a pen of either kind."""
    title, subtitle, source = words
    width, height = pen.width, pen.height
    scale = min(width / _PAGE[0], height / _PAGE[1])
    edge = _EDGE * scale
    room = width - 2 * edge
    top = _draw_head(pen, theme, title, subtitle, edge=edge, scale=scale)
    placed = arranged(view.legend, room / scale)
    foot = height - edge - _NOTE * scale
    legend_top = foot - sum(heights(placed)) * scale - 4 * scale
    box = (round(edge), round(top), round(room), max(1, round(legend_top - 6 * scale) - round(top)))
    drawn = type(pen)(box[2], box[3], theme.water)
    _map(view, theme, drawn, scale)
    pen.paste(drawn, box[0], box[1])
    draw_legend(pen, placed, theme, left=edge, top=legend_top, scale=scale)
    note = " · ".join(part for part in (source, view.note) if part)
    size = _NOTE * scale
    pen.text(edge, foot + size / 2, fitting(note, size, room), theme.caption, size)


def _draw_head(pen: Pen, theme: Theme, title: str, subtitle: str, *, edge: float, scale: float) -> float:
    """Title and subtitle; returns where the map begins."""
    y, room = edge * 0.8, pen.width - 2 * edge
    for words, points, colour, bold in (
        (title, _TITLE, theme.ink, True),
        (subtitle, _SUBTITLE, theme.caption, False),
    ):
        if words:
            size = points * scale
            pen.text(edge, y + size / 2, fitting(words, size, room, bold=bold), colour, size, bold=bold)
            y += size * 1.35
    return y + 6 * scale if y > edge * 0.8 else edge


def _map(view: MapView, theme: Theme, pen: Pen, scale: float) -> None:
    """The map alone, over the whole of a canvas."""
    width, height = pen.width, pen.height
    deck = json.loads(view.deck.to_json())
    look, grown = _look(deck["initialViewState"], width, height)
    scale = scale if view.bounds is None else grown
    draw_ground(pen, look, theme, scale)
    layers = [layer for layer in deck["layers"] if not layer["id"].startswith("scale")]
    if view.bounds is not None:  # the page's own bar lies where the corner of the page's view was
        size = (math.floor(width / scale), math.floor(height / scale))
        layers += [json.loads(layer.to_json()) for layer in scale_layers(look, size, theme)]
    canvas = _Canvas(pen, look, scale)
    for layer in layers:
        canvas.draw(layer)


def _look(state: dict[str, float], width: int, height: int) -> tuple[Look, float]:
    """Where the page's first view looks, and how much larger the picture is than that view."""
    look = Look(state["latitude"], state["longitude"], state["zoom"])
    return look, max(_LOWEST, min(width / WIDE[0], height / WIDE[1]))


class _Canvas:
    """Draws the few kinds of deck.gl layers that a map has."""

    def __init__(self, pen: Pen, look: Look, scale: float) -> None:
        self.pen, self.look, self.scale = pen, look, scale

    def draw(self, layer: dict[str, Any]) -> None:
        """One layer, by its kind."""
        kinds = {"H3HexagonLayer": self._cells, "GeoJsonLayer": self._marks, "TextLayer": self._names}
        kinds[layer["@@type"]](layer)

    def _cells(self, layer: dict[str, Any]) -> None:
        fill = _part(layer, "hexagon-cell-hifi", "getFillColor") if layer.get("filled", True) else None
        line = tuple(layer["getLineColor"]) if layer["stroked"] else None
        coverage = layer.get("coverage", 1)
        rings = [np.array(h3.cell_to_boundary(int(row["h"], 16)))[:, ::-1] for row in layer["data"]]
        for ring in rings:
            corners = self._places(ring)
            corners = corners.mean(axis=0) + (corners - corners.mean(axis=0)) * coverage
            points = [(x, y) for x, y in corners.tolist()]
            if fill:
                self.pen.area(points, fill)
            if line:
                self.pen.line([*points, *points[:2]], line, layer["getLineWidth"] * self.scale)

    def _marks(self, layer: dict[str, Any]) -> None:
        data, line = layer["data"], tuple(layer["getLineColor"])
        width = layer["getLineWidth"] * self.scale
        if isinstance(data, dict):
            self.pen.line([(x, y) for x, y in self._places(np.array(data["coordinates"])).tolist()], line, width)
            return
        fill = _part(layer, "points-circle", "getFillColor")
        for row in data:
            x, y = self._place(row["geometry"]["coordinates"])
            self.pen.dot(x, y, layer["getPointRadius"] * self.scale, fill=fill, ring=line, width=width)

    def _names(self, layer: dict[str, Any]) -> None:
        colour, size = _part(layer, "characters", "getColor"), layer["getSize"] * self.scale
        bold = layer.get("fontWeight", 400) > 500  # noqa: PLR2004  (semibold and above)
        shift = layer.get("getPixelOffset", [0, 0])
        left, top, right, bottom = (side * self.scale for side in layer.get("backgroundPadding", [0, 0, 0, 0]))
        for row in layer["data"]:
            x, y = self._place(row["p"])
            wide = width_of(row["n"], size, bold=bold)
            x += shift[0] * self.scale - {"start": 0.0, "end": wide}.get(layer.get("getTextAnchor", ""), wide / 2)
            y += shift[1] * self.scale
            if layer["id"].startswith("places") and not self._holds(x, y, wide, size):
                continue  # half a city's name tells nothing
            if layer.get("background"):
                box = (x - left, y - size / 2 - top, x + wide + right, y + size / 2 + bottom)
                radius = layer["backgroundBorderRadius"] * self.scale
                self.pen.plate(box, tuple(layer["getBackgroundColor"]), radius)
            self.pen.text(x, y, row["n"], colour, size, bold=bold)

    def _holds(self, x: float, y: float, wide: float, high: float) -> bool:
        return x >= 0 and x + wide <= self.pen.width and y >= high / 2 and y <= self.pen.height - high / 2

    def _places(self, points: np.ndarray) -> np.ndarray:
        """Pixels of longitudes and latitudes, on the side of the date line that the view looks at."""
        near = points.astype(np.float64)
        near[:, 0] = self.look.lng + (near[:, 0] - self.look.lng + 180) % 360 - 180
        return to_canvas(near, self.look, self.scale, self.pen.width, self.pen.height)

    def _place(self, point: list[float]) -> tuple[float, float]:
        x, y = self._places(np.array([point])).tolist()[0]
        return x, y


def _part(layer: dict[str, Any], part: str, what: str) -> tuple[int, ...]:
    return tuple(layer["_subLayerProps"][part][what])
