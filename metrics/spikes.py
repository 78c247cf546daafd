"""Dwell that a group holds in a block of hours beyond what chance would give, with visitors as what chance draws."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from metrics.packed import bits, changes, packed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Whole = NDArray[np.integer]
    Floats = NDArray[np.float64]

BLOCKS: Final = ((0, 1), (2, 4), (5, 7), (8, 10), (11, 13), (14, 16), (17, 19), (20, 22), (23, 23))
"""Blocks of hours of the day, first and last hour; none crosses midnight."""

_BLOCK_OF: Final = np.repeat(np.arange(len(BLOCKS), dtype=np.uint8), [last - first + 1 for first, last in BLOCKS])
"""By hour of the day."""


def spike_cells(group: Whole, names: Sequence[str], hour: Whole, who: Whole, dwell: Whole) -> pl.DataFrame:
    """How far is each group's dwell in each block of hours from what its size and the block's busyness would give?

    Args:
        group: number of the group of each view of known dwell.
        names: the groups' names.
        hour: hour of the week.
        who: number of the visitor, from 0 on.
        dwell: milliseconds.

    Returns:
        One row per group and block: ``group, block, dwell, expected`` (ms), ``n`` (views), ``z`` of the difference with
        visitors as clusters; null where it cannot be told.
    """
    width, blocks = len(names), len(BLOCKS)
    block = _BLOCK_OF[hour % 24]
    place = group.astype(np.intp) * blocks + block
    cells = np.bincount(place, dwell, width * blocks).reshape(width, blocks)
    views = np.bincount(place, minlength=width * blocks)
    total = max(cells.sum(), 1.0)
    p_g, p_b = cells.sum(1) / total, cells.sum(0) / total
    expected = np.outer(p_g, p_b) * total
    variance = _variance(who, group, block, dwell, p_g, p_b) if len(who) else np.zeros_like(cells)
    with np.errstate(divide="ignore", invalid="ignore"):
        z = (cells - expected) / np.sqrt(np.maximum(variance, 0))
    return pl.DataFrame(
        {
            "group": pl.Series(names, dtype=pl.String).gather(np.repeat(np.arange(width), blocks)),
            "block": np.tile(np.arange(blocks, dtype=np.int64), width),
            "dwell": cells.ravel(),
            "expected": expected.ravel(),
            "n": views.astype(np.int64),
            "z": z.ravel(),
        }
    ).with_columns(pl.when(pl.col("z").is_finite()).then("z"))


def _variance(who: Whole, group: Whole, block: Whole, dwell: Whole, p_g: Floats, p_b: Floats) -> Floats:
    """Variance of D_gb − D_g·D_b/D per group and block, if visitors (not views) are what chance draws.

    A visitor's part of the difference is linear in their views: u = (x_gb − p_b·x_g) − p_g·(x_b − p_b·x), with x their
    dwell and p the shares of the group and of the block; the variance is Σ u². Multiplied out, its sums run over what
    occurs: a visitor, a group and a block (x_gb), or a visitor and a group (x_g).
    """
    from scipy.sparse import csr_array  # noqa: PLC0415  (half a second that only this question needs)

    blocks, width = len(BLOCKS), len(p_g)
    height = int(who.max()) + 1
    busy = np.bincount(who.astype(np.intp) * blocks + block, dwell, height * blocks).reshape(height, blocks)
    busy -= busy.sum(1, keepdims=True) * p_b
    cell, x = _cells(group, who, block, dwell)
    of_cell, b = np.divmod(cell, np.uint64(blocks))
    is_first = changes(of_cell)
    starts = np.flatnonzero(is_first)
    x_g = np.add.reduceat(x, starts)
    of_group, of_who = np.divmod(of_cell[starts].astype(np.int64), height)
    pair = np.cumsum(is_first) - 1
    place = of_group[pair] * blocks + b.astype(np.int64)

    def summed(amounts: Floats) -> Floats:
        return np.bincount(place, amounts, width * blocks).astype(np.float64, copy=False).reshape(width, blocks)

    edges = np.searchsorted(of_group, np.arange(width + 1))
    others: Floats = csr_array((x_g, of_who, edges), shape=(width, height)) @ busy
    squares = np.bincount(of_group, x_g * x_g, width)[:, None]
    own = summed(x * x) - 2 * p_b * summed(x * x_g[pair]) + p_b**2 * squares
    across = summed(x * busy[of_who[pair], b.astype(np.int64)]) - p_b * others
    result: Floats = own - 2 * p_g[:, None] * across + np.outer(p_g**2, (busy**2).sum(0))
    return result


def _cells(group: Whole, who: Whole, block: Whole, dwell: Whole) -> tuple[NDArray[np.uint64], Floats]:
    """The combinations of group, visitor and block that occur, as one number each, in order; and the dwell of each."""
    height, blocks, most = int(who.max()) + 1, len(BLOCKS), int(dwell.max())
    cell = (group.astype(np.uint64) * np.uint64(height) + who) * np.uint64(blocks) + block
    rows = packed((cell, int(cell.max())), (dwell, most))
    if rows is None:
        order = np.argsort(cell, kind="stable")
        cell, held = cell[order], dwell[order]
    else:
        rows.sort()
        kind = rows.dtype.type
        cell = (rows >> kind(bits(most))).astype(np.uint64)
        held = rows & kind((1 << bits(most)) - 1)
    starts = np.flatnonzero(changes(cell))
    sums: Floats = np.add.reduceat(held.astype(np.float64), starts)
    return cell[starts].astype(np.uint64, copy=False), sums
