"""Whose customer was it? What the ledger says at that instant; where it does not know the customer, the nearest store.

The nearest store is the one that was open on that local day.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import polars as pl

from metrics.nearest import nearest_open_by_epoch

if TYPE_CHECKING:
    from pathlib import Path

    from warehouse.marts import Read

_FIRST_DAY = pl.date(1, 1, 1)
OWNER_COLUMNS: Final = ("owner_store_id", "owner_agent_id", "owner_city")


@dataclass(frozen=True)
class Owners:
    """Spells of ownership.

    Attributes:
        bound: ``customer_key, valid_from, valid_to`` and owner columns (null: unassigned), of the customers whom the
            ledger knows.
        nearest: ``customer_key, from_on, to_on``, owner columns and ``distance_m``, of all others with a home;
            ``from_on`` is never null.
    """

    bound: pl.DataFrame
    nearest: pl.DataFrame

    def of(self, people: pl.DataFrame) -> Owners:
        """The spells of these customers alone."""
        return Owners(*(spells.join(people, on="customer_key", how="semi") for spells in (self.bound, self.nearest)))


def owners_of(people: pl.DataFrame, places: pl.DataFrame, read: Read) -> Owners:
    """Whose was each customer, and from when to when?

    Args:
        people: ``customer_key, home_lat, home_lng``.
        places: ``Places``.
        read: gives the stored ``ownership``.
    """
    cities = places.select(owner_store_id="store_id", owner_city="city")
    bound = read("ownership").rename({"store_id": "owner_store_id", "agent_id": "owner_agent_id"})
    bound = bound.join(cities, on="owner_store_id", how="left", maintain_order="left")
    others = people.join(bound.select("customer_key"), on="customer_key", how="anti", maintain_order="left")
    spells = nearest_open_by_epoch(others, places)
    about = places.select("store_id", owner_agent_id="agent_id", owner_city="city")
    spells = spells.join(about, on="store_id", how="left").rename({"store_id": "owner_store_id"})
    return Owners(bound, spells.with_columns(pl.col("from_on").fill_null(_FIRST_DAY)))


def with_owner(rows: pl.DataFrame, owners: Owners, *, day: str, instant: str) -> pl.DataFrame:
    """The same rows in the same order with owner columns; null where nobody owns.

    Before the ledger's first spell of a customer it knows, nobody owns: the customer had not registered yet.

    Args:
        rows: any table with ``customer_key``, a local day and an instant.
        owners: spells of ownership.
        day: the column of the local day, for customers whom the ledger does not know.
        instant: the column of the instant, for those whom it knows.
    """
    bound = _as_of(rows, owners.bound, instant, ("valid_from", "valid_to"))
    nearest = _as_of(rows, owners.nearest, day, ("from_on", "to_on"))
    if bound is None or nearest is None:
        found = nearest if bound is None else bound
        nobody = [pl.lit(None, pl.String).alias(name) for name in OWNER_COLUMNS]
        return rows.with_columns(nobody) if found is None else rows.with_columns(found.get_columns())
    both = [bound[name].zip_with(bound[name].is_not_null(), nearest[name]) for name in OWNER_COLUMNS]
    return rows.with_columns(both)


def says_another_owner(file: Path, ids: pl.DataFrame, owners: Owners, instant: str) -> bool:
    """Whether a row of these customers in a mart's file was another store's then than it says.

    Args:
        file: with ``customer_key, local_on``, an instant and owner columns.
        ids: ``customer_key``.
        owners: spells of ownership, at least those of these customers.
        instant: the column of the instant.
    """
    if ids.is_empty() or not file.is_file():
        return False
    said = pl.scan_parquet(file).select("customer_key", "local_on", instant, *OWNER_COLUMNS)
    rows = said.join(ids.lazy(), on="customer_key", how="semi").collect()
    now = with_owner(rows.drop(OWNER_COLUMNS), owners, day="local_on", instant=instant)
    return not now.select(OWNER_COLUMNS).equals(rows.select(OWNER_COLUMNS))


def _as_of(rows: pl.DataFrame, spells: pl.DataFrame, on: str, span: tuple[str, str]) -> pl.DataFrame | None:
    """Owner columns, a row a row; None when there is no spell at all. A customer is in one kind of spells alone."""
    if spells.is_empty():
        return None
    start, end = span
    asked = rows.select("customer_key", on)
    if spells["customer_key"].n_unique() == spells.height and spells[end].null_count() == spells.height:
        found = asked.join(spells, on="customer_key", how="left", maintain_order="left")
        held = pl.col(start) <= pl.col(on)
    else:
        known = asked.with_row_index("_at").join(spells.select("customer_key").unique(), on="customer_key", how="semi")
        told = known.sort(on).join_asof(
            spells.select("customer_key", start, end, *OWNER_COLUMNS).sort(start),
            left_on=on, right_on=start, by="customer_key", strategy="backward", check_sortedness=False,
        ).drop("customer_key", on)  # fmt: skip
        found = asked.with_row_index("_at").join(told, on="_at", how="left", maintain_order="left")
        held = pl.col(end).is_null() | (pl.col(on) < pl.col(end))
    return found.select([pl.when(held.fill_null(value=False)).then(pl.col(c)).alias(c) for c in OWNER_COLUMNS])


def owner_now(owners: Owners, day: pl.Expr) -> pl.DataFrame:
    """Each customer's owner: the ledger's last word, else the nearest store open on a day.

    Returns:
        ``customer_key`` and owner columns, one row per customer whom somebody owns.
    """
    last = owners.bound.filter(pl.col("valid_to").is_null()).drop_nulls("owner_store_id")
    held = (pl.col("from_on") <= day) & (pl.col("to_on").is_null() | (pl.col("to_on") > day))
    columns = ["customer_key", *OWNER_COLUMNS]
    return pl.concat([last.select(columns), owners.nearest.filter(held).select(columns)])
