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

    Where a count is below ``k``, all such counts are hidden, and with them the smallest that is not, with its ties: the
    total less the rows shown is then never a small group, and several tables look the same, so that even somebody who
    knows this rule cannot tell which count was hidden. (Hiding only until the rest is ``k`` people is not enough: of 28
    people in three rows with 10 shown in one, the others could only be 9 and 9.)

    Args:
        frame: a table with a row per group of people; nobody is in two of them.
        count: the column of counts.
        within: columns of the groups that each have a total of their own; none: one total for all.
        k: the smallest group to show.

    Returns:
        The same rows in the same order; hidden counts are null. A count of 0 stays, as there is nobody to recognise.
        Where no count but 0 is left, the total must not be shown either.

    Raises:
        ContractError: a column is missing.
    """
    require(frame, "counts", count, *within)
    people = pl.col(count)
    is_small = (people > 0) & (people < k)
    is_next = people <= people.filter(people >= k).min()
    is_beside_small, reaches_up = (
        rule.over([pl.col(name) for name in within]) if within else rule for rule in (is_small.any(), is_next)
    )
    hidden = (people > 0) & is_beside_small & (is_small | reaches_up)
    return frame.with_columns(pl.when(~hidden).then(people).alias(count))
