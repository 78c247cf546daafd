"""Everybody's orders in order, once for a scope: what buyers of any filter are picked from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from answers.memo import of_rows
from metrics.buyer_measures import scores, segments
from metrics.buyers import COLUMNS, OrderRows
from metrics.rfm import SEGMENTS

if TYPE_CHECKING:
    import datetime as dt

    from schema.marts import Marts

_BASE_DAYS = 365
"""RFM looks back one year (T6)."""


@of_rows
def everybody(marts: Marts, currency: str) -> OrderRows:
    """Orders of known customers in one currency, by customer and day; ``row`` is that of ``marts.orders``."""
    mine = pl.when(pl.col("currency") == currency).then("customer_key").alias("customer_key")
    return OrderRows.of(marts.orders.select(*COLUMNS, "currency").with_columns(mine))


def scored(marts: Marts, currency: str, as_of: dt.date) -> pl.DataFrame:
    """Every buyer's RFM segment before a day, on the whole base (§9).

    Returns:
        One row per customer who ever kept a purchase, by key: ``customer_key, segment``.
    """
    rows = everybody(marts, currency)
    found = segments(rows, scores(rows.kept, as_of, window_days=_BASE_DAYS))
    some = np.flatnonzero(found >= 0)
    names = pl.Series(SEGMENTS, dtype=pl.String)
    return pl.DataFrame(
        {"customer_key": rows.keys[some], "segment": names.gather(found[some].astype(np.uint32))},
        schema={"customer_key": pl.Int64, "segment": pl.String},
    )
