"""Which H3 cells does a map draw, and where must it look? Checked here because deck.gl fails silently."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Literal

import h3.api.basic_int as h3
import numpy as np
import polars as pl

from schema.errors import ContractError

How = Literal["sum", "mean", "max", "mode"]

MOST_CELLS: Final = 5_000
"""More cells than this are smaller than a finger and slower than a click: they are drawn as parents."""
TILE: Final = 512
"""Pixels of the whole world at zoom 0, as deck.gl and MapLibre count."""
FLATTEST: Final = 85.05
"""Degrees: where the Mercator map ends."""
WIDE: Final = (700, 560)
LOW: Final = (700, 420)
PHONE: Final = (350, 400)
"""Pixels that a view is fitted to; a wide card shows a little more ground than that at its sides."""
MARGIN: Final = 26
"""Pixels kept free around the cells."""
NEAREST: Final = 12.5
MANY: Final = 200
EDGE_SHARE: Final = 0.005
"""From 200 cells on, the half percent of weight at each end (a customer abroad) does not shrink the view."""

_MODES: Final = 0x7F
_BASE_CELLS: Final = 122
_LOWEST: Final = 15
_UNUSED: Final = 7


@dataclass(frozen=True)
class Bounds:
    """A box in degrees, WGS-84; ``east`` may exceed 180 where a box crosses the date line."""

    south: float
    west: float
    north: float
    east: float


@dataclass(frozen=True)
class Look:
    """Where a map looks at first: the middle in degrees and deck.gl's zoom."""

    lat: float
    lng: float
    zoom: float

    def pixel(self, lat: float, lng: float) -> tuple[float, float]:
        """Pixels right of and below the middle of the view."""
        scale = TILE * 2**self.zoom
        x = ((lng - self.lng + 180) % 360 - 180) / 360 * scale
        return x, (_mercator(self.lat) - _mercator(lat)) * scale

    def place(self, x: float, y: float) -> tuple[float, float]:
        """The (lat, lng) that lies at these pixels right of and below the middle."""
        scale = TILE * 2**self.zoom
        return _latitude(_mercator(self.lat) - y / scale), self.lng + x / scale * 360


def is_cell(cells: pl.Series) -> pl.Series:
    """Which numbers are H3 cells? Checks mode, base cell and every digit by bits, a null is none."""
    filled = cells.cast(pl.Int64).fill_null(0).to_numpy()
    bits = filled.astype(np.uint64)
    resolution = (bits >> np.uint64(52)) & np.uint64(15)
    # bit 63 is 0, the mode (1 = cell) stands in bits 59-62, three reserved bits below it are 0
    good = ((bits >> np.uint64(56)) == np.uint64(8)) & (((bits >> np.uint64(45)) & np.uint64(_MODES)) < _BASE_CELLS)
    for digit in range(1, _LOWEST + 1):
        value = (bits >> np.uint64(3 * (_LOWEST - digit))) & np.uint64(_UNUSED)
        good &= np.where(resolution >= digit, value != _UNUSED, value == _UNUSED)
    return pl.Series(cells.name, good)


def checked_cells(cells: pl.DataFrame, columns: tuple[str, ...], *, name: str) -> pl.DataFrame:
    """Just the needed columns of a table of cells, once every cell is known to be one.

    Raises:
        ContractError: a column is missing, a cell is not an H3 cell, or a cell stands in two rows.
    """
    missing = [column for column in columns if column not in cells.columns]
    if missing:
        have = ", ".join(cells.columns) or "none"
        message = f"{name}: {', '.join(missing)} is missing; the columns are {have}."
        raise ContractError(message)
    bad = int((~is_cell(cells["cell"])).sum())
    if bad:
        message = f"{name}: cell is no H3 cell in {bad:,} of {cells.height:,} rows; index the positions again."
        raise ContractError(message)
    twice = cells.height - cells["cell"].n_unique()
    if twice:
        message = f"{name}: cell repeats in {twice:,} of {cells.height:,} rows; a map takes one row per cell."
        raise ContractError(message)
    return cells.select(columns)


def checked_places(places: pl.DataFrame, *, name: str) -> pl.DataFrame:
    """The rows that have a position, once every position is known to be one.

    Raises:
        ContractError: lat or lng is missing as a column or lies outside ±90 / ±180.
    """
    missing = [column for column in ("lat", "lng") if column not in places.columns]
    if missing:
        message = f"{name}: {', '.join(missing)} is missing; the columns are {', '.join(places.columns)}."
        raise ContractError(message)
    known = places.filter(pl.col("lat").is_not_null() & pl.col("lng").is_not_null())
    inside = known.filter(pl.col("lat").is_between(-90, 90) & pl.col("lng").is_between(-180, 180))
    if inside.height < known.height:
        bad = known.height - inside.height
        message = (
            f"{name}: lat or lng is out of range in {bad:,} of {places.height:,} rows; "
            "latitude is within ±90 and longitude within ±180; check whether the two are swapped."
        )
        raise ContractError(message)
    return inside


def resolution(cells: pl.Series) -> int | None:
    """The finest resolution among the cells (0-15); None without cells."""
    finest = ((cells.cast(pl.Int64).to_numpy() >> 52) & 15).max(initial=-1)
    return None if finest < 0 else int(finest)


