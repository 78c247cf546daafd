"""Who did what, each pair of customer and thing once: kept by customer, so that those of an audience are read alone.

Four bytes a pair. How many of an audience have done a thing is counted from the lists of its own people; where they are
many, from one pass over all. No list of an audience's people is held for each thing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from metrics.packed import bits, changes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Whole = NDArray[np.integer]
    Flags = NDArray[np.bool_]

_FEW: Final = 1 / 4
"""Up to this share of all pairs is read list by list."""
_AT_ONCE: Final = 1 << 20


@dataclass(frozen=True, eq=False)
class OwnedPairs:
    """Things of each customer.

    Attributes:
        edges: by customer, where their list begins; the last is how many pairs there are.
        what: number of the thing, by customer, then by thing.
        since: the first day of each pair, counted from ``first``.
        first: the earliest day, as days since 1970.
        span: days from the earliest to the latest.
        things: how many things there are.
    """

    edges: NDArray[np.int64]
    what: Whole
    since: Whole
    first: int
    span: int
    things: int

    @classmethod
    def of(cls, who: Whole, what: Whole, day: Whole, customers: int, things: int) -> OwnedPairs:
        """From rows in any order, of which a pair may have several.

        Args:
            who: number of the customer.
            what: number of the thing.
            day: days since 1970.
            customers: how many there are.
            things: how many there are.
        """
        first = int(day.min()) if len(day) else 0
        span = int(day.max()) - first if len(day) else 0
        widths = [np.uint64(bits(max(most - 1, 0))) for most in (things, span + 1)]
        rows = who.astype(np.uint64)
        for column, width in zip((what, day - day.dtype.type(first) if len(day) else day), widths, strict=True):
            rows <<= width
            rows |= column.astype(np.uint64)
        rows.sort()
        pairs = rows >> widths[1]
        is_new = changes(pairs)
        since = (rows[is_new] & ((np.uint64(1) << widths[1]) - np.uint64(1))).astype(_kind(span))
        pairs = pairs[is_new]
        del rows
        kept = (pairs & ((np.uint64(1) << widths[0]) - np.uint64(1))).astype(_kind(things))
        sizes = np.bincount((pairs >> widths[0]).astype(np.int64), minlength=customers)
        return cls(np.concatenate((np.zeros(1, np.int64), np.cumsum(sizes))), kept, since, first, span, things)

    def counted(self, some: Whole | None, until: int) -> NDArray[np.int64]:
        """How many of some customers have done each thing by the end of a day?

        Args:
            some: their numbers, each once; None is everybody.
            until: days since 1970.
        """
        what, days = self.what, until - self.first
        if some is not None:
            what = what[at := self._rows(some)]
        if days < self.span:
            since = self.since if some is None else self.since[at]
            what = what[since <= since.dtype.type(days)] if days >= 0 else what[:0]
        found = np.zeros(self.things, np.int64)
        for start in range(0, len(what), _AT_ONCE):
            found += np.bincount(what[start : start + _AT_ONCE], minlength=self.things)
        return found

    def _rows(self, some: Whole) -> Whole | Flags:
        """The pairs of some customers: their places, or which of all where these are many."""
        sizes = np.diff(self.edges)
        mine = sizes[some]
        total = int(mine.sum())
        if total > len(self.what) * _FEW:
            flags = np.zeros(len(sizes), np.bool_)
            flags[some] = True
            return np.repeat(flags, sizes)
        ahead = np.cumsum(mine) - mine
        return np.repeat(self.edges[:-1][some] - ahead, mine) + np.arange(total)


def _kind(most: int) -> type[np.integer]:
    return np.uint16 if most <= np.iinfo(np.uint16).max else np.uint32
