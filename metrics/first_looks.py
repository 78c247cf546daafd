"""Who looked and bought soon after, for any stretch of days: from each member's first look of a day, in order.

The same counts as ``conversion.conversion``, for views that lie in the order of their time: then the first look in a stretch
of days is the one whose look before lies ahead of the stretch.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from metrics.packed import changes, stable_order

if TYPE_CHECKING:
    from typing import Self

    from numpy.typing import NDArray

    Whole = NDArray[np.integer]
    Mask = NDArray[np.bool_]

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


def bought_soon(views: tuple[Whole, Whole, Whole], paid: Payments, wait: int) -> Mask:
    """Of every view: whether the same person paid for the thing from its instant on and less than ``wait`` after it.

    Where several views in a row are of one person and thing, in the order of their time, the payment after the first of
    them is that of all, unless it lies between them.

    Args:
        views: number of the person and of the thing, and instant of each view.
        paid: who paid when.
        wait: in the unit of the instants.
    """
    who, what, at = views
    if not len(paid.at) or not len(who):
        return np.zeros(len(who), np.bool_)
    is_head = changes(who) | changes(what)
    is_head[1:] |= at[1:] < at[:-1]
    heads = np.flatnonzero(is_head)
    after = np.repeat(paid.after(who[heads], what[heads], at[heads]), np.diff(heads, append=len(who)))
    between = np.flatnonzero(after < at)
    after[between] = paid.after(who[between], what[between], at[between])
    is_soon: Mask = after - at < wait
    return is_soon


@dataclass(frozen=True, eq=False)
class Payments:
    """Payments by person, thing and instant.

    Attributes:
        edges: by number of the person, where their payments begin; the last is how many there are.
        what: number of the thing.
        at: instant.
    """

    edges: Whole
    what: Whole
    at: Whole

    @classmethod
    def of(cls, who: Whole, what: Whole, at: Whole, people: int) -> Self:
        """From the number of the person and of the thing and the instant of each payment, in any order.

        Args:
            who: number of the person, 0 to ``people`` − 1.
            what: number of the thing.
            at: instant.
            people: how many there are.
        """
        if np.any(at[1:] < at[:-1]):
            in_time = np.argsort(at, kind="stable")
            who, what, at = who[in_time], what[in_time], at[in_time]
        size = int(what.max(initial=0)) + 1
        order = stable_order(who.astype(np.int64) * size + what, people * size)
        edges = np.concatenate(([0], np.cumsum(np.bincount(who, minlength=people))))
        return cls(edges, what[order], at[order])

    def after(self, who: Whole, what: Whole, at: Whole) -> Whole:
        """The instant of each person's first payment for the thing from an instant on; ``NEVER`` where there is none."""
        low, end = self.edges[who], self.edges[who + 1]
        high = end.copy()
        rows = np.flatnonzero(low < high)
        while len(rows):  # by halving, among the person's own
            middle = (low[rows] + high[rows]) >> 1
            of = self.what[middle]
            is_before = (of < what[rows]) | ((of == what[rows]) & (self.at[middle] < at[rows]))
            low[rows[is_before]] = middle[is_before] + 1
            high[rows[~is_before]] = middle[~is_before]
            rows = rows[low[rows] < high[rows]]
        found = np.full(len(low), NEVER, np.int64)
        some = np.flatnonzero(low < end)
        some = some[self.what[low[some]] == what[some]]
        found[some] = self.at[low[some]]
        return found
