"""Sorting rows as single numbers: what is compared is packed into one, which is far faster than sorting columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Whole = NDArray[np.integer]
    Floats = NDArray[np.float64]

_BITS: Final = 64
_SMALL: Final = 32


def bits(most: int) -> int:
    """How many bits hold the numbers from 0 to ``most``?"""
    return max(int(most), 1).bit_length()


def packed(*columns: tuple[Whole, int]) -> Whole | None:
    """Rows as single numbers in the order of their columns, the first first.

    Args:
        *columns: numbers from 0 on, and the largest there may be.

    Returns:
        One number a row; None where 64 bits do not hold it.
    """
    widths = [bits(most) for _, most in columns]
    if sum(widths) > _BITS:
        return None
    kind = np.uint32 if sum(widths) <= _SMALL else np.uint64
    rows: Whole = columns[0][0].astype(kind)
    for (column, _), width in zip(columns[1:], widths[1:], strict=True):
        rows = np.left_shift(rows, kind(width), out=rows)
        rows = np.bitwise_or(rows, column.astype(kind, copy=False), out=rows)
    return rows


def firsts(*columns: tuple[Whole, int]) -> Whole:
    """The first row of each combination of values, by combination.

    Args:
        *columns: numbers from 0 on, and the largest there may be; at least one.
    """
    height = len(columns[0][0])
    rows = packed(*columns, (np.arange(height, dtype=np.uint32), height))
    if rows is None:
        order = np.lexsort([column for column, _ in reversed(columns)])
        is_new = np.any([np.diff(column[order], prepend=-1) != 0 for column, _ in columns], axis=0)
        found: Whole = order[is_new]
        return found
    rows.sort()
    width = rows.dtype.type(bits(height))
    of = rows >> width
    rows &= (rows.dtype.type(1) << width) - rows.dtype.type(1)
    return rows[changes(of)].astype(np.intp)


def changes(ordered: Whole) -> NDArray[np.bool_]:
    """Whether each of ordered values differs from the one before it; the first does."""
    changed = np.ones(len(ordered), dtype=np.bool_)
    np.not_equal(ordered[1:], ordered[:-1], out=changed[1:])
    return changed


def numbered(keys: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """The distinct keys, smallest first, and the number of each row's key among them."""
    order = np.argsort(keys)
    ordered = keys[order]
    is_new = changes(ordered)
    numbers = np.empty(len(keys), np.int32)
    numbers[order] = np.cumsum(is_new, dtype=np.int32) - np.int32(1)
    return ordered[is_new], numbers


def stable_order(numbers: Whole, most: int) -> Whole:
    """The rows by their number, from 0 to ``most``, and of equal numbers in their own order."""
    rows = packed((numbers, most), (np.arange(len(numbers), dtype=np.uint32), len(numbers)))
    if rows is None:
        return np.argsort(numbers, kind="stable")
    rows.sort()
    rows &= rows.dtype.type((1 << bits(len(numbers))) - 1)
    return rows.astype(np.intp)


def in_order(*columns: NDArray[np.int32]) -> list[NDArray[np.int32]]:
    """Rows of whole numbers in the order of their columns, the first first; at least one row."""
    lows = [int(column.min()) for column in columns]
    mosts = [int(column.max()) - low for column, low in zip(columns, lows, strict=True)]
    rows = packed(*((column - np.int64(low), most) for column, low, most in zip(columns, lows, mosts, strict=True)))
    if rows is None:
        order = np.lexsort(columns[::-1])
        return [column[order] for column in columns]
    rows.sort()
    found = []
    for low, most in reversed(list(zip(lows, mosts, strict=True))):
        kind = rows.dtype.type
        found.append((rows & kind((1 << bits(most)) - 1)).astype(np.int32) + np.int32(low))
        rows >>= kind(bits(most))
    return found[::-1]


def quantiles(group: Whole, groups: int, value: Whole, shares: Sequence[float]) -> list[Floats]:
    """Exact quantiles of each group, between two values by how near each is (as Polars' *linear*).

    Args:
        group: number of the group of each row.
        groups: how many groups there are.
        value: whole numbers from 0 on, below 2^53.
        shares: which quantiles, 0 to 1; the median is 0.5.

    Returns:
        For each share the values by group, NaN for a group without rows.
    """
    most = int(value.max(initial=0))
    rows = packed((group, groups), (value, most))
    if rows is None:
        ordered = value[np.lexsort([value, group])]
        edges = np.concatenate(([0], np.cumsum(np.bincount(group, minlength=groups))))
    else:
        rows.sort()
        width, kind = bits(most), rows.dtype.type
        edges = np.searchsorted(rows >> kind(width), np.arange(groups + 1, dtype=rows.dtype))
        ordered = rows & kind((1 << width) - 1)
    return [_at(ordered, edges, share) for share in shares]


def _at(ordered: Whole, edges: Whole, share: float) -> Floats:
    sizes = np.diff(edges)
    found = np.full(len(sizes), np.nan)
    held = sizes > 0
    place = (sizes[held] - 1) * share
    low = np.floor(place).astype(np.intp)
    part = place - low
    start = edges[:-1][held]
    below = ordered[start + low].astype(np.float64)
    above = ordered[start + np.minimum(low + 1, sizes[held] - 1)].astype(np.float64)
    found[held] = below + (above - below) * part
    return found
