"""Who looked and bought soon after, for any stretch of days: from each member's first look of a day, in order.

The same counts as ``conversion.conversion``, for views that lie in the order of their time: then the first look in a stretch
of days is the one whose look before lies ahead of the stretch.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from metrics.packed import bits, changes

if TYPE_CHECKING:
    from typing import Self

    from numpy.typing import NDArray

    Whole = NDArray[np.integer]
    Mask = NDArray[np.bool_]

_STRETCH: Final = 1_000_000
"""Views looked at together: what they need beside them stays small."""

_BITS: Final = 62
NEVER: Final = np.iinfo(np.int64).max
"""The instant of a payment that never comes."""


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

    Where several views in a row are of one person, in the order of their time, the payment after the first of them is that
    of all, unless it lies between them.

    Args:
        views: number of the person and instant of each view.
        paid: number of the person and instant of each payment.
        wait: in the unit of the instants.
    """
    found = np.zeros(len(views[0]), np.bool_)
    payments = _Payments.of(*paid)
    for start in range(0, len(found) if len(paid[0]) else 0, _STRETCH):
        part = slice(start, start + _STRETCH)
        who, at = views[0][part], views[1][part]
        is_head = changes(who)
        is_head[1:] |= at[1:] < at[:-1]
        heads = np.flatnonzero(is_head)
        lengths = np.diff(heads, append=len(who))
        after = np.repeat(payments.after(who[heads], at[heads]), lengths)
        between = np.flatnonzero(after < at)
        after[between] = payments.after(who[between], at[between])
        found[part] = after - at < wait
    return found


@dataclass(frozen=True, eq=False)
class _Payments:
    """Payments by person and instant.

    Attributes:
        key: person, then instant as coarse as both fit into one number.
        who: number of the person.
        at: instant.
        first: the first instant.
        last: the last one.
        coarse: how many bits of an instant are left out of ``key``.
        width: how many bits are left.
    """

    key: Whole
    who: Whole
    at: Whole
    first: int
    last: int
    coarse: int
    width: int

    @classmethod
    def of(cls, who: Whole, at: Whole) -> Self:
        if not len(who):
            return cls(np.zeros(0, np.int64), who, at, 0, 0, 0, 0)
        first, last = int(at.min()), int(at.max())
        coarse = max(0, bits(last - first) + bits(int(who.max()) + 1) - _BITS)
        width = bits((last - first) >> coarse)
        key = _key(who, at - first, coarse, width)
        order = np.argsort(key)
        if np.any((key[order[1:]] == key[order[:-1]]) & (at[order[1:]] < at[order[:-1]])):
            order = np.lexsort((at, who))
        key, who, at = key[order], who[order], at[order]
        is_new = changes(key) | changes(at)
        return cls(key[is_new], who[is_new], at[is_new], first, last, coarse, width)

    def after(self, who: Whole, at: Whole) -> Whole:
        """The instant of the first payment of each person that is not before an instant; ``NEVER`` where there is none."""
        since = np.clip(at, self.first, self.last) - self.first
        place = np.searchsorted(self.key, _key(who, since, self.coarse, self.width))
        rows = np.arange(len(who))
        while len(rows):  # the few whose instants differ by less than the key tells
            held = np.minimum(place[rows], len(self.key) - 1)
            rows = rows[(place[rows] < len(self.key)) & (self.who[held] == who[rows]) & (self.at[held] < at[rows])]
            place[rows] += 1
        held = np.minimum(place, len(self.key) - 1)
        return np.where((place < len(self.key)) & (self.who[held] == who), self.at[held], NEVER)


def _key(who: Whole, since: Whole, coarse: int, width: int) -> Whole:
    return (who.astype(np.int64) << width) | (since >> coarse)
