"""Where members live: quarters around the shops, roads between them, one metro line, and hardly anyone elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from demo.places import JIANGNAN, KM_PER_DEGREE, MALL, METRO_BEARING, TAIHU, bearing, in_lake, pair_centres

if TYPE_CHECKING:
    from demo.clock import Bools, Floats, Ints
    from demo.places import Places

BORDER_SHARE: Final = 0.50
"""Share of Jiangnan's and Taihu's customers who live between them: chosen so that their overlap reads 0.40."""
METRO_SHARE: Final = 0.35
_METRO_KM: Final = 9.0
_STATION_KM: Final = 1.5
_CITYWIDE_SHARE: Final = 0.12
_ROAD_SHARE: Final = 0.75
"""Of those who do not live in a quarter, how many live along a road."""
_STREAM: Final = 20
"""Which stream of numbers lays the quarters: one of those in which the two shops of P4 need little correction."""
_QUARTERS: Final = 6
_QUARTER_KM: Final = 1.8


def draw_homes(draw: np.random.Generator, places: Places, near: Ints) -> tuple[Floats, Floats, Bools]:
    """A home for each member near their shop: latitude, longitude, and whether it lies on the metro line."""
    n = len(near)
    across, along = draw.normal(0, 1, n), draw.normal(0, 1, n)
    city = np.array(places.city)[near]
    agent = np.array(places.agent)[near]
    wide = draw.random(n) < _CITYWIDE_SHARE
    border = ((agent == JIANGNAN) | (agent == TAIHU)) & (draw.random(n) < BORDER_SHARE)
    side = draw.integers(0, 2, n)
    roads, *_, quarters = draw.spawn(_STREAM)
    place = np.where(border, len(places.store_id) + side, near)
    east, north = _in_quarters(quarters, place, across, along)
    far = wide & ~border
    east, north = np.where(far, across * 5.0, east), np.where(far, along * 5.0, north)
    _lay_roads(roads, places, near, far & (draw.random(n) < _ROAD_SHARE), (east, north))
    centres = np.array([*zip(places.lat, places.lng, strict=True), *pair_centres()])
    metro = (city == "Beijing") & (draw.random(n) < METRO_SHARE)
    line = _along_metro(draw.uniform(-_METRO_KM, _METRO_KM, n), 0.5 * draw.normal(0, 1, n), across)
    east, north = np.where(metro, line[0], east), np.where(metro, line[1], north)
    base = centres[np.where(metro, places.index(MALL), place)]
    lat, lng = _place(base[:, 0], base[:, 1], east, north)
    wet = in_lake(lat, lng)
    dry = _place(places.lat[near], places.lng[near], across * 0.8, along * 0.8)
    return np.where(wet, dry[0], lat), np.where(wet, dry[1], lng), metro


def _in_quarters(draw: np.random.Generator, place: Ints, across: Floats, along: Floats) -> tuple[Floats, Floats]:
    """Offsets in km: each place has a few quarters of its own, some dense, some long and thin."""
    places = int(place.max()) + 1
    shape = (places, _QUARTERS)
    angle, turn = draw.uniform(0, 2 * np.pi, shape), draw.uniform(0, np.pi, shape)
    away = _QUARTER_KM * np.sqrt(draw.random(shape))
    away[:, 0] *= 0.3
    wide, thin = draw.uniform(0.5, 1.05, shape), draw.uniform(0.3, 0.65, shape)
    weight = draw.gamma(1.2, 1.0, shape)
    weight[:, 0] += 1.5
    ends = np.cumsum(weight / weight.sum(axis=1, keepdims=True), axis=1)
    which = (ends[place] < draw.random(len(place))[:, None]).sum(axis=1).clip(0, _QUARTERS - 1)
    at = (place, which)
    long, short = across * wide[at], along * thin[at]
    cos, sin = np.cos(turn[at]), np.sin(turn[at])
    east = away[at] * np.sin(angle[at]) + long * cos - short * sin
    north = away[at] * np.cos(angle[at]) + long * sin + short * cos
    return east, north


def _along_metro(line: Floats, off: Floats, spread: Floats) -> tuple[Floats, Floats]:
    """Offsets in km from the mall: clusters around the stations of a slightly bent line."""
    station = np.round(line / _STATION_KM) * _STATION_KM
    run = station + (line - station) * 0.7 + 0.4 * spread
    aside = off + 0.7 * np.sin(run / _METRO_KM * np.pi)
    east, north = bearing(1.0, METRO_BEARING)
    return run * east + aside * north, run * north - aside * east


def _lay_roads(
    draw: np.random.Generator, places: Places, near: Ints, on_road: Bools, offsets: tuple[Floats, Floats]
) -> None:
    """Move members onto the roads, a little bent, from their shop towards the other shops of the city."""
    east, north = offsets
    city = np.array(places.city)
    for n in np.unique(near[on_road]):
        here = np.flatnonzero(on_road & (near == n))
        others = np.setdiff1d(np.flatnonzero(city == city[n]), [n])
        towards = others[draw.integers(0, len(others), len(here))]
        part, off = draw.uniform(0, 0.8, len(here)), 0.2 * draw.normal(0, 1, (2, len(here)))
        km_lng = KM_PER_DEGREE * np.cos(np.radians(places.lat[n]))
        dx, dy = (places.lng[towards] - places.lng[n]) * km_lng, (places.lat[towards] - places.lat[n]) * KM_PER_DEGREE
        bend = 0.12 * np.sin(np.pi * part) * np.where(towards % 2 == 0, 1, -1)
        east[here] = dx * part + dy * bend + off[0]
        north[here] = dy * part - dx * bend + off[1]


def _place(lat: Floats, lng: Floats, east: Floats, north: Floats) -> tuple[Floats, Floats]:
    return (
        np.round(lat + north / KM_PER_DEGREE, 5),
        np.round(lng + east / (KM_PER_DEGREE * np.cos(np.radians(lat))), 5),
    )
