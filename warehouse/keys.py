"""Keys of people: on first sight each customer gets a random 63-bit key, and facts hold nothing else."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from warehouse.layout import STORED

if TYPE_CHECKING:
    from numpy.typing import NDArray

_SHOWN = (1 << 40) - 1
_SEED_STRIDE = 1_000_003
"""Keeps the streams of a seeded second import apart from the first."""


def keys_of(stored: pl.LazyFrame, ids: pl.Series) -> pl.DataFrame:
    """The rows of ``customer_keys`` of these customers; all others are passed over while they are read."""
    return stored.filter(pl.col("customer_id").is_in(ids.implode())).collect()


def new_keys(fresh: pl.Series, stored: pl.DataFrame, *, seed: int | None = None) -> pl.DataFrame:
    """Keys for customers never seen before.

    Args:
        fresh: their ids, each once.
        stored: all of ``customer_keys``.
        seed: makes the keys of the demo repeatable; real data never set it.

    Returns:
        ``customer_id, customer_key`` in id order.
    """
    ids = fresh.sort()
    keys = _draw(ids.len(), stored["customer_key"], seed, stored.height)
    return pl.DataFrame({"customer_id": ids, "customer_key": keys}, schema=STORED["customer_keys"])


def _draw(count: int, taken: pl.Series, seed: int | None, offset: int) -> list[int]:
    """Distinct positive numbers that are not taken."""
    drawn: dict[int, None] = {}
    round_number = 0
    while len(drawn) < count:
        numbers = _numbers(count, seed, offset + round_number)
        some = pl.Series(numbers.astype(np.int64))
        met = set(taken.filter(taken.is_in(some.implode())).to_list())
        drawn.update(dict.fromkeys(int(n) for n in numbers if n > 0 and int(n) not in met))
        round_number += 1
    return list(drawn)[:count]


def _numbers(count: int, seed: int | None, offset: int) -> NDArray[np.uint64]:
    if seed is None:
        return np.frombuffer(os.urandom(8 * count), dtype=np.uint64) >> np.uint64(1)
    draw = np.random.Generator(np.random.PCG64(seed * _SEED_STRIDE + offset))
    return draw.integers(1, 2**63 - 1, size=count, dtype=np.uint64)


def pseudonym(key: int) -> str:
    """``C-`` and ten digits: what somebody without an id is called on screen and in the audit log."""
    return f"C-{key & _SHOWN:010x}"


def replace_ids(frame: pl.DataFrame, keys: pl.DataFrame) -> pl.DataFrame:
    """The same rows with ``customer_key`` in place of ``customer_id``; ids without a key become null."""
    if "customer_id" not in frame.columns:
        return frame
    found = frame.select("customer_id").join(keys, on="customer_id", how="left", maintain_order="left")
    return frame.drop("customer_id").with_columns(found["customer_key"])
