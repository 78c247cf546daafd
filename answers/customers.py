"""What a customer is called: the shop's own id for the owner, a pseudonym for everybody else."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from answers.persons import as_registered
from schema.errors import UsageError
from schema.language import say
from warehouse import api as warehouse

if TYPE_CHECKING:
    from answers.answer import Context

_PSEUDONYM: Final = re.compile(r"C-([0-9a-f]{10})")
_SHOWN: Final = (1 << 40) - 1
"""The last ten hexadecimal digits of a key: enough that no two customers of one shop meet."""
_HEX: Final = np.frombuffer(bytes(range(256)).hex().encode(), np.uint8).reshape(-1, 2)
"""The two digits of each octet."""


def named(asked: Context, people: pl.DataFrame) -> pl.DataFrame:
    """Who are they? The rows with ``customer_id``, sorted by it.

    Args:
        asked: who asks.
        people: any rows with ``customer_key``.

    Returns:
        For the owner the id of the source; for others, and where the source gave none, ``C-`` and ten digits that stay
        the same as long as the customer is known.
    """
    rows = people.with_columns(pl.Series("_pseudonym", pseudonyms(people["customer_key"]), dtype=pl.String))
    if asked.scope.role == "owner":
        ids = warehouse.customer_ids(asked.snapshot, asked.scope)
        rows = rows.join(ids, on="customer_key", how="left")
    else:
        rows = rows.with_columns(pl.lit(None, dtype=pl.String).alias("customer_id"))
    said = pl.coalesce("customer_id", "_pseudonym").alias("customer_id")
    return rows.with_columns(said).drop("_pseudonym").sort("customer_id", "customer_key")


def pseudonyms(keys: pl.Series) -> pl.Series:
    """``C-`` and ten digits for each key."""
    shown = keys.cast(pl.Int64).to_numpy() & _SHOWN
    octets = shown.astype(">u8").view(np.uint8).reshape(-1, 8)[:, 3:]
    letters = np.empty((len(shown), 12), np.uint8)
    letters[:, :2] = np.frombuffer(b"C-", np.uint8)
    letters[:, 2:] = _HEX[octets].reshape(-1, 10)
    return pl.Series(letters.view("S12").ravel(), dtype=pl.Binary).cast(pl.String)


def key_of(asked: Context, said: str) -> int:
    """Whose key is this? The way back from what ``named`` shows, among the customers this viewer may see.

    Args:
        asked: who asks.
        said: ``C-`` and ten digits; from the owner the shop's own id too.

    Raises:
        UsageError: nobody here is called so, whether or not somebody elsewhere is; to a presenter nobody is.
    """
    if asked.scope.role == "presenter":
        msg = say("No customer {said} here.", said=said[:40])
        raise UsageError(msg)
    seen = (asked.marts.people, as_registered(asked).marts.people, asked.marts.bindings)
    known = pl.concat([frame["customer_key"].drop_nulls() for frame in seen]).unique()
    found: list[int] = []
    if asked.scope.role == "owner":
        ids = warehouse.customer_ids(asked.snapshot, asked.scope)
        found = ids.filter((pl.col("customer_id") == said) & pl.col("customer_key").is_in(known.implode()))[
            "customer_key"
        ].to_list()
    pseudonym = _PSEUDONYM.fullmatch(said)
    if not found and pseudonym:
        found = [key for key in known if key & _SHOWN == int(pseudonym[1], 16)]
    if len(found) != 1:
        msg = say("No customer {said} here.", said=said[:40])
        raise UsageError(msg)
    return found[0]
