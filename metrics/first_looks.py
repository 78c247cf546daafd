"""Who looked and bought soon after, for any stretch of days: from each member's first look of a day, in order.

The same counts as ``conversion.conversion``, for views that lie in the order of their time: then the first look in a stretch
of days is the one whose look before lies ahead of the stretch.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from metrics.packed import changes

if TYPE_CHECKING:
    from typing import Self

    from numpy.typing import NDArray

    Whole = NDArray[np.integer]
    Mask = NDArray[np.bool_]

_STRETCH = 1_000_000
"""Views looked at together: what they need beside them stays small."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Members whose first look is old enough, and how many of them bought."""

    mature: int
    buyers: int

    @property
    def rate(self) -> float | None:
        """Buyers by mature viewers; None without any."""
        return self.buyers / self.mature if self.mature else None


@dataclass(frozen=True, eq=False)
class FirstLooks:
    """Each member's first look at a product on each day, by day.

    Attributes:
        first: the first day.
        edges: number of the first look of each day from ``first`` on; the last is how many looks there are.
        earlier: number of the same member's look before it; −1 where there is none.
        is_bought: whether the member bought anything soon enough after it.
    """

    first: int
    edges: Whole
    earlier: Whole
    is_bought: Mask

    @classmethod
    def of(cls, day: Whole, who: Whole, is_bought: Mask) -> Self:
        """From looks at products by members, by day, then member, then time.

        Args:
            day: number of the day of each look.
            who: number of the member.
            is_bought: whether the member bought anything soon enough after it.
        """
        if not len(day):
            return cls(0, np.zeros(1, np.int64), np.zeros(0, np.int32), np.zeros(0, np.bool_))
        rows = np.flatnonzero(changes(day) | changes(who))
        day, who = day[rows], who[rows]
        first = int(day[0])
        edges = np.searchsorted(day, np.arange(first, int(day[-1]) + 2))
        order = np.argsort(who, kind="stable")
        again = np.flatnonzero(~changes(who[order]))
        earlier: Whole = np.full(len(rows), -1, np.int64)
        earlier[order[again]] = order[again - 1]
        kind = np.int32 if len(rows) < np.iinfo(np.int32).max else np.int64
        return cls(first, edges, earlier.astype(kind, copy=False), is_bought[rows])

    def counts(self, from_day: int, before: int) -> Counts:
        """Of the members whose first look of the days from ``from_day`` lies before the day ``before``."""
        start, end = (self.edges[min(max(day - self.first, 0), len(self.edges) - 1)] for day in (from_day, before))
        if end <= start:
            return Counts(0, 0)
        is_first = self.earlier[start:end] < start
        return Counts(int(np.count_nonzero(is_first)), int(np.count_nonzero(is_first & self.is_bought[start:end])))


def counts_of(who: Whole, is_bought: Mask, most: int) -> Counts:
    """The same of single views of products by members, all of them old enough, in the order of their time.

    Args:
        who: number of the member of each view, below ``most``.
        is_bought: whether the member bought anything soon enough after it.
        most: how many visitors there are.
    """
    bought = np.full(most, -1, np.int8)
    bought[who[::-1]] = is_bought[::-1]  # of several the last one written stays: the first look
    return Counts(int(np.count_nonzero(bought >= 0)), int(np.count_nonzero(bought > 0)))


def bought_soon(views: tuple[Whole, Whole], paid: tuple[Whole, Whole], wait: int) -> Mask:
    """Of every view: whether the same person paid for something from its instant on and less than ``wait`` after it.

    Args:
        views: number of the person, −1 for nobody, and instant of each view.
        paid: number of the person and instant of each payment.
        wait: in the unit of the instants.
    """
    who, at = views
    times = np.unique(paid[1])
    span = len(times) + 1
    keys = np.unique(paid[0].astype(np.int64) * span + np.searchsorted(times, paid[1]))
    found = np.zeros(len(who), np.bool_)
    for start in range(0, len(who) if len(keys) else 0, _STRETCH):
        part = slice(start, start + _STRETCH)
        person, then = who[part].astype(np.int64), at[part]
        key = keys[np.minimum(np.searchsorted(keys, person * span + np.searchsorted(times, then)), len(keys) - 1)]
        next_at = times[key % span]
        found[part] = (key // span == person) & (next_at >= then) & (next_at - then < wait)
    return found
