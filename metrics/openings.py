"""Which stores opened within the data, next to whom, and which others can serve as their controls?"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from metrics.rules import require
from metrics.travel import metres_between
from schema.geodesy import haversine_m

if TYPE_CHECKING:
    from collections.abc import Mapping

NEAR_KM: Final = 5.0
"""Stores so near to a new one count as its neighbours."""
CONTROL_KM: Final = 10.0
LEAST_DAYS: Final = 28
"""Shorter after an opening, nothing is said."""

_YEAR: Final = dt.timedelta(days=365)
_EPOCH: Final = dt.date(1970, 1, 1)


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
    lat, lng = (stores[name].to_numpy() for name in ("lat", "lng"))
    away = metres_between(fresh["lat"].to_numpy(), fresh["lng"].to_numpy(), lat, lng)
    near = away <= near_km * 1_000
    opened = fresh["opened_on"].to_physical().to_numpy()
    found: list[Opening] = []
    for row, new in enumerate(fresh.iter_rows(named=True)):
        days = _windows(new["opened_on"], first_on, _end(new["closed_on"], as_of))
        if days is not None and near[row].sum() > 1:
            begun = opened < (days[3] - _EPOCH).days
            marked = stores.with_columns(
                to_new=pl.Series(away[row]), disturbed=pl.Series(near[begun].any(axis=0), dtype=pl.Boolean)
            )
            found += _neighbours(marked, new, days, near_km)
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
    stores: pl.DataFrame, new: dict[str, Any], days: tuple[dt.date, dt.date, dt.date, dt.date], near_km: float
) -> list[Opening]:
    pre_from, _, _, post_to = days
    always = pl.col("opened_on").fill_null(dt.date.min) <= pre_from
    still = pl.col("closed_on").fill_null(dt.date.max) >= post_to
    steady = stores.filter(always & still, pl.col("store_id") != new["store_id"])
    found = []
    for own in steady.filter(pl.col("to_new") <= near_km * 1_000).iter_rows(named=True):
        kind = pl.col("type").eq_missing(pl.lit(own["type"], pl.String))
        tier = pl.col("tier").eq_missing(pl.lit(own["tier"], pl.String))
        to_own = haversine_m(
            pl.col("lat"), pl.col("lng"), pl.lit(own["lat"], pl.Float64), pl.lit(own["lng"], pl.Float64)
        )
        far = (pl.col("to_new") > CONTROL_KM * 1_000) & (to_own > CONTROL_KM * 1_000)
        controls = tuple(steady.filter(kind & tier & far & ~pl.col("disturbed"))["store_id"].to_list())
        found.append(Opening(new["store_id"], own["store_id"], own["to_new"], new["opened_on"], controls, *days))
    return found


def open_on(places: pl.DataFrame, day: dt.date) -> pl.DataFrame:
    """Which stores trade on a day? Without an opening day always, without a closing day still."""
    require(places, "places", "opened_on", "closed_on")
    begun = pl.col("opened_on").is_null() | (pl.col("opened_on") <= day)
    return places.filter(begun, pl.col("closed_on").is_null() | (pl.col("closed_on") > day))