def parents(cells: pl.Series, to: int) -> pl.Series:
    """The parent of each cell at a coarser resolution, by bit arithmetic; a coarser cell stays itself."""
    bits = cells.cast(pl.Int64).to_numpy()
    own = (bits >> 52) & 15
    tail = (1 << (3 * (_LOWEST - to))) - 1
    lifted = (bits & ~np.int64(15 << 52)) | np.int64(to << 52) | np.int64(tail)
    return pl.Series(cells.name, np.where(own > to, lifted, bits))


def marked_cell(marked: str, cells: pl.Series) -> int | None:
    """Which of the cells that are drawn is the one that somebody marked?

    Args:
        marked: a cell as an address writes it, in hex.
        cells: those of the map; where they are larger than the marked one, it is the one around it.

    Returns:
        None where the text names no cell, and where the map draws none there.
    """
    try:
        cell = pl.Series([int(marked, 16)], dtype=pl.Int64)
    except (ValueError, OverflowError, TypeError):
        return None
    finest = resolution(cells)
    if finest is None or not is_cell(cell)[0]:
        return None
    wanted = int(parents(cell, finest)[0])
    return wanted if wanted in cells else None


def coarsen(cells: pl.DataFrame, how: How = "sum", *, most: int = MOST_CELLS) -> pl.DataFrame:
    """How do too many cells become few enough to read?

    Args:
        cells: One row per ``cell``; every other column is carried along.
        how: What becomes of the other columns: added, averaged, largest, or the most frequent.
        most: Cells that may be drawn.

    Returns:
        The table itself when it is small enough, else one row per parent cell, by cell.
    """
    out = cells
    while out.height > most and (finest := resolution(out["cell"])):
        rest = pl.all().exclude("cell")
        kinds = {"sum": rest.sum(), "mean": rest.mean(), "max": rest.max(), "mode": rest.mode().sort().first()}
        lifted = out.with_columns(parents(out["cell"], finest - 1))
        out = lifted.group_by("cell").agg(kinds[how]).sort("cell")
    return out


def centres(cells: pl.Series) -> pl.DataFrame:
    """The middle of each cell: ``lat``, ``lng``, in the order of the cells."""
    points = [h3.cell_to_latlng(cell) for cell in cells.to_list()]
    return pl.DataFrame(points, schema={"lat": pl.Float64, "lng": pl.Float64}, orient="row")


def bounds_of(cells: pl.Series, weights: pl.Series | None = None) -> Bounds | None:
    """What box holds the cells? Far outliers of little weight are left aside from 200 cells on; None without cells."""
    if cells.is_empty():
        return None
    points = centres(cells)
    lat, lng = points["lat"].to_numpy(), points["lng"].to_numpy()
    if lng.max() - lng.min() > 180:  # noqa: PLR2004  (half the world: the cells lie on both sides of the date line)
        lng = np.where(lng < 0, lng + 360, lng)
    weight = np.ones(len(lat)) if weights is None else np.abs(weights.cast(pl.Float64).fill_null(0).to_numpy())
    cut = EDGE_SHARE if len(lat) >= MANY and weight.sum() > 0 else 0.0
    half = math.sqrt(h3.average_hexagon_area(resolution(cells) or 0, unit="km^2")) / 111 / 1.5
    south, north = _span(lat, weight, cut)
    west, east = _span(lng, weight, cut)
    wide = half / max(0.2, math.cos(math.radians((south + north) / 2)))
    return Bounds(max(-FLATTEST, south - half), west - wide, min(FLATTEST, north + half), east + wide)


def fit(bounds: Bounds, width: int, height: int) -> Look:
    """Where must a view of so many pixels look so that the box fills it?"""
    top, bottom = _mercator(bounds.north), _mercator(bounds.south)
    across = max((bounds.east - bounds.west) / 360, 1e-9)
    down = max(top - bottom, 1e-9)
    zoom = math.log2(min((width - 2 * MARGIN) / across, (height - 2 * MARGIN) / down) / TILE)
    lng = (bounds.west + bounds.east) / 2
    return Look(
        round(_latitude((top + bottom) / 2), 5), round((lng + 180) % 360 - 180, 5), round(min(zoom, NEAREST), 3)
    )


def _span(values: np.ndarray, weight: np.ndarray, cut: float) -> tuple[float, float]:
    if not cut:
        return float(values.min()), float(values.max())
    order = np.argsort(values, kind="stable")
    share = np.cumsum(weight[order]) / weight.sum()
    low = values[order][min(int(np.searchsorted(share, cut)), len(values) - 1)]
    high = values[order][min(int(np.searchsorted(share, 1 - cut)), len(values) - 1)]
    return float(low), float(high)


def _mercator(lat: float) -> float:
    """Latitude as a share of the map's height, 0 at the equator and growing to the north."""
    flat = math.radians(max(-FLATTEST, min(FLATTEST, lat)))
    return math.asinh(math.tan(flat)) / (2 * math.pi)


def _latitude(share: float) -> float:
    return math.degrees(math.atan(math.sinh(share * 2 * math.pi)))
