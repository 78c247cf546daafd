"""What a customer is called: the shop's own id for the owner, a pseudonym for everybody else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from warehouse import api as warehouse

if TYPE_CHECKING:
    from answers.answer import Context

_SHOWN: Final = (1 << 40) - 1
"""The last ten hexadecimal digits of a key: enough that no two customers of one shop meet."""


def named(asked: Context, people: pl.DataFrame) -> pl.DataFrame:
    """Who are they? The rows with ``customer_id``, sorted by it.

    Args:
        asked: who asks.
        people: any rows with ``customer_key``.

    Returns:
        For the owner the id of the source; for others, and where the source gave none, ``C-`` and ten digits that stay
        the same as long as the customer is known.
    """
    pseudonyms = [f"C-{key & _SHOWN:010x}" for key in people["customer_key"]]
    rows = people.with_columns(pl.Series("_pseudonym", pseudonyms, dtype=pl.String))
    if asked.scope.role == "owner":
        ids = warehouse.customer_ids(asked.snapshot, asked.scope)
        rows = rows.join(ids, on="customer_key", how="left")
    else:
        rows = rows.with_columns(pl.lit(None, dtype=pl.String).alias("customer_id"))
    said = pl.coalesce("customer_id", "_pseudonym").alias("customer_id")
    return rows.with_columns(said).drop("_pseudonym").sort("customer_id", "customer_key")
