"""Small counts that could point at a person are not shown.

Nobody but the owner reads a count of fewer than ``K`` people, and no total from which such a count could be computed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from metrics.rules import require

if TYPE_CHECKING:
    from collections.abc import Sequence

K: Final = 10
"""Fewer people than this are a group in which one could be recognised."""


def is_enough(*counts: pl.Expr, k: int = K) -> pl.Expr:
    """Are there at least ``k`` in each of these counts? Null is not enough."""
    return pl.all_horizontal([(count >= k).fill_null(value=False) for count in counts])


def is_safe_change(before: pl.Expr, after: pl.Expr, *, k: int = K) -> pl.Expr:
    """Would somebody who saw both numbers learn of no group smaller than ``k``?"""
    return ((after - before).abs() >= k).fill_null(value=False)


def hide_small(frame: pl.DataFrame, count: str, *, within: Sequence[str] = (), k: int = K) -> pl.DataFrame:
    """Which counts may be shown beside their total?

    A row below ``k`` is hidden. Where what is hidden adds up to less than ``k``, the next smallest row goes too, and
    the next, until the total less the rows shown is no small group either.

    Args:
        frame: a table with a row per group of people; nobody is in two of them.
        count: the column of counts.
        within: columns of the groups that each have a total of their own; none: one total for all.
        k: the smallest group to show.

    Returns:
        The same rows in the same order; hidden counts are null. A count of 0 stays, as there is nobody to recognise.

    Raises:
        ContractError: a column is missing.
    """
    require(frame, "counts", count, *within)
    over = [pl.col(name) for name in within] or [pl.lit(1)]
    rows = frame.with_row_index("_row").sort(count, "_row", nulls_last=True)
    people = pl.col(count).fill_null(0)
    before = (people.cum_sum() - people).over(over)
    is_some_small = ((people > 0) & (people < k)).any().over(over)
    hidden = (people > 0) & is_some_small & ((people < k) | (before < k))
    return rows.with_columns(pl.when(~hidden).then(pl.col(count)).alias(count)).sort("_row").drop("_row")
