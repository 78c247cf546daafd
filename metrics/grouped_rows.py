"""Rows in the order of a column of numbers: which rows of a stretch have one of a few values, without reading the others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from typing import Self

    from numpy.typing import NDArray

    Whole = NDArray[np.integer]


@dataclass(frozen=True, eq=False)
class GroupedRows:
    """The rows of each value, in their own order.

    Attributes:
        order: numbers of rows, by value and then by row.
        edges: where each value's rows begin in ``order``; the last is how many rows there are.
    """

    order: Whole
    edges: Whole

    @classmethod
    def of(cls, codes: Whole, values: int) -> Self:
        """From the value of each row, 0 to ``values`` − 1."""
        kind = np.uint32 if len(codes) <= np.iinfo(np.uint32).max else np.int64
        edges = np.concatenate(([0], np.cumsum(np.bincount(codes, minlength=values))))
        return cls(np.argsort(codes, kind="stable").astype(kind), edges)

    def within(self, wanted: Whole, start: int, stop: int) -> tuple[Whole, Whole]:
        """Where the rows from ``start`` to before ``stop`` of each of these values begin and end in ``order``."""
        low, high = self.edges[wanted], self.edges[wanted + 1]
        return self._first_from(start, low, high), self._first_from(stop, low, high)

    def _first_from(self, row: int, low: Whole, high: Whole) -> Whole:
        """The place of the first row that is not before ``row``, between two places of each value; by halving."""
        low, high = low.copy(), high.copy()
        while (is_open := low < high).any():
            middle = (low + high) // 2
            is_before = is_open & (self.order[np.minimum(middle, len(self.order) - 1)] < row)
            low = np.where(is_before, middle + 1, low)
            high = np.where(is_open & ~is_before, middle, high)
        return low

    def rows(self, first: Whole, last: Whole) -> Whole:
        """The rows between such places, smallest first."""
        sizes = last - first
        places = np.repeat(first - np.cumsum(sizes) + sizes, sizes) + np.arange(int(sizes.sum()))
        found = self.order[places]
        found.sort()
        return found
