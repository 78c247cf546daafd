"""How sure is a share? Wilson's score interval, for numbers and for columns."""

from __future__ import annotations

from math import sqrt
from typing import Final

import polars as pl

Z95: Final = 1.959964
"""Two-sided 95 % quantile of the normal distribution."""


def wilson(k: int, n: int, z: float = Z95) -> tuple[float | None, float | None]:
    """Between which shares does the true one lie, after ``k`` of ``n``?

    Args:
        k: how many did.
        n: how many could have.
        z: normal quantile, 1.959964 for 95 %.

    Returns:
        Low and high share (Wilson 1927), both None when nobody could have.

    Raises:
        ValueError: ``k`` is not within 0 and ``n``.

    Examples:
        >>> [round(edge, 4) for edge in wilson(9, 120)]
        [0.04, 0.1364]
    """
    if not 0 <= k <= n:
        msg = f"{k} of {n} is not a share."
        raise ValueError(msg)
    if n == 0:
        return (None, None)
    middle = (k + z * z / 2) / (n + z * z)
    half = z * sqrt(k * (n - k) / n + z * z / 4) / (n + z * z)
    return (max(0.0, middle - half), min(1.0, middle + half))


def wilson_low_high(k: str, n: str, z: float = Z95) -> tuple[pl.Expr, pl.Expr]:
    """The same as ``wilson`` for two count columns: expressions ``low`` and ``high``, null where ``n`` is 0."""
    did, could = pl.col(k).cast(pl.Float64), pl.col(n).cast(pl.Float64)
    middle = (did + z * z / 2) / (could + z * z)
    half = z * (did * (could - did) / could + z * z / 4).sqrt() / (could + z * z)
    known = pl.when(could > 0)
    return (
        known.then((middle - half).clip(0.0, 1.0)).alias("low"),
        known.then((middle + half).clip(0.0, 1.0)).alias("high"),
    )
