"""On what does each channel, store, city or agent linger? From views as numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from metrics.packed import quantiles
from metrics.view_sums import amounts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Whole = NDArray[np.integer]
    Floats = NDArray[np.float64]

_MANY: Final = 20_000_000
"""More pairs than this are numbered by those that occur."""


def view_cross(
    row: tuple[Whole, Sequence[str | None]], column: tuple[Whole, Sequence[str | None]], dwell: Whole, linger: Whole
) -> pl.DataFrame:
    """The same as ``dwell.dwell_cross``.

    Args:
        row: number of each view's row, and what the numbers stand for.
        column: number of each view's column, and what the numbers stand for.
        dwell: milliseconds, −1 where unknown.
        linger: 1 where it lingered, 0 where not, −1 where nobody knows.

    Returns:
        One row per pair with views, by row and column: ``row, column, views, known_views, median_dwell_s, linger_rate,
        total_dwell_s``.
    """
    width = len(column[1])
    cell = row[0].astype(np.intp) * width + column[0]
    pairs = np.arange(len(row[1]) * width)
    if len(pairs) > _MANY:
        pairs, cell = np.unique(cell, return_inverse=True)
    sums = amounts(cell, dwell, linger, len(pairs))
    known = dwell >= 0
    (median,) = quantiles(cell[known], len(pairs), dwell[known], (0.5,))
    return cross_of(row[1], column[1], pairs, sums, median)


def cross_of(
    row: Sequence[str | None], column: Sequence[str | None], pairs: Whole, sums: dict[str, Whole], median: Floats
) -> pl.DataFrame:
    """The same of views that are summed up already.

    Args:
        row: what the numbers of rows stand for.
        column: what the numbers of columns stand for.
        pairs: of each pair the number of the row times the number of columns, plus the number of the column.
        sums: ``views, known_views, dwell_ms, judged, lingers`` by pair.
        median: of the known dwell by pair.
    """
    seen = np.flatnonzero(sums["views"])
    of_row, of_column = np.divmod(pairs[seen], len(column))
    is_known = pl.col("known_views") > 0
    return (
        pl.DataFrame(
            {
                "row": pl.Series(row, dtype=pl.String).gather(of_row),
                "column": pl.Series(column, dtype=pl.String).gather(of_column),
                "median": median[seen],
                **{name: held[seen] for name, held in sums.items()},
            }
        )
        .select(
            "row",
            "column",
            "views",
            "known_views",
            median_dwell_s=pl.when(is_known).then(pl.col("median") / 1000),
            linger_rate=pl.when(pl.col("judged") > 0).then(pl.col("lingers") / pl.col("judged")),
            total_dwell_s=pl.when(is_known).then(pl.col("dwell_ms") / 1000),
        )
        .sort("row", "column", nulls_last=True)
    )
