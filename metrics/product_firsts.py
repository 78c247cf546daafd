"""How many people looked at each product in a stretch of days, exactly, and how many of them bought it soon after.

Each visitor's first look at a product on each day stands beside the day of their look at it before: in any stretch of days a
visitor is counted where that day lies ahead of the stretch. How many there are is told by a few looks a bit of those days.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from metrics.packed import changes, stable_order
from metrics.range_quantiles import RangeQuantiles

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Self

    from numpy.typing import NDArray

    Whole = NDArray[np.integer]

_KINDS: Final = 3
"""Anonymous; a member; a member who bought it soon after."""


@dataclass(frozen=True, eq=False)
class ProductFirsts:
    """First looks of a day at a few products, by product, kind of visitor and day.

    Attributes:
        first: the first day.
        edges: [product and kind, day]: where the looks of this day and later ones begin; one day more than there are.
        earlier: the day of the same visitor's look before, from 1 on; 0 is none.
    """

    first: int
    edges: Whole
    earlier: RangeQuantiles

    @classmethod
    def of(cls, looks: Sequence[tuple[Whole, Whole, Whole]], first: int, days: int) -> Self:
        """From all looks at each product, by day, visitor and time.

        Args:
            looks: number of the visitor, day from 0 on, and kind of the visitor (0 to 2) of each look, product by product.
            first: the first day.
            days: how many days there are.
        """
        counts: Whole = np.zeros((len(looks), _KINDS, days), np.int64)
        parts = [np.zeros(0, np.uint16)]
        for product, columns in enumerate(looks):
            is_first = changes(columns[0]) | changes(columns[1])
            who, day, kind = (column[is_first] for column in columns)
            order = stable_order(who, int(who.max(initial=0)))
            again = np.flatnonzero(~changes(who[order]))
            earlier = np.zeros(len(who), np.uint16)
            earlier[order[again]] = day[order[again - 1]] + 1
            counts[product] = np.bincount(kind * np.intp(days) + day, minlength=_KINDS * days).reshape(_KINDS, days)
            parts.append(earlier[np.argsort(kind, kind="stable")])
        edges = np.concatenate(([0], np.cumsum(counts.ravel())))
        each = np.arange(0, len(looks) * _KINDS * days, days)[:, None] + np.arange(days + 1)
        small = np.int32 if edges[-1] <= np.iinfo(np.int32).max else np.int64
        return cls(first, edges[each].astype(small), RangeQuantiles.of(np.concatenate(parts)))

    def counts(self, from_day: int, until: int, early: int, mature: int) -> dict[str, Whole]:
        """People by product, of the days from ``from_day`` on.

        Args:
            from_day: the first day.
            until: the day after the last.
            early: members' first looks count as ``viewers`` before this day.
            mature: and as ``mature_viewers`` before this one, of whom some are ``buyers``.
        """
        most = self.edges.shape[1] - 1
        start = min(max(from_day - self.first, 0), most)
        ends = [min(max(day - self.first, start), most) for day in (until, early, mature)]
        low = self.edges[:, start]
        stretches = [(low, self.edges[:, end]) for end in ends]
        lows, highs = (np.concatenate(of) for of in zip(*stretches, strict=True))
        found = self.earlier.below(lows, highs, start + 1).reshape(len(ends), -1, _KINDS)
        return {
            "customers": found[0].sum(axis=1),
            "viewers": found[1, :, 1:].sum(axis=1),
            "mature_viewers": found[2, :, 1:].sum(axis=1),
            "buyers": found[2, :, 2],
        }

    @property
    def nbytes(self) -> int:
        """Bytes held."""
        return self.edges.nbytes + self.earlier.nbytes
