"""How one product is looked at, from its views as numbers: the same as ``metrics.products`` tells of rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Whole = NDArray[np.integer]

_HOURS = 168


@dataclass(frozen=True, eq=False)
class ProductLooks:
    """The views of one product, a row each; a visitor's in the order of their time.

    Attributes:
        who: number of the visitor.
        at: instant.
        day: local day, counted from some day.
        hour: hour of the week.
        dwell: milliseconds, below 0 where unknown.
        linger: 1 where it lingered, 0 where not, below 0 where nobody knows.
        people: how many visitors there are, of this product and others.
    """

    who: Whole
    at: Whole
    day: Whole
    hour: Whole
    dwell: Whole
    linger: Whole
    people: int

    def attention(self) -> pl.DataFrame:
        """One row: ``views, known_views, viewers`` (distinct visitors), ``median_dwell_s, linger_rate``, null if unknown."""
        known, judged = self.dwell[self.dwell >= 0], int(np.count_nonzero(self.linger >= 0))
        return pl.DataFrame(
            {
                "views": [len(self.who)],
                "known_views": [len(known)],
                "viewers": [int(np.count_nonzero(self._first() >= 0))],
                "median_dwell_s": [float(np.median(known)) / 1000 if len(known) else None],
                "linger_rate": [int(np.count_nonzero(self.linger > 0)) / judged if judged else None],
            },
            schema_overrides={"median_dwell_s": pl.Float64, "linger_rate": pl.Float64},
        )

    def by_hour(self) -> pl.DataFrame:
        """The table of ``metrics.products.views_by_hour``."""
        is_known = self.dwell >= 0
        hours, dwell = self.hour[is_known], self.dwell[is_known]
        views, known = (np.bincount(of, minlength=_HOURS) for of in (self.hour, hours))
        sums = np.zeros(_HOURS, np.int64)
        np.add.at(sums, hours, dwell)
        seen = np.flatnonzero(views)
        table = pl.DataFrame(
            {"hour_of_week": seen.astype(np.int16), "views": views[seen], "known_views": known[seen], "ms": sums[seen]}
        )
        return table.select(
            "hour_of_week", "views", "known_views", dwell_s=pl.when(pl.col("known_views") > 0).then(pl.col("ms") / 1000)
        )

    def days_to_order(self, who: Whole, paid_at: Whole, paid_day: Whole, members: int) -> pl.DataFrame:
        """The table of ``metrics.products.days_from_view_to_order``.

        Args:
            who: number of the visitor who paid for each line of the product, by day; others have larger numbers.
            paid_at: its instant.
            paid_day: its local day, counted as the views'.
            members: number of the first visitor who is a member.
        """
        first = self._first()
        rows = np.flatnonzero((who >= members) & (who < self.people))
        rows = rows[first[who[rows]] >= 0]
        rows = rows[paid_at[rows] >= self.at[first[who[rows]]]]
        # of several lines of a person the one written last stays: the first
        order = np.full(self.people, -1, np.int64)
        order[who[rows[::-1]]] = rows[::-1]
        buyers = np.flatnonzero(order >= 0)
        days, customers = np.unique(paid_day[order[buyers]] - self.day[first[buyers]], return_counts=True)
        return pl.DataFrame({"days": days.astype(np.int64), "customers": customers.astype(np.int64)})

    def _first(self) -> Whole:
        """The first row of each visitor; −1 without one."""
        found = np.full(self.people, -1, np.int32)
        found[self.who[::-1]] = np.arange(len(self.who) - 1, -1, -1, dtype=np.int32)
        return found
