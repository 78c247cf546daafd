"""After how many days did buyers come back, of any days: pairs of order-days counted by the one and the other.

A square of whole numbers, as wide as there are days: some 0.5 MB a year of days, 13 MB for five years, whatever the number
of buyers. What lies in a period is a part of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from metrics.survival import curve_of_counts

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from metrics.buyers import Days, OrderRows

    Counts = NDArray[np.int64]

MOST_DAYS: Final = 2_000
"""A longer history is counted row by row: the square would grow too large."""
_AT_ONCE: Final = 1 << 20


@dataclass(frozen=True, eq=False)
class ReturnDays:
    """Order-days after another of the same buyer.

    Attributes:
        first: the first day, as days since 1970.
        gaps: [day before, day], how many order-days follow that day before.
        seconds: the same of second order-days alone.
        firsts: by day, how many bought for the first time.
        followed: the same, staff included.
    """

    first: int
    gaps: NDArray[np.uint32]
    seconds: NDArray[np.uint32]
    firsts: Counts
    followed: Counts

    @classmethod
    def of(cls, rows: OrderRows, never: tuple[int, int]) -> ReturnDays | None:
        """Count everybody's.

        Args:
            rows: the whole history.
            never: what stands for no day before, and for none after.

        Returns:
            None where there is no buyer, the history is too long, or somebody's first order was bought as staff.
        """
        kept, began = rows.kept, rows.first_kept
        started = began[began != never[1]]
        if not kept.day.size:
            return None
        first, last = min(int(kept.day.min()), int(started.min())), max(int(kept.day.max()), int(started.max()))
        opens = kept.earlier == never[0]
        if last - first >= MOST_DAYS or np.any(began[kept.who[opens]] != kept.day[opens]):
            return None
        size = last - first + 1
        back = ~opens
        again = opens & (kept.later != never[1])
        return cls(
            first,
            _square(kept.earlier, kept.day, back, first, size),
            _square(kept.day, kept.later, again, first, size),
            np.bincount(kept.day[opens] - first, minlength=size),
            np.bincount(started - first, minlength=size),
        )

    def waited(self, from_day: int, to_day: int) -> Counts:
        """By number of days: how often so many passed between two order-days of these days, both inclusive."""
        part = self.gaps[self._part(from_day, to_day), self._part(from_day, to_day)]
        before, day = np.nonzero(part)
        found: Counts = np.bincount(day - before, part[before, day]).astype(np.int64)
        return found

    def second(self, from_day: int, to_day: int) -> tuple[pl.DataFrame, int]:
        """When do those come back who bought first in these days? As ``buyer_measures.second``."""
        cut = self._part(from_day, to_day)
        part, firsts = self.seconds[cut, cut], self.firsts[cut]
        began, day = np.nonzero(part)
        end = to_day - self.first - cut.start
        left = np.flatnonzero(waiting := firsts - part.sum(axis=1, dtype=np.int64))
        size = max(end + 1, 1)
        events = np.bincount(day - began, part[began, day], minlength=size).astype(np.int64)
        censored = np.bincount(end - left, waiting[left], minlength=size).astype(np.int64)
        told = np.flatnonzero(events + censored)
        counts = pl.DataFrame(
            {"day": told, "events": events[told], "censored": censored[told]},
            schema=dict.fromkeys(("day", "events", "censored"), pl.Int64),
        )
        return curve_of_counts(counts), int(self.followed[cut].sum())

    def _part(self, from_day: int, to_day: int) -> slice:
        start = min(max(from_day - self.first, 0), len(self.firsts))
        return slice(start, min(max(to_day + 1 - self.first, start), len(self.firsts)))


def _square(one: Days, other: Days, counts: NDArray[np.bool_], first: int, size: int) -> NDArray[np.uint32]:
    found = np.zeros(size * size, np.uint32)
    for start in range(0, len(one), _AT_ONCE):
        cut = slice(start, start + _AT_ONCE)
        some = counts[cut]
        code = (one[cut][some].astype(np.int64) - first) * size + (other[cut][some] - first)
        found += np.bincount(code, minlength=size * size).astype(np.uint32)
    return found.reshape(size, size)
