"""Whose customer was it? Until bindings exist: that of the nearest store that was open on that local day."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from metrics.nearest import nearest_open_by_epoch

_FIRST_DAY = pl.date(1, 1, 1)


@dataclass(frozen=True)
class Owners:
    """Spells of ownership.

    Attributes:
        spells: ``customer_key, from_on, to_on, owner_store_id, owner_agent_id, owner_city, distance_m`` by customer
            and time; ``from_on`` is never null.
    """

    spells: pl.DataFrame


def owners_of(people: pl.DataFrame, places: pl.DataFrame) -> Owners:
    """Whose was each customer with a known home, and from when to when?

    Args:
        people: ``customer_key, home_lat, home_lng``.
        places: ``Places``.
    """
    spells = nearest_open_by_epoch(people, places)
    about = places.select("store_id", owner_agent_id="agent_id", owner_city="city")
    spells = spells.join(about, on="store_id", how="left").rename({"store_id": "owner_store_id"})
    return Owners(spells.with_columns(pl.col("from_on").fill_null(_FIRST_DAY)).sort("from_on"))


def with_owner(rows: pl.DataFrame, owners: Owners, on: str) -> pl.DataFrame:
    """The same rows in the same order with owner columns, as of the local day in ``on``; null where nobody owns.

    Args:
        rows: any table with ``customer_key`` and a local day.
        owners: spells of ownership.
        on: the column of the day.
    """
    columns = ["owner_store_id", "owner_agent_id", "owner_city"]
    spells = owners.spells
    if spells["customer_key"].n_unique() == spells.height and spells["to_on"].null_count() == spells.height:
        still = spells.select("customer_key", "from_on", *columns)
        found = rows.join(still, on="customer_key", how="left", maintain_order="left")
        held = pl.col("from_on") <= pl.col(on)
    else:
        ordered = rows.with_row_index("_at").sort(on)
        found = ordered.join_asof(
            spells.select("customer_key", "from_on", "to_on", *columns),
            left_on=on, right_on="from_on", by="customer_key", strategy="backward", check_sortedness=False,
        ).sort("_at").drop("_at")  # fmt: skip
        held = (pl.col("to_on").is_null() | (pl.col(on) < pl.col("to_on"))).fill_null(value=False)
    return found.with_columns([pl.when(held).then(pl.col(c)).alias(c) for c in columns]).drop(
        "from_on", "to_on", strict=False
    )


def owner_on(owners: Owners, day: pl.Expr) -> pl.DataFrame:
    """Each customer's owner on one day: ``customer_key``, owner columns and ``distance_m``."""
    spells = owners.spells.filter((pl.col("from_on") <= day) & (pl.col("to_on").is_null() | (pl.col("to_on") > day)))
    return spells.select("customer_key", "owner_store_id", "owner_agent_id", "owner_city", "distance_m")
