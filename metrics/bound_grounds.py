"""Why did this line of a statement come to this store? The binding behind each entry of the ledger."""

from __future__ import annotations

import datetime as dt
from typing import Final

import polars as pl

from metrics.rules import require

GROUNDS: Final = ("method", "cause", "dist_m", "binding_guide_id", "before_store_id")
"""What told the owner, why the spell began, the distance then, the guide whose code it was, and the owner before."""


def with_grounds(entries: pl.DataFrame, spells: pl.DataFrame, *, zone: str) -> pl.DataFrame:
    """On what does each entry's owner rest?

    Args:
        entries: ``Shares`` rows; those of orders name ``customer_key, bound_store_id, order_on``.
        spells: ``Bindings`` that this viewer may see.
        zone: business zone (IANA) of ``order_on``.

    Returns:
        The entries in their order with ``GROUNDS``, of the spell of that customer and store in force on the order's day
        (the last one, if the store had several); null where no such spell is known.

    Raises:
        ContractError: a required column is missing.
    """
    require(entries, "shares", "customer_key", "bound_store_id", "order_on")
    require(spells, "bindings", "customer_key", "store_id", "valid_from", "method", "cause", "dist_m", "guide_id")
    before = pl.col("store_id").shift().over("customer_key")
    grounds = (
        spells.sort("customer_key", "valid_from")
        .with_columns(before_store_id=before, binding_guide_id="guide_id", bound_store_id="store_id")
        .filter(pl.col("store_id").is_not_null() & pl.col("customer_key").is_not_null())
        .select("customer_key", "bound_store_id", "valid_from", *GROUNDS)
        .sort("valid_from")
    )
    day_after = pl.col("order_on").cast(pl.Datetime("us")) + dt.timedelta(days=1)
    instant = day_after.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null").dt.convert_time_zone(
        "UTC"
    )
    numbered = entries.with_row_index("_row").with_columns(_until=instant)
    by = ["customer_key", "bound_store_id"]
    known = numbered.drop_nulls([*by, "_until"]).sort("_until")
    found = known.join_asof(
        grounds, left_on="_until", right_on="valid_from", by=by, strategy="backward", allow_exact_matches=False,
        check_sortedness=False,
    )  # fmt: skip
    joined = numbered.join(found.select("_row", *GROUNDS), on="_row", how="left", maintain_order="left")
    return joined.drop("_row", "_until")
