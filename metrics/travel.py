"""How far is it from each home to the stores that may serve it: in a straight line, or as an uploaded matrix says?

A travel matrix gives metres or seconds for an H3 cell and a store. A home takes the finest cell of the matrix that
holds it; a pair that the matrix does not name keeps its straight line. Seconds become metres at the median pace of the
pairs that have both, so that the two can stand in one comparison.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl

from metrics.cells import cell_resolution, parent
from metrics.rules import require
from schema.geodesy import EARTH_RADIUS_M

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Bools = NDArray[np.bool_]

MOST_CANDIDATES: Final = 32
"""Stores compared for one home; those beyond the 32 nearest would hardly be chosen."""


@dataclass(frozen=True, slots=True)
class Reach:
    """Homes (rows) and the stores that each may choose from (columns), with the way to each.

    Attributes:
        stores: ``Places`` with a position, by ``store_id``.
        index: row of the store in ``stores``.
        metres: how far it is.
        travelled: share of the pairs whose way the travel matrix gave; 0 without one.
    """

    stores: pl.DataFrame
    index: Ints
    metres: Floats
    travelled: float = 0.0

    def take(self, rows: Ints) -> Reach:
        """The same for some of the homes, repeated as asked."""
        return Reach(self.stores, self.index[rows], self.metres[rows], self.travelled)


def reach(homes: pl.DataFrame, places: pl.DataFrame, travel: pl.DataFrame | None = None) -> Reach:
    """Which stores may serve each home, and how far are they?

    Args:
        homes: ``lat, lng`` (WGS-84, not null) and, to use a travel matrix, ``cell`` (resolution 9).
        places: ``Places``; those without position are left out.
        travel: ``Travel``; None or empty is the straight line.

    Returns:
        Every store, or the 32 nearest in a straight line where there are more.

    Raises:
        ContractError: a required column is missing.
    """
    require(homes, "homes", "lat", "lng")
    require(places, "places", "store_id", "lat", "lng")
    stores = places.filter(pl.col("lat").is_finite(), pl.col("lng").is_finite()).sort("store_id")
    lat, lng = (homes[name].cast(pl.Float64).to_numpy() for name in ("lat", "lng"))
    index, metres = _straight(_unit(lat, lng), _unit(*(stores[name].to_numpy() for name in ("lat", "lng"))))
    if travel is None or travel.is_empty() or index.size == 0:
        return Reach(stores, index, metres)
    require(homes, "homes", "cell")
    known = _matched(homes["cell"], stores["store_id"], index, metres, travel)
    said = np.isfinite(known)
    return Reach(stores, index, np.where(said, known, metres), float(said.mean()))


def metres_between(lat: Floats, lng: Floats, to_lat: Floats, to_lng: Floats) -> Floats:
    """Great-circle metres from every one of the first places (rows) to every one of the second (columns)."""
    chord = np.sqrt(np.maximum(0.0, 2.0 - 2.0 * (_unit(lat, lng) @ _unit(to_lat, to_lng).T)))
    return _arc(chord)


def metres_between_rows(lat: Floats, lng: Floats, to_lat: Floats, to_lng: Floats) -> Floats:
    """Great-circle metres from each place to the one in the same row; not a number where one is unknown."""
    return _arc(np.sqrt(((_unit(lat, lng) - _unit(to_lat, to_lng)) ** 2).sum(axis=1)))


def _straight(homes: Floats, stores: Floats) -> tuple[Ints, Floats]:
    from scipy.spatial import cKDTree  # noqa: PLC0415  (scipy loads with the first question that needs it)

    size = len(stores)
    if size <= MOST_CANDIDATES or not len(homes):
        width = min(size, MOST_CANDIDATES)
        index = np.broadcast_to(np.arange(width, dtype=np.int64), (len(homes), width))
        chords = [np.sqrt(((homes - stores[column]) ** 2).sum(axis=1)) for column in range(width)]
        return index, _arc(np.column_stack(chords) if chords else np.zeros((len(homes), 0)))
    tree: Any = cKDTree(stores)
    chord, rows = tree.query(homes, k=MOST_CANDIDATES)
    return rows.astype(np.int64), _arc(chord)


def _unit(lat: Floats, lng: Floats) -> Floats:
    y, x = np.radians(lat), np.radians(lng)
    return np.column_stack((np.cos(y) * np.cos(x), np.cos(y) * np.sin(x), np.sin(y)))


def _arc(chord: Floats) -> Floats:
    metres: Floats = 2 * EARTH_RADIUS_M * np.arcsin(np.clip(chord / 2, 0.0, 1.0))
    return metres


def _matched(cells: pl.Series, ids: pl.Series, index: Ints, straight: Floats, travel: pl.DataFrame) -> Floats:
    """Metres of the matrix for each home and candidate; not a number where it says nothing."""
    require(travel, "travel", "cell", "store_id", "distance_m", "duration_s")
    metres, seconds = np.full(index.shape, np.nan), np.full(index.shape, np.nan)
    matrix = travel.with_columns(cell_resolution(pl.col("cell")).alias("level"))
    for level in matrix["level"].drop_nulls().unique().sort().to_list():  # the finest last: it wins
        rows = matrix.filter(pl.col("level") == level).drop("level")
        at = cells.to_frame("cell").select(parent(pl.col("cell"), level))["cell"]
        for column, target in (("distance_m", metres), ("duration_s", seconds)):
            found = _looked_up(at, ids, index, rows.select("cell", "store_id", value=pl.col(column)).drop_nulls())
            target[:] = np.where(np.isfinite(found), found, target)
    timed = np.isfinite(seconds) & ~np.isfinite(metres)
    if timed.any():
        metres[timed] = seconds[timed] * _pace(metres, seconds, straight)
    return metres


def _pace(metres: Floats, seconds: Floats, straight: Floats) -> float:
    """Metres a second over the pairs that have a time: of the matrix's own distances, else of the straight lines."""
    moved = np.isfinite(seconds) & (seconds > 0)
    both = moved & np.isfinite(metres)
    rows, way = (both, metres) if both.any() else (moved, straight)
    return float(np.median(way[rows] / seconds[rows])) if rows.any() else 1.0


def _looked_up(at: pl.Series, ids: pl.Series, index: Ints, rows: pl.DataFrame) -> Floats:
    """The value of (cell, store) for each home and candidate, by one search in sorted codes."""
    known = rows["cell"].unique().sort()
    stores = rows.join(pl.DataFrame({"store_id": ids}).with_row_index("store"), on="store_id", how="inner")
    nothing = np.full(index.shape, np.nan)
    if stores.is_empty():
        return nothing
    size = len(ids)
    codes = known.search_sorted(stores["cell"]).to_numpy().astype(np.int64) * size + stores["store"].to_numpy()
    order = np.argsort(codes, kind="stable")
    codes, values = codes[order], stores["value"].to_numpy()[order]
    place = np.minimum(known.search_sorted(at.fill_null(-1)).to_numpy().astype(np.int64), len(known) - 1)
    hit = known.gather(pl.Series(place)).eq_missing(at).to_numpy()
    wanted = place[:, None] * size + index
    spot = np.minimum(np.searchsorted(codes, wanted), len(codes) - 1)
    return np.where((codes[spot] == wanted) & hit[:, None], values[spot], nothing)
