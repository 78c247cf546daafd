"""What lies under the cells? The offline style, and the cities, lakes and provinces that help a reader to find home."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

import polars as pl

if TYPE_CHECKING:
    from charts.map_cells import Bounds
    from charts.theme import Theme

PLACES_FILE: Final = Path(__file__).with_name("map_places.csv")
CREDIT: Final = "Natural Earth · GeoNames"
"""GeoNames (CC BY 4.0) asks to be named; Natural Earth is public domain."""
MOST_PLACES: Final = 120
"""Enough to name the towns of a few zoom steps; the map itself hides what would collide."""


def style_url(theme: Theme, base_path: str = "") -> str:
    """Where does the browser find the map style?

    Args:
        theme: Light or dark.
        base_path: The path the app is served under (``server.baseUrlPath``), such as ``shop/dash``; empty at the root.

    Returns:
        A path from the root of the server; no host, so that nothing leaves it.
    """
    base = "/".join(part for part in base_path.split("/") if part)
    return f"/{base}/app/static/style-{theme.name}.json" if base else f"/app/static/style-{theme.name}.json"


@cache
def places() -> pl.DataFrame:
    """The gazetteer: ``name``, ``local``, ``lat``, ``lng``, ``population``, ``kind``; largest first."""
    kinds = {"lat": pl.Float64, "lng": pl.Float64, "population": pl.Int64}
    return pl.read_csv(PLACES_FILE, schema_overrides=kinds).with_columns(pl.col("local").fill_null(""))


def places_in(bounds: Bounds, most: int = MOST_PLACES) -> pl.DataFrame:
    """Which places does a view show? Lakes and provinces first, then cities from large to small."""
    lng = pl.when(pl.col("lng") < bounds.west).then(pl.col("lng") + 360).otherwise(pl.col("lng"))
    inside = pl.col("lat").is_between(bounds.south, bounds.north) & lng.is_between(bounds.west, bounds.east)
    found = places().filter(inside)
    return pl.concat([found.filter(pl.col("kind") != "city"), found.filter(pl.col("kind") == "city").head(most)])
