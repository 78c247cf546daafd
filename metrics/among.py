"""Few numbers looked up in many that lie in order."""

from __future__ import annotations

import numpy as np
import polars as pl


def among(known: pl.Series, asked: pl.Series) -> pl.Series:
    """Which of some numbers stand in a sorted column? A look each, however long the column is.

    Args:
        known: whole numbers in rising order, repeats allowed, no nulls.
        asked: whole numbers, no nulls.

    Returns:
        For each number asked, in their order, whether it is known.
    """
    if known.is_empty():
        return pl.repeat(value=False, n=asked.len(), dtype=pl.Boolean, eager=True)
    column, wanted = known.to_numpy(), asked.to_numpy()
    at = np.minimum(np.searchsorted(column, wanted), column.size - 1)
    return pl.Series(column[at] == wanted, dtype=pl.Boolean)
