"""Positions grow coarse with age: after thirty days an exact point becomes the middle of its cell of about 0.1 km²."""

from __future__ import annotations

import datetime as dt
import os
from typing import TYPE_CHECKING, Final

import polars as pl
import polars_h3

from metrics.cells import cell_centre, cell_of
from metrics.nearest import nearest_store
from schema.errors import UsageError
from schema.language import later, say
from warehouse.batch import Change
from warehouse.forget_text import emptied
from warehouse.homes import HOME_RESOLUTION, NEAR_STORE_M
from warehouse.incoming import stored_table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from schema.settings import DataMode
    from warehouse.batch import Outcome
    from warehouse.snapshots import Snapshot

VARIABLE: Final = "CATCHLIGHT_KEEP_FIXES_DAYS"
DEFAULT_DAYS: Final = 30
CELL_RADIUS_M: Final = 201.0
"""How far the middle of a cell can lie from a place in it: added to the accuracy, so that nobody takes it for exact."""

_SAME_DEGREES: Final = 0.01
_AGED: Final = later("told of a position that is kept no longer; its content is gone")
_POSITION: Final = ("lat", "lng", "accuracy_m")


def kept_since(mode: DataMode, now: dt.datetime | None = None) -> dt.datetime | None:
    """Positions taken before which instant must be coarse? None: all may stay exact.

    The clock on the wall decides, not the newest row: a file that comes late is no reason to know longer where somebody
    was. The people of the demo are invented, and its time stands still: their positions stay.

    Raises:
        UsageError: the setting is no whole number of days, or below −1.
    """
    written = os.environ.get(VARIABLE, str(DEFAULT_DAYS)).strip()
    if not written.removeprefix("-").isdecimal() or int(written) < -1:
        msg = say(
            "{name} is {written}; it must be a whole number of days: 0 is at once, -1 keeps exact positions.",
            name=VARIABLE,
            written=repr(written),
        )
        raise UsageError(msg)
    if mode == "demo" or int(written) == -1:
        return None
    return (now or dt.datetime.now(dt.UTC)) - dt.timedelta(days=int(written))


def coarsened(fixes: pl.DataFrame, stores: pl.DataFrame, before: dt.datetime) -> pl.DataFrame:
    """The same fixes in their order, with no exact point that was taken before an instant.

    A point within 150 m of a store becomes the store's own position, any other the middle of its cell, or of the first
    part of the cell that lies apart from stores: so a fix that counts as somebody's home goes on to count, and one taken
    in a shop does not begin to. A scan of a shop's code keeps its point: it tells of the shop, whose position is checked
    with it. What is coarse already stays as it is.

    Args:
        fixes: ``lat, lng, accuracy_m, fixed_at, src, context_store_id``, stored or waiting.
        stores: ``store_id, lat, lng``.
        before: the instant.
    """
    in_shop = (pl.col("src").fill_null("gps") == "store_scan") & pl.col("context_store_id").is_not_null()
    is_old = (pl.col("fixed_at") < before) & pl.col("lat").is_not_null() & pl.col("lng").is_not_null() & ~in_shop
    rows = fixes.with_row_index("_at")
    old = rows.filter(is_old)
    if old.is_empty():
        return fixes
    near = nearest_store(old.select("_at", "lat", "lng"), stores).rename({"lat": "_was_lat", "lng": "_was_lng"})
    near = near.with_columns(cell=cell_of(near, "_was_lat", "_was_lng", HOME_RESOLUTION))
    shops = stores.select(nearest_store_id="store_id", _shop_lat="lat", _shop_lng="lng")
    told = near.join(_points(near["cell"], stores), on="cell", how="left").join(
        shops, on="nearest_store_id", how="left"
    )
    is_near = (pl.col("nearest_m") <= NEAR_STORE_M).fill_null(value=False)
    told = told.select(
        "_at",
        _lat=pl.when(is_near).then("_shop_lat").otherwise("_cell_lat"),
        _lng=pl.when(is_near).then("_shop_lng").otherwise("_cell_lng"),
    )
    rows = rows.join(told, on="_at", how="left", maintain_order="left")
    moves = pl.col("_lat").is_not_null() & ((pl.col("_lat") != pl.col("lat")) | (pl.col("_lng") != pl.col("lng")))
    return rows.with_columns(
        lat=pl.when(moves).then("_lat").otherwise("lat"),
        lng=pl.when(moves).then("_lng").otherwise("lng"),
        accuracy_m=pl.when(moves).then(pl.col("accuracy_m").fill_null(0.0) + CELL_RADIUS_M).otherwise("accuracy_m"),
    ).select(fixes.columns)


