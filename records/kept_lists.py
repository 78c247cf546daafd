"""Lists of customers as the database keeps them, and what a kept text is called."""

from __future__ import annotations

import base64
import hashlib
import zlib
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from schema.errors import StorageError
from schema.language import say

if TYPE_CHECKING:
    from collections.abc import Iterable


def packed(keys: Iterable[int]) -> str:
    """Keys (a Series or any numbers) as one text: sorted 64-bit numbers, little-endian, deflated, base64."""
    numbers = pl.Series(list(keys), dtype=pl.Int64).sort().to_numpy().astype("<i8")
    return base64.b64encode(zlib.compress(numbers.tobytes())).decode()


def unpacked(text: str) -> pl.Series:
    """The keys of ``packed``: ``customer_key``, ``Int64``, sorted.

    Raises:
        StorageError: it was never written so.
    """
    try:
        numbers = np.frombuffer(zlib.decompress(base64.b64decode(text, validate=True)), dtype="<i8")
    except (ValueError, zlib.error) as error:
        msg = say("A list of customers holds what was never written. Run: python -m records audit verify")
        raise StorageError(msg) from error
    return pl.Series("customer_key", numbers.astype(np.int64), dtype=pl.Int64)


def digest_of(body: str) -> str:
    """What a kept text is called: its SHA-256."""
    return hashlib.sha256(body.encode()).hexdigest()
