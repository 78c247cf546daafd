"""Which rows have a value, without reading the others: two bytes a row, for many rows of not too many values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Self

    from numpy.typing import NDArray

    Whole = NDArray[np.integer]

_SHIFT: Final = 16
_ONE_BLOCK: Final = 32
_ROWS_AN_EDGE: Final = 8
"""With fewer rows than this for each value and block, edges would weigh more than what they save."""


@dataclass(frozen=True, eq=False)
class RowLists:
    """The rows of each value, smallest first.

    Attributes:
        low: place of each row in its block of rows, by value and then by row.
        edges: by value and block, where its part of ``low`` begins; the last is how many rows there are.
        blocks: how many blocks there are.
        shift: a block has 2 to the power of this rows.
    """

    low: Whole
    edges: Whole
    blocks: int
    shift: int

    @classmethod
    def of(cls, codes: Whole, values: int) -> Self:
        """From the value of each row, 0 to ``values``; the last stands for none and has no list."""
        shift = _SHIFT
        blocks = max(-(-len(codes) >> shift), 1)
        if blocks * values * _ROWS_AN_EDGE > len(codes):
            shift, blocks = _ONE_BLOCK, 1
        parts = [codes[start : start + (1 << shift)] for start in range(0, max(len(codes), 1), 1 << shift)]
        counts: Whole = np.stack([np.bincount(part, minlength=values + 1)[:values] for part in parts], axis=1)
        kind = np.uint32 if len(codes) <= np.iinfo(np.uint32).max else np.int64
        edges: Whole = np.concatenate(([0], np.cumsum(counts.ravel())))
        low: Whole = np.empty(int(edges[-1]), np.uint16 if shift == _SHIFT else np.uint32)
        starts = edges[:-1].reshape(values, blocks)
        for block, part in enumerate(parts):
            of = counts[:, block]
            total = int(of.sum())
            order = np.argsort(part, kind="stable")[:total]
            low[np.repeat(starts[:, block] - (np.cumsum(of) - of), of) + np.arange(total)] = order
        return cls(low, edges.astype(kind), blocks, shift)

    def rows(self, value: int, start: int, stop: int) -> NDArray[np.intp]:
        """The rows of a value from ``start`` to before ``stop``, smallest first."""
        first, last = start >> self.shift, min(-(-max(stop, start) >> self.shift), self.blocks)
        edges = self.edges[value * self.blocks + first : value * self.blocks + max(last, first) + 1].astype(np.intp)
        found = self.low[edges[0] : edges[-1]].astype(np.intp)
        found += np.repeat(np.arange(first, first + len(edges) - 1) << self.shift, np.diff(edges))
        return found[np.searchsorted(found, start) : np.searchsorted(found, stop)]

    @property
    def nbytes(self) -> int:
        """Bytes held."""
        return self.low.nbytes + self.edges.nbytes


class CutColumn:
    """Whole numbers that lie in pieces, one after another: read without putting them together."""

    def __init__(self, parts: Sequence[Whole]) -> None:
        """The pieces, first to last."""
        self._parts = parts
        self._ends = np.cumsum([len(part) for part in parts], dtype=np.intp)

    def of(self, rows: Whole) -> Whole:
        """Of these rows, smallest first."""
        found: list[Whole] = []
        cuts = np.searchsorted(rows, self._ends)
        for part, end, start, stop in zip(self._parts, self._ends, (0, *cuts), cuts, strict=False):
            if stop > start:
                found.append(part[rows[start:stop] - (end - len(part))])
        return np.concatenate(found) if found else np.zeros(0, np.int64)
