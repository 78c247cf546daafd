"""Where on Earth: great-circle distance, and the three datums a position may be given in.

WGS-84 is what satellites and every distance here use. Maps and tools of mainland China show GCJ-02, an official
offset of some hundred metres; one map maker adds a second offset on top, BD-09. Both offsets have a closed form but
no closed inverse, so the way back is a fixed point: the shift is found again at each better guess.

The kernels work on numpy arrays, because a chained expression would repeat each round inside the next one; the
expressions wrap them. A null coordinate stays null, and both of the pair become null.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from schema.errors import UsageError
from schema.language import say

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    _Array = NDArray[np.float64]
    _Kernel = Callable[[_Array, _Array], tuple[_Array, _Array]]

EARTH_RADIUS_M: Final = 6_371_008.8
"""Mean radius of WGS-84 (metres); every distance of the product is on this sphere."""

MAINLAND_LAT: Final = (0.8293, 55.8271)
MAINLAND_LNG: Final = (72.004, 137.8347)
"""The rectangle (degrees) inside which maps shift; the one that all published converters use."""

_KRASOVSKY_A_M: Final = 6_378_245.0
_KRASOVSKY_E2: Final = 0.00669342162296594323
_BD_LAT, _BD_LNG = 0.006, 0.0065
_BD_WAVE: Final = np.pi * 3000 / 180
_ROUNDS: Final = 3  # after the first guess; leaves less than 1 mm
_CHUNK: Final = 32_768  # rows a kernel takes at once, so that its temporaries stay in the processor's cache


def haversine_m(lat1: pl.Expr, lng1: pl.Expr, lat2: pl.Expr, lng2: pl.Expr) -> pl.Expr:
    """How far apart are two places, in metres along the great circle (haversine)?"""
    half_lat = ((lat2 - lat1).radians() / 2).sin()
    half_lng = ((lng2 - lng1).radians() / 2).sin()
    chord = half_lat.pow(2) + lat1.radians().cos() * lat2.radians().cos() * half_lng.pow(2)
    return chord.clip(0.0, 1.0).sqrt().arcsin() * (2 * EARTH_RADIUS_M)


def in_mainland_bounds(lat: pl.Expr, lng: pl.Expr) -> pl.Expr:
    """Does a place lie in the rectangle where GCJ-02 and BD-09 shift? Elsewhere all datums are one."""
    return lat.is_between(*MAINLAND_LAT) & lng.is_between(*MAINLAND_LNG)


def wgs84_to_gcj02(lat: pl.Expr, lng: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    """Where would a mainland map draw this place?"""
    return _as_expressions(_forward_gcj, lat, lng)


def gcj02_to_wgs84(lat: pl.Expr, lng: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    """Where on Earth is this point of a mainland map (to less than 1 mm)?"""
    return _as_expressions(_back_gcj, lat, lng)


def gcj02_to_bd09(lat: pl.Expr, lng: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    """The same point with the second offset."""
    return _as_expressions(_forward_bd, lat, lng)


def bd09_to_gcj02(lat: pl.Expr, lng: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    """The same point without the second offset (to less than 1 mm)."""
    return _as_expressions(_back_bd, lat, lng)


def bd09_to_wgs84(lat: pl.Expr, lng: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    """Where on Earth is this BD-09 point (to less than 1 mm)?"""
    return _as_expressions(_back_both, lat, lng)


def to_wgs84(frame: pl.DataFrame, lat_column: str, lng_column: str, datum: str) -> pl.DataFrame:
    """Convert the positions of a table once, whatever its source declared; a million rows take about a second.

    Args:
        frame: any table with two numeric columns of degrees.
        lat_column: its latitudes.
        lng_column: its longitudes.
        datum: one of ``WGS-84``, ``GCJ-02``, ``BD-09``; ``unknown`` makes both columns null, since a position of
            unknown datum is unusable.

    Returns:
        The table with the two columns as WGS-84 (``Float64``), every other column as it was.

    Raises:
        UsageError: the datum is none of these.
    """
    if datum not in _KERNELS and datum != "unknown":
        known = ", ".join([*_KERNELS, "unknown"])
        message = say(
            "{lat_column}, {lng_column}: the datum {datum} is not known; declare one of {known}.",
            lat_column=lat_column,
            lng_column=lng_column,
            datum=repr(datum),
            known=known,
        )
        raise UsageError(message)
    kernel = _KERNELS.get(datum)
    if kernel is None:
        return frame.with_columns(pl.lit(None, pl.Float64).alias(name) for name in (lat_column, lng_column))
    lat, lng = _convert(frame[lat_column], frame[lng_column], kernel)
    return frame.with_columns(lat.alias(lat_column), lng.alias(lng_column))


def _as_expressions(kernel: _Kernel, lat: pl.Expr, lng: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    def convert(pair: pl.Series) -> pl.Series:
        return pl.DataFrame(_convert(pair.struct.field("lat"), pair.struct.field("lng"), kernel)).to_struct()

    both = pl.struct(lat.alias("lat"), lng.alias("lng")).map_batches(
        convert, return_dtype=pl.Struct({"lat": pl.Float64, "lng": pl.Float64}), is_elementwise=True
    )
    return both.struct.field("lat"), both.struct.field("lng")


def _convert(lat: pl.Series, lng: pl.Series, kernel: _Kernel) -> tuple[pl.Series, pl.Series]:
    """Run a kernel where it shifts at all; nulls, and places outside the rectangle, need no arithmetic."""
    lats = lat.cast(pl.Float64).to_numpy(writable=True)
    lngs = lng.cast(pl.Float64).to_numpy(writable=True)
    known = ~(np.isnan(lats) | np.isnan(lngs))
    lats[~known], lngs[~known] = np.nan, np.nan
    inside = (
        (lats >= MAINLAND_LAT[0]) & (lats <= MAINLAND_LAT[1]) & (lngs >= MAINLAND_LNG[0]) & (lngs <= MAINLAND_LNG[1])
    )
    places = np.flatnonzero(inside)
    for start in range(0, len(places), _CHUNK):
        at = places[start : start + _CHUNK]
        lats[at], lngs[at] = kernel(lats[at], lngs[at])
    return pl.Series("lat", lats, nan_to_null=True), pl.Series("lng", lngs, nan_to_null=True)


def _unchanged(lat: _Array, lng: _Array) -> tuple[_Array, _Array]:
    return lat, lng


def _gcj_shift(lat: _Array, lng: _Array) -> tuple[_Array, _Array]:
    """The offset in degrees; the published polynomial and waves around 35° N, 105° E, in metres of arc."""
    x, y = lng - 105.0, lat - 35.0
    slow = np.sin(x * (2 * np.pi))
    shared = 2 * (3 * slow - 4 * slow**3) + 2 * slow  # sin 3a from sin a: one sine fewer for each row
    root, product = np.sqrt(np.abs(x)), 0.1 * x * y
    north = -100 + 2 * x + 3 * y + 0.2 * y * y + product + 0.2 * root + (shared + _waves(y, 16, 32)) * (20 / 3)
    east = 300 + x + 2 * y + 0.1 * x * x + product + 0.1 * root + (shared + _waves(x, 15, 30)) * (20 / 3)
    radians = np.radians(lat)
    squeeze = 1 - _KRASOVSKY_E2 * np.sin(radians) ** 2
    stretch = np.sqrt(squeeze)
    metres_a_lat = np.radians(_KRASOVSKY_A_M * (1 - _KRASOVSKY_E2) / (squeeze * stretch))
    metres_a_lng = np.radians(_KRASOVSKY_A_M * np.cos(radians) / stretch)
    return north / metres_a_lat, east / metres_a_lng


def _waves(t: _Array, twelfth: float, thirtieth: float) -> _Array:
    third = np.sin(t * (np.pi / 3))
    whole = 3 * third - 4 * third**3
    waves: _Array = 2 * whole + 4 * third + twelfth * np.sin(t * (np.pi / 12)) + thirtieth * np.sin(t * (np.pi / 30))
    return waves


def _forward_gcj(lat: _Array, lng: _Array) -> tuple[_Array, _Array]:
    north, east = _gcj_shift(lat, lng)
    return lat + north, lng + east


def _forward_bd(lat: _Array, lng: _Array) -> tuple[_Array, _Array]:
    radius = np.hypot(lng, lat) + 0.00002 * np.sin(lat * _BD_WAVE)
    angle = np.arctan2(lat, lng) + 0.000003 * np.cos(lng * _BD_WAVE)
    return radius * np.sin(angle) + _BD_LAT, radius * np.cos(angle) + _BD_LNG


def _fixed_point(forward: _Kernel, lat: _Array, lng: _Array) -> tuple[_Array, _Array]:
    lat_guess, lng_guess = lat, lng
    for _ in range(1 + _ROUNDS):
        lat_there, lng_there = forward(lat_guess, lng_guess)
        lat_guess, lng_guess = lat_guess + (lat - lat_there), lng_guess + (lng - lng_there)
    return lat_guess, lng_guess


def _back_gcj(lat: _Array, lng: _Array) -> tuple[_Array, _Array]:
    return _fixed_point(_forward_gcj, lat, lng)


def _back_bd(lat: _Array, lng: _Array) -> tuple[_Array, _Array]:
    return _fixed_point(_forward_bd, lat, lng)


def _back_both(lat: _Array, lng: _Array) -> tuple[_Array, _Array]:
    return _back_gcj(*_back_bd(lat, lng))


_KERNELS: Final[dict[str, _Kernel]] = {"WGS-84": _unchanged, "GCJ-02": _back_gcj, "BD-09": _back_both}
