"""A change of stores as arrays: who could choose among which stores, before and after."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import polars as pl

from metrics.rules import require
from metrics.travel import metres_between, reach
from schema.errors import UsageError
from schema.language import later, say

if TYPE_CHECKING:
    from metrics.travel import Bools, Floats

NEW_SITE: Final = later("New site")
"""What a store that is not there yet is called."""

KINDS: Final = ("open", "close", "move")
NEIGHBOURHOOD_M: Final = 50_000.0
"""Homes and stores farther than this from the change do not feel it."""
MOST_STORES: Final = 96
USUAL_M2: Final = 150.0


@dataclass(frozen=True, slots=True)
class Change:
    """What would change.

    Attributes:
        kind: one of ``KINDS``.
        store_id: the store that closes or moves.
        lat: where it opens or moves to, degrees.
        lng: the same.
        area_m2: its size; None is the store's own, or the median of the neighbourhood.
        agent_id: whose the new store would be; None is head office's.
        city: where it would be.
    """

    kind: str
    store_id: str | None = None
    lat: float | None = None
    lng: float | None = None
    area_m2: float | None = None
    agent_id: str | None = None
    city: str | None = None


class Scene(NamedTuple):
    """Stores (columns) and cells with people (rows), before and after."""

    stores: pl.DataFrame
    points: pl.DataFrame
    before_m: Floats
    after_m: Floats
    area: Floats
    new_area: Floats
    is_before: Bools
    is_after: Bools
    changed: int


def scene_of(change: Change, points: pl.DataFrame, places: pl.DataFrame, travel: pl.DataFrame | None) -> Scene:
    """Who could choose among which stores, before and after?

    Args:
        change: what would change.
        points: ``cell, lat, lng`` and what is counted there.
        places: ``Places`` that are open.
        travel: ``Travel``; the way to a new site is a straight line.

    Raises:
        ContractError: a required column is missing.
        UsageError: the kind is unknown, the store is not open or has no position, or the place is missing.
    """
    require(points, "points", "cell", "lat", "lng")
    require(places, "places", "store_id", "agent_id", "city", "lat", "lng", "area_m2")
    stores = places.filter(pl.col("lat").is_finite(), pl.col("lng").is_finite()).sort("store_id")
    old = _standing(change, stores)
    site = _site(change, old)
    spots = [spot for spot in (old, site) if spot is not None]
    stores = _around(stores, spots)
    points = points.filter(pl.Series(_metres_to(points, spots) <= NEIGHBOURHOOD_M))
    if change.kind == "open":
        stores = pl.concat([stores, _new_store(change, stores)], how="diagonal_relaxed")
    changed = int((stores["store_id"] == (NEW_SITE if change.kind == "open" else change.store_id)).arg_max() or 0)
    lat, lng = (points[name].to_numpy().astype(np.float64) for name in ("lat", "lng"))
    before = _ways(points, stores, travel)
    after = before.copy()
    if site is not None:
        after[:, changed] = metres_between(lat, lng, np.array([site[0]]), np.array([site[1]]))[:, 0]
    is_before, is_after = (np.ones(stores.height, dtype=np.bool_) for _ in range(2))
    is_before[changed] = change.kind != "open"
    is_after[changed] = change.kind != "close"
    at = site or spots[0]
    away = metres_between(stores["lat"].to_numpy(), stores["lng"].to_numpy(), np.array([at[0]]), np.array([at[1]]))[
        :, 0
    ]
    area = _areas(stores["area_m2"])
    new_area = area.copy()
    new_area[changed] = change.area_m2 or area[changed]
    stores = stores.with_columns(distance_m=pl.Series(away))
    return Scene(stores, points, before, after, area, new_area, is_before, is_after, changed)


def _standing(change: Change, stores: pl.DataFrame) -> tuple[float, float] | None:
    """Where the store that closes or moves stands."""
    if change.kind not in KINDS:
        message = f"kind={change.kind!r} is none of {', '.join(KINDS)}."
        raise UsageError(message)
    if change.kind == "open":
        return None
    at = stores.filter(pl.col("store_id") == (change.store_id or ""))
    if at.is_empty():
        message = say(
            "Store {store} is not open here or has no position; name one that is.",
            store=change.store_id or say("(none)"),
        )
        raise UsageError(message)
    return float(at["lat"][0]), float(at["lng"][0])


def _site(change: Change, old: tuple[float, float] | None) -> tuple[float, float] | None:
    """Where the store would be afterwards."""
    if change.kind == "close":
        return None
    if change.lat is None or change.lng is None or not (abs(change.lat) <= 90 and abs(change.lng) <= 180):  # noqa: PLR2004
        message = (
            say("To open a store, say where: latitude and longitude in degrees, or a cell.")
            if old is None
            else say("To move a store, say where: latitude and longitude in degrees, or a cell.")
        )
        raise UsageError(message)
    return change.lat, change.lng


def _around(stores: pl.DataFrame, spots: list[tuple[float, float]]) -> pl.DataFrame:
    """The stores of the neighbourhood, by id; of very many only the nearest."""
    away = _metres_to(stores, spots)
    kept = np.argsort(away, kind="stable")[:MOST_STORES]
    return stores[np.sort(kept[away[kept] <= NEIGHBOURHOOD_M])]


def _metres_to(frame: pl.DataFrame, spots: list[tuple[float, float]]) -> Floats:
    lat, lng = (np.array([spot[part] for spot in spots]) for part in (0, 1))
    away: Floats = metres_between(frame["lat"].to_numpy(), frame["lng"].to_numpy(), lat, lng).min(axis=1)
    return away


def _new_store(change: Change, stores: pl.DataFrame) -> pl.DataFrame:
    middle = stores["area_m2"].median()
    row = {
        "store_id": NEW_SITE, "agent_id": change.agent_id, "city": change.city, "lat": change.lat, "lng": change.lng,
        "area_m2": change.area_m2 or middle or USUAL_M2,
    }  # fmt: skip
    return pl.DataFrame([row], schema={name: stores.schema[name] for name in row})


def _ways(points: pl.DataFrame, stores: pl.DataFrame, travel: pl.DataFrame | None) -> Floats:
    """Metres from every cell to every store."""
    full = metres_between(*(frame[name].to_numpy() for frame in (points, stores) for name in ("lat", "lng")))
    if travel is not None and travel.height:
        ways = reach(points, stores, travel)
        order = stores["store_id"].arg_sort().to_numpy().astype(np.int64)
        np.put_along_axis(full, order[ways.index], ways.metres, axis=1)
    return full


def _areas(known: pl.Series) -> Floats:
    middle = known.median()
    usual = float(middle) if isinstance(middle, int | float) else USUAL_M2
    areas: Floats = np.array([area or usual for area in known], dtype=np.float64)
    return areas
