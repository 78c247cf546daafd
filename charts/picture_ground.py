"""What lies under the cells of a picture? The same basemap files and styles that the browser draws, cut to the view."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from charts.map_cells import Look
    from charts.picture_pen import Pen
    from charts.theme import Theme

FOLDER: Final = Path(__file__).parents[1] / "ui" / "static"
"""Where the browser's own files lie; a picture must show the same ground as the page."""
_AIR: Final = 8.0
"""Pixels of ground kept beyond the edges, so that no cut end of a line is seen."""


def draw_ground(pen: Pen, look: Look, theme: Theme, scale: float) -> None:
    """Land, water and borders.

    Args:
        pen: The canvas of the map.
        look: The middle of the view and its zoom, at one pixel of the page.
        theme: Light or dark.
        scale: Pixels of the picture for one of the page.
    """
    style = json.loads((FOLDER / f"style-{theme.name}.json").read_text(encoding="utf-8"))
    for layer in style["layers"]:
        paint = layer["paint"]
        if layer["type"] == "background" or look.zoom < layer.get("minzoom", 0):
            continue
        for part in _on_canvas(shapes(layer["source"]), look, scale, pen):
            if layer["type"] == "fill":
                cut = _clipped(part, pen.width, pen.height)
                pen.area([tuple(point) for point in cut.tolist()], paint["fill-color"])
            else:
                _draw_line(pen, part, paint, look.zoom, scale)


@dataclass(frozen=True)
class Shapes:
    """The lines or rings of one file in degrees, and the ``west, south, east, north`` of each, one row per part."""

    parts: tuple[np.ndarray, ...]
    boxes: np.ndarray


@cache
def shapes(source: str) -> Shapes:
    """One basemap file, read once; holes in areas are left out."""
    features = json.loads((FOLDER / f"{source}.json").read_text(encoding="utf-8"))["features"]
    found: list[np.ndarray] = []
    for feature in features:
        geometry = feature["geometry"]
        rings = (part[0] if geometry["type"] == "MultiPolygon" else part for part in geometry["coordinates"])
        found += [np.array(ring, dtype=np.float64) for ring in rings]
    return Shapes(tuple(found), np.array([[*part.min(axis=0), *part.max(axis=0)] for part in found]))


def to_canvas(points: np.ndarray, look: Look, scale: float, width: float, height: float) -> np.ndarray:
    """Longitudes and latitudes as pixels of a canvas whose middle is the middle of the view."""
    world = 512 * 2**look.zoom * scale
    flat = np.radians(np.clip(points[:, 1], -85.05, 85.05))
    middle = np.arcsinh(np.tan(np.radians(look.lat)))
    x = (points[:, 0] - look.lng) / 360 * world + width / 2
    y = (middle - np.arcsinh(np.tan(flat))) / (2 * np.pi) * world + height / 2
    return np.column_stack([x, y])


def _on_canvas(found: Shapes, look: Look, scale: float, pen: Pen) -> list[np.ndarray]:
    """The parts whose box touches the canvas, in pixels; the world repeats east and west of the date line."""
    out = []
    for turn in (0, -360, 360):
        turned = [turn, 0]
        left_low = to_canvas(found.boxes[:, :2] + turned, look, scale, pen.width, pen.height)
        right_top = to_canvas(found.boxes[:, 2:] + turned, look, scale, pen.width, pen.height)
        seen = (right_top[:, 0] > -_AIR) & (left_low[:, 0] < pen.width + _AIR)
        seen &= (left_low[:, 1] > -_AIR) & (right_top[:, 1] < pen.height + _AIR)
        parts = (found.parts[number] + turned for number in np.flatnonzero(seen))
        out += [to_canvas(part, look, scale, pen.width, pen.height) for part in parts]
    return out


def _clipped(ring: np.ndarray, width: float, height: float) -> np.ndarray:
    """A ring cut at the canvas' four edges, one after the other."""
    for axis, edge, sign in ((0, -_AIR, 1), (0, width + _AIR, -1), (1, -_AIR, 1), (1, height + _AIR, -1)):
        ring = _cut(ring, axis, edge, sign)
    return ring


def _cut(ring: np.ndarray, axis: int, edge: float, sign: int) -> np.ndarray:
    """The part of a ring on one side of an edge; where it crosses, a corner on the edge."""
    if len(ring) == 0:
        return ring
    following = np.roll(ring, -1, axis=0)
    far, far_next = (ring[:, axis] - edge) * sign, (following[:, axis] - edge) * sign
    inside, crosses = far >= 0, (far >= 0) != (far_next >= 0)
    share = np.divide(far, far - far_next, out=np.zeros_like(far), where=crosses)
    corners = ring + (following - ring) * share[:, None]
    both = np.stack([ring, corners], axis=1).reshape(-1, 2)
    kept: np.ndarray = both[np.stack([inside, crosses], axis=1).reshape(-1)]
    return kept


def _draw_line(pen: Pen, line: np.ndarray, paint: dict[str, Any], zoom: float, scale: float) -> None:
    """The stretches of a line that can be seen."""
    start, end = line[:-1], line[1:]
    low, high = np.minimum(start, end), np.maximum(start, end)
    size = np.array([pen.width, pen.height])
    seen = ((high > -_AIR) & (low < size + _AIR)).all(axis=1)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], seen, [False]]).astype(np.int8)))
    width = _width(paint["line-width"], zoom) * scale
    dash = [step * width for step in paint.get("line-dasharray", ())]
    for first, last in zip(edges[::2], edges[1::2], strict=True):
        stretch = line[first : last + 1]
        for piece in _dashes(stretch, *dash) if dash else [stretch]:
            pen.line([tuple(point) for point in piece.tolist()], paint["line-color"], width)


def _dashes(line: np.ndarray, on: float, off: float) -> list[np.ndarray]:
    """A line in strokes of one length with gaps of another."""
    steps = np.hypot(*np.diff(line, axis=0).T)
    along = np.concatenate([[0.0], np.cumsum(steps)])
    out = []
    for begin in np.arange(0.0, along[-1], on + off):
        between = along[(along > begin) & (along < begin + on)]
        at = np.concatenate([[begin], between, [min(begin + on, along[-1])]])
        out.append(np.column_stack([np.interp(at, along, line[:, 0]), np.interp(at, along, line[:, 1])]))
    return out


def _width(width: Any, zoom: float) -> float:
    """A line's width: a number, or ``["interpolate", ["linear"], ["zoom"], z, w, z, w, …]``."""
    if isinstance(width, int | float):
        return float(width)
    return float(np.interp(zoom, width[3::2], width[4::2]))
