"""Money by local day as running sums: of any stretch of days each total is a difference of two numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from metrics.buyers import Ints, number
from metrics.overview import ONLINE
from metrics.rules import require

if TYPE_CHECKING:
    import datetime as dt

_KNOWN: Final = pl.col("customer_key").is_not_null()

SUMS: Final = {
    "orders": pl.len(),
    "orders_known": _KNOWN.sum(),
    "purchases": pl.col("is_purchase").sum(),
    "purchases_known": (pl.col("is_purchase") & _KNOWN).sum(),
    "gross": pl.col("goods_net_minor").sum(),
    "gross_known": pl.col("goods_net_minor").filter(_KNOWN).sum(),
    "refunded": pl.col("refunded_minor").sum(),
    "refunded_known": pl.col("refunded_minor").filter(_KNOWN).sum(),
    "net": pl.col("net_minor").sum(),
    "net_online": pl.col("net_minor").filter("is_online").sum(),
}
"""What is added up of a day's orders: all, and those of a known customer."""

COLUMNS: Final = (
    "local_on", "customer_key", "channel", "is_purchase", "goods_net_minor", "refunded_minor", "net_minor",
)  # fmt: skip
"""Of ``OrderFacts``, what days are made of."""


@dataclass(frozen=True, eq=False)
class MoneyDays:
    """Running sums by day; ``first`` is the first day, and each sum begins with a 0 before it."""

    first: int
    sums: dict[str, Ints]

    @classmethod
    def of(cls, orders: pl.DataFrame) -> MoneyDays:
        """Add up orders of one currency by local day.

        Args:
            orders: ``OrderFacts``; only ``COLUMNS`` are read.

        Raises:
            ContractError: a required column is missing.
        """
        require(orders, "orders", *COLUMNS)
        if orders.is_empty():
            return cls(0, {name: np.zeros(1, np.int64) for name in SUMS})
        is_online = pl.col("channel").cast(pl.String).is_in(ONLINE)
        rows = orders.lazy().select(*COLUMNS).with_columns(is_online=is_online)
        days = rows.group_by("local_on").agg(**SUMS).collect()
        day = days["local_on"].to_physical().to_numpy()
        first, last = int(day.min()), int(day.max())
        found = {}
        for name in SUMS:
            dense = np.zeros(last - first + 2, np.int64)
            dense[day - first + 1] = days[name].cast(pl.Int64).to_numpy()
            found[name] = np.cumsum(dense)
        return cls(first, found)

    def between(self, from_on: dt.date, to_on: dt.date) -> dict[str, int]:
        """Each sum over these days, both inclusive."""
        most = len(self.sums["orders"]) - 1
        start = min(max(number(from_on) - self.first, 0), most)
        end = min(max(number(to_on) + 1 - self.first, start), most)
        return {name: int(running[end] - running[start]) for name, running in self.sums.items()}

    def trend(self, from_on: dt.date, to_on: dt.date) -> pl.DataFrame:
        """How did sales run, day by day? As ``overview.trend`` of the orders of these days, both inclusive."""
        most = len(self.sums["orders"]) - 1
        start = min(max(number(from_on) - self.first, 0), most)
        end = min(max(number(to_on) + 1 - self.first, start), most)
        daily = {name: np.diff(self.sums[name][start : end + 1]) for name in ("orders", "net", "purchases")}
        held = np.flatnonzero(daily["orders"])
        some = slice(held[0], held[-1] + 1) if held.size else slice(0, 0)
        day = pl.Series(np.arange(start, end, dtype=np.int32)[some] + np.int32(self.first), dtype=pl.Int32)
        return pl.DataFrame(
            {"local_on": day.cast(pl.Date), "net_minor": daily["net"][some], "orders": daily["purchases"][some]},
            schema={"local_on": pl.Date, "net_minor": pl.Int64, "orders": pl.Int64},
        )
