"""Who bought on which days: order-days as arrays, so that any stretch of days is a few comparisons of numbers.

Rows lie by customer and day, one per customer and local day, and beside each stand that customer's day before and after.
Of any stretch, a customer's first row is the one whose day before lies ahead of it, and the last row the one whose day
after lies beyond it: nothing is sorted or grouped to count people exactly. Money is kept as running sums of whole minor
units, so that what a customer spent in a stretch is a difference of two numbers.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from metrics.buyer_states import BuyerStates
from metrics.packed import numbered, stable_order
from metrics.return_days import ReturnDays
from metrics.rules import require

Ints = npt.NDArray[np.int64]
Days = npt.NDArray[np.int32]
Flags = npt.NDArray[np.bool_]
Places = npt.NDArray[np.intp]

NEVER_BEFORE: Final = -(1 << 30)
NEVER_AFTER: Final = 1 << 30
"""The day before a customer's first, and after the last, as days since 1970."""

EPOCH: Final = dt.date(1970, 1, 1)


COLUMNS: Final = (
    "customer_key", "local_on", "paid_at", "order_key", "net_minor", "is_kept", "is_purchase", "is_staff",
)  # fmt: skip
"""Of ``OrderFacts``, what buyers are made of."""


def number(day: dt.date) -> int:
    """A local day as days since 1970."""
    return (day - EPOCH).days


def _are_in_time(rows: pl.DataFrame) -> bool:
    """Whether orders lie by local day, then instant, then key."""
    is_later = np.zeros(max(rows.height - 1, 0), np.bool_)
    is_same = ~is_later
    for name in ("local_on", "paid_at", "order_key"):
        column = rows[name].to_physical().to_numpy()
        is_later |= is_same & (column[1:] > column[:-1])
        is_same &= column[1:] == column[:-1]
    return bool(np.all(is_later | is_same))


@dataclass(frozen=True, eq=False)
class OrderDays:
    """One row per customer and local day with an order of some kind, by customer and day.

    Attributes:
        who: place of the customer among ``OrderRows.keys``.
        day: days since 1970.
        earlier: the same customer's row before; ``NEVER_BEFORE`` for the first.
        later: the same customer's row after; ``NEVER_AFTER`` for the last.
        row: where the day's first order lies in the table that all this was made of.
        orders: running count of orders before each row, and of all at the end.
        net: running sum of their net in minor units, likewise.
    """

    who: Days
    day: Days
    earlier: Days
    later: Days
    row: Days
    orders: Ints
    net: Ints

    def spans(self, from_on: int, to_on: int) -> tuple[Places, Places]:
        """The first and the last row of each customer who has a row in these days, both inclusive; by customer."""
        inside = (self.day >= from_on) & (self.day <= to_on)
        return np.flatnonzero(inside & (self.earlier < from_on)), np.flatnonzero(inside & (self.later > to_on))

    def customers(self, from_on: int, to_on: int) -> int:
        """How many customers have a row in these days, both inclusive?"""
        return int(np.count_nonzero((self.earlier < from_on) & (self.day >= from_on) & (self.day <= to_on)))

    def customers_until(self, to_on: int) -> int:
        """How many customers have a row by the end of this day?"""
        return int(np.searchsorted(self._firsts, to_on, "right"))

    @cached_property
    def _firsts(self) -> Days:
        """Every customer's first day, earliest first."""
        return np.sort(self.day[self.earlier == NEVER_BEFORE])

    @cached_property
    def held(self) -> Ints:
        """The days with any row, in order."""
        if not self.day.size:
            return np.zeros(0, np.int64)
        first = int(self.day.min())
        found: Ints = np.flatnonzero(np.bincount(self.day - first)) + first
        return found

    @cached_property
    def states(self) -> BuyerStates:
        """The same for questions about everybody; made once, so only for rows that are kept."""
        who = int(self.who.max(initial=-1)) + 1
        return BuyerStates.of(self.who, self.day, np.diff(self.net), np.diff(self.orders), who)

    def spent(self, first: Places, last: Places) -> Ints:
        """Net in minor units from each first row to its last, inclusive."""
        found: Ints = self.net[last + 1] - self.net[first]
        return found

    @cached_property
    def months(self) -> tuple[Days, Ints, int, int]:
        """Each customer's first row in every month: its day, cohort × width + month, the first month, and the width.

        Months count from year 0; a cohort is the month of the customer's first row.
        """
        if not self.day.size:
            return self.day, np.zeros(0, np.int64), 0, 0
        first, last = int(self.day.min()), int(self.day.max())
        days = np.arange(first, last + 1).astype("datetime64[D]")
        month_of = days.astype("datetime64[M]").astype(np.int64) + 12 * EPOCH.year
        origin, width = int(month_of[0]), int(month_of[-1] - month_of[0]) + 1
        month = month_of[self.day - first] - origin
        is_first = self.earlier == NEVER_BEFORE
        fresh = is_first.copy()
        fresh[1:] |= month[1:] != month[:-1]
        cohort = month[is_first][np.cumsum(is_first) - 1]
        code: Ints = (cohort * width + month)[fresh]
        return self.day[fresh], code, origin, width


