"""Who bought what on which days: by customer, to tell what somebody bought, and by product, to count its buyers.

As ``metrics.pair_days``, in twelve bytes a row. Of a product the days lie in order, each row beside the day on which the same
customer had bought it before: in any stretch of days a buyer is counted where that day lies ahead of the stretch.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from metrics.buyers import number
from metrics.packed import changes, numbered, packed
from metrics.rules import require

if TYPE_CHECKING:
    import datetime as dt
    from typing import Self

    import polars as pl
    from numpy.typing import NDArray

    Whole = NDArray[np.integer]


@dataclass(frozen=True, eq=False)
class Baskets:
    """One row per customer, product and local day, in two orders; days count from 1, and 0 is never.

    Attributes:
        first: the day before the first, as days since 1970.
        of_who: where each customer's rows begin in ``what`` and ``day``; the last is how many rows there are.
        what: number of the product, by customer, product and day.
        day: its day.
        of_what: by product and day, where rows begin in ``who`` and ``earlier``; the last is how many rows there are.
        who: number of the customer, by product and day.
        earlier: the day on which this customer had bought it before.
        of_day: by day, where rows begin in ``anything``.
        anything: of each customer who bought something on a day, the day on which they had bought something before.
    """

    first: int
    of_who: Whole
    what: Whole
    day: Whole
    of_what: Whole
    who: Whole
    earlier: Whole
    of_day: Whole
    anything: Whole

    @classmethod
    def of(cls, rows: pl.DataFrame, products: int) -> Self:
        """Bring purchases into order.

        Args:
            rows: ``customer_key, local_on`` and the number of a product, ``what``; none may be missing.
            products: how many there are.

        Raises:
            ContractError: a required column is missing.
        """
        require(rows, "rows", "customer_key", "what", "local_on")
        day = rows["local_on"].to_physical().to_numpy()
        first = int(day.min()) - 1 if len(day) else 0
        days = int(day.max()) - first + 1 if len(day) else 1
        keys, who = numbered(rows["customer_key"].to_numpy()) if len(day) else (np.zeros(0, np.int64), day)
        who, what, day = _distinct((who, len(keys)), (rows["what"].to_numpy(), products), (day - first, days))
        kind, small = _kind(len(who)), _kind(max(days, products))
        earlier = _before(changes(who) | changes(what), day)
        by_what = np.lexsort((day, what))
        of_what = _edges(what[by_what].astype(np.int64) * days + day[by_what], products * days)
        bought_who, bought_on = _distinct((who, len(keys)), (day, days))
        before = _before(changes(bought_who), bought_on)
        by_day = np.argsort(bought_on, kind="stable")
        return cls(
            first,
            _edges(who, len(keys)).astype(kind),
            what.astype(small),
            day.astype(small),
            of_what.astype(kind),
            who[by_what].astype(_kind(len(keys))),
            earlier[by_what].astype(small),
            _edges(bought_on[by_day], days).astype(kind),
            before[by_day].astype(small),
        )

    def counts(self, product: int, from_on: dt.date, to_on: dt.date) -> tuple[Whole, Whole, int, int]:
        """Customers of these days, both inclusive.

        Returns:
            By product how many bought it and this one too, and how many bought it; how many bought anything, and this one.
        """
        days = len(self.of_day) - 1
        start = min(max(number(from_on) - self.first, 1), days)
        end = min(max(number(to_on) + 1 - self.first, start), days)
        each = np.arange(0, len(self.of_what) - 1, days)
        parts = [slice(*part) for part in zip(self.of_what[each + start], self.of_what[each + end], strict=True)]
        theirs = np.array([np.count_nonzero(self.earlier[part] < start) for part in parts], np.int64)
        ours = self.who[parts[product]][self.earlier[parts[product]] < start]
        bought = self.anything[self.of_day[start] : self.of_day[end]]
        return self._together(ours, (start, end), len(parts)), theirs, int(np.count_nonzero(bought < start)), len(ours)

    def _together(self, who: Whole, days: tuple[int, int], products: int) -> Whole:
        """How many of these customers bought each product."""
        low = self.of_who[who].astype(np.int64)
        sizes = self.of_who[who.astype(np.int64) + 1].astype(np.int64) - low
        ends = np.cumsum(sizes)
        rows = np.repeat(low - ends + sizes, sizes) + np.arange(int(sizes.sum()))
        whose = np.repeat(np.arange(len(who), dtype=np.int32), sizes)
        is_then = (self.day[rows] >= days[0]) & (self.day[rows] < days[1])
        whose, what = whose[is_then], self.what[rows[is_then]]
        return np.bincount(what[changes(whose) | changes(what)], minlength=products)

    @property
    def nbytes(self) -> int:
        """Bytes held."""
        held = (self.of_who, self.what, self.day, self.of_what, self.who, self.earlier, self.of_day, self.anything)
        return sum(of.nbytes for of in held)


def _distinct(*columns: tuple[Whole, int]) -> list[Whole]:
    """Each combination once, in the order of the columns, the first first."""
    rows = packed(*columns)
    if rows is None:
        order = np.lexsort([column for column, _ in reversed(columns)])
        held = [column[order] for column, _ in columns]
        is_new = np.any([changes(column) for column in held], axis=0)
        return [column[is_new] for column in held]
    rows.sort()
    rows = rows[changes(rows)]
    found = []
    for _, most in reversed(columns):
        kind, width = rows.dtype.type, max(int(most), 1).bit_length()
        found.append((rows & kind((1 << width) - 1)).astype(_kind(most)))
        rows >>= kind(width)
    return found[::-1]


def _before(is_first: NDArray[np.bool_], day: Whole) -> Whole:
    """The day of the row before, 0 for the first of each."""
    before = np.zeros_like(day)
    before[1:] = day[:-1]
    before[is_first] = 0
    return before


def _edges(codes: Whole, values: int) -> Whole:
    return np.concatenate(([0], np.cumsum(np.bincount(codes, minlength=values))))


def _kind(most: int) -> type[np.unsignedinteger]:
    return next(kind for kind in (np.uint16, np.uint32, np.uint64) if most <= np.iinfo(kind).max)
