"""Which stores opened within the data, next to whom, and which others can serve as their controls?"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from metrics.rules import require
from schema.geodesy import haversine_m

if TYPE_CHECKING:
    from collections.abc import Mapping

NEAR_KM: Final = 5.0
"""Stores so near to a new one count as its neighbours."""
CONTROL_KM: Final = 10.0
LEAST_DAYS: Final = 28
"""Shorter after an opening, nothing is said."""

_YEAR: Final = dt.timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Opening:
    """A new store, one neighbour, the controls and the days compared; ``to`` days are exclusive."""

    new_store: str
    store_id: str
    distance_m: float
    opened_on: dt.date
    controls: tuple[str, ...]
    pre_from: dt.date
    pre_to: dt.date
    post_from: dt.date
    post_to: dt.date


def openings(
    places: pl.DataFrame,
    first_on: dt.date,
    as_of: dt.date,
    *,
    near_km: float = NEAR_KM,
    city_tiers: Mapping[str, str] | None = None,
) -> list[Opening]:
    """Which stores opened within the data, next to whom, and who can serve as a control?

    The days after are those from the opening to ``as_of``, at most a year and only as far as the data also hold the
    same months a year earlier; openings with fewer than 28 such days have no entry.

    Args:
        places: ``Places``.
        first_on: first local day of the data.
        as_of: local day before which they are complete.
        near_km: how near a neighbour is.
        city_tiers: city → tier; None or a city without one leaves the tier out of the comparison.

    Returns:
        One entry per new store and neighbour, by both.

    Raises:
        ContractError: a required column is missing.
    """
    require(places, "places", "store_id", "type", "city", "lat", "lng", "opened_on", "closed_on")
    stores = places.drop_nulls(["lat", "lng"]).sort("store_id")
    tier = pl.col("city").replace_strict(dict(city_tiers or {}), default=None, return_dtype=pl.String)
    stores = stores.with_columns(tier=tier)
    fresh = stores.filter(pl.col("opened_on") > first_on, pl.col("opened_on") < as_of)
    found: list[Opening] = []
    for new in fresh.iter_rows(named=True):
        days = _windows(new["opened_on"], first_on, _end(new["closed_on"], as_of))
        if days is not None:
            found += _neighbours(stores, fresh, new, days, near_km)
    return found


def _end(closed: dt.date | None, as_of: dt.date) -> dt.date:
    return min(closed, as_of) if closed else as_of


def _windows(opened: dt.date, first_on: dt.date, end: dt.date) -> tuple[dt.date, dt.date, dt.date, dt.date] | None:
    start = max(opened, first_on + _YEAR)
    stop = min(end, opened + _YEAR)
    if (stop - start).days < LEAST_DAYS:
        return None
    return start - _YEAR, stop - _YEAR, start, stop


def _neighbours(
    stores: pl.DataFrame,
    fresh: pl.DataFrame,
    new: dict[str, Any],
    days: tuple[dt.date, dt.date, dt.date, dt.date],
    near_km: float,
) -> list[Opening]:
    pre_from, _, _, post_to = days
    always = pl.col("opened_on").fill_null(dt.date.min) <= pre_from
    still = pl.col("closed_on").fill_null(dt.date.max) >= post_to
    steady = stores.filter(always & still, pl.col("store_id") != new["store_id"])
    steady = _with_metres(steady, new, "to_new")
    disturbed = _near_any(steady, fresh.filter(pl.col("opened_on") < post_to), near_km)
    found = []
    for own in steady.filter(pl.col("to_new") <= near_km * 1_000).iter_rows(named=True):
        kind = pl.col("type").eq_missing(own["type"]) & pl.col("tier").eq_missing(own["tier"])
        far = (pl.col("to_new") > CONTROL_KM * 1_000) & (pl.col("to_own") > CONTROL_KM * 1_000)
        controls = _with_metres(steady, own, "to_own").filter(kind & far, ~pl.col("store_id").is_in(disturbed))
        named = tuple(controls["store_id"].to_list())
        found.append(Opening(new["store_id"], own["store_id"], own["to_new"], new["opened_on"], named, *days))
    return found


def _with_metres(stores: pl.DataFrame, place: dict[str, Any], name: str) -> pl.DataFrame:
    lat, lng = pl.lit(place["lat"], pl.Float64), pl.lit(place["lng"], pl.Float64)
    return stores.with_columns(haversine_m(pl.col("lat"), pl.col("lng"), lat, lng).alias(name))


def _near_any(stores: pl.DataFrame, fresh: pl.DataFrame, near_km: float) -> list[str]:
    """Stores near any opening: what happens there is not the trend of the rest."""
    near: set[str] = set()
    for new in fresh.iter_rows(named=True):
        close = _with_metres(stores, new, "_m").filter(pl.col("_m") <= near_km * 1_000)
        near.update(close["store_id"].to_list())
    return sorted(near)


def open_on(places: pl.DataFrame, day: dt.date) -> pl.DataFrame:
    """Which stores trade on a day? Without an opening day always, without a closing day still."""
    require(places, "places", "opened_on", "closed_on")
    begun = pl.col("opened_on").is_null() | (pl.col("opened_on") <= day)
    return places.filter(begun, pl.col("closed_on").is_null() | (pl.col("closed_on") > day))
