"""Which stores' positions look like GCJ-02 labelled WGS-84 (T20, W05)?"""

from __future__ import annotations

from typing import Final

import polars as pl

from metrics.rules import require
from schema.geodesy import haversine_m, in_mainland_bounds, wgs84_to_gcj02

WITHIN_M: Final = 30.0
"""How closely our position must match the shifted one; city shifts are ten times that."""

ENOUGH_WITNESSES: Final = 5
"""Fewer fixes have no median worth trusting."""


def datum_suspects(places: pl.DataFrame, witnesses: pl.DataFrame) -> pl.DataFrame:
    """Whose position is off by just what a mainland map would add?

    Args:
        places: ``store_id, lat, lng`` as declared WGS-84.
        witnesses: ``store_id, lat, lng`` of a second source in WGS-84, such as fixes taken at the till; one row a
            fix.

    Returns:
        One row per store with a position and a witness, by id: ``store_id``, ``witnesses`` (fixes), ``offset_m``
        (ours to the median witness) and ``matches_gcj``: ours lies within 30 m of the median witness's GCJ-02 image
        and not of the witness itself. Null with fewer than five witnesses: it cannot be told.

    Raises:
        ContractError: a required column is missing.
    """
    require(places, "places", "store_id", "lat", "lng")
    require(witnesses, "witnesses", "store_id", "lat", "lng")
    seen = (
        witnesses.select("store_id", "lat", "lng")
        .drop_nulls()
        .group_by("store_id")
        .agg(
            pl.len().cast(pl.Int64).alias("witnesses"),
            pl.col("lat").median().alias("seen_lat"),
            pl.col("lng").median().alias("seen_lng"),
        )
    )
    shifted_lat, shifted_lng = wgs84_to_gcj02(pl.col("seen_lat"), pl.col("seen_lng"))
    ours, witness = (pl.col("lat"), pl.col("lng")), (pl.col("seen_lat"), pl.col("seen_lng"))
    image = (pl.col("shifted_lat"), pl.col("shifted_lng"))
    offset, missed = haversine_m(*ours, *witness), haversine_m(*ours, *image)
    matches = in_mainland_bounds(*witness) & (missed <= WITHIN_M) & (offset > WITHIN_M)
    return (
        places.select("store_id", "lat", "lng")
        .drop_nulls()
        .join(seen, on="store_id", how="inner")
        .with_columns(shifted_lat.alias("shifted_lat"), shifted_lng.alias("shifted_lng"))
        .select(
            "store_id",
            "witnesses",
            offset_m=offset,
            matches_gcj=pl.when(pl.col("witnesses") >= ENOUGH_WITNESSES).then(matches),
        )
        .sort("store_id")
    )
