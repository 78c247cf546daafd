"""Events without an id that come several times: counted over all pieces of a file, not a piece at a time."""

from __future__ import annotations

import polars as pl

from loaders.shape_events import ids_of_later_piece
from warehouse.incoming import month_of


def renumbered(events: pl.DataFrame, stored: pl.LazyFrame, run: str, shop: str) -> pl.DataFrame:
    """A later piece's events with the ids that they would have if the file had been read at once.

    Args:
        events: canonical events of the piece.
        stored: stored events, those of the earlier pieces among them.
        run: the source run of the file.
        shop: the name of the source's shop system.
    """
    months = month_of(events["local_on"]).unique().drop_nulls().to_list()
    mine = (pl.col("source_run") == run) & pl.col("month").is_in(months)
    known = stored.filter(mine).select("event_id").collect()["event_id"]
    if not events["event_id"].is_in(known.implode()).any():
        return events
    return events.with_columns(ids_of_later_piece(events, shop, known))