@dataclass(frozen=True, eq=False)
class OrderRows:
    """Orders of known customers by customer, day and instant, one row each.

    Attributes:
        keys: customers' keys, ascending.
        who: place among ``keys``.
        day: days since 1970.
        row: where it lies in the table it was made of.
        net: minor units.
        is_kept: not fully refunded, staff included.
        is_bought: at least one paid line.
        is_staff: bought by staff.
    """

    keys: Ints
    who: Days
    day: Days
    row: Days
    net: Ints
    is_kept: Flags
    is_bought: Flags
    is_staff: Flags

    @classmethod
    def of(cls, orders: pl.DataFrame) -> OrderRows:
        """Bring the orders of known customers into order.

        Args:
            orders: ``OrderFacts`` of one currency; only ``COLUMNS`` are read.

        Raises:
            ContractError: a required column is missing.
        """
        require(orders, "orders", *COLUMNS)
        rows = (
            orders.lazy().select(*COLUMNS).with_row_index("row").filter(pl.col("customer_key").is_not_null()).collect()
        )
        if not _are_in_time(rows):
            rows = rows.sort("local_on", "paid_at", "order_key")
        keys, who = numbered(rows["customer_key"].to_numpy())
        order = stable_order(who, len(keys))
        rows = rows[order]
        return cls(
            keys=keys,
            who=who[order],
            day=rows["local_on"].to_physical().to_numpy(),
            row=rows["row"].cast(pl.Int32).to_numpy(),
            net=rows["net_minor"].to_numpy(),
            is_kept=rows["is_kept"].to_numpy(),
            is_bought=rows["is_purchase"].to_numpy(),
            is_staff=rows["is_staff"].to_numpy(),
        )

    def only(self, mask: Flags) -> OrderRows:
        """The same rows as far as ``mask`` says so, which is by row of the table they were made of."""
        return self._those(mask[self.row])

    def _those(self, flags: Flags) -> OrderRows:
        chosen = np.flatnonzero(flags)  # looked up once for all columns
        return replace(
            self,
            who=self.who[chosen],
            day=self.day[chosen],
            row=self.row[chosen],
            net=self.net[chosen],
            is_kept=self.is_kept[chosen],
            is_bought=self.is_bought[chosen],
            is_staff=self.is_staff[chosen],
        )

    def days(self) -> OrderDays:
        """Orders of one customer and day as one row."""
        fresh = np.ones(len(self.who), np.bool_)
        fresh[1:] = (self.who[1:] != self.who[:-1]) | (self.day[1:] != self.day[:-1])
        at = np.flatnonzero(fresh)
        who, day = self.who[at], self.day[at]
        earlier, later = np.full_like(day, NEVER_BEFORE), np.full_like(day, NEVER_AFTER)
        same = who[1:] == who[:-1]
        earlier[1:][same] = day[:-1][same]
        later[:-1][same] = day[1:][same]
        ends = np.append(at, len(self.who)).astype(np.int64)
        running = np.concatenate((np.zeros(1, np.int64), np.cumsum(self.net)))
        return OrderDays(who, day, earlier, later, self.row[at], ends, running[ends])

    @cached_property
    def seen(self) -> OrderDays:
        """Days with any order: of how many people is anything told?"""
        return self.days()

    @cached_property
    def bought(self) -> OrderDays:
        """Days with a paid order, refunded since or not, staff included."""
        return self.seen if self.is_bought.all() else self._those(self.is_bought).days()

    @cached_property
    def kept(self) -> OrderDays:
        """Days that make somebody a buyer: with an order that was kept, staff left out."""
        counts = self.is_kept & ~self.is_staff
        return self.seen if counts.all() else self._those(counts).days()

    @cached_property
    def returns(self) -> ReturnDays | None:
        """After how many days everybody came back; made once, so only for rows that are kept."""
        return ReturnDays.of(self, (NEVER_BEFORE, NEVER_AFTER))

    @cached_property
    def first_kept(self) -> Days:
        """By place among ``keys``: the first day with an order that was kept; ``NEVER_AFTER`` if there is none."""
        found = np.full(len(self.keys), NEVER_AFTER, np.int32)
        who, day = self.who[self.is_kept], self.day[self.is_kept]
        found[who[::-1]] = day[::-1]
        return found
