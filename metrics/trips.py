"""Located orders at physical stores beside the store that was nearest then, kept by how far the detour was.

What ``metrics.flows`` tells of any orders is counted here of some rows of a table whose trips were made once: nothing is
joined, spelled out or sorted again, as the trips lie by detour already and a median is a look into that order.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl

from metrics.flows import at_stores, place_of, spells, trips_of
from metrics.rules import require, share

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Whole = NDArray[np.integer]

_AT_ONCE: Final = 1 << 20
"""Orders of which trips are made at a time, so that a long history needs no more memory than these."""


@dataclass(frozen=True, eq=False)
class Trips:
    """Located orders at physical stores, the shortest detour first; 16 bytes each.

    Attributes:
        row: where the order lies in the table that they were made of.
        near: number of the store that was nearest and open then.
        store: number of the selling store.
        detour: metres from home to the selling store less those to the nearest; NaN where it has no position, last.
        stores: ids, by number.
    """

    row: Whole
    near: Whole
    store: Whole
    detour: NDArray[np.float64]
    stores: pl.Series

    @classmethod
    def of(cls, orders: pl.DataFrame, people: pl.DataFrame, places: pl.DataFrame) -> Trips:
        """The trips of all these orders, each as ``flows.store_trips`` tells it.

        Args:
            orders: ``OrderFacts``; text may be numbers.
            people: ``People``.
            places: ``Places``.

        Raises:
            ContractError: a required column is missing.
        """
        require(orders, "orders", "customer_key", "local_on", "channel", "store_id")
        columns = [name for name in ("customer_key", "local_on", "channel", "store_id", "is_staff") if name in orders]
        near, homes = spells(people, places, orders["customer_key"], orders["local_on"])
        ids = pl.concat([orders["store_id"].unique().cast(pl.String), places["store_id"]]).drop_nulls().unique().sort()
        kind, small = pl.Enum(ids), pl.UInt16 if ids.len() <= np.iinfo(np.uint16).max else pl.UInt32
        parts = []
        for start in range(0, max(orders.height, 1), _AT_ONCE):
            some = orders.slice(start, _AT_ONCE).select(columns)
            row = pl.int_range(start, start + some.height, dtype=pl.Int32, eager=True)
            some = some.with_columns(pl.col("store_id", "channel").cast(pl.String), row.alias("order_key"),
                                     net_minor=pl.lit(0, pl.Int8))  # fmt: skip
            told = trips_of(at_stores(some), near, homes, places)
            parts.append(
                told.select(
                    "order_key", pl.col("nearest_store_id", "store_id").cast(kind).to_physical().cast(small), "detour_m"
                )
            )
        made = pl.concat(parts)
        detour = made["detour_m"].fill_null(float("nan")).to_numpy()
        order = np.argsort(detour, kind="stable")
        at, near_by, by = (made[name].to_numpy()[order] for name in ("order_key", "nearest_store_id", "store_id"))
        return cls(at, near_by, by, detour[order], ids)

    def among(self, stretch: slice, chosen: pl.Series | None) -> Whole:
        """Those of some rows of the table.

        Args:
            stretch: which rows.
            chosen: which of the stretch; None is all.

        Returns:
            Places among the trips, in their order.
        """
        found: Whole = np.flatnonzero((self.row >= stretch.start) & (self.row < stretch.stop))
        if chosen is not None:
            found = found[chosen.to_numpy()[self.row[found] - stretch.start]]
        return found

    def leakage(self, some: Whole, places: pl.DataFrame, by: str) -> pl.DataFrame:
        """Who loses orders to a store farther away, and who gains them? As ``flows.leakage`` of these trips' orders.

        Args:
            some: places among the trips, in their order.
            places: ``Places``.
            by: ``city``, ``store`` or ``agent``.

        Raises:
            ContractError: a required column is missing.
            UsageError: ``by`` is none of these.
        """
        column = place_of(by)
        require(places, "places", column)
        groups = places.select(pl.col("store_id").alias("at"), pl.col(column).alias("group"))
        named = self.stores.to_frame("at").join(groups, on="at", how="left", maintain_order="left")["group"]
        names = named.unique().drop_nulls().sort()
        number = named.replace_strict(names, pl.int_range(names.len(), eager=True), default=names.len(),
                                      return_dtype=pl.UInt16 if names.len() < np.iinfo(np.uint16).max else pl.UInt32)  # fmt: skip
        near, store = self.near[some], self.store[some]
        is_away = near != store
        away, group, size = some[is_away], number.to_numpy(), names.len() + 1
        lost, gone = (_counted(group, one, size) for one in (near, near[is_away]))
        won, came = (_counted(group, one, size) for one in (store, store[is_away]))
        table = pl.DataFrame(
            {
                "group": pl.concat([names.cast(pl.String), pl.Series([None], dtype=pl.String)]),
                "orders": lost,
                "away": gone,
                "median_detour_m": self._medians(away, group[self.near[away]], size),
                "received": won,
                "_came": came,
                "median_inflow_detour_m": self._medians(away, group[self.store[away]], size),
            }
        )
        return (
            table.filter(pl.col("orders") + pl.col("received") > 0)
            .with_columns(
                share(pl.col("away"), pl.col("orders")).alias("leakage"),
                share(pl.col("_came"), pl.col("received")).alias("inflow"),
            )
            .select(
                "group", "orders", "away", "leakage", "inflow", "median_detour_m", "received", "median_inflow_detour_m"
            )
            .sort("orders", "group", descending=[True, False], nulls_last=True)
        )

    def _medians(self, some: Whole, group: Whole, groups: int) -> pl.Series:
        """The median detour of some trips by group, of those known; null where there is none."""
        known = int(np.searchsorted(some, np.searchsorted(self.detour, np.inf, "right")))
        order = np.argsort(group[:known], kind="stable")
        sizes = np.bincount(group[:known], minlength=groups)
        held = sizes > 0
        start, middle = (np.cumsum(sizes) - sizes)[held], sizes[held] - 1
        low, high = (self.detour[some[order[start + at]]] for at in (middle // 2, (middle + 1) // 2))
        found = np.full(groups, np.nan)
        found[held] = low + (high - low) * 0.5
        return pl.Series(found, nan_to_null=True)


def _counted(group: Any, stores: Whole, size: int) -> NDArray[np.int64]:
    """How many trips each group has, of the numbers of their stores."""
    found = np.zeros(size, np.int64)
    np.add.at(found, group, np.bincount(stores, minlength=len(group)))
    return found
