"""From which cells does each store draw its customers, of any days: exact distinct people (T9)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from metrics.pair_days import PairDays
from metrics.rules import require, without_staff
from metrics.tiers import located, with_distance

if TYPE_CHECKING:
    import datetime as dt

    from metrics.buyers import Days

_FEW: Final = 1 / 16
"""Up to this share of the places is picked one by one."""


@dataclass(frozen=True, eq=False)
class Drawn:
    """Located customers by group and home cell, day by day.

    Attributes:
        pairs: who bought at which group.
        place: of each row of ``pairs`` the row of ``places``.
        places: every group and cell with a customer on any day, by group, nearest first, then by cell: the group,
            ``cell, distance_m``. The group's name is held once, as ``pl.Enum``.
    """

    pairs: PairDays
    place: Days
    places: pl.DataFrame

    @classmethod
    def of(cls, orders: pl.DataFrame, people: pl.DataFrame, stores: pl.DataFrame, by: str, resolution: int) -> Drawn:
        """Who lives where and bought at whose store, of all days?

        Args:
            orders: ``OrderFacts``; those of staff and without anything paid for make nobody a customer.
            people: ``People``.
            stores: ``Places``.
            by: ``store_id`` or ``agent_id`` of the selling store.
            resolution: of the cells.

        Raises:
            ContractError: a required column is missing.
        """
        require(orders, "orders", by, "customer_key", "local_on", "is_purchase", "is_staff")
        homes = located(people, resolution)
        rows = without_staff(orders.select(by, "customer_key", "local_on", "is_purchase", "is_staff"))
        rows = rows.filter(pl.col("is_purchase") & pl.col(by).is_not_null())
        names = rows[by].unique().cast(pl.String).sort()
        kind = pl.Enum(names)
        rows = rows.join(homes.select("customer_key"), on="customer_key", how="semi")
        pairs = PairDays.of(rows.select("customer_key", "local_on", what=pl.col(by).cast(kind).to_physical()))
        home = pl.DataFrame({"customer_key": pairs.keys}).join(
            homes, on="customer_key", how="left", maintain_order="left"
        )
        each = pl.DataFrame({"what": pairs.what, "cell": home["cell"].gather(pairs.who)})
        found = each.unique()
        found = found.with_columns(names.gather(found["what"]).alias(by))
        places = with_distance(found, stores, by, by).sort("what", "distance_m", "cell", nulls_last=True)
        places = places.with_columns(pl.col(by).cast(kind))
        place = each.join(places.with_row_index("place"), on=["what", "cell"], how="left", maintain_order="left")
        return cls(pairs, place["place"].cast(pl.Int32).to_numpy(), places.select(by, "cell", "distance_m"))

    def customers(self, from_on: dt.date, to_on: dt.date) -> pl.Series:
        """Distinct customers of these days, both inclusive, by row of ``places``."""
        once = self.place[self.pairs.once(from_on, to_on)]
        return pl.Series("customers", np.bincount(once, minlength=self.places.height), dtype=pl.Int64)

    def counted(self, from_on: dt.date, to_on: dt.date) -> pl.DataFrame:
        """``places`` with anybody of these days, with ``customers``."""
        customers = self.customers(from_on, to_on)
        some = customers.to_numpy() > 0
        found, height = self.places.with_columns(customers), int(np.count_nonzero(some))
        if height == found.height:
            return found
        if height < found.height * _FEW:
            return found[pl.Series(np.flatnonzero(some).astype(np.uint32))]
        kept = pl.Series(some)
        return pl.DataFrame([column.filter(kept) for column in found.get_columns()])
