"""Tracks: positions taken every few seconds, of which one a place and ten minutes is kept once they may no longer be exact."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final

import polars as pl
import polars_h3

from schema.language import later
from schema.stored import stored

if TYPE_CHECKING:
    from loaders.work import Work

RESOLUTION: Final = 9
"""The cells as which old positions are kept."""

SLOT: Final = "10m"
DENSE: Final = 3
"""A source with so many old positions for each that would be kept is a track; others are left as they are."""

_READ: Final = ("customer_id", "fixed_at", "lat", "lng", "src", "context_store_id")
_NOTE: Final = later(
    "Of old positions of one person within ten minutes in one cell of about 0.1 km², the first is kept and the others count as duplicates: old positions are kept as cells."
)


def thin_tracks(work: Work, columns: dict[str, pl.Series]) -> None:
    """Count positions of a track as duplicates that say nothing which the one before them does not say.

    Old positions become the middles of their cells: of several within ten minutes in one cell the first tells all. Exact
    ones, ones with ids of their own, and ones that a shop's code was scanned for, stay.

    Args:
        work: the source; its duplicates grow.
        columns: ``customer_id, fixed_at, lat, lng, src, context_store_id`` as read.
    """
    if not work.defaults.coarse_before or work.has("fix_id"):
        return
    before = dt.datetime.fromisoformat(work.defaults.coarse_before)
    rows = pl.DataFrame({name: columns[name] for name in _READ})
    rows = rows.with_columns(_is_kept=work.kept)
    is_old = (pl.col("fixed_at") < before) & (pl.col("src") == "gps") & pl.col("context_store_id").is_null()
    old = rows.with_row_index("_at").filter("_is_kept", is_old.fill_null(value=False)).drop_nulls(["lat", "lng"])
    if old.is_empty():
        return
    told = old.select(
        "_at",
        "customer_id",
        pl.col("fixed_at").dt.truncate(SLOT),
        cell=polars_h3.latlng_to_cell("lat", "lng", RESOLUTION),
    )
    again = told.filter(~pl.struct("customer_id", "fixed_at", "cell").is_first_distinct())["_at"]
    if (told.height - len(again)) * DENSE > told.height:
        return
    work.duplicate = work.duplicate | pl.int_range(work.rows, eager=True, dtype=pl.UInt32).is_in(again.implode())
    work.notes.append(stored(_NOTE))
