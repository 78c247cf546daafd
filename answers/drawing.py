"""Whose customers live where: trade areas, and how many of a period's customers can be placed on a map."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from answers import buyers, narrow, people_rows
from answers.everybody import everybody
from answers.memo import of_rows, once
from metrics.buyers import Flags, number
from metrics.drawn import Drawn
from metrics.tiers import area_of, store_customers, trade_area
from schema.coding import spelled

if TYPE_CHECKING:
    from answers.answer import Context
    from schema.marts import Marts


def draw(asked: Context, size: int) -> tuple[pl.DataFrame, bool]:
    """Distinct located customers of each store; the nearest store, marked assumed, where no order names one."""
    rows = narrow.orders(asked, "store_id", "owner_store_id", "customer_key", "channel", "is_purchase", "is_staff")
    assumed = bool(rows.height) and rows["store_id"].count() == 0
    found = store_customers(rows, asked.marts.people, by="store_id", resolution=size, assumed=assumed)
    return own(asked, found, "store_id", "store_id"), assumed


@once
def areas(asked: Context, size: int) -> tuple[pl.DataFrame, bool]:
    """Each store's cells with their tiers, as ``metrics.tiers.trade_area`` has them; and whether stores are assumed."""
    if (counted := outward(asked, size)) is not None:
        return spelled(area_of(counted, "store_id")), False
    customers, assumed = draw(asked, size)
    return trade_area(customers, asked.marts.places), assumed


def outward(asked: Context, size: int) -> pl.DataFrame | None:
    """Customers by store (perhaps as a number) and cell, each store's nearest cell first.

    None where they are not counted from what is kept.
    """
    if buyers.is_filtered(asked):
        return None
    counted = drawn(asked.marts, asked.currency, size).counted(asked.from_on, asked.to_on)
    if counted.is_empty():
        return None
    return own(asked, spelled(counted), "store_id", "store_id") if asked.scope.role == "agent" else counted


@of_rows
def drawn(marts: Marts, currency: str, size: int) -> Drawn:
    """Located customers by store and cell, of all days."""
    rows = marts.orders.filter(pl.col("currency") == currency)
    return Drawn.of(rows, marts.people, marts.places, "store_id", size)


def own(asked: Context, rows: pl.DataFrame, name: str, column: str) -> pl.DataFrame:
    """For an agent only their own stores: of others they see but the few orders of their own customers."""
    return of_places(asked.marts, rows, name, column) if asked.scope.role == "agent" else rows


def of_places(marts: Marts, rows: pl.DataFrame, name: str, column: str) -> pl.DataFrame:
    """The rows whose store or agent is among the places that the scope may see."""
    here = marts.places.select(pl.col(column).alias(name)).unique()
    return rows.join(here, on=name, how="semi", maintain_order="left")


@once
def placed(asked: Context) -> tuple[int, int]:
    """How many customers ordered in the period, and of how many of them the home is known, not by city alone."""
    if asked.filters.category or asked.filters.product:
        rows = buyers.people(asked)
        first, _ = rows.seen.spans(number(asked.from_on), number(asked.to_on))
        return int(first.size), int(np.count_nonzero(_known(asked.marts, pl.Series(rows.keys))[rows.seen.who[first]]))
    known = _all_at_home(asked.marts, asked.currency)
    stretch, wanted = narrow.where(asked, "orders")
    who = people_rows.buyers(asked.marts, asked.currency)[stretch]
    seen = np.zeros(len(known) + 1, np.bool_)
    seen[who if wanted is None else who[wanted.to_numpy()]] = True
    return int(np.count_nonzero(seen[:-1])), int(np.count_nonzero(seen[:-1] & known))


@of_rows
def _all_at_home(marts: Marts, currency: str) -> Flags:
    return _known(marts, pl.Series(everybody(marts, currency).keys))


def _known(marts: Marts, keys: pl.Series) -> Flags:
    homes = marts.people["customer_key"].filter(pl.Series(people_rows.at_home(marts)))
    found: Flags = keys.is_in(homes.implode()).to_numpy()
    return found