def _points(cells: pl.Series, stores: pl.DataFrame) -> pl.DataFrame:
    """Where each cell's fixes go: its middle, or the middle of its first part that is not within 150 m of a store."""
    unique = cells.drop_nulls().unique().sort().to_frame("cell")
    parts = unique.with_columns(
        part=polars_h3.cell_to_children("cell", HOME_RESOLUTION + 1).cast(pl.List(pl.Int64))
    ).explode("part")
    places = pl.concat(
        [
            cell_centre(unique).with_columns(turn=pl.lit(0, pl.Int64)),
            cell_centre(parts, "part").select("cell", "lat", "lng", turn=pl.int_range(1, pl.len() + 1)),
        ]
    )
    apart = (pl.col("nearest_m") > NEAR_STORE_M).fill_null(value=True)
    best = nearest_store(places, stores).sort(~apart, "turn", maintain_order=True)
    best = best.unique("cell", keep="first", maintain_order=True)
    return best.select("cell", _cell_lat="lat", _cell_lng="lng")


def as_known(fixes: pl.DataFrame, base: Snapshot | None, before: dt.datetime | None) -> pl.DataFrame:
    """Incoming fixes, of which old ones that are known stand where they are stored: the same file again changes nothing."""
    if before is None or base is None or not base.rows.get("location_fixes"):
        return fixes
    asked = fixes.lazy().filter(pl.col("fixed_at") < before).select("fix_id").unique()
    stored = base.scan("location_fixes").select("fix_id", *[pl.col(c).alias(f"_{c}") for c in _POSITION])
    known = stored.join(asked, on="fix_id", how="semi").collect()
    rows = fixes.join(known, on="fix_id", how="left", maintain_order="left")
    close = ((pl.col("_lat") - pl.col("lat")).abs() < _SAME_DEGREES) & (
        (pl.col("_lng") - pl.col("lng")).abs() < _SAME_DEGREES
    )
    same = close.fill_null(value=False)
    told = [pl.when(same).then(pl.col(f"_{c}")).otherwise(pl.col(c)).alias(c) for c in _POSITION]
    return rows.with_columns(told).select(fixes.columns)


def age_positions(outcome: Outcome, base: Snapshot | None, before: dt.datetime | None) -> None:
    """Let a write leave no position exact that is too old, whether it comes with it or was stored before."""
    if before is None:
        return
    stores = _now("stores", outcome, base).select("store_id", "lat", "lng")
    for name in ("location_fixes", "orphan_location_fixes"):
        fixes = _now(name, outcome, base)
        coarse = coarsened(fixes, stores, before)
        if not coarse.equals(fixes):
            outcome.changes[name] = Change(coarse)
    rows = _now("quarantine", outcome, base)
    told = rows.select(
        ((pl.col("table") == "location_fixes") & (pl.col("set_aside_at") < before) & pl.col("payload").is_not_null())
        .fill_null(value=False)
        .alias("told")
    )["told"]
    if told.any():
        outcome.changes["quarantine"] = Change(emptied(rows, told, why=_AGED))


def _now(name: str, outcome: Outcome, base: Snapshot | None) -> pl.DataFrame:
    changes: Mapping[str, Change] = outcome.changes
    return changes[name].frame if name in changes else stored_table(base, name)
