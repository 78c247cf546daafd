"""Which customers bought what on which days, so that distinct customers of any days are counted exactly.

One row per customer, thing (a product, a store) and local day, in the order of days; beside it the day on which the same
customer bought the same before. A stretch of days is a slice of it, and in the slice each pair is counted once: where
the day before lies ahead of the stretch. There is no rounding to whole weeks, and no estimate.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from metrics.buyers import NEVER_BEFORE, Days, Ints, Places, number
from metrics.packed import in_order, numbered
from metrics.rules import require

if TYPE_CHECKING:
    import datetime as dt


@dataclass(frozen=True, eq=False)
class PairDays:
    """One row per customer, thing and local day, in the order of days.

    Attributes:
        keys: customers' keys, ascending.
        who: place of the customer among ``keys``.
        what: number of the thing.
        day: days since 1970.
        earlier: the day on which this customer bought this before; ``NEVER_BEFORE`` if on none.
    """

    keys: Ints
    who: Days
    what: Days
    day: Days
    earlier: Days

    @classmethod
    def of(cls, rows: pl.DataFrame) -> PairDays:
        """Bring purchases into order.

        Args:
            rows: ``customer_key, local_on`` and the number of a thing, ``what``; rows without one of them are left out.

        Raises:
            ContractError: a required column is missing.
        """
        require(rows, "rows", "customer_key", "what", "local_on")
        table = rows.lazy().select(pl.col("what").cast(pl.Int32), "customer_key", "local_on").drop_nulls().collect()
        keys, number_of = numbered(table["customer_key"].to_numpy())
        if not len(keys):
            return cls(keys, *(np.zeros(0, np.int32) for _ in range(4)))
        columns = number_of, table["what"].to_numpy(), table["local_on"].to_physical().to_numpy()
        who, what, day = in_order(*columns)
        again = np.zeros(len(who), np.bool_)
        again[1:] = (who[1:] == who[:-1]) & (what[1:] == what[:-1])
        earlier = np.full_like(day, NEVER_BEFORE)
        earlier[1:][again[1:]] = day[:-1][again[1:]]
        fresh = np.flatnonzero(earlier != day)
        by_day = fresh[np.argsort((day[fresh] - day.min()).astype(np.uint16), kind="stable")]
        return cls(keys, who[by_day], what[by_day], day[by_day], earlier[by_day])

    def once(self, from_on: dt.date, to_on: dt.date) -> Places:
        """One row of each pair of customer and thing that has a row in these days, both inclusive."""
        first, last = np.searchsorted(self.day, (number(from_on), number(to_on) + 1))
        found: Places = np.flatnonzero(self.earlier[first:last] < number(from_on))
        found += first
        return found
