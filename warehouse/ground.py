"""What marts rest on besides facts: who is left out, whose customers they were, stores and categories.

A copy of it lies beside each snapshot's marts; so the next one knows of whom and of what something else is known now.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from warehouse.owners import Owners
from warehouse.storage import link_or_copy, write_parquet_synced

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

Changes = dict[str, pl.DataFrame]
"""Table of the ground → the ids of rows that stand in one of two states alone."""

_KEY: Final = {
    "products": "product_id",
    "places": "store_id",
    "tested": "customer_key",
    "staff": "customer_key",
    "bound": "customer_key",
    "nearest": "customer_key",
}
_SPELLS: Final = ("customer_key", "from_on", "to_on", "owner_store_id", "owner_agent_id", "owner_city")


@dataclass(frozen=True)
class Ground:
    """What the marts of a month are made of besides its facts.

    Attributes:
        products: ``product_id, category``.
        places: ``store_id, agent_id, city``.
        tested: ``customer_key`` of test customers; their rows are in no mart.
        staff: ``customer_key`` of staff, whose looking says nothing about customers.
        owners: whose customer each was, and when.
    """

    products: pl.DataFrame
    places: pl.DataFrame
    tested: pl.DataFrame
    staff: pl.DataFrame
    owners: Owners

    @property
    def left_out(self) -> pl.DataFrame:
        """``customer_key`` of those whose looking is left out."""
        return pl.concat([self.tested, self.staff]).unique()

    def tables(self) -> dict[str, pl.DataFrame]:
        """All of it, the same rows always in the same order."""
        return {
            "products": self.products.sort("product_id"),
            "places": self.places.select("store_id", "agent_id", "city").sort("store_id"),
            "tested": self.tested.sort("customer_key"),
            "staff": self.staff.sort("customer_key"),
            "bound": self.owners.bound.sort("customer_key", "valid_from"),
            "nearest": self.owners.nearest.select(_SPELLS).sort("customer_key", "from_on"),
        }


PEOPLE: Final = ("places", "tested", "staff", "bound", "nearest")
"""All of the ground but products."""


def known_ground(folder: Path, products: pl.DataFrame) -> Ground:
    """The ground of a snapshot's marts, with other products."""
    kept = {name: pl.read_parquet(_file(folder, name)) for name in PEOPLE}
    return Ground(products, kept["places"], kept["tested"], kept["staff"], Owners(kept["bound"], kept["nearest"]))


def keep_ground(ground: Ground, folder: Path, before: Path | None, *, same: Collection[str] = ()) -> Changes | None:
    """Put a copy of the ground beside marts.

    Args:
        ground: what they are made of.
        folder: the new snapshot's marts.
        before: those of the snapshot before, if they have the same format.
        same: tables of the ground that are known to be those of the snapshot before.

    Returns:
        What is different from the snapshot before; None when there is none.
    """
    changes: Changes = {}
    for name, now in ground.tables().items():
        then = pl.read_parquet(_file(before, name)) if before and name not in same else now.clear()
        changes[name] = now.select(_KEY[name]).clear() if name in same else _differing(then, now, _KEY[name])
        if before and changes[name].is_empty():
            link_or_copy(_file(before, name), _file(folder, name))
        else:
            write_parquet_synced(now, _file(folder, name))
    return changes if before else None


def _file(folder: Path, name: str) -> Path:
    return folder / f"ground_{name}.parquet"


def _differing(then: pl.DataFrame, now: pl.DataFrame, column: str) -> pl.DataFrame:
    """The ids of rows that stand in one of two tables alone."""
    if then.equals(now):
        return now.select(column).clear()
    both: dict[str, Any] = {"on": now.columns, "how": "anti", "nulls_equal": True}
    return pl.concat([now.join(then, **both), then.join(now, **both)]).select(column).unique()
