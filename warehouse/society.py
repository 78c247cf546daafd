"""Who the customers are, where they live, and whose they are: made anew only when a table that says so changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import polars as pl

from metrics.among import among
from warehouse.ground import Ground
from warehouse.homes import homes
from warehouse.layout import STORED
from warehouse.mart_contract import in_contract
from warehouse.mart_places import people_mart, places_mart, till_positions
from warehouse.owners import Owners, owners_of

if TYPE_CHECKING:
    import datetime as dt
    from pathlib import Path

    from warehouse.kept import MadeOf
    from warehouse.marts import Read

TABLES: Final = ("customers", "location_fixes", "stores", "agents", "ownership")
"""The stored tables that say it."""

_HOMES: Final = {
    "customer_key": pl.Int64, "home_lat": pl.Float64, "home_lng": pl.Float64, "home_src": pl.String,
    "home_precision_m": pl.Float64, "home_cell": pl.Int64,
}  # fmt: skip


@dataclass(frozen=True)
class Society:
    """Customers and stores.

    Attributes:
        customers: stored customers; test customers left out.
        homes: what ``homes`` found.
        places: ``Places``.
        tested: ``customer_key`` of test customers.
        staff: ``customer_key`` of staff.
        owners: whose customer each was, and when.
    """

    customers: pl.DataFrame
    homes: pl.DataFrame
    places: pl.DataFrame
    tested: pl.DataFrame
    staff: pl.DataFrame
    owners: Owners

    def ground(self, products: pl.DataFrame) -> Ground:
        """What other marts rest on, with ``product_id, category`` of the products."""
        return Ground(products, self.places, self.tested, self.staff, self.owners)


def society_of(read: Read, zone: str) -> Society:
    """Customers and stores as the stored tables describe them."""
    everybody, fixes = read("customers"), read("location_fixes")
    customers = everybody.filter(~pl.col("is_test"))
    places = places_mart(read("stores"), read("agents"), till_positions(fixes))
    found = homes(customers, fixes, places, zone)
    tested, staff = (everybody.filter(flag).select("customer_key") for flag in ("is_test", "is_staff"))
    return Society(customers, found, places, tested, staff, owners_of(found, places, read))


def same_society(folder: Path, now: MadeOf, then: MadeOf | None) -> bool:
    """Whether people and stores are those of the snapshot before, and no store opened or closed since.

    Args:
        folder: its marts.
        now: what the new marts are made of.
        then: what those were made of.
    """
    if then is None or not now.has_same(then, *TABLES):
        return False
    days = pl.read_parquet(folder / "places.parquet", columns=["opened_on", "closed_on"])
    first, last = sorted((now.as_of, then.as_of))
    passed = pl.any_horizontal((pl.col(column) > first) & (pl.col(column) <= last) for column in days.columns)
    return days.filter(passed).is_empty()


def people_again(
    folder: Path, read: Read, seen: pl.Series, now: tuple[dt.date, str, Owners], *, is_all: bool
) -> pl.DataFrame | None:
    """``People`` while nothing about anybody changed but who is seen; None when they are those of before.

    Args:
        folder: the marts of the snapshot before.
        read: gives the stored ``customers``.
        seen: customers whom facts name, repeats and nulls allowed.
        now: the first day that is not complete, the business zone, and the owners.
        is_all: whether ``seen`` is everybody; else those whom the snapshot before saw are seen still.
    """
    known = pl.read_parquet(folder / "people.parquet", columns=["customer_key", "is_described"])
    seen = seen.drop_nulls().unique()
    unseen = known.clear()
    if is_all:
        unseen = known.filter(~pl.col("is_described")).filter(~pl.col("customer_key").is_in(seen.implode()))
    if unseen.height:  # a derived row of the customers table describes nobody, and stays
        unseen = unseen.join(read("customers").select("customer_key"), on="customer_key", how="anti")
    fresh = seen.filter(~among(known["customer_key"], seen))
    if unseen.is_empty() and fresh.is_empty():
        return None
    before, places = (pl.read_parquet(folder / f"{name}.parquet") for name in ("people", "places"))
    nobody = pl.DataFrame(schema=STORED["customers"])
    strangers = people_mart(nobody, fresh, pl.DataFrame(schema=_HOMES), places, now)
    kept = before.join(unseen.select("customer_key"), on="customer_key", how="anti")
    return pl.concat([kept, in_contract("people", strangers)]).sort("customer_key")
