"""Which store is nearest to whom, and which one was at any earlier day?

Distances are great-circle metres. Two stores count as equally near when they differ by less than a millimetre;
the smaller ``store_id`` then wins, so that the order of rows never decides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from metrics.closest import closest
from metrics.rules import require
from schema.geodesy import EARTH_RADIUS_M

if TYPE_CHECKING:
    import datetime as dt

    from numpy.typing import NDArray

    _Floats = NDArray[np.float64]
    _Ints = NDArray[np.int64]

_TIE: Final = 0.001 / EARTH_RADIUS_M  # a millimetre, as a chord of the unit sphere
_SPARE: Final = 8  # neighbours asked for beyond k, so that ties at the edge are settled by id
_NOBODY: Final = -1


def nearest_store(points: pl.DataFrame, places: pl.DataFrame) -> pl.DataFrame:
    """Which store is nearest to each place?

    Args:
        points: any table with ``lat, lng`` (WGS-84 degrees).
        places: ``store_id, lat, lng``; stores without position are left out.

    Returns:
        The points in their order with ``nearest_store_id`` and ``nearest_m`` (metres); both null for a point
        without position, or when no store has one.

    Raises:
        ContractError: a required column is missing.
    """
    require(points, "points", "lat", "lng")
    stores = _positioned(places)
    at, rows = _on_sphere(points)
    index = np.full(points.height, _NOBODY, dtype=np.int64)
    chord = np.full(points.height, np.nan)
    if stores.height and rows.size:
        index[rows], chord[rows] = closest(at, _on_sphere(stores)[0], _TIE)
    return points.with_columns(
        _ids(stores, index).alias("nearest_store_id"), pl.Series("nearest_m", _metres(chord), nan_to_null=True)
    )


def nearest_k(points: pl.DataFrame, places: pl.DataFrame, k: int) -> pl.DataFrame:
    """Which few stores are nearest to each place?

    Args:
        points: any table with ``lat, lng`` (WGS-84 degrees).
        places: ``store_id, lat, lng``; stores without position are left out.
        k: how many; fewer when there are fewer stores.

    Returns:
        ``k`` rows a point, in the order of the points, nearest first: the point's columns, ``rank`` (from 1),
        ``near_store_id`` and ``near_m`` (metres). A point without position has no row.

    Raises:
        ContractError: a required column is missing.
    """
    from scipy.spatial import cKDTree  # noqa: PLC0415  (scipy loads with the first question that needs it)

    require(points, "points", "lat", "lng")
    stores = _positioned(places)
    at, rows = _on_sphere(points)
    kept = min(k, stores.height)
    asked = min(k + _SPARE, stores.height)
    chord, index = np.zeros((rows.size, kept)), np.zeros((rows.size, kept), dtype=np.int64)
    if kept and rows.size:
        far, which = cKDTree(_on_sphere(stores)[0]).query(at, k=list(range(1, asked + 1)))
        level = np.cumsum(np.diff(far, axis=1, prepend=far[:, :1]) > _TIE, axis=1)
        order = np.lexsort((which, level), axis=1)[:, :kept]
        chord, index = np.take_along_axis(far, order, axis=1), np.take_along_axis(which, order, axis=1)
    return points[np.repeat(rows, kept)].with_columns(
        pl.Series("rank", np.tile(np.arange(1, kept + 1), rows.size), dtype=pl.Int64),
        _ids(stores, index.ravel()).alias("near_store_id"),
        pl.Series("near_m", _metres(chord.ravel()), dtype=pl.Float64),
    )


def nearest_open_by_epoch(people: pl.DataFrame, places: pl.DataFrame) -> pl.DataFrame:
    """Which open store was nearest to each customer, and from when to when?

    Time is cut where a store opens or closes, and only what such a day changes is computed again.

    Args:
        people: ``customer_key, home_lat, home_lng``; people without a home are left out.
        places: ``store_id, lat, lng, opened_on, closed_on``; no opening day means always open before closing, no
            closing day still open. Stores without position, or closed before they opened, are left out.

    Returns:
        One row per customer and change, by customer and time: ``customer_key``, ``from_on`` (first day; null = since
        ever), ``to_on`` (first day after; null = still), ``store_id``, ``distance_m``. Days on which no store was
        open have no row.

    Raises:
        ContractError: a required column is missing.
    """
    require(people, "people", "customer_key", "home_lat", "home_lng")
    require(places, "places", "opened_on", "closed_on")
    stores = _positioned(places).filter(
        (pl.col("opened_on").is_null() | pl.col("closed_on").is_null()) | (pl.col("opened_on") < pl.col("closed_on"))
    )
    homes, rows = _on_sphere(people.rename({"home_lat": "lat", "home_lng": "lng"}))
    keys = people["customer_key"][rows]
    held = _Held(homes, _on_sphere(stores)[0])
    days: list[dt.date | None] = [None, *_days(stores)]
    for epoch, day in enumerate(days):
        held.move(
            epoch, opened=_rows_on(stores["opened_on"], day), closed=_rows_on(stores["closed_on"], day, close=True)
        )
    who, start, end, which, chord = held.spells(len(days))
    calendar = pl.Series("on", [*days, None], dtype=pl.Date)
    return pl.DataFrame(
        {
            "customer_key": keys[who],
            "from_on": calendar[start],
            "to_on": calendar[end],
            "store_id": _ids(stores, which),
            "distance_m": pl.Series(_metres(chord), dtype=pl.Float64),
        }
    ).sort("customer_key", "from_on", nulls_last=False)


class _Held:
    """Who is held by which store while stores open and close; finished spells are kept aside."""

    def __init__(self, homes: _Floats, stores: _Floats) -> None:
        self._homes = homes
        self._stores = stores
        self._is_open = np.zeros(len(stores), dtype=np.bool_)
        self._which = np.full(len(homes), _NOBODY, dtype=np.int64)
        self._chord = np.full(len(homes), np.inf)
        self._since = np.zeros(len(homes), dtype=np.int64)
        self._done: list[tuple[_Ints, _Ints, _Ints, _Ints, _Floats]] = []

    def move(self, epoch: int, *, opened: _Ints, closed: _Ints) -> None:
        """Let some stores open and others close at the start of an epoch."""
        self._is_open[closed] = False
        self._is_open[opened] = True
        which, chord = self._which.copy(), self._chord.copy()
        orphans = np.flatnonzero(np.isin(which, closed)) if closed.size else closed
        which[orphans], chord[orphans] = _NOBODY, np.inf
        still_open = np.flatnonzero(self._is_open)
        if orphans.size and still_open.size:
            near, chord[orphans] = closest(self._homes[orphans], self._stores[still_open], _TIE)
            which[orphans] = still_open[near]
        if opened.size:
            near, far = closest(self._homes, self._stores[opened], _TIE)
            nearer = opened[near]
            wins = (far < chord - _TIE) | ((far <= chord + _TIE) & (nearer < which))
            which[wins], chord[wins] = nearer[wins], far[wins]
        changed = np.flatnonzero(which != self._which)
        self._finish(changed, epoch)
        self._which, self._chord = which, chord
        self._since[changed] = epoch

    def spells(self, end: int) -> tuple[_Ints, _Ints, _Ints, _Ints, _Floats]:
        """Every spell: row of the customer, first epoch, epoch after it, row of the store, chord."""
        self._finish(np.arange(len(self._homes)), end)
        who, start, stop, which, chord = zip(*self._done, strict=True)
        return (
            np.concatenate(who),
            np.concatenate(start),
            np.concatenate(stop),
            np.concatenate(which),
            np.concatenate(chord),
        )

    def _finish(self, rows: _Ints, epoch: int) -> None:
        rows = rows[self._which[rows] != _NOBODY]
        stop = np.full(rows.size, epoch, dtype=np.int64)
        self._done.append((rows, self._since[rows], stop, self._which[rows], self._chord[rows]))


def _days(stores: pl.DataFrame) -> list[dt.date]:
    both = pl.concat([stores["opened_on"], stores["closed_on"].alias("opened_on")])
    days: list[dt.date] = both.drop_nulls().unique().sort().to_list()
    return days


def _rows_on(days: pl.Series, day: dt.date | None, *, close: bool = False) -> _Ints:
    """Stores whose day it is; the first epoch, which has no day, opens those that were always open."""
    if day is None and close:
        return np.empty(0, dtype=np.int64)
    hit = days.is_null() if day is None else days == day
    rows: _Ints = hit.fill_null(value=False).arg_true().to_numpy().astype(np.int64)
    return rows


def _positioned(places: pl.DataFrame) -> pl.DataFrame:
    """Stores with a position in the order of their ids, so that a smaller row is a smaller id."""
    require(places, "places", "store_id", "lat", "lng")
    return places.filter(pl.col("lat").is_finite(), pl.col("lng").is_finite()).sort("store_id")


def _on_sphere(points: pl.DataFrame) -> tuple[_Floats, _Ints]:
    """Unit vectors of the rows with a position, and which rows those are."""
    lat = np.radians(points["lat"].cast(pl.Float64).to_numpy())
    lng = np.radians(points["lng"].cast(pl.Float64).to_numpy())
    rows = np.flatnonzero(np.isfinite(lat) & np.isfinite(lng))
    if len(rows) < len(lat):
        lat, lng = lat[rows], lng[rows]
    along = np.cos(lat)
    return np.stack((along * np.cos(lng), along * np.sin(lng), np.sin(lat))).T, rows


def _ids(stores: pl.DataFrame, rows: _Ints) -> pl.Series:
    return stores["store_id"].gather(pl.Series(rows).replace(_NOBODY, None))


def _metres(chord: _Floats) -> _Floats:
    metres: _Floats = 2 * EARTH_RADIUS_M * np.arcsin(np.clip(chord / 2, 0.0, 1.0))
    return metres
