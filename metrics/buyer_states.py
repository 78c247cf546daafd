"""How often, how recently and for how much everybody had bought by any day: kept for every few weeks, and brought forward.

One number a customer and few weeks, and order-days in the order of days: what lies between a day and the nearest of those
weeks is added or taken off, so that all customers of any days are scored without going through all their order-days.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from metrics.packed import changes

if TYPE_CHECKING:
    from typing import Self

    from numpy.typing import NDArray

    Whole = NDArray[np.integer]

STEP: Final = 28
"""Days between what is kept."""


@dataclass(frozen=True, eq=False)
class BuyerStates:
    """What each customer's order-days come to by some days.

    Attributes:
        first: the first day.
        edges: by day from ``first`` on, where its rows begin; the last is how many there are.
        who: number of the customer of each order-day, by day.
        net: what was spent on it, minor units.
        bought: how many orders there were on it.
        times: [step, customer], order-days before the step's first day.
        spent: the same of money.
        orders: the same of orders.
        latest: the same of the last day, counted from the one before ``first``; 0 where there is none.
        total: what everybody spent, whatever the sign.
    """

    first: int
    edges: Whole
    who: Whole
    net: Whole
    bought: Whole
    times: Whole
    spent: Whole
    orders: Whole
    latest: Whole
    total: int

    @classmethod
    def of(cls, who: Whole, day: Whole, net: Whole, orders: Whole, customers: int) -> Self:
        """From order-days by customer and day.

        Args:
            who: number of the customer.
            day: days since 1970.
            net: minor units.
            orders: how many orders there were.
            customers: how many there are.
        """
        first, last = (int(day.min()), int(day.max())) if len(day) else (0, -1)
        order = np.argsort(day, kind="stable")
        edges = np.searchsorted(day[order], np.arange(first, last + 2))
        steps = -(-(last - first + 1) // STEP) + 1
        size = (steps, customers)
        spent: Whole = np.zeros(size, _kind(_most(who, net), np.int32, np.int64))
        several: Whole = np.zeros(size, _kind(_most(who, orders), np.uint8, np.uint16, np.uint32))
        found = cls(
            first, edges, who[order], net[order].astype(spent.dtype), orders[order].astype(several.dtype),
            np.zeros(size, several.dtype), spent, several, np.zeros(size, _kind(last - first + 1, np.int16, np.int32)),
            int(np.abs(net).sum()),
        )  # fmt: skip
        for step in range(1, steps):
            start, until = (step - 1) * STEP, step * STEP
            for kept, values in ((found.times, None), (found.spent, found.net), (several, found.bought)):
                kept[step] = kept[step - 1]
                found._add(kept[step], values, start, until)
            found.latest[step] = found.latest[step - 1]
            found._bring(found.latest[step], start, until)
        return found

    def times_between(self, from_day: int, to_day: int) -> Whole:
        """Order-days of each customer in these days, both inclusive."""
        return self._between(self.times, None, from_day, to_day)

    def orders_between(self, from_day: int, to_day: int) -> Whole:
        """Orders of each customer in these days, both inclusive."""
        return self._between(self.orders, self.bought, from_day, to_day)

    def rows_between(self, from_day: int, to_day: int) -> int:
        """Order-days in these days, both inclusive."""
        start = self._place(from_day)
        return int(self.edges[max(self._place(to_day + 1), start)] - self.edges[start])

    def spent_between(self, from_day: int, to_day: int) -> Whole:
        """What each customer spent in these days, both inclusive."""
        return self._between(self.spent, self.net, from_day, to_day)

    def latest_before(self, day: int) -> Whole:
        """Each customer's last order-day before a day, counted from the one before ``first``; 0 where there is none."""
        at = self._place(day)
        found: Whole = self.latest[at // STEP].copy()
        self._bring(found, at // STEP * STEP, at)
        return found

    def _between(self, kept: Whole, values: Whole | None, from_day: int, to_day: int) -> Whole:
        start = self._place(from_day)
        until = max(self._place(to_day + 1), start)
        low, high = (-(-(at - STEP // 2) // STEP) for at in (start, until))
        found: Whole = kept[high] - kept[low]
        self._add(found, values, high * STEP, until)
        self._add(found, values, start, low * STEP)
        return found

    def _add(self, found: Whole, values: Whole | None, start: int, until: int) -> None:
        """Add the rows from one day to another, or take them off where they lie the other way round."""
        rows = self._rows(min(start, until), max(start, until))
        amount = found.dtype.type(1) if values is None else values[rows]
        (np.add if start < until else np.subtract).at(found, self.who[rows], amount)

    def _bring(self, latest: Whole, start: int, until: int) -> None:
        for at in range(start, min(until, len(self.edges) - 1)):
            latest[self.who[self._rows(at, at + 1)]] = at + 1

    def _rows(self, start: int, until: int) -> slice:
        most = len(self.edges) - 1
        return slice(int(self.edges[min(start, most)]), int(self.edges[min(until, most)]))

    def _place(self, day: int) -> int:
        return min(max(day - self.first, 0), len(self.edges) - 1)


def _most(who: Whole, net: Whole) -> int:
    """No customer's running sum is further from 0 than this."""
    if not len(who):
        return 0
    return int(np.add.reduceat(np.abs(net), np.flatnonzero(changes(who))).max())


def _kind(most: int, *kinds: type[np.integer]) -> type[np.integer]:
    """The first that holds a number, else the last."""
    return next((kind for kind in kinds if most <= np.iinfo(kind).max), kinds[-1])
