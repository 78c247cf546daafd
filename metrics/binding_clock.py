"""Until when does a binding last, when every paid order renews it?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from metrics.binding_spells import lower_bound
from metrics.binding_stores import EVER

if TYPE_CHECKING:
    from metrics.binding_stores import Ints


class Orders:
    """Paid orders by customer and time."""

    def __init__(self, people: pl.DataFrame, orders: pl.DataFrame, until: int) -> None:
        """Keep those of known customers before ``until``."""
        rows = orders.select("customer_key", at=pl.col("paid_at").dt.timestamp("us")).drop_nulls()
        rows = rows.filter(pl.col("at") < until).join(people.select("customer_key", "i"), on="customer_key")
        rows = rows.select("i", "at").sort("i", "at")
        self._who, self._at = rows["i"].to_numpy(), rows["at"].to_numpy()
        self._first = np.searchsorted(self._who, np.arange(people.height + 1))
        self._runs: dict[int, Ints] = {}

    def expiry(self, who: Ints, since: Ints, validity: Ints) -> Ints:
        """When does a binding that counts from ``since`` run out, if nothing else ends it? ``EVER`` for never."""
        out = np.full(who.size, EVER)
        at = self._from(who, since)
        for length in np.unique(validity):
            if length == EVER:
                continue
            rows = np.flatnonzero(validity == length)
            ends = since[rows] + length
            here = at[rows]
            has = np.flatnonzero(here < self._first[who[rows] + 1])
            has = has[self._at[here[has]] < ends[has]]
            ends[has] = self._run_ends(int(length))[here[has]]
            out[rows] = ends
        return out

    def expiry_as_of(self, who: Ints, since: Ints, validity: Ints, end: Ints) -> Ints:
        """The same, as it stood at an instant before it ran out: orders from then on had not been paid."""
        last = self._from(who, end) - 1
        has = last >= self._first[who]
        paid = np.where(has, self._at[np.maximum(last, 0)] if self._at.size else 0, since)
        return np.where(validity == EVER, EVER, np.maximum(since, paid) + np.where(validity == EVER, 0, validity))

    def _from(self, who: Ints, at: Ints) -> Ints:
        """Row of each customer's first order at or after an instant."""
        return lower_bound(self._at, self._first[who], self._first[who + 1], at)

    def _run_ends(self, length: int) -> Ints:
        """For each order: when the run of orders that renew one another from it on runs out."""
        if length not in self._runs:
            breaks = np.append((np.diff(self._who) != 0) | (np.diff(self._at) >= length), True)
            last = np.flatnonzero(breaks[: self._at.size])
            self._runs[length] = self._at[last[np.searchsorted(last, np.arange(self._at.size))]] + length
        return self._runs[length]
